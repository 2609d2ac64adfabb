"""The working side: what staff log, review and freeze for publication."""

from .details import (
    DETAILS,
    DialogueDetails,
    ExchangeDetails,
    ExerciseDetails,
    PeaceOperationDetails,
)
from .doubles import LookAlike, MergedRecord, Template
from .engagement import Engagement, RelatedEngagement, Series
from .hold import Hold, Schedule
from .parts import Outcome, Participation, Place, Source
from .publication import ActorSnapshot, Publication
from .review import Condition, ConductAssessment, CriterionFinding, EthicalReview

__all__ = [
    "DETAILS",
    "ActorSnapshot",
    "Condition",
    "ConductAssessment",
    "CriterionFinding",
    "DialogueDetails",
    "Engagement",
    "EthicalReview",
    "ExchangeDetails",
    "ExerciseDetails",
    "Hold",
    "LookAlike",
    "MergedRecord",
    "Outcome",
    "Participation",
    "PeaceOperationDetails",
    "Place",
    "Publication",
    "RelatedEngagement",
    "Schedule",
    "Series",
    "Source",
    "Template",
]
