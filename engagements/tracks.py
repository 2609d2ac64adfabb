"""Does the track follow from who took part? One table of rules, asked of one record or of all."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from engagements.models import Participation

OFFICIAL = frozenset({"official", "intergovernmental_official"})
ACTING_FOR_A_SIDE = OFFICIAL | {"armed_group_member"}
PERSONAL = frozenset({"official_personal"})
UNTOLD = frozenset({"unknown", ""})
"""Capacities that say nothing for or against a track."""


class Of(Enum):
    """How the capacities of a record have to stand to those of a rule for a doubt."""

    NONE = "none of them is among these"
    SOME = "some of them is"
    ALL = "all of them are"


@dataclass(frozen=True)
class Rule:
    """What is doubtful on one track, for a set of codes and for the database alike."""

    track: str
    of: Of
    these: frozenset[str]
    message: Any

    def speaks_against(self, known: set[str]) -> bool:
        match self.of:
            case Of.NONE:
                return not known & self.these
            case Of.SOME:
                return bool(known & self.these)
            case Of.ALL:
                return known <= self.these

    def condition(self, known: QuerySet[Participation]) -> Q:
        match self.of:
            case Of.NONE:
                return Q(~Exists(known.filter(capacity__in=self.these)))
            case Of.SOME:
                return Q(Exists(known.filter(capacity__in=self.these)))
            case Of.ALL:
                return Q(~Exists(known.exclude(capacity__in=self.these)))


# The meanings are those of the codebook. Of two rules for a track the first is told.
RULES = (
    Rule(
        "1",
        Of.NONE,
        ACTING_FOR_A_SIDE,
        _("Track 1 is between officials, but nobody here takes part as one."),
    ),
    Rule(
        "1.5",
        Of.NONE,
        OFFICIAL | PERSONAL,
        _("Track 1.5 has officials in it, but nobody here is one."),
    ),
    Rule(
        "1.5",
        Of.ALL,
        OFFICIAL,
        _("Track 1.5 mixes officials with others, but here all are officials."),
    ),
    Rule(
        "2",
        Of.SOME,
        OFFICIAL,
        _("Track 2 has no officials acting as such, but somebody here does."),
    ),
    Rule(
        "3",
        Of.ALL,
        ACTING_FOR_A_SIDE | PERSONAL,
        _("Track 3 is between people, but here all take part as officials."),
    ),
)


def track_doubts(track: str | None, capacities: Collection[str]) -> list[str]:
    """Return why ``track`` sits ill with those who took part; empty when nothing speaks against it.

    ``capacities`` are codes; those not known say nothing.
    """
    known = set(capacities) - UNTOLD
    if not known:
        return []
    found = (rule for rule in RULES if rule.track == track and rule.speaks_against(known))
    return [str(rule.message) for rule in found][:1]


def doubted() -> Q:
    """The same as a condition on engagements."""
    known = Participation.objects.filter(engagement=OuterRef("pk")).exclude(capacity__in=UNTOLD)
    doubts = (Q(track=rule.track) & rule.condition(known) for rule in RULES)
    return Q(Exists(known)) & reduce(or_, doubts)
