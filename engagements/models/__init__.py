"""The working side: what staff log, review and freeze for publication."""

from .engagement import Engagement, RelatedEngagement, Series
from .hold import Hold, Schedule
from .imports import (
    Import,
    ImportName,
    ImportRow,
    PossibleDuplicate,
    RememberedMapping,
    Stage,
)
from .parts import Outcome, Participation, Place, Source
from .publication import ActorSnapshot, Publication
from .review import Condition, ConductAssessment, CriterionFinding, EthicalReview

__all__ = [
    "ActorSnapshot",
    "Condition",
    "ConductAssessment",
    "CriterionFinding",
    "Engagement",
    "EthicalReview",
    "Hold",
    "Import",
    "ImportName",
    "ImportRow",
    "Outcome",
    "Participation",
    "Place",
    "PossibleDuplicate",
    "Publication",
    "RelatedEngagement",
    "RememberedMapping",
    "Schedule",
    "Series",
    "Source",
    "Stage",
]
