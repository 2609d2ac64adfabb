"""Imports in the admin: upload, match the columns, read what would happen, import, take the rest home.

One address for each import shows what it waits for. Work is done in short requests, so that nothing
times out and a reload goes on where it was.
"""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Script
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements.admin.import_forms import MatchForm, NamesForm, UploadForm
from engagements.importing import staging
from engagements.importing.reading import FileError
from engagements.importing.spec import MappingError
from engagements.importing.verdicts import CREATED, REFUSED, UNCHANGED, UPDATED
from engagements.models import Engagement, Import, ImportRow, Stage
from stakeholders.models import Stakeholder

ROWS_PER_PAGE = 50
NAMES_PER_PAGE = 25
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WORKING = (Stage.CHECKING, Stage.WRITING, Stage.UNDOING)
LABELS = {
    CREATED: (_("New"), _("Imported as new")),
    UPDATED: (_("Would change"), _("Changed")),
    UNCHANGED: (_("Unchanged"), _("Unchanged")),
    REFUSED: (_("Refused"), _("Refused")),
}


@admin.register(Import)
class ImportAdmin(admin.ModelAdmin):
    """Everybody who may log an engagement may import some, and sees their own imports only."""

    list_display = ["file_name", "rows", "stage", "created_at"]
    list_display_links = ["file_name"]
    actions = None
    show_full_result_count = False

    class Media:
        css = {"all": ["admin_extra/working.css", "admin_extra/import.css"]}
        js = [Script("admin_extra/import.js", defer=True)]

    # --- who may -------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm("engagements.add_engagement")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (
            obj is None or obj.owner_id == request.user.pk
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return super().get_queryset(request).filter(owner=request.user)

    # --- pages ---------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        report = self.admin_site.admin_view(self.report_view)
        return [
            path("<path:object_id>/refused.csv", report, name="engagements_import_refused"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take the file; its rows are put on the desk and nothing else happens yet."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = put_on_desk(file, request.user, form.cleaned_data["encoding"])
            except FileError as error:
                form.add_error("file", str(error))
            else:
                return _to(batch)
        days = staging.KEPT.days
        return self._page(
            request,
            "upload",
            _("Import a file"),
            form=form,
            days=days,
            extra_context=extra_context,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """What an import waits for, and the answers to it."""
        batch = self.get_object(request, unquote(object_id))
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, batch):
            raise PermissionDenied
        if request.method == "POST":
            answer = _ANSWERS.get(request.POST.get("do", ""))
            if answer is None:
                raise PermissionDenied
            return answer(self, request, batch)
        return self.show(request, batch)

    def show(self, request: HttpRequest, batch: Import, **context: Any) -> HttpResponse:
        if batch.stage == Stage.MATCHING:
            form = context.pop("form", None)
            form = form or MatchForm(batch, remembered=staging.remembered(batch))
            return self._page(request, "match", batch.file_name, batch=batch, form=form)
        if batch.stage in WORKING:
            return self._page(
                request, "progress", batch.file_name, batch=batch, progress=_progress(batch)
            )
        return self.preview(request, batch)

    def preview(self, request: HttpRequest, batch: Import) -> HttpResponse:
        counts = staging.verdict_counts(batch)
        over = batch.stage != Stage.CHECKED
        shown = request.GET.get("show", "")
        rows = ImportRow.objects.filter(batch=batch).order_by("number")
        rows = rows.exclude(twins=[]) if shown == "twins" else rows
        if shown in counts:
            rows = rows.filter(verdict=shown)
        page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("p"))
        tabs = [("", _("All rows"), batch.rows)]
        tabs += [(what, LABELS[what][over], number) for what, number in counts.items()]
        twins = ImportRow.objects.filter(batch=batch).exclude(twins=[]).count()
        if twins:
            tabs.append(("twins", _("Possible duplicates"), twins))
        title_at = _title_at(batch)
        references = {ref for row in page for ref in [row.reference, *row.twins] if ref}
        known = dict(
            Engagement.objects.filter(reference__in=references).values_list("reference", "pk")
        )
        return self._page(
            request,
            "preview",
            batch.file_name,
            batch=batch,
            over=over,
            counts=counts,
            good=counts[CREATED] + counts[UPDATED],
            tabs=tabs,
            shown=shown,
            page=page,
            rows=[
                {
                    "row": row,
                    "label": LABELS[row.verdict][over] if row.verdict else "",
                    "title": row.cells[title_at] if title_at is not None else "",
                    "record": known.get(row.reference),
                    "twins": [(ref, known.get(ref)) for ref in row.twins],
                }
                for row in page
            ],
            names=None if over else self.names_form(batch),
            many=staging.MOST_CHANGED_AT_ONCE,
        )

    def names_form(self, batch: Import, data: Any = None) -> NamesForm | None:
        names = list(
            batch.names.filter(decided=False).order_by("name", "pk")[:NAMES_PER_PAGE]  # type: ignore[attr-defined]
        )
        if not names:
            return None
        actors = Stakeholder.objects.in_bulk({pk for name in names for pk in name.candidates})
        return NamesForm(names, actors, data)

    def report_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The refused rows as they came, with the reason beside them: to be mended and uploaded."""
        batch = self.get_object(request, unquote(object_id))
        if batch is None or not self.has_change_permission(request, batch):
            raise PermissionDenied
        response = StreamingHttpResponse(
            refused_rows(batch), content_type="text/csv; charset=utf-8"
        )
        stem = Path(batch.file_name).stem
        name = "".join(char if char.isascii() and char.isalnum() else "-" for char in stem)
        response["Content-Disposition"] = f'attachment; filename="{name}-refused.csv"'
        return response

    # --- answers -------------------------------------------------------------------------------

    def answer_match(self, request: HttpRequest, batch: Import) -> HttpResponse:
        form = MatchForm(batch, request.POST)
        if batch.stage != Stage.MATCHING:
            return _to(batch)
        if form.is_valid():
            try:
                problems = staging.match(batch, form.mapping)
            except MappingError as error:
                problems = error.problems
            if not problems:
                return _to(batch)
            for problem in problems:
                form.add_error(None, problem)
        batch.mapping = {}
        return self.show(request, batch, form=form)

    def answer_back(self, request: HttpRequest, batch: Import) -> HttpResponse:
        """Match the columns anew: nothing has been written yet."""
        if batch.stage in (Stage.CHECKING, Stage.CHECKED):
            batch.stage = Stage.MATCHING
            batch.save()
        return _to(batch)

    def answer_step(self, request: HttpRequest, batch: Import) -> HttpResponse:
        batch = staging.step(batch.pk)
        if request.accepts("text/html"):
            return _to(batch)
        return JsonResponse(_progress(batch))

    def answer_names(self, request: HttpRequest, batch: Import) -> HttpResponse:
        form = self.names_form(batch, request.POST)
        if batch.stage == Stage.CHECKED and form and form.is_valid() and form.save():
            staging.check_again(batch)
        return _to(batch)

    def answer_start(self, request: HttpRequest, batch: Import) -> HttpResponse:
        for problem in staging.start(batch, whole=request.POST.get("how") == "whole"):
            self.message_user(request, problem, messages.ERROR)
        return _to(batch)

    def answer_check(self, request: HttpRequest, batch: Import) -> HttpResponse:
        if batch.stage == Stage.CHECKED:
            staging.check_again(batch)
        return _to(batch)

    def answer_discard(self, request: HttpRequest, batch: Import) -> HttpResponse:
        if batch.stage in (Stage.WRITING, Stage.UNDOING):
            return _to(batch)
        batch.delete()
        self.message_user(request, gettext("The file was taken off the desk."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:engagements_import_changelist"))

    def _page(
        self,
        request: HttpRequest,
        name: str,
        title: Any,
        extra_context: Any = None,
        **context: Any,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            f"admin/engagements/import/{name}.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "media": self.media,
                "is_nav_sidebar_enabled": False,
                **context,
                **(extra_context or {}),
            },
        )


_ANSWERS = {
    "match": ImportAdmin.answer_match,
    "back": ImportAdmin.answer_back,
    "step": ImportAdmin.answer_step,
    "names": ImportAdmin.answer_names,
    "start": ImportAdmin.answer_start,
    "check": ImportAdmin.answer_check,
    "discard": ImportAdmin.answer_discard,
}


def put_on_desk(file: Any, user: Any, encoding: str) -> Import:
    """Store an uploaded file by way of a private one, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="milidip-") as folder:
        path = Path(folder) / f"upload{Path(file.name).suffix}"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        try:
            return staging.put_on_desk(path, file.name, user, encoding)
        except FileError as error:
            raise FileError(str(error).replace(path.name, file.name)) from error


def _to(batch: Import) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:engagements_import_change", args=[batch.pk]))


def _progress(batch: Import) -> dict[str, Any]:
    return {
        "stage": batch.stage,
        "label": batch.get_stage_display(),
        "done": min(batch.position, batch.rows),
        "rows": batch.rows,
        "working": batch.stage in WORKING,
    }


def _title_at(batch: Import) -> int | None:
    """Return the column that holds the title, as far as the mapping or the header says it."""
    named = batch.mapping.get("columns", {}).get("title")
    try:
        mapping = staging.mapping_of(batch)
    except MappingError:
        mapping = None
    if mapping and mapping.spec:
        named = mapping.spec.columns.get("title")
    for name in (named, "title"):
        if name in batch.header:
            return batch.header.index(name)
    return None


class _Echo:
    """A file for the CSV writer that hands its rows back."""

    def write(self, value: str) -> str:
        return value


def refused_rows(batch: Import) -> Iterator[str]:
    kept = [number for number, name in enumerate(batch.header) if name != staging.REASON]
    table = csv.writer(_Echo())
    yield "\ufeff" + table.writerow([*(batch.header[at] for at in kept), staging.REASON])
    rows = ImportRow.objects.filter(batch=batch, verdict=REFUSED).order_by("number")
    for row in rows.iterator(chunk_size=1000):
        cells = [*(row.cells[at] for at in kept), row.reason]
        yield table.writerow(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)
