"""What the page of a history needs of its templates."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(points: Mapping[Any, Any], moment: Any) -> Any:
    """Return what belongs to ``moment``, or nothing."""
    return points.get(moment)
