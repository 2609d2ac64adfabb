"""Saved filters above a list of the admin, whichever house the list belongs to."""

from typing import Any

from django import template

from engagements.admin.saved import above_the_list

register = template.Library()


@register.inclusion_tag("admin/engagements/savedfilter/above_the_list.html", takes_context=True)
def saved_filters_of(context: dict[str, Any], of: str) -> dict[str, Any]:
    """Show what is saved of the list ``of``, and the form that saves what is shown now."""
    shown = above_the_list(context["request"], of)
    return shown | {"csrf_token": context.get("csrf_token")}
