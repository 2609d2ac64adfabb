"""The pages of one thing, and of the register itself; many records are in ``front``, ``browsing``
and ``reporting``.

Each class says in its docstring what its template is given.

Every template has ``request`` with ``request.register`` (``revision``, ``changed_at``) and may
``{% load catalogue %}``: ``{{ code|term:"role" }}``, ``{{ code|definition:"role" }}``,
``{{ code|country }}``, ``{{ code|region }}``, ``{{ value|honest_date }}``,
``{% honest_span doc.start doc.end doc.status %}``, ``{% catalogue_url track="3" %}`` (address of
the catalogue with these filters). Pages answer GET and HEAD only.

Small things that several templates get:

- a *link* has ``label``, ``url``, and where it says so ``count``, ``title``, ``selected``;
- a *line* of the catalogue is an ``Entry`` with ``entry.document`` loaded (``title``,
  ``summary``, ``series_name``, ``edition``, ``place_names``); its long ``data`` is not.
"""

from typing import Any

from django.conf import settings
from django.db.models import FETCH_RAISE
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from milidip.catalogue import (
    changes,
    citing,
    errors,
    figures,
    listing,
    people,
    record,
    reviewed,
    taking,
)
from milidip.catalogue.addresses import path_of
from milidip.catalogue.codebook_page import codebook_context
from milidip.catalogue.exports import base_url
from milidip.catalogue.listing import Pager
from milidip.catalogue.models import Actor, ActorRedirect, Entry, EntryRedirect, Version
from milidip.catalogue.pages import PublicPage, lines
from milidip.catalogue.references import canonical

SUGGESTED = 10


class OneRecord(PublicPage):
    """Whatever shows one version of one record: finds it, or says that it was here."""

    newest = "record"
    """The route of the same of whichever version is the newest."""

    def get(self, request: HttpRequest, reference: str, **kwargs: Any) -> HttpResponseBase:
        right = canonical("MD", reference)
        match = request.resolver_match
        if right != reference:
            args = {**match.kwargs, "reference": right}
            return HttpResponsePermanentRedirect(reverse(match.view_name, kwargs=args))
        entries = Entry.objects.select_related("document").fetch_mode(FETCH_RAISE)
        entry = entries.filter(reference=reference).first()
        if entry is None:
            if merged := EntryRedirect.of(reference):
                # Its versions are not those of the record that it lives on in.
                args = {name: value for name, value in match.kwargs.items() if name != "number"}
                path = reverse(f"catalogue:{self.newest}", kwargs={**args, "reference": merged})
                return HttpResponsePermanentRedirect(path)
            return errors.missing(request, reference)
        versions = list(entry.versions.defer("data").fetch_mode(FETCH_RAISE))
        wanted = kwargs.get("number", entry.version)
        version = next((one for one in versions if one.number == wanted), None)
        if version is None:
            raise Http404
        doc = entry.document.data
        if wanted != entry.version:
            doc = Version.objects.values_list("data", flat=True).get(pk=version.pk)
        return self.show(entry, doc, version, versions)

    def show(
        self, entry: Entry, doc: dict[str, Any], version: Version, versions: list[Version]
    ) -> HttpResponse:
        raise NotImplementedError


class RecordView(OneRecord):
    """``catalogue/record.html`` (also for an earlier version); each section of the page is a
    template of its own in ``catalogue/record/``.

    - ``entry``: the Entry as it is now; ``doc``: the disclosed document as a dict (keys as in
      ``engagements.disclosure.disclose``: title, title_supplied, edition, summary, narrative,
      lessons, start, end, status, people {min, max}, marking, licence, dataset, dataset_id,
      ...)
    - ``glance``, ``purpose``: ordered lists of Fact: ``name`` (filter or column), ``label``,
      ``title`` (definition of the field), ``values``: links (``label``, ``url`` to the filtered
      catalogue, may be empty, ``title`` = definition of the term). ``purpose`` holds military
      role, convened by, objectives and themes; ``glance`` the rest. What is not known is a
      value "Unknown", linked too.
    - ``details``: blocks of what only one family of activities has: ``name``, ``heading``,
      ``facts``; what is not known is left out
    - ``people``: head count of all together, in words, may be empty
    - ``places``: dicts ``name``, ``country`` (link or None), ``country_derived`` (bool: from
      coordinates), ``area`` (link or None: a sea or a region set directly), ``precision``
      (label), ``latitude``, ``longitude`` (or None); ``regions``: links
    - ``participants``: groups by role as in ``taking_part.participants``: ``role`` (link),
      ``count``, ``sides`` (``label``, ``kinds`` (``label``, ``dense``, ``lines``)); a line is a
      dict ``name``, ``times``, ``url`` (actor page or empty), ``type`` (label), ``country``
      (link or None), ``parent`` (link or None), ``capacity``, ``level`` (labels, may be empty),
      ``people`` (text, may be empty), ``women`` (text), ``disclosure`` (named, type_only,
      merged), ``rule`` (sentence why not named, or empty), ``sources`` (numbers)
    - ``sources``: dicts ``number``, ``reference``, ``kind``, ``independence`` (labels),
      ``title``, ``author``, ``publisher``, ``url``, ``archive_url``, ``published`` and
      ``accessed`` (texts as EDTF: use honest_date), ``locator`` (text with its kind, e.g.
      "page 4"), ``language``, ``supports`` (links to the codebook), ``rule`` (sentence or
      empty); ``claims``: the same by claim: dicts ``claim`` (link), ``numbers``
    - ``outcomes``: dicts ``kind``, ``statement``, ``date``, ``reported_by`` (labels),
      ``source`` (number or None)
    - ``relations``: dicts ``kind`` (label, e.g. "Follows", "Followed by"), ``entry`` (line)
    - ``series``: dict ``previous``, ``next`` (lines or None), or None without a series
    - ``review``: dict ``decision``, ``kind`` (labels), ``individual`` (bool; False: print "not
      individually reviewed"), ``on``, ``until`` (EDTF texts), ``sample_size``, ``conditions``
      (dicts ``text``, ``met``)
    - ``conduct``: dict ``status`` (code: assessed, not_required, not_assessed), ``label``,
      ``on``, ``findings`` (dicts ``criterion``, ``title``, ``rating`` (labels), ``note``)
    - ``marking``: link (label, title=definition) or None when open; ``claim_status``,
      ``source_independence``, ``track_basis``: links (label, title)
    - ``guessed``: bool, the track is a guess from a dataset (show it as a guess)
    - ``withheld``: list of links (label, code, title = sentence)
    - ``version``: ``number``, ``published_at``, ``change_note``, ``is_current``; ``versions``:
      all of them, newest first, each also with ``url``
    - ``current_url``: address of the record as it is now (banner of an earlier version)
    - ``citation``: text; ``citation_files``, ``downloads``: links; ``permalink``: absolute
      address of this version; ``linked_data``: JSON, safe within a script of data
    """

    template_name = "catalogue/record.html"

    def show(
        self, entry: Entry, doc: dict[str, Any], version: Version, versions: list[Version]
    ) -> HttpResponse:
        context = record.record_context(entry, doc, version, versions, base_url(self.request))
        return self.render_to_response(self.get_context_data(**context))


class CitationView(OneRecord):
    """One version of a record as a file for reference managers: BibTeX, RIS or CSL-JSON."""

    newest = "citation"

    def show(
        self, entry: Entry, doc: dict[str, Any], version: Version, versions: list[Version]
    ) -> HttpResponse:
        form = citing.FORMATS[self.kwargs["extension"]]
        cited = record.cited_as(entry, doc, version, base_url(self.request))
        response = HttpResponse(form.write(cited), content_type=form.content_type)
        name = f"{cited.key}.{form.extension}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class HistoryView(PublicPage):
    """``catalogue/history.html``

    - ``entry`` (with ``document.title``), ``versions``: newest first, as
      `milidip.catalogue.changes.PublicVersion`: ``number``, ``published_at``, ``change_note``,
      ``url``, ``is_current``, ``before`` (number of the version it is compared with, or None),
      ``changes`` (`milidip.catalogue.differences.Difference`: ``label``, and ``before`` and
      ``after``, or ``added`` and ``removed``, or ``runs`` of words, or a ``note``)
    - ``total`` and ``pager`` as in the catalogue
    """

    template_name = "catalogue/history.html"

    def get(self, request: HttpRequest, reference: str) -> HttpResponseBase:
        right = canonical("MD", reference)
        if right != reference:
            return HttpResponsePermanentRedirect(path_of("history", right))
        entries = Entry.objects.select_related("document").defer("document__data")
        entry = entries.filter(reference=reference).first()
        if entry is None:
            if merged := EntryRedirect.of(reference):
                return HttpResponsePermanentRedirect(path_of("history", merged))
            return errors.missing(request, reference)
        total = entry.versions.count()
        pager = Pager(listing.page_number(request), total, path_of("history", reference), [])
        versions = changes.history_of(entry, pager.offset, pager.size)
        context = self.get_context_data(entry=entry, versions=versions, total=total, pager=pager)
        return self.render_to_response(context)


class ChangesView(PublicPage):
    """``catalogue/changes.html``

    - ``changes``: newest first, as `milidip.catalogue.changes.Change`: ``kind``, ``label``,
      ``at``, ``reference``, ``number`` and ``title`` and ``note`` (none of what left), ``url``
    - ``kinds``: links with ``code``, ``selected``; ``all_url``, ``feed_url``; ``notices``
    - ``total``, ``pager`` as in the catalogue; ``goes_on``: there are more than are counted;
      ``last_page``
    """

    template_name = "catalogue/changes.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = changes.changes_context(request, listing.page_number(request))
        response = self.render_to_response(self.get_context_data(**context))
        if not context["goes_on"]:
            response["X-Total-Count"] = str(context["total"])
        return response


class ActorListView(PublicPage):
    """``catalogue/actors.html``

    - ``q``, ``types``, ``countries`` (links with ``code``, ``count``, ``selected``), ``actors``
      (Actor with ``entry_count``), ``total``, ``pager`` as in the catalogue, ``notices``. Form
      fields: ``q``, ``type``, ``country``.
    """

    template_name = "catalogue/actors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**people.list_context(self.request), **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["X-Total-Count"] = str(context["total"])
        return response


class ActorView(PublicPage):
    """``catalogue/actor.html``

    - ``actor`` (name, type, level, country, other_names, identifiers [{scheme, value, url}]),
      ``facts`` as on a record (type, level, country), ``parent`` (Actor or None), ``members``
      (Actors, up to sixty), ``chart``: YearChart or None, ``companions``: who is named beside it
      most often (pairs of Actor and count), ``identifiers`` (dicts ``scheme``, ``value``, ``url``), ``roles`` (links with
      ``count``), ``tracks`` (links with ``count``), ``total``, ``entries`` (first 25 lines,
      newest first), ``all_url`` (the catalogue filtered by this actor)
    """

    template_name = "catalogue/actor.html"

    def get(self, request: HttpRequest, reference: str) -> HttpResponseBase:
        right = canonical("MA", reference)
        if right != reference:
            return HttpResponsePermanentRedirect(path_of("actor", right))
        actor = Actor.objects.filter(pk=reference).first()
        if actor is None:
            # Merged with another, as long as that one is public.
            target = ActorRedirect.objects.filter(pk=reference).first()
            if target is None:
                raise Http404
            return HttpResponsePermanentRedirect(path_of("actor", target.target_id))
        entries = Entry.objects.involving(reference)
        shown = lines(entries.newest_first())
        context = people.actor_context(actor, entries)
        return self.render_to_response(self.get_context_data(entries=shown, **context))


class SuggestView(PublicPage):
    """``catalogue/suggestions.html``: a partial for ``/stakeholders/suggest?q=``; with
    ``as=choices`` the partial is boxes to tick for the filter of the catalogue

    - ``options``: up to ten dicts ``reference``, ``name``, ``type`` (label), ``country``
      (label), ``url`` (actor page)
    """

    template_name = "catalogue/suggestions.html"

    def get_template_names(self) -> list[str]:
        part = "#choices" if self.request.GET.get("as") == "choices" else ""
        return [f"{self.template_name}{part}"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = people.suggestions(self.request, SUGGESTED)
        return super().get_context_data(options=options, **kwargs)


class CodebookView(PublicPage):
    """``catalogue/codebook.html``

    - ``vocabularies``: ordered dicts ``name`` (anchor), ``label``, ``description``,
      ``parameter`` (filter name or empty), ``terms``: dicts ``code``, ``label``,
      ``definition``, ``source``, ``extra`` (list of (label, text): crosswalks, members,
      dates), ``url`` (filtered catalogue or empty), ``depth``, ``count`` (public records, or
      None where no filter takes the code)
    - ``notes``: rules of the codebook, each with ``title`` and ``text``
    - ``grains``: dicts ``name``, ``label``, ``description``, ``url`` (CSV), ``columns``
      (Column: ``name``, ``type``, ``null`` (bool: may be empty), ``definition``)
    - ``parameters``: dicts ``name``, ``label``, ``help``: every filter of the catalogue
    """

    template_name = "catalogue/codebook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**codebook_context(), **kwargs)


def _contact() -> listing.Link | None:
    """Return where to write to, as the operator has set it: a mail address or a page."""
    contact = settings.CONTACT
    if not contact:
        return None
    return listing.Link(contact, f"mailto:{contact}" if "@" in contact else contact)


class AboutView(PublicPage):
    """``catalogue/about.html``: ``figures`` as on the home page; ``citation``: how to cite the
    whole register today; ``contact``: link or None. The text is the template's.
    """

    template_name = "catalogue/about.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = figures.counts()
        return super().get_context_data(
            figures=figures.key_figures(counts),
            citation=taking.register_cited(self.request, sum(counts["track"].values())),
            contact=_contact(),
            **kwargs,
        )


class EthicsView(PublicPage):
    """``catalogue/ethics.html``: how records are reviewed, and the limits of it

    - ``kinds``: links with ``count``: the kinds of review of what is public now; ``own_work``:
      how many of those records were reviewed or published by their author; ``criteria``: links
      (``code``, ``label``, ``title``: definition)
    """

    template_name = "catalogue/ethics.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**reviewed.ethics_context(), **kwargs)
