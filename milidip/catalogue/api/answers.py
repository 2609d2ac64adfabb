"""What every answer has in common: JSON whatever is asked for, and errors that name a parameter."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException, NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from milidip.catalogue.filters import Unrecognised
from milidip.catalogue.parameters import BadParameters


class AlwaysJson(BaseContentNegotiation):
    """There is one format, so no reader is turned away for asking for another."""

    def select_parser(self, request: Request, parsers: Sequence[Any]) -> Any:
        return None

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class Gone(APIException):
    status_code = 410
    default_code = "gone"


class Unknown(BadParameters):
    """Parameters that there are not, each known by name."""

    def __init__(self, found: Iterable[Unrecognised]) -> None:
        self.found = list(found)
        super().__init__(str(one) for one in self.found)


def problem(parameter: str, message: Any) -> dict[str, str]:
    return {"parameter": parameter, "message": str(message)}


def in_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return an error as a list of what is wrong; ``parameter`` is empty when it is none."""
    if isinstance(error, Unknown):
        found = [problem(one.name[:40], one) for one in error.found]
        return Response({"errors": found}, status=400)
    if isinstance(error, BadParameters):
        return Response({"errors": [_named(message) for message in error.messages]}, status=400)
    if isinstance(error, Http404):
        error = NotFound()
    if not isinstance(error, APIException):
        return None
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(wait)
    return Response(
        {"errors": [problem("", error.detail)]}, status=error.status_code, headers=headers
    )


def _named(message: str) -> dict[str, str]:
    """Messages of the filter start with the name of their parameter."""
    name, colon, _rest = message.partition(": ")
    return problem(name if colon and name.isidentifier() else "", message)
