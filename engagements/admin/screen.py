"""The one screen of an engagement from top to bottom, and what its history consists of."""

from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.utils.translation import gettext_lazy as _

from engagements.admin.details import (
    DETAILS,
    DialogueInline,
    ExchangeInline,
    ExerciseInline,
    PeaceOperationInline,
)
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
    MergedRecord,
    Outcome,
    Participation,
    Place,
    Publication,
    ReaderReport,
    RelatedEngagement,
    Schedule,
    Source,
)
from engagements.restoring import list_parts, stated_by
from stakeholders.history import Part

# The screen from top to bottom: fieldsets by name, and the parts between them.
WHAT, WHEN, SUMMARY, TEXTS = _("What"), _("When"), _("Summary"), _("More to say")
TRACK, AIMS, THEMES = _("Track"), _("What it was for"), _("Themes")
DISCLOSURE, NOTES = _("Disclosure"), _("Notes for staff")
NOT_STATED = _("What no source states")
REASON = _("Reason for the change")
FIELDSETS: list[tuple[Any, dict[str, Any]]] = [
    (
        WHAT,
        {"fields": ["title", "title_supplied", ("activity", "series", "edition")]},
    ),
    (WHEN, {"fields": [("start", "end", "status")]}),
    (SUMMARY, {"fields": ["summary"]}),
    (
        TEXTS,
        {
            "classes": ["collapse"],
            "fields": ["narrative", "case_study", "lessons", "lessons_reported_by"],
        },
    ),
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
    (NOT_STATED, {"fields": ["not_stated"]}),
    (
        DISCLOSURE,
        {"fields": [("marking", "embargo_until", "gives_support"), "nothing_classified"]},
    ),
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
    ExerciseInline,
    ExchangeInline,
    PeaceOperationInline,
    DialogueInline,
    TRACK,
    AIMS,
    THEMES,
    SourceInline,
    NOT_STATED,
    OutcomeInline,
    RelatedInline,
    DISCLOSURE,
    NOTES,
    REASON,
)
PARTS: list[Any] = [item for item in SCREEN if isinstance(item, type)]
ON_THE_SCREEN = flatten_fieldsets(FIELDSETS)
# Problems name a field of the record, a part of it, or one of several such as "source 2 title".
ANCHORS = {
    "source": "sources-group",
    "sources": "sources-group",
    "place": "places-group",
    "places": "places-group",
    "participations": "participations-group",
    "outcome": "outcomes-group",
    "outcomes": "outcomes-group",
    **{inline.block: f"{inline.block}_details-group" for inline in DETAILS},
    "conduct": "conduct",
    "conduct_assessment": "conduct",
}


def history_parts() -> tuple[Part, ...]:
    """Every table that a record consists of."""
    return (
        Part(Engagement, "pk", show=frozenset({"state"})),
        *list_parts().values(),
        *(
            Part(model, "engagement")
            for model in (
                Place,
                Source,
                Participation,
                Outcome,
                *(inline.model for inline in DETAILS),
                RelatedEngagement,
                EthicalReview,
                ConductAssessment,
                Hold,
                Schedule,
                MergedRecord,
                ReaderReport,
            )
        ),
        stated_by(),
        Part(Condition, "review", of=EthicalReview),
        Part(CriterionFinding, "assessment", of=ConductAssessment),
        Part(Allegation, "assessment", of=ConductAssessment),
        Part(
            Publication,
            "engagement",
            skip=frozenset({"schema", "digest", "actors", "related", "review"}),
        ),
    )
