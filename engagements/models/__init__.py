"""The working side: what staff log, review and freeze for publication."""

from .conduct import Allegation, ConductAssessment, CriterionFinding
from .details import (
    DETAILS,
    DialogueDetails,
    ExchangeDetails,
    ExerciseDetails,
    PeaceOperationDetails,
)
from .doubles import LookAlike, MergedRecord, Template
from .drift import Drift
from .engagement import Engagement, RelatedEngagement, Series
from .flag import CountryFlag
from .hold import Hold, Schedule
from .imports import (
    Import,
    ImportName,
    ImportRow,
    PossibleDuplicate,
    RememberedMapping,
    Stage,
)
from .invitation import Invitation, InvitationMessage
from .parts import Outcome, Participation, Place, Source
from .publication import ActorSnapshot, Publication
from .report import LOOKED_AT_WITHIN, ReaderReport, RecentSender
from .review import Condition, EthicalReview
from .saved import FollowedRegion, SavedFilter
from .unsaved import OpenRecord, Unsaved

__all__ = [
    "DETAILS",
    "LOOKED_AT_WITHIN",
    "ActorSnapshot",
    "Allegation",
    "Condition",
    "ConductAssessment",
    "CountryFlag",
    "CriterionFinding",
    "DialogueDetails",
    "Drift",
    "Engagement",
    "EthicalReview",
    "ExchangeDetails",
    "ExerciseDetails",
    "FollowedRegion",
    "Hold",
    "Import",
    "ImportName",
    "ImportRow",
    "Invitation",
    "InvitationMessage",
    "LookAlike",
    "MergedRecord",
    "OpenRecord",
    "Outcome",
    "Participation",
    "PeaceOperationDetails",
    "Place",
    "PossibleDuplicate",
    "Publication",
    "ReaderReport",
    "RecentSender",
    "RelatedEngagement",
    "RememberedMapping",
    "SavedFilter",
    "Schedule",
    "Series",
    "Source",
    "Stage",
    "Template",
    "Unsaved",
]
