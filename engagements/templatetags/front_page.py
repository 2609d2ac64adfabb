"""The front page of the working side: short lists by role, and what changed in one's regions."""

from typing import Any

from django import template

from engagements import front_page, recent
from milidip.codebook.choices import RegionKind
from milidip.codebook.models import Region

register = template.Library()


@register.simple_tag(takes_context=True)
def front_page_sections(context: dict[str, Any]) -> list[front_page.Section]:
    return front_page.sections(context["request"].user)


@register.simple_tag(takes_context=True)
def recent_in_regions(context: dict[str, Any]) -> dict[str, Any] | None:
    """Return the regions that this person follows and what changed there; None for no reader."""
    user = context["request"].user
    if not user.has_perm("engagements.view_engagement"):
        return None
    followed = recent.followed_by(user)
    regions = list(Region.objects.order_by("label"))
    return {
        "followed": [region for region in regions if region.code in followed],
        "groups": [
            (
                RegionKind(kind).label,
                [(region, region.code in followed) for region in regions if region.kind == kind],
            )
            for kind in (RegionKind.ALIAS, RegionKind.M49, RegionKind.SEA)
        ],
        "steps": recent.recent_changes(followed, user),
    }
