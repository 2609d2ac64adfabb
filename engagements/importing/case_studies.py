"""Fuller accounts for imported records: one file each, with the sources they cite besides.

A file is TOML: ``dataset`` and ``id`` say which record, ``narrative`` is the account, in which
``[1]`` is the first source of the record; ``[[sources]]`` are added behind those that the record
has. Only what nobody has worked on is touched, and a file that cites a source which there is not
is refused whole.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from engagements.importing.reading import FileError
from engagements.importing.theirs import MARK
from engagements.models import Engagement, Source
from milidip.codebook.choices import State
from stakeholders.references import unused_references

CITED = re.compile(r"\[(\d{1,2})\]")
FIELDS = {"dataset", "id", "narrative", "sources"}
OF_SOURCE = {
    *("kind", "independence", "title", "author", "publisher", "url", "published"),
    *("locator_type", "locator", "language"),
}


@dataclass(frozen=True)
class CaseStudy:
    """One file: which record it is about, the account, and the sources that it brings."""

    path: Path
    dataset: str
    source_id: str
    narrative: str
    sources: tuple[dict[str, Any], ...]


def read(path: Path) -> CaseStudy:
    """Return what the file says; raise FileError with the reason when it cannot be used."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise FileError(f"{path.name} cannot be read: {problem}") from None
    sources = data.get("sources", [])
    unknown = [
        *(data.keys() - FIELDS),
        *(key for one in sources for key in one.keys() - OF_SOURCE),
    ]
    if unknown:
        raise FileError(f"{path.name}: “{unknown[0]}” is not a field of a case study.")
    if not all(data.get(name) for name in ("dataset", "id", "narrative")):
        raise FileError(f"{path.name} needs dataset, id and narrative.")
    return CaseStudy(
        path, data["dataset"], data["id"], data["narrative"].strip(), tuple(map(dict, sources))
    )


def add(directory: Path, user: User) -> list[int]:
    """Give the records their accounts as ``user``; return the ids of those that have one now.

    Left alone are records that are not there, that are no drafts any more, and those that
    somebody has given an account of their own.
    """
    added = (_add(read(path), user) for path in sorted(directory.glob("*.toml")))
    return [pk for pk in added if pk is not None]


def _add(study: CaseStudy, user: User) -> int | None:
    mark = {MARK: study.path.name}
    reason = f"Case study of {study.path.name}"
    with transaction.atomic(), pghistory.context(user=user.pk, reason=reason, **mark):
        engagement = (
            Engagement.objects.select_for_update(no_key=True)
            .filter(source_dataset=study.dataset, source_id=study.source_id)
            .first()
        )
        if engagement is None or engagement.state != State.DRAFT:
            return None
        if engagement.narrative:  # of an earlier load that was stopped, or somebody's own
            return engagement.pk if engagement.narrative == study.narrative else None
        number = engagement.sources.count() + len(study.sources)
        if wrong := [n for n in CITED.findall(study.narrative) if not 1 <= int(n) <= number]:
            raise FileError(
                f"{study.path.name} cites [{wrong[0]}], but the record has {number} sources."
            )
        references = unused_references(Source, "MS", len(study.sources))
        for reference, values in zip(references, study.sources, strict=True):
            Source.objects.create(
                engagement=engagement, reference=reference, supports=["narrative"], **values
            )
        Engagement.objects.filter(pk=engagement.pk).update(
            narrative=study.narrative,
            case_study=True,
            updated_at=timezone.now(),
            updated_by=user,
        )
        return engagement.pk
