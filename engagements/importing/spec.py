"""A mapping as data: which column of a file is what, and how its cells are read.

It comes from a TOML file (`engagements/mappings/`, where `template.toml` explains every part) or
from the page on which somebody matches the columns of an upload. What is written wrongly is said
at once, with all of it, and before any row is read.
"""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from engagements.importing.targets import BY_NAME

SECTIONS = {
    "title": str,
    "dataset": dict,
    "columns": dict,
    "constants": dict,
    "missing": dict,
    "dates": dict,
    "values": dict,
    "flags": dict,
    "participants": list,
    "compose": dict,
}
DATASET = {
    "name": str,
    "publisher": str,
    "kind": str,
    "independence": str,
    "citation": str,
    "url": str,
    "language": str,
    "licence": str,
    "longest_years": (int, float),
    "without_end": str,
}
DATES = {"years": list, "order": str, "dotted": str}
PARTICIPANTS = {
    "columns": list,
    "separator": str,
    "are": str,
    "name": str,
    "type": str,
    "country": str,
    "role": str,
    "capacity": str,
    "side": str,
    "unknown": str,
}
ARE = ("states", "bodies", "mentioned", "written", "actors")
ORDERS = ("", "dmy", "mdy", "ymd")
COMPOSED = ("title", "summary")


class MappingError(Exception):
    """Everything that is wrong with a mapping."""

    def __init__(self, problems: Iterable[str]):
        self.problems = list(problems)
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True)
class People:
    """Columns that name participants, or one participant that every row has."""

    columns: tuple[str, ...] = ()
    separator: str = ""
    are: str = "states"
    name: str = ""
    type: str = ""
    country: str = ""
    role: str = "participant"
    capacity: str = ""
    side: str = ""
    unknown: str = "note"
    """What to do with a name that is no state and no listed body: `note` or `refuse`."""


@dataclass(frozen=True)
class Spec:
    """The parts of a mapping, checked for everything that needs no file and no database."""

    title: str = ""
    dataset: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    years: tuple[int, int] = (1900, 2100)
    order: str = ""
    dotted: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    participants: tuple[People, ...] = ()
    compose: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Spec":
        """Return the mapping that ``said`` describes, or raise MappingError with all its faults."""
        if problems := list(_problems(said)):
            raise MappingError(problems)
        dates = said.get("dates", {})
        return cls(
            title=said.get("title", ""),
            dataset=said.get("dataset", {}),
            columns=said.get("columns", {}),
            constants={name: str(value) for name, value in said.get("constants", {}).items()},
            marks=frozenset(
                str(mark).strip().casefold() for mark in said.get("missing", {}).get("marks", [])
            ),
            years=tuple(dates.get("years", (1900, 2100))),
            order=dates.get("order", ""),
            dotted=dates.get("dotted", ""),
            values={
                name: {word.strip().casefold(): code for word, code in words.items()}
                for name, words in said.get("values", {}).items()
            },
            flags=said.get("flags", {}),
            participants=tuple(
                People(**{**part, "columns": tuple(part.get("columns", ()))})
                for part in said.get("participants", [])
            ),
            compose=said.get("compose", {}),
            digest=json.dumps(said, sort_keys=True, ensure_ascii=False),
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that a file has to have, each once; patterns are for those that it may."""
        people = (name for part in self.participants for name in part.columns)
        flags = (name for columns in self.flags.values() for name in columns)
        named = [
            *self.columns.values(),
            *flags,
            *(name for name in people if not is_pattern(name)),
        ]
        return tuple(dict.fromkeys(named))

    def people_columns(self, part: People, header: Iterable[str]) -> list[str]:
        """Return the columns of ``part`` in the order of the file."""
        return [
            name for name in header if any(fnmatchcase(name, pattern) for pattern in part.columns)
        ]


def is_pattern(name: str) -> bool:
    """Tell whether a name stands for several columns, such as State* or State[A-Z]."""
    return any(sign in name for sign in "*?[")


def close_to(name: str, known: Iterable[str]) -> str:
    """Return “ Did you mean X?”, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean “{found[0]}”?" if found else ""


def _problems(said: Mapping[str, Any]) -> Iterable[str]:
    yield from _shape("the mapping", said, SECTIONS)
    if any(name in said and not isinstance(said[name], kind) for name, kind in SECTIONS.items()):
        return
    yield from _shape("[dataset]", said.get("dataset", {}), DATASET)
    yield from _shape("[dates]", said.get("dates", {}), DATES)
    yield from _shape("[missing]", said.get("missing", {}), {"marks": list})
    for section in ("columns", "constants", "values", "flags"):
        yield from _targets(section, said.get(section, {}))
    for name in said.get("compose", {}):
        if name not in COMPOSED:
            yield f"[compose] has {name}: only {' and '.join(COMPOSED)} can be composed."
    for name, value in said.get("columns", {}).items():
        if not isinstance(value, str) or not value:
            yield f"[columns] {name} has to be the name of a column, in quotation marks."
    for section in ("values", "flags"):
        for name, words in said.get(section, {}).items():
            if not isinstance(words, dict) or not all(isinstance(v, str) for v in words.values()):
                yield f"[{section}.{name}] has to be a table of texts."
    yield from _date_problems(said.get("dates", {}))
    for number, part in enumerate(said.get("participants", []), start=1):
        yield from _people_problems(f"[[participants]] {number}", part)
    columns, dataset = said.get("columns", {}), said.get("dataset", {})
    if "source_id" not in columns:
        yield "[columns] has no source_id: a row needs an identifier of its own."
    if not (dataset.get("name") or columns.get("source_dataset")):
        yield "[dataset] has no name, and no column is source_dataset."
    if "activity" not in columns and "activity" not in said.get("constants", {}):
        yield "activity is given neither in [columns] nor in [constants]."


def _shape(where: str, said: Any, known: Mapping[str, Any]) -> Iterable[str]:
    if not isinstance(said, dict):
        yield f"{where} has to be a table."
        return
    for name, value in said.items():
        if name not in known:
            yield f"{where} has “{name}”, which is not known.{close_to(name, known)}"
        elif not isinstance(value, known[name]) or isinstance(value, bool):
            yield f"{where}: {name} is written in the wrong way; see template.toml."


def _targets(section: str, said: Mapping[str, Any]) -> Iterable[str]:
    for name in said:
        if name not in BY_NAME:
            yield f"[{section}] has “{name}”, which is nothing to import.{close_to(name, BY_NAME)}"


def _date_problems(said: Mapping[str, Any]) -> Iterable[str]:
    years = said.get("years", [1900, 2100])
    if len(years) != 2 or not all(isinstance(year, int) for year in years) or years[0] > years[1]:
        yield "[dates] years has to be the first and the last year, such as [1980, 2011]."
    for name in ("order", "dotted"):
        if said.get(name, "") not in ORDERS:
            yield f"[dates] {name} “{said[name]}” is none of dmy, mdy, ymd."


def _people_problems(where: str, part: Any) -> Iterable[str]:
    yield from _shape(where, part, PARTICIPANTS)
    if not isinstance(part, dict):
        return
    if not (part.get("columns") or part.get("name")):
        yield f"{where} needs columns, or a name that every row has."
    if part.get("are", "states") not in ARE:
        yield f"{where}: are “{part['are']}” is none of {', '.join(ARE)}.{close_to(part['are'], ARE)}"
    if (part.get("name") or part.get("are") == "actors") and not part.get("type"):
        yield f"{where} needs the type of the actor."
    if part.get("unknown", "note") not in ("note", "refuse"):
        yield f"{where}: unknown is “note” or “refuse”."


def unknown_columns(needed: Sequence[str], header: Sequence[str]) -> list[str]:
    """Return a sentence for each column that a mapping names and a file does not have."""
    return [
        f"The file has no column “{name}”.{close_to(name, header)}"
        for name in needed
        if name not in header
    ]
