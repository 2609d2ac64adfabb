"""Who takes part, the promises made to them, and what they ask for."""

from .actors import (
    PERSON,
    STATE,
    DistinctPair,
    FormerReference,
    Identifier,
    OtherName,
    Protection,
    Stakeholder,
    StakeholderQuerySet,
)
from .requests import ANSWERED_WITHIN, Erasure, PersonRequest

__all__ = [
    "ANSWERED_WITHIN",
    "PERSON",
    "STATE",
    "DistinctPair",
    "Erasure",
    "FormerReference",
    "Identifier",
    "OtherName",
    "PersonRequest",
    "Protection",
    "Stakeholder",
    "StakeholderQuerySet",
]
