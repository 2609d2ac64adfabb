"""Addresses of the filtered catalogue, made in one place so that they all look alike."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse

Pairs = list[tuple[str, str]]


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return ``path`` with the parameters that have a value."""
    query = urlencode([(name, value) for name, value in pairs if value != ""], safe=":,")
    return f"{path}?{query}" if query else path


def catalogue_url(**filters: str | Iterable[str]) -> str:
    """Return the address of the catalogue with these filters."""
    pairs: Pairs = []
    for name, value in filters.items():
        values = [value] if isinstance(value, str) else value
        pairs += [(name, str(item)) for item in values]
    return address(reverse("catalogue:list"), pairs)


def pairs_of(query: QueryDict) -> Pairs:
    """Return the parameters of a request as pairs, in their order and without empty ones."""
    return [(name, value) for name, values in query.lists() for value in values if value.strip()]


def without(pairs: Pairs, *names: str, value: str | None = None) -> Pairs:
    """Return ``pairs`` without these parameters, or without one value of them."""
    return [
        (name, item)
        for name, item in pairs
        if name not in names or (value is not None and item.strip() != value)
    ]


def path_of(name: str, *args: object) -> str:
    """Return the path of a page of the catalogue."""
    return reverse(f"catalogue:{name}", args=args)


def quoted(text: str) -> str:
    """Return ``text`` as it goes into a header or an address."""
    return quote(text, safe="")


def base_url(request: HttpRequest) -> str:
    """Return the address of this site, without a slash at the end."""
    base: str = settings.PUBLIC_BASE_URL or f"{request.scheme}://{request.get_host()}"
    return base.rstrip("/")
