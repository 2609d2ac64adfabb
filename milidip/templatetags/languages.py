"""The same page in the other languages."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language

from milidip.languages import in_language

register = template.Library()


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language of the site, and where this page is in it."""

    code: str
    name: str
    url: str
    is_spoken: bool
    is_default: bool


@register.simple_tag(takes_context=True)
def languages(context: dict[str, Any]) -> list[Tongue]:
    """The languages of this page; none where no request is known, on the page of a broken site."""
    request = context.get("request")
    if request is None:
        return []
    return [
        Tongue(
            code,
            name,
            in_language(request.get_full_path(), code),
            code == get_language(),
            code == settings.LANGUAGE_CODE,
        )
        for code, name in settings.LANGUAGES
    ]
