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
from .report import LOOKED_AT_WITHIN, ReaderReport, RecentSender
from .review import Condition, ConductAssessment, CriterionFinding, EthicalReview

__all__ = [
    "DETAILS",
    "LOOKED_AT_WITHIN",
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
    "ReaderReport",
    "RecentSender",
    "RelatedEngagement",
    "Schedule",
    "Series",
    "Source",
    "Template",
]
