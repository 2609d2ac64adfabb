"""List filters that count each choice with one GROUP BY, however many choices there are."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from engagements import quality
from engagements.models import Engagement, Place, PossibleDuplicate, Series
from engagements.queues import unpublished
from milidip.codebook.choices import Marking, State, Status
from milidip.codebook.models import Family, Region, Track
from stakeholders.models import Stakeholder

UNKNOWN = "unknown"
LOCATED = Q(country__region__isnull=False) | Q(region__isnull=False)
SERIES_OFFERED = 12


class CountedFilter(admin.SimpleListFilter):
    """A filter on the column ``column``; a record without a value is found by ``unknown``."""

    column = ""
    may_lack = False
    many = False

    def terms(self) -> list[tuple[str, Any]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The terms of a request: each filter is made anew for the count of every other one."""
        known = request.__dict__.setdefault("filter_terms", {})
        if self.parameter_name not in known:
            known[self.parameter_name] = self.terms()
        return known[self.parameter_name] + ([(UNKNOWN, _("Not given"))] if self.may_lack else [])

    def prepared(self, queryset: QuerySet[Engagement]) -> QuerySet[Engagement]:
        return queryset

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None:
            return queryset
        queryset = self.prepared(queryset)
        if value == UNKNOWN and self.may_lack:
            return queryset.filter(self.lacking())
        return queryset.filter(**{self.column: value})

    def lacking(self) -> Q:
        return Q(**{f"{self.column}__isnull": True})

    def choices(self, changelist: Any) -> Any:
        """What nothing has is left out, so that the list of choices stays short."""
        every = super().choices(changelist)
        yield next(every)
        for choice in every:
            if choice["selected"] or not str(choice["display"]).endswith(" (0)"):
                yield choice

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        others = changelist.get_queryset(
            self.request, exclude_parameters=self.expected_parameters()
        )
        counts = dict(
            self.prepared(others)
            .order_by()
            .values_list(self.column)
            .annotate(number=Count("pk", distinct=self.many))
        )
        lacking = counts.get(None, 0) + counts.get("", 0)
        return {
            f"{position}__c": lacking if code == UNKNOWN and self.may_lack else counts.get(code, 0)
            for position, (code, _label) in enumerate(self.lookup_choices)
        }


class StateFilter(CountedFilter):
    title, parameter_name, column = _("state of the record"), "state", "state"

    def terms(self) -> list[tuple[str, Any]]:
        return State.choices


class StatusFilter(CountedFilter):
    title, parameter_name, column = _("status"), "status", "status"

    def terms(self) -> list[tuple[str, Any]]:
        return Status.choices


class MarkingFilter(CountedFilter):
    title, parameter_name, column = _("marking"), "marking", "marking"

    def terms(self) -> list[tuple[str, Any]]:
        return Marking.choices


class FamilyFilter(CountedFilter):
    title, parameter_name, column = _("family of activity"), "family", "activity__family_id"

    def terms(self) -> list[tuple[str, Any]]:
        return list(Family.objects.values_list("code", "label"))


class TrackFilter(CountedFilter):
    title, parameter_name, column = _("track"), "track", "track_id"
    may_lack = True

    def terms(self) -> list[tuple[str, Any]]:
        return list(Track.objects.values_list("code", "label"))


class TouchesFilter(TrackFilter):
    title, parameter_name, column = _("tracks it touches"), "touches", "touches"
    many = True


class RegionFilter(CountedFilter):
    """Where it happened: the region of the place's country, or the region or sea itself."""

    title, parameter_name, column = _("region"), "region", "area"
    may_lack = True
    many = True

    def terms(self) -> list[tuple[str, Any]]:
        used = (
            Region.objects.filter(located__isnull=False)
            .distinct()
            .order_by("label")
            .values_list("code", "label")
        )
        return list(used)

    def prepared(self, queryset: QuerySet[Engagement]) -> QuerySet[Engagement]:
        return queryset.annotate(area=Coalesce("places__country__region", "places__region"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value is None:
            return queryset
        places = Place.objects.filter(engagement=OuterRef("pk"))
        if value == UNKNOWN:
            return queryset.exclude(Exists(places.filter(LOCATED)))
        there = Q(country__region=value) | Q(country=None, region=value)
        return queryset.filter(Exists(places.filter(there)))


class DatasetFilter(CountedFilter):
    title, parameter_name, column = _("dataset"), "dataset", "source_dataset"
    may_lack = True

    def terms(self) -> list[tuple[str, Any]]:
        names = (
            Engagement.objects.exclude(source_dataset="")
            .order_by("source_dataset")
            .values_list("source_dataset", flat=True)
            .distinct()
        )
        return [(name, name) for name in names]

    def lacking(self) -> Q:
        return Q(source_dataset="")


class SeriesFilter(CountedFilter):
    """The series with most engagements, and the one chosen; search finds the others."""

    title, parameter_name, column = _("series"), "series", "series__code"

    def terms(self) -> list[tuple[str, Any]]:
        largest = list(
            Series.objects.annotate(number=Count("engagements"))
            .filter(number__gt=0)
            .order_by("-number", "name")
            .values_list("code", "name")[:SERIES_OFFERED]
        )
        chosen = self.value()
        if chosen and chosen not in dict(largest):
            largest += Series.objects.filter(code=chosen).values_list("code", "name")
        return largest


class MineFilter(admin.SimpleListFilter):
    title, parameter_name = _("logged by"), "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Me")), ("others", _("Others"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(created_by=request.user)
        if self.value() == "others":
            return queryset.exclude(created_by=request.user)
        return queryset

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        mine = Q(created_by=self.request.user)
        return {"0__c": Count(pk_attname, filter=mine), "1__c": Count(pk_attname, filter=~mine)}


class ChangesFilter(admin.SimpleListFilter):
    """Published records with changes that are not public, as far as compared."""

    title, parameter_name = _("changes"), "changes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unpublished", _("Not public yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "unpublished":
            return queryset.filter(pk__in=unpublished().values("pk"))
        return queryset

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        return {"0__c": Count(pk_attname, filter=Q(pk__in=unpublished().values("pk")))}


class DuplicateFilter(admin.SimpleListFilter):
    """Records that may be of one engagement, as an import has flagged them."""

    title, parameter_name = _("possible duplicate"), "duplicate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Flagged"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(flagged()) if self.value() == "yes" else queryset

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        return {"0__c": Count(pk_attname, filter=flagged())}


def flagged() -> Q:
    pairs = PossibleDuplicate.objects.filter(settled_at=None)
    return Q(pk__in=pairs.values("first")) | Q(pk__in=pairs.values("second"))


class QualityFilter(admin.SimpleListFilter):
    """Records that something could be better in, to be worked through one by one."""

    title, parameter_name = _("quality"), "quality"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(check.slug, check.label) for check in quality.CHECKS]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        check = quality.BY_SLUG.get(self.value() or "")
        return queryset.filter(check.where()) if check else queryset

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        """Counted apart: within a list of distinct records a condition finds no record to ask."""
        others = changelist.get_queryset(
            self.request, exclude_parameters=self.expected_parameters()
        )
        records = Engagement.objects.filter(pk__in=others.order_by().values("pk"))
        lines = quality.counts(records)
        return {f"{number}__c": line.number for number, line in enumerate(lines)}


class ActorFilter(admin.SimpleListFilter):
    """Set by the link on an actor's page; it lists nobody by itself."""

    title, parameter_name = _("actor"), "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if not (chosen := self.value()):
            return []
        return list(Stakeholder.objects.filter(reference=chosen).values_list("reference", "name"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not (chosen := self.value()):
            return queryset
        return queryset.filter(participations__stakeholder__reference=chosen).distinct()


FILTERS = [
    StateFilter,
    MineFilter,
    ChangesFilter,
    FamilyFilter,
    TrackFilter,
    TouchesFilter,
    RegionFilter,
    StatusFilter,
    MarkingFilter,
    SeriesFilter,
    DatasetFilter,
    DuplicateFilter,
    QualityFilter,
    ActorFilter,
]
