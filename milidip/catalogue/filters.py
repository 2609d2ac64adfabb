"""How is a request turned into a set of entries? One FilterSet for pages, counts and exports."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels, periods, search
from milidip.catalogue.models import Actor, Document, Entry, Participation
from milidip.catalogue.parameters import (
    LONGEST_VALUE,
    MOST_GUESSES,
    BadParameters,
    CodesField,
    OneOfField,
    PeriodField,
    SearchField,
    printable,
)
from milidip.catalogue.periods import Bound
from milidip.codebook.choices import UNKNOWN

SORTS = {
    "newest": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
    "title": gettext_lazy("Title"),
    "relevance": gettext_lazy("Relevance"),
}
# What people write, and which parameter it is here.
MEANT = {
    "actor": "stakeholder",
    "country": "place",
    "from": "after",
    "organisation": "stakeholder",
    "query": "q",
    "search": "q",
    "type": "activity",
    "until": "before",
    "year": "after",
}
DATES = {
    "certain": gettext_lazy("Surely within the period"),
    "coarse": gettext_lazy("Dates too coarse to judge"),
}

Step = Callable[[QuerySet], QuerySet]


YES_NO = {"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")}


class CodesFilter(django_filters.Filter):
    """Any of these codes, in a column of one code or of several; never a DISTINCT."""

    field_class = CodesField

    def __init__(self, column: str, vocabulary: str = "", *, many: bool = False, **kwargs: Any):
        self.vocabulary, self.many = vocabulary, many
        self.known = kwargs.setdefault("known", lambda codes: labels.vocabulary(vocabulary))
        super().__init__(column, distinct=False, **kwargs)

    def condition(self, values: tuple[str, ...]) -> Q:
        lookup = "overlap" if self.many else "in"
        return Q(**{f"{self.field_name}__{lookup}": list(values)})

    def filter(self, qs: QuerySet, value: tuple[str, ...]) -> QuerySet:
        return qs.filter(self.condition(value)) if value else qs


class ActorsFilter(CodesFilter):
    """Actors by reference; ``unknown`` is a record that names nobody."""

    def condition(self, values: tuple[str, ...]) -> Q:
        named = [value for value in values if value != UNKNOWN]
        condition = Q(actors__overlap=named) if named else Q()
        return condition | Q(actors=[]) if UNKNOWN in values else condition


class PeriodFilter(django_filters.Filter):
    field_class = PeriodField

    def filter(self, qs: QuerySet, value: Bound | None) -> QuerySet:
        return qs.filter(getattr(periods, self.field_name)(value)) if value else qs


class SearchFilter(django_filters.Filter):
    field_class = SearchField

    def filter(self, qs: QuerySet, value: tuple[str, ...]) -> QuerySet:
        return qs.filter(search__vector=search.search_query(value)) if value else qs


class FlagFilter(django_filters.Filter):
    """“yes” or “no” about something that is known of every record."""

    field_class = OneOfField

    def __init__(self, column: str, **kwargs: Any):
        super().__init__(column, words=YES_NO, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(**{self.field_name: value == "yes"}) if value else qs


class WordFilter(django_filters.Filter):
    """A parameter that orders or refines; what it does is done by the FilterSet."""

    field_class = OneOfField

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs


def public_actors(references: tuple[str, ...]) -> Iterable[str]:
    return Actor.objects.filter(pk__in=references).values_list("pk", flat=True)


def public_series(codes: tuple[str, ...]) -> Iterable[str]:
    return Entry.objects.filter(series__in=codes).values_list("series", flat=True).distinct()


def public_records(references: tuple[str, ...]) -> Iterable[str]:
    return Entry.objects.filter(reference__in=references).values_list("reference", flat=True)


class EntryFilterSet(django_filters.FilterSet):
    """Every parameter of the public contract. Ask ``filtered()`` for one, never this class."""

    q = SearchFilter(label=gettext_lazy("Search"))
    track = CodesFilter("track", "track", label=gettext_lazy("Track, by who took part"))
    touches = CodesFilter("touches", "track", many=True, label=gettext_lazy("Track it touches"))
    region = CodesFilter(
        "region_codes", "region", many=True, label=gettext_lazy("Region where it happened")
    )
    place = CodesFilter(
        "place_countries", "country", many=True, label=gettext_lazy("Country where it happened")
    )
    participant_country = CodesFilter(
        "participant_countries",
        "country",
        many=True,
        label=gettext_lazy("Who took part, by country"),
    )
    activity = CodesFilter("activity", "activity", label=gettext_lazy("Activity, in detail"))
    family = CodesFilter("family", "family", label=gettext_lazy("Kind of activity"))
    military_role = CodesFilter(
        "military_role", "military_role", many=True, label=gettext_lazy("What the military did")
    )
    stakeholder = ActorsFilter(
        "actors",
        many=True,
        known=public_actors,
        missing=gettext_lazy("“%(value)s” is not an actor in the public register."),
        label=gettext_lazy("Who took part"),
    )
    role = CodesFilter("roles", "role", many=True, label=gettext_lazy("In what role"))
    objective = CodesFilter("objectives", "objective", many=True, label=gettext_lazy("Objective"))
    theme = CodesFilter("themes", "theme", many=True, label=gettext_lazy("Theme"))
    status = CodesFilter("status", "status", label=gettext_lazy("Status"))
    exercise_form = CodesFilter(
        "exercise_form", "exercise_form", label=gettext_lazy("Form of exercise")
    )
    exercise_environment = CodesFilter(
        "exercise_environments",
        "exercise_environment",
        many=True,
        label=gettext_lazy("Environment of exercise"),
    )
    exercise_focus = CodesFilter(
        "exercise_focus", "exercise_focus", many=True, label=gettext_lazy("Focus of exercise")
    )
    mandating_body = CodesFilter(
        "mandating_body", "mandating_body", many=True, label=gettext_lazy("Mandated by")
    )
    dialogue_format = CodesFilter(
        "dialogue_format", "dialogue_format", label=gettext_lazy("Format of dialogue")
    )
    series = CodesFilter(
        "series",
        known=public_series,
        missing=gettext_lazy("“%(value)s” is not a series in the public register."),
        label=gettext_lazy("Series"),
    )
    reference = CodesFilter(
        "reference",
        known=public_records,
        missing=gettext_lazy("“%(value)s” is not a record in the public register."),
        label=gettext_lazy("Record"),
    )
    case_study = FlagFilter("case_study", label=gettext_lazy("Case study"))
    after = PeriodFilter("after", label=gettext_lazy("From"))
    before = PeriodFilter("before", label=gettext_lazy("Until"))
    dates = WordFilter(words=DATES, label=gettext_lazy("Dates"))
    sort = WordFilter(words=SORTS, label=gettext_lazy("Sort"))

    class Meta:
        model = Entry
        fields: list[str] = []

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of a parameter that takes codes."""
        return self.form.cleaned_data.get(name) or ()

    @property
    def chosen(self) -> list[tuple[str, Any]]:
        """What decides which entries are found, whatever their order: to keep results by."""
        cleaned = self.form.cleaned_data
        return [(name, cleaned[name]) for name in sorted(cleaned) if name != "sort"]

    def without(self, *names: str) -> QuerySet[Entry]:
        """Return the entries found when these parameters are left out; unordered."""
        entries = self.queryset.all()
        for restrict in self.steps(*names).values():
            entries = restrict(entries)
        return entries

    def steps(self, *left_out: str) -> dict[str, Step]:
        """Return what restricts the entries, each by its name, when these are left out.

        A name is that of a parameter; ``acting`` is an actor and a role together.
        """
        data = {name: v for name, v in self.form.cleaned_data.items() if v}
        data = {name: v for name, v in data.items() if name not in left_out}
        steps: dict[str, Step] = {}
        if data.get("role") and data.get("stakeholder"):
            acting = self._acting(data.pop("stakeholder"), data.pop("role"))
            steps["acting"] = lambda entries: entries.filter(acting)
        start, end, dates = data.get("after"), data.get("before"), data.pop("dates", None)
        if (start or end) and dates:
            coarse = periods.too_coarse(start, end)
            steps["dates"] = lambda entries: (
                entries.filter(coarse) if dates == "coarse" else entries.exclude(coarse)
            )
        for name, value in data.items():
            if not isinstance(self.filters[name], WordFilter):
                steps[name] = partial(self._restricted, name, value)
        return steps

    def _restricted(self, name: str, value: Any, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        return self.filters[name].filter(entries, value)

    def filter_queryset(self, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return self.without()

    def _acting(self, actors: tuple[str, ...], roles: tuple[str, ...]) -> Q:
        """An actor and a role asked for together must hold in the same participation."""
        condition = Q(
            Exists(
                Participation.objects.filter(
                    entry=OuterRef("pk"),
                    actor_reference__in=[actor for actor in actors if actor != UNKNOWN],
                    role__in=["" if role == UNKNOWN else role for role in roles],
                )
            )
        )
        if UNKNOWN in actors:
            condition |= Q(actors=[], roles__overlap=list(roles))
        return condition

    def sort_for(self, total: int) -> str:
        """Return the order to use: relevance for a search, unless it finds too much."""
        usual = "relevance" if self.values("q") else "newest"
        sort = self.form.cleaned_data["sort"] or usual
        if sort == "relevance" and (not self.values("q") or total > search.RANKED_AT_MOST):
            return "newest"
        return sort

    def ordered(self, total: int) -> QuerySet[Entry]:
        """Return the entries in the order asked for, stable by ordinal."""
        match self.sort_for(total):
            case "oldest":
                order = [F("start_earliest").asc(nulls_last=True), F("ordinal").asc()]
            case "title":
                order = [F("sort_key").asc(), F("ordinal").asc()]
            case "relevance":
                rank = search.rank(self.values("q"))
                order = [rank.desc(), F("ordinal").desc()]
            case _:
                return self.qs.newest_first()
        return self.qs.order_by(*order)

    @cached_property
    def counted(self) -> dict[Any, Any]:
        """What `counting.count` has counted of it."""
        return {}

    @cached_property
    def found(self) -> dict[int, str]:
        """Bits of what a search finds, by block, once that is counted."""
        return {}

    @cached_property
    def series_names(self) -> dict[str, str]:
        """Names of the series asked for."""
        codes = [code for code in self.values("series") if code != UNKNOWN]
        if not codes:
            return {}
        rows = Document.objects.filter(entry__series__in=codes)
        return dict(rows.values_list("entry__series", "series_name").distinct())

    @cached_property
    def actor_names(self) -> dict[str, str]:
        """Names of the actors asked for."""
        references = [code for code in self.values("stakeholder") if code != UNKNOWN]
        if not references:
            return {}
        return dict(Actor.objects.filter(pk__in=references).values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A parameter that is no filter, and the one that may have been meant."""

    name: str
    near: str

    def __str__(self) -> str:
        message = _("“%(name)s” is not a filter.") % {"name": printable(self.name[:40])}
        if self.near:
            message += " " + _("Did you mean “%(name)s”?") % {"name": self.near}
        return message


def unrecognised(data: QueryDict, also: Iterable[str] = ()) -> list[Unrecognised]:
    """Return the parameters of a request that are no filters, in their order."""
    known = {name: name for name in (*EntryFilterSet.base_filters, *also)}
    spellings = MEANT | known
    found: list[Unrecognised] = []
    for name in data:
        if name in known:
            continue
        near: list[str] = []
        if len(found) < MOST_GUESSES:
            near = get_close_matches(name.lower()[:LONGEST_VALUE], spellings, n=1)
        found.append(Unrecognised(name, spellings[near[0]] if near else ""))
    return found


def filtered(data: QueryDict) -> EntryFilterSet:
    """Return the FilterSet of a request; raise BadParameters when a value is not possible.

    The only way to one: with an invalid form ``filterset.qs`` would be everything.
    """
    filterset = EntryFilterSet(data, queryset=Entry.objects.all())
    if not filterset.is_valid():
        raise BadParameters(
            f"{name}: {message}"
            for name, messages in filterset.errors.items()
            for message in messages
        )
    cleaned = filterset.form.cleaned_data
    start, end = cleaned["after"], cleaned["before"]
    if start and end and start.first and end.last and start.first > end.last:
        raise BadParameters(
            [
                _("after: “%(after)s” is later than before: “%(before)s”.")
                % {"after": start.values[0], "before": end.values[0]}
            ]
        )
    if cleaned["dates"] and not (start or end):
        raise BadParameters([_("dates: needs “after” or “before”.")])
    return filterset
