"""The public pages. Each class says in its docstring what its template is given.

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

from django.db.models import FETCH_RAISE, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.generic import TemplateView

from milidip.catalogue import (
    changes,
    citing,
    counting,
    errors,
    figures,
    labels,
    listing,
    pages,
    people,
    record,
    reviewed,
)
from milidip.catalogue.addresses import address, pairs_of, path_of
from milidip.catalogue.codebook_page import codebook_context
from milidip.catalogue.exports import base_url
from milidip.catalogue.facets import FACETS
from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.listing import Pager
from milidip.catalogue.middleware import wants_partial
from milidip.catalogue.models import Actor, ActorRedirect, Entry, EntryRedirect, Version
from milidip.catalogue.parameters import BadParameters
from milidip.catalogue.references import canonical
from milidip.codebook.choices import UNKNOWN, RegionKind

LATEST = 6
SUGGESTED = 10


def first_of(entries: QuerySet[Entry], most: int = listing.PAGE_SIZE) -> list[Entry]:
    """Return the first of ``entries`` as lists show them.

    The narrow rows are put in order first and only those shown are joined to their texts.
    """
    return lines(list(entries.values_list("pk", flat=True)[:most]))


def lines(keys: list[int]) -> list[Entry]:
    """Return entries as lists show them; anything else asked of them is an error."""
    shown = Entry.objects.select_related("document").defer("document__data")
    found = shown.fetch_mode(FETCH_RAISE).in_bulk(keys)
    return [found[key] for key in keys if key in found]


# Compressed, since the same facets come with every list; there is no secret on a public page
# that its length could tell.
@method_decorator([csrf_exempt, gzip_page], name="dispatch")
class PublicPage(TemplateView):
    """A page for anyone: GET and HEAD, and a bad parameter is told in plain words."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except BadParameters as error:
            response = errors.bad_request(request, messages=error.messages)
            if wants_partial(request):
                # Htmx shows no error in place: let the browser open it as a page.
                response["HX-Redirect"] = request.get_full_path()
            return response


class HomeView(PublicPage):
    """``catalogue/home.html``

    - ``figures``: links (``label``, ``count``, ``url``): engagements, reaching Track III,
      countries, actors, sources (``url`` may be empty)
    - ``tracks``: links with ``code``, ``label``, ``title`` (definition), ``count``, ``url``:
      the four primary tracks and unknown when there are any
    - ``quick``: links with ``count``: "Track III and what touches it", "Exercises", "Peace
      operations", "All engagements"
    - ``regions``, ``families``: links with ``code``, ``count``: what the register has records
      of
    - ``latest``: up to six lines, last published first
    """

    template_name = "catalogue/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = figures.counts()
        latest = first_of(Entry.objects.order_by("-last_published", "-ordinal"), LATEST)
        return super().get_context_data(
            figures=figures.key_figures(counts),
            tracks=[
                figures.counted("track", code, counts["track"])
                for code in [*labels.vocabulary("track"), UNKNOWN]
                if code != UNKNOWN or counts["track"].get(code)
            ],
            quick=figures.quick_entries(counts),
            regions=[
                figures.counted("region", code, counts["region"])
                for code, word in labels.vocabulary("region").items()
                if word.kind == RegionKind.M49 and counts["region"].get(code)
            ],
            families=[
                figures.counted("family", code, counts["family"])
                for code in labels.vocabulary("family")
                if counts["family"].get(code)
            ],
            latest=latest,
            **kwargs,
        )


class EntryListView(PublicPage):
    """``catalogue/list.html``; with htmx (not boosted, not history restore) only its partial
    ``catalogue/list.html#results``, which must hold all that changes with the filter:
    chips, notices, facets, the list and the pager. The response carries ``HX-Push-Url``, so
    the address follows by itself (no ``hx-push-url`` needed).

    - ``params``: dict for the plain fields of the form: ``q``, ``after``, ``before``, ``sort``
      (text as typed; ``after`` and ``before`` may be ``unknown``)
    - ``kept``: list of (name, value) that the form keeps in hidden fields, because the page
      has no field for them: ``series``, ``stakeholder`` ...  (what is in ``facets``, ``q``,
      ``after``, ``before``, ``sort`` is not in it)
    - ``facets``: ordered list of Facet: ``name`` (the parameter, also the ``name`` of its
      checkboxes), ``label``, ``groups``, ``chosen`` (number selected), ``is_open`` (bool:
      something is selected or it is one of the first); a group has ``label`` (may be empty),
      ``folded`` (bool: put it into ``<details>``), ``choices``; a choice has ``code``
      (checkbox value), ``label``, ``title`` (definition, may be empty), ``count``,
      ``selected``, ``depth`` (0, 1, 2: indent of the region tree), ``url`` (the same page with
      this choice toggled)
    - ``chips``: one per active filter: ``name``, ``filter`` (label of the filter), ``label``
      (of the value), ``url`` (without it), and ``clear_url`` (the catalogue with no filter)
    - ``sorts``: links with ``code``, ``selected``; "relevance" only with a search
    - ``total``: number of records found; ``entries``: the lines of this page
    - ``pager``: ``number``, ``pages`` (last page that can be shown), ``first`` and ``last``
      (position of the lines shown, 1-based), ``previous_url``, ``next_url`` (or empty),
      ``links`` (links with ``selected``; ``url`` empty = a gap "…"), ``stops`` (True when the
      list goes on behind the last page: point to the export)
    - ``notices``: list of texts: unknown parameters, search without words, order not possible
    - ``coarse``: None, or a link (``count``, ``url``): records here whose dates are too coarse
      to say whether they lie within ``after`` and ``before``; ``undated``: None or a link
      (``count``, ``url``): records that match everything else but have no date at all
    - ``exports``: links: engagements, participations, sources as CSV of this very filter
      (``title`` says what one row is)
    - ``suggest_url``: type-ahead of actors, see SuggestView
    """

    template_name = "catalogue/list.html"
    facets = FACETS

    def get_template_names(self) -> list[str]:
        part = "#results" if wants_partial(self.request) else ""
        return [f"{self.template_name}{part}"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = pairs_of(request.GET)
        sent = sum(len(values) for _name, values in request.GET.lists())
        if len(said) < sent and not wants_partial(request):
            # A form without script sends its empty fields too; the address is for keeping.
            return HttpResponseRedirect(address(path_of("list"), said))
        number = listing.page_number(request)
        filterset = filtered(request.GET)
        notices = [str(name) for name in unrecognised(request.GET, also=["page"])]
        counted = counting.count(filterset, self.facets)
        total = counted.total
        context = listing.list_context(request, filterset, total, notices, self.facets)
        pairs = [pair for pair in said if pair[0] in EntryFilterSet.base_filters]
        pager = Pager(number, total, path_of("list"), pairs)
        found = lines(pages.ordinals(filterset, counted, pager.offset, pager.size))
        response = self.render_to_response(
            self.get_context_data(entries=found, total=total, pager=pager, **context)
        )
        response["X-Total-Count"] = str(total)
        if wants_partial(request):
            page = [("page", str(number))] if number > 1 else []
            response["HX-Push-Url"] = address(path_of("list"), [*pairs, *page])
        return response


class OneRecord(PublicPage):
    """Whatever shows one version of one record: finds it, or says that it was here."""

    def get(self, request: HttpRequest, reference: str, **kwargs: Any) -> HttpResponseBase:
        right = canonical("MD", reference)
        if right != reference:
            match = request.resolver_match
            args = {**match.kwargs, "reference": right}
            return HttpResponsePermanentRedirect(reverse(match.view_name, kwargs=args))
        entries = Entry.objects.select_related("document").fetch_mode(FETCH_RAISE)
        entry = entries.filter(reference=reference).first()
        if entry is None:
            merged = EntryRedirect.objects.filter(pk=reference).select_related("target").first()
            if merged:
                return HttpResponsePermanentRedirect(path_of("record", merged.target.reference))
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

    - ``q``, ``types`` (links with ``code``, ``count``, ``selected``), ``actors`` (Actor with
      ``entry_count``), ``total``, ``pager`` as in the catalogue, ``notices``. Form fields:
      ``q``, ``type``.
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
      (Actors), ``identifiers`` (dicts ``scheme``, ``value``, ``url``), ``roles`` (links with
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
        shown = first_of(entries.newest_first())
        context = people.actor_context(actor, entries)
        return self.render_to_response(self.get_context_data(entries=shown, **context))


class SuggestView(PublicPage):
    """``catalogue/suggestions.html``: a partial for ``/stakeholders/suggest?q=``

    - ``options``: up to ten dicts ``reference``, ``name``, ``type`` (label), ``country``
      (label), ``url`` (actor page)
    """

    template_name = "catalogue/suggestions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = people.suggestions(self.request, SUGGESTED)
        return super().get_context_data(options=options, **kwargs)


class CodebookView(PublicPage):
    """``catalogue/codebook.html``

    - ``vocabularies``: ordered dicts ``name`` (anchor), ``label``, ``description``,
      ``parameter`` (filter name or empty), ``terms``: dicts ``code``, ``label``,
      ``definition``, ``source``, ``extra`` (list of (label, text): crosswalks, members,
      dates), ``url`` (filtered catalogue or empty), ``depth``
    - ``notes``: rules of the codebook, each with ``title`` and ``text``
    - ``grains``: dicts ``name``, ``label``, ``description``, ``url`` (CSV), ``columns``
      (Column: ``name``, ``type``, ``null`` (bool: may be empty), ``definition``)
    - ``parameters``: dicts ``name``, ``label``, ``help``: every filter of the catalogue
    """

    template_name = "catalogue/codebook.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**codebook_context(), **kwargs)


class AboutView(PublicPage):
    """``catalogue/about.html``: ``figures`` as on the home page, ``today``; the text is the
    template's.
    """

    template_name = "catalogue/about.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = figures.counts()
        return super().get_context_data(
            figures=figures.key_figures(counts), today=self.request.register.today, **kwargs
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
