"""The one screen of an engagement from top to bottom, and what its history consists of."""

from typing import Any

from django.apps import apps
from django.contrib.admin.utils import flatten_fieldsets
from django.utils.translation import gettext_lazy as _

from engagements.admin.inlines import (
    OutcomeInline,
    ParticipationInline,
    PlaceInline,
    RelatedInline,
    SourceInline,
)
from engagements.models import (
    Allegation,
    Condition,
    ConductAssessment,
    CriterionFinding,
    Engagement,
    EthicalReview,
    Hold,
    Outcome,
    Participation,
    Place,
    Publication,
    RelatedEngagement,
    Schedule,
    Source,
)
from stakeholders.history import Part

# The screen from top to bottom: fieldsets by name, and the parts between them.
WHAT, WHEN, SUMMARY, TEXTS = _("What"), _("When"), _("Summary"), _("More to say")
TRACK, AIMS, THEMES = _("Track"), _("What it was for"), _("Themes")
DISCLOSURE, NOTES = _("Disclosure"), _("Notes for staff")
FIELDSETS: list[tuple[Any, dict[str, Any]]] = [
    (
        WHAT,
        {"fields": ["title", "title_supplied", ("activity", "series", "edition")]},
    ),
    (WHEN, {"fields": [("start", "end", "status")]}),
    (SUMMARY, {"fields": ["summary"]}),
    (TEXTS, {"classes": ["collapse"], "fields": ["narrative", "lessons"]}),
    (
        TRACK,
        {
            "fields": [
                ("track", "track_basis", "initiated_by"),
                "track_note",
                "touches",
                "track3_links",
                "military_roles",
            ]
        },
    ),
    (AIMS, {"fields": ["objectives"]}),
    (THEMES, {"classes": ["collapse"], "fields": ["themes"]}),
    (DISCLOSURE, {"fields": [("marking", "embargo_until", "gives_support")]}),
    (
        NOTES,
        {
            "classes": ["collapse"],
            "fields": [
                ("claim_status", "content_licence"),
                "working_note",
                "source_text",
                ("source_dataset", "source_id"),
            ],
        },
    ),
]
SCREEN = (
    WHAT,
    WHEN,
    SUMMARY,
    TEXTS,
    PlaceInline,
    ParticipationInline,
    TRACK,
    AIMS,
    THEMES,
    SourceInline,
    OutcomeInline,
    RelatedInline,
    DISCLOSURE,
    NOTES,
)
PARTS: list[Any] = [item for item in SCREEN if isinstance(item, type)]
ON_THE_SCREEN = flatten_fieldsets(FIELDSETS)
LISTS = ("touches", "track3_links", "military_roles", "objectives", "themes")
LIST_TABLES = {
    "touches": ("EngagementTouches", "track"),
    "track3_links": ("EngagementTrack3Links", "tracklink"),
    "military_roles": ("EngagementMilitaryRoles", "militaryrole"),
    "objectives": ("EngagementObjectives", "objective"),
    "themes": ("EngagementThemes", "theme"),
}
# Problems name a field of the record, a part of it, or one of several such as "source 2 title".
ANCHORS = {
    "source": "sources-group",
    "sources": "sources-group",
    "place": "places-group",
    "places": "places-group",
    "participations": "participations-group",
    "outcome": "outcomes-group",
    "outcomes": "outcomes-group",
    "conduct": "conduct",
    "conduct_assessment": "conduct",
}


def history_parts() -> tuple[Part, ...]:
    """Every table that a record consists of."""
    lists = tuple(
        Part(
            apps.get_model("engagements", table),
            "engagement",
            one_of_many=column,
            label=Engagement._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
        )
        for name, (table, column) in LIST_TABLES.items()
    )
    return (
        Part(Engagement, "pk", show=frozenset({"state"})),
        *lists,
        *(
            Part(model, "engagement")
            for model in (
                Place,
                Source,
                Participation,
                Outcome,
                RelatedEngagement,
                EthicalReview,
                ConductAssessment,
                Hold,
                Schedule,
            )
        ),
        Part(Condition, "review", of=EthicalReview),
        Part(CriterionFinding, "assessment", of=ConductAssessment),
        Part(Allegation, "assessment", of=ConductAssessment),
        Part(
            Publication,
            "engagement",
            skip=frozenset({"schema", "digest", "actors", "related", "review"}),
        ),
    )
