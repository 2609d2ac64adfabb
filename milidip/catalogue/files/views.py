"""/data/: the ready files, what they cover, and the releases. Files are served as they lie there."""

from datetime import date
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from milidip.catalogue.addresses import base_url, path_of
from milidip.catalogue.exports.formats import FORMATS
from milidip.catalogue.exports.grains import GRAINS
from milidip.catalogue.files import coverage, shelf
from milidip.catalogue.files.package import PACKAGE, SUMS, About, File, json_ld
from milidip.catalogue.linked_data import as_script_data
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Entry, Register, Release
from milidip.catalogue.pages import PublicPage


class DataView(PublicPage):
    """``catalogue/data.html``

    - ``ready``: None, or Ready (``about``: ``revision``, ``day``); ``older``: bool, the register
      has changed since
    - ``groups``: pairs of a heading and files: dicts ``name``, ``title``, ``form``, ``rows``,
      ``bytes``, ``sha256``, ``url``
    - ``live``: pairs of a format and links: the same as it is this moment, by the filter
    - ``datasets``: Dataset (``name``, ``records``, ``percent``, ``first``, ``last``, ``years``)
    - ``release``: the newest that stands, or None; ``json_ld``: text for the script element
    """

    template_name = "catalogue/data.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        register = self.request.register  # type: ignore[attr-defined]
        base = base_url(self.request)
        ready = ready_files(register)
        address = f"{base}{path_of('data')}"
        day = register.changed_at.date().isoformat() if register.changed_at else ""
        about = ready.about if ready else About(register.revision, day, base, address)
        folder = path_of("data_file", ready.about.revision, "x")[:-1] if ready else ""
        files = ready.files if ready else ()
        return super().get_context_data(
            ready=ready,
            older=about.revision < register.revision,
            groups=grouped(files, folder),
            live=live_files(),
            datasets=coverage.datasets(coverage.counting(Entry.objects.all())),
            release=Release.objects.standing().first(),
            json_ld=as_script_data(json_ld(about, files, f"{base}{folder}")),
            **kwargs,
        )


class ReleasesView(PublicPage):
    """``catalogue/releases.html``: ``releases``, newest first, the withdrawn ones too."""

    template_name = "catalogue/releases.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(releases=Release.objects.all(), **kwargs)


class ReleaseView(PublicPage):
    """``catalogue/release.html``; 410 and ``catalogue/release_gone.html`` when withdrawn.

    - ``release``, ``groups`` (as in DataView), ``citation``, ``json_ld``, ``again``: the release
      that took its place, or None
    """

    template_name = "catalogue/release.html"

    def get(self, request: HttpRequest, number: str) -> HttpResponseBase:  # type: ignore[override]
        release = Release.objects.filter(pk=number).first()
        if release is None:
            raise Http404
        if release.withdrawn_on:
            return gone(request, release)
        base = base_url(request)
        address = base + path_of("release", number)
        about = About(release.revision, release.made_on.isoformat(), base, address, number)
        files = [File(**file) for file in release.files]
        folder = path_of("release_file", number, "x")[:-1]
        return self.render_to_response(
            self.get_context_data(
                release=release,
                groups=grouped(files, folder),
                citation=about.citation,
                json_ld=as_script_data(json_ld(about, files, base + folder)),
            )
        )


@csrf_exempt
@require_safe
def data_file(request: HttpRequest, revision: int, name: str) -> HttpResponseBase:
    """One of the ready files, as long as it may be served; 410 and where to go when not."""
    register = request.register  # type: ignore[attr-defined]
    ready = ready_files(register)
    if ready is None or ready.about.revision != revision:
        if revision > register.revision:
            raise Http404
        text = _("The files of revision %(revision)s are not here any more. See %(page)s")
        page = base_url(request) + path_of("data")
        return plain(text % {"revision": revision, "page": page}, 410)
    return sent(ready.path, ready.files, name)


@csrf_exempt
@require_safe
def release_file(request: HttpRequest, number: str, name: str) -> HttpResponseBase:
    """A file of a release; 410 for good once the release was withdrawn."""
    release = Release.objects.filter(pk=number).first()
    if release is None:
        raise Http404
    if release.withdrawn_on:
        text = _("Release %(number)s was withdrawn. See %(page)s")
        page = base_url(request) + path_of("releases")
        return plain(text % {"number": number, "page": page}, 410)
    return sent(shelf.release_folder(number), [File(**file) for file in release.files], name)


def ready_files(register: Register) -> shelf.Ready | None:
    """Return the ready files if they may be served."""
    ready = shelf.newest()
    today: date = register.today  # type: ignore[attr-defined]
    return ready if ready and ready.may_be_served(register, today) else None


def sent(folder: Path, files: Any, name: str) -> HttpResponseBase:
    """Return a file that the list names; nothing else in the folder has an address."""
    file = next((file for file in files if file.name == name), None)
    if file is None:
        raise Http404
    try:
        opened = (folder / file.name).open("rb")
    except FileNotFoundError:
        return plain(_("This file is not on this machine just now."), 503)
    response = FileResponse(opened, content_type=file.media_type)
    shown = name in (PACKAGE, SUMS)
    response["Content-Disposition"] = (
        "inline" if shown else f'attachment; filename="milidip-{folder.name}-{name}"'
    )
    response["ETag"] = f'"{file.sha256}"'
    if file.rows is not None:
        response["X-Total-Count"] = str(file.rows)
    return response


def gone(request: HttpRequest, release: Release) -> HttpResponse:
    """410: the release was withdrawn; its number stays, and what took its place is named."""
    again = Release.objects.filter(
        year=release.year, sequence=release.sequence, issue__gt=release.issue
    ).first()
    context = {"release": release, "again": again if again and not again.withdrawn_on else None}
    return render(request, "catalogue/release_gone.html", context, status=410)


def plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def grouped(files: Any, folder: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Return files under headings, with their addresses."""
    of_grain = {grain.name: grain.label for grain in GRAINS}
    found: dict[Any, list[dict[str, Any]]] = {}
    for file in files:
        stem = file.name.partition(".")[0]
        heading = of_grain.get(stem) or (
            _("Everything in one") if stem == "milidip" else _("About the data")
        )
        found.setdefault(heading, []).append(file.as_dict() | {"url": f"{folder}{file.name}"})
    return list(found.items())


def live_files() -> list[tuple[str, list[Link]]]:
    """Return the files that are written when they are asked for, of the whole register."""
    return [
        (
            form.label,
            [Link(grain.label, path_of(f"{grain.name}_{form.code}")) for grain in form.grains],
        )
        for form in FORMATS
    ]
