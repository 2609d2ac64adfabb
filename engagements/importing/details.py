"""The details of a family as a file gives them: under the names of the export's columns."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from engagements.details import COLUMNS, LONG_COLUMNS
from engagements.importing.records import RowError, squeezed
from engagements.models import DETAILS
from milidip.codebook.choices import (
    Confidentiality,
    DialogueFormat,
    ExerciseEnvironment,
    ExerciseFocus,
    ExerciseForm,
    Facilitation,
    MandateTask,
    MandatingBody,
)

CODES: Mapping[str, Iterable[str]] = {
    "exercise_form": ExerciseForm.values,
    "exercise_environments": ExerciseEnvironment.values,
    "exercise_focus": ExerciseFocus.values,
    "mandating_body": MandatingBody.values,
    "mandate_tasks": MandateTask.values,
    "dialogue_format": DialogueFormat.values,
    "dialogue_facilitation": Facilitation.values,
    "dialogue_confidentiality": Confidentiality.values,
}
LISTS = {"exercise_environments", "exercise_focus", "mandating_body", "mandate_tasks"}
TRUTHS = {"exercise_live_fire", "exercise_multi_service"}
FIELDS: Mapping[str, tuple[str, str]] = {
    column: (block, name) for column, (block, name, _missing) in COLUMNS.items()
} | dict(LONG_COLUMNS)
"""Column of the export -> block of details and field of its model."""

LONGEST = 300


def read_details(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the columns of details in ``cells``; refuse what cannot be one.

    Lists are joined with ``;``. Columns that are no details, and empty cells, are passed over.
    """
    return {
        column: _read(column, squeezed(text))
        for column, text in cells.items()
        if column in FIELDS and text.strip()
    }


def pairs(text: str) -> dict[str, str]:
    """Return the columns and values of ``column=value|column=value``; refuse other columns."""
    found = {}
    for item in filter(str.strip, text.split("|")):
        column, equals, value = item.partition("=")
        if not equals or column.strip() not in FIELDS:
            raise RowError(f"details: “{item.strip()}” is not a column of details and its value.")
        found[column.strip()] = value
    return found


def _read(column: str, text: str) -> Any:
    if column in LISTS:
        codes = [code.strip() for code in text.split(";") if code.strip()]
        return sorted({_code(column, code) for code in codes})
    if column in CODES:
        return _code(column, text)
    if column in TRUTHS:
        if text.casefold() not in {"true", "yes", "1", "false", "no", "0"}:
            raise RowError(f"{column} “{text}” is neither yes nor no.")
        return text.casefold() in {"true", "yes", "1"}
    if column in LONG_COLUMNS:
        if len(text) > LONGEST:
            raise RowError(
                f"{column} has {len(text)} characters and the register takes {LONGEST}."
            )
        return text
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise RowError(f"{column} “{text}” is no number of one or more.")
    return int(text)


def _code(column: str, code: str) -> str:
    if code not in CODES[column]:
        raise RowError(f"{column} “{code}” is no code of the codebook.")
    return code


def row_of(block: str, details: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return every field of the table of ``block``, or nothing when ``details`` has none of it."""
    said = {
        name: details[column]
        for column, (of_block, name) in FIELDS.items()
        if of_block == block and column in details
    }
    if not said:
        return None
    model = DETAILS[block]
    empty = {
        name: model._meta.get_field(name).get_default()
        for of_block, name in FIELDS.values()
        if of_block == block
    }
    return empty | said
