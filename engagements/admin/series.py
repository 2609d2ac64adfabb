"""A series: its editions, where some seem to be missing, and the button that logs the next."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from engagements import editions
from engagements.models import Series
from stakeholders.screens import WorkingAdmin


@admin.register(Series)
class SeriesAdmin(WorkingAdmin):
    list_display = ["name", "code", "number"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    fields = ["name", "code", "note"]
    change_form_template = "admin/engagements/series/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(count=models.Count("engagements"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The code is in addresses and files for good."""
        return ["code"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else self.prepopulated_fields

    @admin.display(description=_("engagements"), ordering="count")
    def number(self, obj: Any) -> int:
        return obj.count

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context["lines"] = lines(obj)
            context["last"] = editions.last_edition(obj)
            context["may_log"] = request.user.has_perm("engagements.add_engagement")
        return super().render_change_form(request, context, add, change, form_url, obj)


def lines(series: Series) -> list[dict[str, Any]]:
    """The editions of a series, the newest first, with the gaps between them."""
    records = list(editions.editions(series).select_related("activity"))
    dated = [record for record in records if record.start_earliest]
    found = editions.gaps([record.start_earliest for record in dated])
    shown: list[dict[str, Any]] = [{"record": r} for r in records if not r.start_earliest]
    for number, record in enumerate(dated):
        if number in found:
            shown.append({"gap": found[number]})
        shown.append({"record": record})
    return shown[::-1]
