"""The mappings by name: how one kind of file is read, whether by TOML alone or by a reader.

A mapping file names a reader only where a table of columns cannot say what the dataset means: the
combined file of twelve datasets, the curated rows, and the register's own export.
"""

import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pghistory

from engagements.importing import curated, datasets, register
from engagements.importing.by_spec import SpecReader
from engagements.importing.datasets import Desk
from engagements.importing.datasets.desk import DETAILS
from engagements.importing.deciding import MayChange, RecordImporter, anybody
from engagements.importing.records import Record, Row
from engagements.importing.register import RegisterImporter
from engagements.importing.spec import MappingError, Spec
from engagements.importing.theirs import MARK

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FOLDER = Path(__file__).parents[1] / "mappings"
# Raise it when the same row is to be read differently: every row then counts as changed.
IMPORT_VERSION = 2


@dataclass(frozen=True)
class Mapping:
    """How one kind of file is read: its columns, the key of a row, and the reader."""

    name: str
    title: str
    columns: tuple[str, ...]
    read: Callable[[Row, Desk], Record]
    key: Callable[[Row], tuple[str, str]]
    own_summary: str = ""
    version: int | str = IMPORT_VERSION
    spec: Spec | None = None

    def said(self, row: Row) -> tuple[str, ...]:
        """Return the columns by which a row is told from what it said before."""
        if self.spec is None:
            return (*self.columns, *(name for name in (DETAILS,) if row.get(name)))
        people = (self.spec.people_columns(part, row) for part in self.spec.participants)
        return tuple(dict.fromkeys([*self.columns, *(name for names in people for name in names)]))

    def importer(
        self,
        user: "User",
        today: date,
        *,
        only_new: bool = False,
        may_change: MayChange = anybody,
        desk: Desk | None = None,
    ) -> Any:
        """Return what decides and writes batches of rows."""
        return RecordImporter(
            self, user, today, only_new=only_new, may_change=may_change, desk=desk
        )

    def context(self, user: "User", file: str) -> AbstractContextManager[Any]:
        """What the history says of everything that is written inside."""
        return pghistory.context(user=user.pk, reason=f"Import of {file}", **{MARK: file})


def _combined(title: str) -> Mapping:
    return Mapping(
        name="engagements",
        title=title,
        columns=datasets.COLUMNS,
        read=datasets.read,
        key=lambda row: (row["source_dataset"].strip(), row["source_id"].strip()),
        own_summary=datasets.OWN_SUMMARY,
    )


def _curated(title: str) -> Mapping:
    return Mapping(
        name="curated",
        title=title,
        columns=curated.COLUMNS,
        read=curated.read,
        key=lambda row: (curated.DATASET, row["sample_id"].strip()),
    )


@dataclass(frozen=True)
class RegisterMapping(Mapping):
    """The register's own export: rows are changes of records that are there."""

    def importer(
        self,
        user: "User",
        today: date,
        *,
        only_new: bool = False,
        may_change: MayChange = anybody,
        desk: Desk | None = None,
    ) -> Any:
        return RegisterImporter(user, may_change=may_change)

    def context(self, user: "User", file: str) -> AbstractContextManager[Any]:
        """A change of this kind is the work of staff, which imports of datasets leave alone."""
        return pghistory.context(user=user.pk, reason=f"Import of {file}")


def _register(title: str) -> Mapping:
    def never(row: Row, desk: Desk) -> Record:
        raise NotImplementedError("A row of the export is compared, not read.")

    return RegisterMapping(
        name="register",
        title=title,
        columns=(register.KEY,),
        read=never,
        key=lambda row: ("", row[register.KEY]),
    )


READERS: dict[str, Callable[[str], Mapping]] = {
    "combined": _combined,
    "curated": _curated,
    "register": _register,
}


def names() -> list[str]:
    """Return the names of the mappings that ship with the register."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Mapping:
    """Return a mapping by its name, or from a file; raise MappingError with what is wrong."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(names())
        raise MappingError(
            [f"There is no mapping {name}. Known: {known}; or give the path of a .toml file."]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MappingError([f"{path.name} cannot be read: {error}."]) from error
    return from_dict(path.stem, said)


def from_dict(name: str, said: dict[str, Any]) -> Mapping:
    """Return the mapping that a TOML file or a page describes."""
    if "reader" in said:
        if said["reader"] not in READERS or set(said) > {"reader", "title"}:
            known = ", ".join(sorted(READERS))
            raise MappingError([f"A mapping with a reader has a title and one of {known}."])
        return READERS[said["reader"]](said.get("title", name))
    spec = Spec.from_dict(said)
    reader = SpecReader(spec)
    return Mapping(
        name=name,
        title=spec.title or name,
        columns=spec.needed,
        read=reader.read,
        key=reader.key,
        version=f"{IMPORT_VERSION} {spec.digest}",
        spec=spec,
    )
