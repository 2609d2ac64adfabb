"""The working side: what staff log, review and freeze for publication."""

from .details import DialogueDetails, ExchangeDetails, ExerciseDetails, PeaceOperationDetails
from .engagement import Engagement, RelatedEngagement, Series
from .hold import Hold, Schedule
from .parts import Outcome, Participation, Place, Source
from .publication import ActorSnapshot, Publication
from .review import Condition, ConductAssessment, CriterionFinding, EthicalReview

__all__ = [
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
    "Outcome",
    "Participation",
    "PeaceOperationDetails",
    "Place",
    "Publication",
    "RelatedEngagement",
    "Schedule",
    "Series",
    "Source",
]
