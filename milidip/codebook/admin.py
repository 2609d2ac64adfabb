"""The vocabularies on the working side: read what ships, add what is missing."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Case, Model, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _

from milidip.codebook.folding import folded
from milidip.codebook.models import (
    ActivityType,
    ActorType,
    Capacity,
    Coded,
    Country,
    CountryNumber,
    Criterion,
    Family,
    FixedTerm,
    MilitaryRole,
    Objective,
    Region,
    Role,
    Theme,
    Track,
    TrackLink,
)


class CodedAdmin(admin.ModelAdmin):
    """What ships is read-only; an editor's own term keeps its code and goes while unused."""

    list_display = ["code", "label", "definition", "shipped"]
    list_display_links = ["code", "label"]
    list_filter = ["shipped"]
    search_fields = ["code", "label", "definition"]

    def get_fields(self, request: HttpRequest, obj: Coded | None = None) -> list[Any]:
        fields = [str(name) for name in super().get_fields(request, obj)]
        first = [name for name in ("code", "label", "definition", "source") if name in fields]
        rest = [name for name in fields if name not in (*first, "shipped")]
        return [*first, *rest, *(["shipped"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Coded | None = None) -> list[str]:
        if obj is None:
            return []
        return self.all_fields() if obj.shipped else ["code", "shipped"]

    def all_fields(self) -> list[str]:
        options = self.opts
        return [field.name for field in (*options.fields, *options.many_to_many)]

    def has_delete_permission(self, request: HttpRequest, obj: Coded | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.shipped)

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name what uses a term: a link to many is deleted silently otherwise."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, missing, [*protected, *_uses(objs)]


def _uses(terms: Iterable[Coded]) -> list[str]:
    return [
        _("“%(term)s” is in use: %(uses)s.") % {"term": term, "uses": uses}
        for term in terms
        if (uses := term.uses())
    ]


@admin.register(Capacity, Criterion, Family, MilitaryRole, Objective, Role, Track, TrackLink)
class TermAdmin(CodedAdmin):
    pass


@admin.register(ActivityType)
class ActivityTypeAdmin(CodedAdmin):
    list_display = ["code", "label", "family", "definition", "shipped"]
    list_filter = ["family", "shipped"]
    list_select_related = ["family"]


@admin.register(Theme)
class ThemeAdmin(CodedAdmin):
    list_display = ["code", "label", "group", "definition", "shipped"]
    list_filter = ["group", "shipped"]


@admin.register(ActorType)
class ActorTypeAdmin(CodedAdmin):
    list_display = ["code", "label", "definition", "plover", "iati", "shipped"]


@admin.register(Region)
class RegionAdmin(CodedAdmin):
    list_display = ["code", "label", "kind", "parent", "as_of", "checked", "shipped"]
    list_filter = ["kind", "checked", "shipped"]
    list_select_related = ["parent"]
    search_fields = ["code", "label"]
    autocomplete_fields = ["parent", "synonym_of", "countries"]


class CountryNumberInline(admin.TabularInline):
    model = CountryNumber
    extra = 0

    def _own(self, obj: Model | None) -> bool:
        return obj is None or not (isinstance(obj, Country) and obj.shipped)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_add_permission(request, obj) and self._own(obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._own(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._own(obj)


@admin.register(Country)
class CountryAdmin(CodedAdmin):
    list_display = ["code", "label", "formal_name", "kind", "region", "valid_from", "valid_to"]
    list_filter = ["kind", "region_assigned", "shipped", "region"]
    list_select_related = ["region"]
    search_fields = ["code", "label", "sort_key", "formal_name", "other_names", "iso2"]
    autocomplete_fields = ["region", "successors"]
    inlines = [CountryNumberInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Put first what was meant: UK is the United Kingdom before it is Ukraine."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if not term:
            return found, may_have_duplicates
        meant = Q(code__iexact=term) | Q(iso2__iexact=term) | Q(sort_key=folded(term))
        meant |= Q(other_names__iregex=rf"(^|; ){re.escape(term)}(;|$)")
        rank = Case(
            When(meant, then=Value(0)),
            When(sort_key__startswith=folded(term), then=Value(1)),
            default=Value(2),
        )
        return found.order_by(rank, "sort_key", "code"), may_have_duplicates


@admin.register(FixedTerm)
class FixedTermAdmin(admin.ModelAdmin):
    """To read only: the program depends on these words."""

    list_display = ["vocabulary", "code", "label", "definition"]
    list_display_links = ["code", "label"]
    list_filter = ["vocabulary"]
    search_fields = ["vocabulary", "code", "label", "definition"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
