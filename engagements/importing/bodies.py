"""Bodies that texts name plainly, from a small curated list; never a person.

An alias in capitals is an acronym and is matched as it is written; other names are matched
whatever their case. A body of one country is found only in rows about that country, since
acronyms return: the ELN of Colombia is not that of Costa Rica. An entry without a name is a
kind of unnamed group.
"""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engagements.importing.records import Actor, squeezed
from milidip.codebook.folding import folded

FILE = Path(__file__).with_name("bodies.csv")
FORMER = re.compile(r"\b(?:former|ex|retired|late)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """A body with the names under which files mention it; unnamed when it is only a kind."""

    actor: Actor
    names: tuple[str, ...]
    found_in: frozenset[str]

    @property
    def unnamed(self) -> bool:
        return not self.actor.name


class Bodies:
    """The list, asked by a whole name or by a text that mentions some of them."""

    def __init__(self, listed: Collection[Body]):
        self._by_name: dict[str, list[Body]] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Body]] = []
        for body in listed:
            for name in dict.fromkeys(folded(squeezed(name)) for name in body.names):
                self._by_name.setdefault(name, []).append(body)
            for name in body.names:
                if not body.unnamed:
                    self._patterns.append((name.casefold(), _pattern(name), body))
        self._patterns.sort(key=lambda found: -len(found[0]))

    @classmethod
    def listed(cls) -> "Bodies":
        return cls(_read())

    def named(self, name: str, countries: Collection[str] | None = None) -> Body | None:
        """Return the body whose name or alias this is, as a whole, in whatever country."""
        found = self._by_name.get(folded(squeezed(name)), [])
        if countries is not None:
            found = [body for body in found if _fits(body, countries)]
        return found[0] if len(found) == 1 else None

    def mentioned(self, text: str, countries: Collection[str] = ()) -> Iterator[Actor]:
        """Yield each named body that a text mentions, once, in the text's order.

        The longest name counts: “UN Security Council” mentions no United Nations beside it.
        """
        found: dict[Actor, int] = {}
        text = squeezed(text)
        plain = text.casefold()
        for name, pattern, body in self._patterns:
            if name not in plain or not _fits(body, countries):
                continue
            for match in pattern.finditer(text):
                if not FORMER.search(text[max(0, match.start() - 12) : match.start()]):
                    found.setdefault(body.actor, match.start())
            text = pattern.sub(lambda match: "\0" * len(match[0]), text)
        yield from sorted(found, key=lambda actor: found[actor])


def _fits(body: Body, countries: Collection[str]) -> bool:
    return not body.found_in or not body.found_in.isdisjoint(countries)


def _pattern(name: str) -> re.Pattern[str]:
    is_acronym = sum(char.isupper() for char in name) >= max(2, len(name) // 2)
    return re.compile(
        rf"(?<![\w-]){re.escape(name)}(?![\w]|-[a-z]|/[A-Z])", 0 if is_acronym else re.IGNORECASE
    )


@cache
def _read() -> tuple[Body, ...]:
    bodies = []
    with FILE.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            names = [row["name"], row["acronym"], *row["aliases"].split(";")]
            actor = Actor(
                name=row["name"],
                type=row["type"],
                level=row["level"],
                country=row["country"] or None,
                parent=row["parent"] or None,
                acronym=row["acronym"],
            )
            names = dict.fromkeys(filter(None, map(str.strip, names)))
            found_in = frozenset(filter(None, row["found_in"].split(";")))
            bodies.append(Body(actor, tuple(names), found_in))
    return tuple(bodies)


@cache
def parents() -> dict[str, Actor]:
    """Name -> body, for those that another body is part of."""
    everybody = {body.actor.name: body.actor for body in _read()}
    wanted = {body.actor.parent for body in _read()} - {None}
    return {name: everybody[name] for name in wanted if name}
