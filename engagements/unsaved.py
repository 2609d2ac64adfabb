"""Keeping what somebody types until it is saved, and telling who else is at the same record."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from engagements.models import Engagement, OpenRecord, Unsaved

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KEPT = timedelta(days=30)
"""What nobody took up by then is deleted."""
HERE = timedelta(seconds=150)
"""Whoever was heard of within this time is still at the record."""
SLOT = re.compile(r"[\w-]{8,40}")
LARGEST = 1_000_000
"""Characters of one form that are kept."""
NOT_TYPED = re.compile(
    r"csrfmiddlewaretoken|action|select_across|unsaved_\w+|_\w+|\w+-__prefix__-\w+"
)
"""Names of what a form sends and nobody has typed: tokens, buttons, empty rows."""


@dataclass(frozen=True)
class Offer:
    """Something typed earlier, to be taken up or thrown away."""

    slot: str
    typed_at: datetime
    title: str


@transaction.atomic
def keep(
    user: "User",
    slot: str,
    fields: Mapping[str, list[str]],
    *,
    engagement: Engagement | None = None,
    page: str = Unsaved.Page.RECORD,
) -> Unsaved:
    """Keep what stands in a form now; a form that was saved or thrown away stays so.

    Raises ValueError for a name of a slot that no form has, and for more than anybody types.
    """
    if not SLOT.fullmatch(slot):
        raise ValueError("slot")
    typed = {name: [*values] for name, values in fields.items() if not NOT_TYPED.fullmatch(name)}
    if sum(len(text) for texts in typed.values() for text in texts) > LARGEST:
        raise ValueError("size")
    row, made = Unsaved.objects.select_for_update().get_or_create(
        user=user,
        slot=slot,
        defaults={
            "fields": typed,
            "engagement": engagement,
            "page": page,
            "typed_at": timezone.now(),
        },
    )
    if not made and row.settled_at is None:
        row.fields, row.typed_at = typed, timezone.now()
        row.save(update_fields=["fields", "typed_at"])
    return row


def settle(user: "User", slot: str, engagement: Engagement | None = None) -> None:
    """It is saved, or thrown away: the text goes, and an old copy of it is not kept again."""
    if SLOT.fullmatch(slot):
        now = timezone.now()
        done = {"fields": {}, "settled_at": now}
        Unsaved.objects.update_or_create(
            user=user,
            slot=slot,
            defaults=done,
            create_defaults={**done, "typed_at": now, "engagement": engagement},
        )


def offers(
    user: "User",
    engagement: Engagement | None = None,
    *,
    page: str = Unsaved.Page.RECORD,
    but: str = "",
) -> list[Offer]:
    """Return what a person typed on this form and did not save, newest first."""
    found = Unsaved.objects.filter(
        user=user, engagement=engagement, page=page, settled_at=None
    ).exclude(slot=but)
    return [Offer(row.slot, row.typed_at, _title(row.fields)) for row in found]


def typed(user: "User", slot: str, engagement: Engagement | None = None) -> QueryDict | None:
    """Return what stands in a slot, as the form would send it; None if nothing does."""
    row = Unsaved.objects.filter(
        user=user, slot=slot, engagement=engagement, settled_at=None
    ).first()
    if row is None:
        return None
    data = QueryDict(mutable=True)
    for name, values in row.fields.items():
        data.setlist(name, values)
    data["unsaved_slot"] = slot
    return data


def forget() -> int:
    """Delete what is older than `KEPT`; return how many texts."""
    before = timezone.now() - KEPT
    OpenRecord.objects.filter(seen_at__lt=before).delete()
    return Unsaved.objects.filter(typed_at__lt=before).delete()[0]


def _title(fields: Mapping[str, list[str]]) -> str:
    return " ".join((fields.get("title") or [""])[0].split())[:100]


# --- who is there --------------------------------------------------------------------------------


def is_here(user: "User", engagement: Engagement) -> None:
    """Note that somebody is at a record; who was away for a while has just come."""
    now = timezone.now()
    row, made = OpenRecord.objects.get_or_create(
        user=user, engagement=engagement, defaults={"since": now, "seen_at": now}
    )
    if not made:
        if row.seen_at < now - HERE:
            row.since = now
        row.seen_at = now
        row.save(update_fields=["since", "seen_at"])


def others_here(user: "User", engagement: Engagement) -> Iterable[OpenRecord]:
    """Return who else is at a record, the longest there first."""
    return (
        OpenRecord.objects.filter(engagement=engagement, seen_at__gte=timezone.now() - HERE)
        .exclude(user=user)
        .select_related("user")
        .order_by("since")
    )
