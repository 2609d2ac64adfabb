"""Who changed something, and on which page: what history keeps beside each change."""

from typing import Any

from django.http import HttpRequest
from pghistory import middleware

from milidip.secret_addresses import veiled


class HistoryMiddleware(middleware.HistoryMiddleware):
    """As pghistory's own, but for addresses that are secrets: history forgets nothing."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().get_context(request)
        return context | {"url": veiled(context["url"])}
