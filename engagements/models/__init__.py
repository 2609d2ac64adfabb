"""The working side: what staff log, review and freeze for publication."""

from .conduct import Allegation, ConductAssessment, CriterionFinding
from .drift import Drift
from .engagement import Engagement, RelatedEngagement, Series
from .flag import CountryFlag
from .hold import Hold, Schedule
from .parts import Outcome, Participation, Place, Source
from .publication import ActorSnapshot, Publication
from .review import Condition, EthicalReview

__all__ = [
    "ActorSnapshot",
    "Allegation",
    "Condition",
    "ConductAssessment",
    "CountryFlag",
    "CriterionFinding",
    "Drift",
    "Engagement",
    "EthicalReview",
    "Hold",
    "Outcome",
    "Participation",
    "Place",
    "Publication",
    "RelatedEngagement",
    "Schedule",
    "Series",
    "Source",
]
