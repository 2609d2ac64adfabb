"""Quick log: one page, five answers, a draft. Read back before it is stored, with or without script.

Plain fields hold what was typed, whatever happens. What the server understands of them is shown
below each: by script while one types, else when the form is sent. A draft is stored once the
person has seen every reading and answered what was in doubt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms import Media, Script
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from engagements import defaults, quick, unsaved, whens, wheres, whos
from engagements.admin import doubles
from engagements.admin.unsaved import SLOT
from engagements.forms import ActivityField
from engagements.look_alikes import Given, look_alikes
from engagements.models import Engagement, Series
from engagements.requirements import today
from milidip.codebook.choices import SourceKind, Status
from milidip.codebook.folding import folded
from milidip.codebook.models import ActivityType, ActorType, Role
from stakeholders.admin import matching
from stakeholders.models import Stakeholder

PAGE = "admin/engagements/engagement/quick.html"
READING = "admin/engagements/engagement/quick_read.html"
READ = ("what", "when", "where", "who", "how")
LONG = 20_000
OFFERED = 8
NEW, LATER = "new", "later"
"""Answers to “who is this?” beside the key of an actor: make one, or leave the line out."""


def urls_of(model_admin: Any) -> list[Any]:
    """The pages of quick logging; all are for those who may log an engagement."""

    def page(view: Any, *methods: str) -> Any:
        def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not model_admin.has_add_permission(request):
                raise PermissionDenied
            if methods and request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(model_admin, request, **kwargs)

        return model_admin.admin_site.admin_view(wrapped)

    return [
        path("quick/", page(quick_view), name="engagements_engagement_quick"),
        path("quick/read/", page(read_view, "POST"), name="engagements_engagement_quick_read"),
        path(
            "quick/find/<str:what>/",
            page(find_view, "GET"),
            name="engagements_engagement_quick_find",
        ),
    ]


# --- the form -------------------------------------------------------------------------------------


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", **attrs})


class QuickForm(forms.Form):
    """What is typed: nothing but text, so that nothing typed can get lost."""

    title = forms.CharField(
        label=_("What: its name"),
        max_length=500,
        required=False,
        widget=_input(**{"data-find": "what"}),
        help_text=_(
            "The name used by those who took part. Without one choose the kind: either is enough."
        ),
    )
    activity = ActivityField(
        ActivityType.objects.none(),
        label=_("What: kind of activity"),
        required=False,
        empty_label=_("Not chosen yet"),
    )
    when = forms.CharField(
        label=_("When"),
        max_length=whens.LONGEST,
        widget=_input(),
        error_messages={"required": _("Say when it was, as far as you know, or “unknown”.")},
        help_text=_("In words: “14-20 May 1980”, “mid 2003”, “ongoing since 1978”. Or “unknown”."),
    )
    where = forms.CharField(
        label=_("Where"),
        max_length=4000,
        widget=_input(**{"data-find": "where"}),
        error_messages={"required": _("Say where it was, as far as you know, or “unknown”.")},
        help_text=_(
            "A country, a town with its country, a sea, or “online”; several parted by “;”."
        ),
    )
    who = forms.CharField(
        label=_("Who took part"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        error_messages={"required": _("Say who took part, or “not stated”.")},
        help_text=_(
            "One on each line, or pasted from a list; the role in brackets, after a tab or after "
            "a comma: “United States (host)”, “3 NGOs”. Or “not stated”."
        ),
    )
    how = forms.CharField(
        label=_("How we know: address of the source"),
        max_length=2000,
        required=False,
        widget=_input(inputmode="url"),
        help_text=_("Or the title of what is not on the web. It counts as read today."),
    )
    own_report = forms.BooleanField(
        label=_("Own report: one of us was there, or was told"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        activity: Any = self.fields["activity"]
        activity.queryset = ActivityType.by_family()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("title") and not data.get("activity") and "activity" not in self.errors:
            self.add_error("title", _("Give its name, or choose the kind of activity."))
        if not data.get("how") and not data.get("own_report") and "how" not in self.errors:
            self.add_error("how", _("Give a source, or tick “Own report”."))
        return data


# --- what is understood of it -----------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """One line of who took part, as it is shown with its questions."""

    number: int
    matched: whos.Matched
    take: str
    role: str
    kind: str
    shown: bool
    """The person has seen what was made of this line."""
    group: str = ""
    more_roles: tuple[str, ...] = ()
    """What the kind of an unnamed group, and roles beside the first, are called."""
    problem: str = ""

    @property
    def name(self) -> str:
        return f"who-{self.number}"

    @property
    def line(self) -> whos.Line:
        return self.matched.line

    @property
    def settled(self) -> bool:
        return self.matched.settled or bool(self.take)

    @property
    def people(self) -> int | None:
        return self.line.people


@dataclass
class Reading:
    """What the server understands of a form that was sent, field by field."""

    data: Mapping[str, Any]
    may_make: bool = False
    """Whether the person may log new actors."""
    errors: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    """What the date may have meant, if it can be read in two ways."""

    def text(self, name: str) -> str:
        return str(self.data.get(name, ""))[:LONG].replace("\x00", "")

    def shown(self, name: str, value: str) -> bool:
        return self.data.get(f"{name}_shown") == value

    # what

    @cached_property
    def series(self) -> tuple[Series, str] | None:
        """The series whose name the title is, or one that was chosen, with the edition."""
        found = quick.series_of(self.text("title"))
        key = self.text("series")
        if found or not key.isdecimal():
            return found
        chosen = Series.objects.filter(pk=key).first()
        return (chosen, "") if chosen else None

    @property
    def in_series(self) -> bool:
        return bool(self.series) and self.text("series") == str(self.series[0].pk)

    # when

    @cached_property
    def when(self) -> whens.When | None:
        if not (text := self.text("when").strip()):
            return None
        try:
            return whens.read_when(text, today())
        except whens.WhenError as error:
            self.errors["when"], self.options = error.message, error.options
            return None

    @property
    def when_in_words(self) -> str:
        return whens.in_words(self.when) if self.when else ""

    @property
    def meanings(self) -> list[tuple[str, str]]:
        """What a doubtful date may mean: the text to write instead, and what that says."""
        return [(option, _meaning(option)) for option in self.options]

    @property
    def when_key(self) -> str:
        when = self.when
        return f"{when.start}/{when.end}/{when.ongoing:d}{when.open_end:d}" if when else ""

    @property
    def to_come(self) -> bool:
        when = self.when
        if when is None:
            return False
        status = defaults.status_for(when.start, when.end, today(), ongoing=when.ongoing)
        return status == Status.PLANNED

    @property
    def announced(self) -> bool:
        return bool(self.data.get("announced"))

    # where

    @cached_property
    def geography(self) -> wheres.Geography:
        return wheres.Geography()

    @property
    def days(self) -> wheres.Days:
        return self.when.days if self.when else None

    @cached_property
    def places(self) -> list[wheres.ReadPlace]:
        try:
            return self.geography.read(self.text("where"), self.days)
        except wheres.WhereError as error:
            self.errors["where"] = str(error)
            return []

    @property
    def places_key(self) -> str:
        return "; ".join(place.words for place in self.places) or "-"

    # who

    @cached_property
    def rows(self) -> list[Row]:
        lines = whos.read_lines(self.text("who"), whos.Words(), self.geography.gazetteer)
        if len(lines) > whos.MOST:
            self.errors["who"] = gettext("Give at most %(most)d lines, and the rest later.") % {
                "most": whos.MOST
            }
            return []
        answers = self._answers()
        create = bool(self.data.get("who_create"))
        rows = []
        for number, matched in enumerate(whos.match(lines, self.geography.gazetteer, self.days)):
            answer = answers.get(matched.line.said)
            rows.append(self._row(number, matched, answer, create=create))
        return rows

    def _answers(self) -> dict[str, dict[str, str]]:
        """What was answered before, by the line that it is about."""
        return {
            self.text(name): {
                what: self.text(name.replace("-line", f"-{what}"))
                for what in ("take", "role", "kind")
            }
            for name in self.data
            if name.startswith("who-") and name.endswith("-line")
        }

    def _row(
        self,
        number: int,
        matched: whos.Matched,
        answer: dict[str, str] | None,
        *,
        create: bool,
    ) -> Row:
        line, proposal = matched.line, matched.proposal
        allowed = {str(actor.pk) for actor in matched.candidates} | {LATER}
        if self.may_make:
            allowed.add(NEW)
        take = answer["take"] if answer and answer["take"] in allowed else ""
        alone = not matched.settled and not matched.candidates
        if not take and create and alone and self.may_make:
            take = NEW
        role = answer["role"] if answer else ""
        kind = answer["kind"] if answer else ""
        if role not in self.roles:
            role = line.roles[0] if line.roles else quick.PARTICIPANT
        if kind not in self.kinds:
            kind = proposal.type if proposal else "unknown"
        row = Row(number, matched, take, role, kind, shown=answer is not None)
        row.group = self.kinds.get(line.group, "")
        row.more_roles = tuple(self.roles[code] for code in line.roles[1:])
        if not matched.settled and take == NEW and proposal:
            row.problem = whos.problem_with(proposal, kind)
        return row

    @cached_property
    def roles(self) -> dict[str, str]:
        return {role.pk: str(role) for role in Role.objects.all()}

    @cached_property
    def kinds(self) -> dict[str, str]:
        return {kind.pk: str(kind) for kind in ActorType.objects.all()}

    @property
    def unsettled(self) -> list[Row]:
        return [row for row in self.rows if not row.settled]

    @property
    def open_rows(self) -> list[Row]:
        """Those that asked something, answered or not: they stay where they are."""
        return [row for row in self.rows if not row.matched.settled]

    @property
    def clear_rows(self) -> list[Row]:
        return [row for row in self.rows if row.matched.settled]

    @property
    def new(self) -> list[Row]:
        """Lines that nothing in the register is like."""
        return [row for row in self.rows if not row.matched.settled and not row.matched.candidates]

    @property
    def count(self) -> str:
        """How the list stands, in one sentence."""
        if not self.rows:
            return gettext("Nobody is named.")
        text = ngettext("%d line.", "%d lines.", len(self.rows)) % len(self.rows)
        if waiting := len(self.unsettled):
            said = ngettext("%d waits for your answer.", "%d wait for your answer.", waiting)
            return f"{text} {said % waiting}"
        return f"{text} {gettext('All are clear.')}"

    # how

    @cached_property
    def sources(self) -> list[quick.Citation]:
        try:
            found = quick.read_sources(self.text("how"), own=bool(self.data.get("own_report")))
        except quick.SourceError as error:
            self.errors["how"] = str(error)
            return []
        kind = self.text("how_kind")
        if kind not in dict(self.source_kinds) or not self.shown("how", self.how_key):
            return found
        return [
            source
            if source.kind == SourceKind.OWN_REPORT
            else quick.Citation(kind, source.title, source.url)
            for source in found
        ]

    @property
    def how_key(self) -> str:
        return " ".join(self.text("how").split())

    @property
    def source(self) -> quick.Citation | None:
        """The one that has an address or a title."""
        return next((source for source in self.sources if source.url or source.title), None)

    source_kinds = [choice for choice in SourceKind.choices if choice[0] != SourceKind.OWN_REPORT]

    # all

    def read_all(self) -> None:
        """Read every field, so that `errors` has all that is wrong."""
        _everything = (self.when, self.places, self.rows, self.sources)
        for row in self.rows:
            if not row.problem and row.shown and not row.settled:
                row.problem = gettext("Say who this is.")
        if any(row.problem for row in self.rows):
            self.errors.setdefault(
                "who", gettext("Some lines of the list need an answer: they are marked below.")
            )

    @property
    def seen(self) -> bool:
        """Whether the person has seen what was made of all that they typed."""
        return (
            self.shown("when", self.when_key)
            and self.shown("where", self.places_key)
            and all(row.shown for row in self.rows)
            and (self.source is None or self.shown("how", self.how_key))
        )

    def draft(self, form: QuickForm) -> quick.Draft:
        """Return what is to be stored of a form that is valid and was seen."""
        assert self.when is not None
        series, edition = self.series if self.in_series and self.series else (None, "")
        return quick.Draft(
            title=form.cleaned_data["title"],
            activity=form.cleaned_data["activity"],
            when=self.when,
            places=self.places,
            who=[self._taking(row) for row in self.rows if row.take != LATER],
            sources=self.sources,
            series=series,
            edition=edition,
            announced=self.to_come and self.announced,
        )

    @staticmethod
    def _taking(row: Row) -> quick.Taking:
        roles = tuple(dict.fromkeys((row.role, *row.line.roles[1:])))
        matched = row.matched
        if matched.settled:
            return quick.Taking(row.line, roles, matched.actor)
        if row.take == NEW:
            return quick.Taking(row.line, roles, None, matched.proposal, row.kind)
        chosen = next(actor for actor in matched.candidates if str(actor.pk) == row.take)
        return quick.Taking(row.line, roles, chosen)

    def given(self) -> Given:
        """What is known so far, to be compared with other records."""
        when = self.when or whens.When()
        return Given(
            title=" ".join(self.text("title").split())[:500],
            start=when.start,
            end=when.end,
            countries=tuple(p.where.country for p in self.places if p.where.country),
            regions=tuple(p.where.region for p in self.places if p.where.region),
            series=self.series[0].pk if self.in_series and self.series else None,
        )


def _meaning(option: str) -> str:
    """Return what one reading of a date says; itself, where its other end is doubtful too."""
    try:
        return whens.in_words(whens.read_when(option, today()))
    except whens.WhenError:
        return option


# --- the pages --------------------------------------------------------------------------------------


def quick_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The page: empty, or with what was typed and what was made of it; then the draft."""
    form, reading, unseen = QuickForm(), None, False
    form.fields["title"].widget.attrs["autofocus"] = True
    if request.method == "POST":
        form, reading = QuickForm(request.POST), _reading(request)
        reading.read_all()
        form.is_valid()
        for name, message in reading.errors.items():
            if name not in form.errors:
                form.add_error(name, message)
        if form.is_valid():
            unseen = not reading.seen
            if not unseen and (answer := _store(model_admin, request, form, reading)):
                return answer
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Log an engagement"),
        "opts": model_admin.opts,
        "form": form,
        "reading": reading,
        "unseen": unseen,
        "unsaved_slot": request.POST.get(SLOT, ""),
        "media": Media(
            css={
                "all": [
                    "admin_extra/working.css",
                    "admin_extra/form.css",
                    "admin_extra/quick.css",
                ]
            },
            js=[
                Script("admin_extra/unsaved.js", defer=True),
                Script("admin_extra/quick.js", defer=True),
            ],
        ),
    }
    if reading:
        context |= doubles.shown(look_alikes(reading.given()), request.POST)
    request.current_app = model_admin.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, PAGE, context)


def read_view(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """What is understood of some fields, as pieces of the page. Nothing is stored."""
    reading = _reading(request)
    asked = [name for name in request.POST.getlist("read") if name in READ]
    answer: dict[str, Any] = {
        name: render_to_string(f"{READING}#{name}", {"reading": reading}, request)
        for name in asked
    }
    if "who" in asked:
        answer["count"] = reading.count
    if "alike" in request.POST.getlist("read"):
        shown = doubles.shown(look_alikes(reading.given()), request.POST)
        answer["alike"] = render_to_string(
            "admin/engagements/engagement/look_alikes.html", shown, request
        )
    return JsonResponse(answer)


def _reading(request: HttpRequest) -> Reading:
    return Reading(request.POST, request.user.has_perm("stakeholders.add_stakeholder"))


def find_view(model_admin: Any, request: HttpRequest, what: str) -> JsonResponse:
    """What a type-ahead offers for the words typed so far: a text, and what it is."""
    typed = " ".join(request.GET.get("q", "").split())[:100]
    find = {"what": _find_what, "where": _find_where, "who": _find_who}.get(what)
    found = find(typed) if find and len(typed) > 1 else []
    return JsonResponse({"found": found})


def _find_what(typed: str) -> list[dict[str, Any]]:
    kinds = ActivityType.objects.select_related("family").order_by("sort_order", "code")
    words = folded(typed).split()
    found: list[dict[str, Any]] = [
        {"text": str(kind), "note": str(kind.family), "activity": kind.pk}
        for kind in kinds
        if all(word in folded(f"{kind} {kind.label} {kind.family}") for word in words)
    ]
    series = Series.objects.filter(name__unaccent__icontains=typed).order_by("name")
    found[:0] = [
        {"text": one.name, "note": gettext("series"), "series": one.pk} for one in series[:4]
    ]
    return found[:OFFERED]


def _find_where(typed: str) -> list[dict[str, Any]]:
    return [{"text": text, "note": note} for text, note in wheres.Geography().like(typed)]


def _find_who(typed: str) -> list[dict[str, Any]]:
    """Actors by any of their names; where two are called the same, with the reference."""
    actors = list(
        matching(Stakeholder.objects.select_related("type", "country"), typed).order_by(
            "sort_key", "reference"
        )[:OFFERED]
    )
    names = [actor.sort_key for actor in actors]
    return [
        {
            "text": actor.name
            if names.count(actor.sort_key) == 1 and not actor.is_person
            else f"{actor.name} [{actor.reference}]",
            "note": ", ".join(filter(None, [str(actor.type), str(actor.country or "")])),
        }
        for actor in actors
    ]


def _store(
    model_admin: Any, request: HttpRequest, form: QuickForm, reading: Reading
) -> HttpResponse | None:
    """Store the draft and say where to go on; None when somebody was quicker."""
    draft = reading.draft(form)
    try:
        with transaction.atomic():
            record = quick.log(draft, request.user, today())  # type: ignore[arg-type]
            model_admin.log_addition(request, record, [{"added": {}}])
            same = doubles.keep_answers(request, record)
    except IntegrityError:
        form.add_error(
            "who", gettext("Somebody has just logged one of these actors: check the list again.")
        )
        return None
    unsaved.settle(request.user, request.POST.get(SLOT, ""), record)  # type: ignore[arg-type]
    return _after(request, record, draft, same)


def _after(
    request: HttpRequest, record: Engagement, draft: quick.Draft, same: Engagement | None
) -> HttpResponse:
    page = reverse("admin:engagements_engagement_change", args=[record.pk])
    told = gettext("The draft {} is kept. What is missing can follow.")
    messages.success(request, format_html(told, format_html('<a href="{}">{}</a>', page, record)))
    for default in draft.told:
        if default.told:
            messages.info(request, default.told)
    if same and (merge_page := doubles.after_same(request, record, same)):
        return HttpResponseRedirect(merge_page)
    if "_another" in request.POST:
        page = reverse("admin:engagements_engagement_quick")
    return HttpResponseRedirect(page)
