"""What may be public of the details of a family: pure functions, called by `disclose`.

Only the details that fit the kind of activity are shown. A record without any says nothing of
them, so that its digest is what it was before there were details.

- *Words that tell who came* (sending and receiving side): never under the Chatham House Rule,
  in part or in whole, since affiliation is covered by it.
- *Facilitation*: under the Rule only where a facilitator or mediator is named.
- *A number of people* (sent or taught) is a total like any other: not beside anything left out,
  and never under the Rule. The strength that a mandate allows counts nobody who came, so only the
  smallest cell stands in its way.
- The rest (form, environment, focus, mandate, tasks, format, rounds, sides, length) tells of the
  engagement and of nobody in it.
- Free text is looked through for names like every other public text (`engagements.texts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from milidip.codebook.choices import WithheldRule

Details = dict[str, Any]

FITS: Mapping[str, frozenset[str]] = {
    "exercise": frozenset({"exercise"}),
    "exchange": frozenset({"exchange_training", "capacity_reform"}),
    # A mission that relieves, trains or reforms can have a mandate too.
    "peace_operation": frozenset(
        {"peace_operation", "relief_protection", "capacity_reform", "exchange_training"}
    ),
    "dialogue": frozenset(
        {"dialogue", "civil_military_community", "confidence_information", "agreement"}
    ),
}
"""Block of details -> families of activities that it may be told of."""

TEXTS: Mapping[str, Sequence[str]] = {
    "exchange": ("course", "sending_side", "receiving_side"),
    "peace_operation": ("mandate_document",),
}
"""Block -> what somebody has written in it."""

TELL_WHO = ("sending_side", "receiving_side")
FACILITATING = {"facilitator", "mediator"}


@dataclass(frozen=True)
class Around:
    """What of a record decides how much its details may tell."""

    chatham: bool
    """Held under the Rule, in part or in whole."""
    unnamed: bool
    """Somebody is not named, by any rule."""
    no_total: bool
    """A total would tell what is left out elsewhere."""
    roles_named: frozenset[str]
    smallest_cell: int


def disclosed_details(
    snapshot: Mapping[str, Any], around: Around, rules: set[str]
) -> dict[str, Details]:
    """Return the blocks of details that may be public, by name; each says something."""
    found = {}
    for block, families in FITS.items():
        # Snapshots from before there were details do not have them.
        details = snapshot.get(block)
        if details and snapshot["family"] in families:
            shown = DISCLOSE[block](dict(details), around, rules)
            if any(value not in ("", None, []) for value in shown.values()):
                found[block] = shown
    return found


def _exercise(details: Details, around: Around, rules: set[str]) -> Details:
    return {
        name: details[name]
        for name in ("form", "environments", "focus", "live_fire", "multi_service")
    }


def _exchange(details: Details, around: Around, rules: set[str]) -> Details:
    shown = {"course": details["course"], "people": details["people"], "days": details["days"]}
    for name in TELL_WHO:
        shown[name] = "" if around.chatham else details[name]
        if details[name] and around.chatham:
            rules.add(WithheldRule.CHATHAM_HOUSE)
    if shown["people"] is not None and (
        around.chatham or around.no_total or _points_at_somebody(shown["people"], around)
    ):
        shown["people"] = None
        rules.add(WithheldRule.SMALL_CELLS_MERGED)
    return shown


def _peace_operation(details: Details, around: Around, rules: set[str]) -> Details:
    shown = {
        name: details[name]
        for name in ("mandating_bodies", "mandate_document", "authorised_strength", "tasks")
    }
    if _points_at_somebody(shown["authorised_strength"], around):
        shown["authorised_strength"] = None
        rules.add(WithheldRule.SMALL_CELLS_MERGED)
    return shown


def _dialogue(details: Details, around: Around, rules: set[str]) -> Details:
    shown = {
        name: details[name]
        for name in ("format", "rounds", "facilitation", "sides", "confidentiality")
    }
    if shown["facilitation"] and around.chatham and not around.roles_named & FACILITATING:
        shown["facilitation"] = ""
        rules.add(WithheldRule.CHATHAM_HOUSE)
    return shown


def _points_at_somebody(number: int | None, around: Around) -> bool:
    small = number is not None and number < around.smallest_cell
    return small and (around.chatham or around.unnamed)


DISCLOSE = {
    "exercise": _exercise,
    "exchange": _exchange,
    "peace_operation": _peace_operation,
    "dialogue": _dialogue,
}


# --- the columns that they fill ------------------------------------------------------------------

UNKNOWN_CODES = ["unknown"]
COLUMNS: Mapping[str, tuple[str, str, Any]] = {
    "exercise_form": ("exercise", "form", "unknown"),
    "exercise_environments": ("exercise", "environments", UNKNOWN_CODES),
    "exercise_focus": ("exercise", "focus", UNKNOWN_CODES),
    "exercise_live_fire": ("exercise", "live_fire", None),
    "exercise_multi_service": ("exercise", "multi_service", None),
    "mandating_body": ("peace_operation", "mandating_bodies", UNKNOWN_CODES),
    "authorised_strength": ("peace_operation", "authorised_strength", None),
    "mandate_tasks": ("peace_operation", "tasks", UNKNOWN_CODES),
    "dialogue_format": ("dialogue", "format", "unknown"),
    "dialogue_rounds": ("dialogue", "rounds", None),
    "dialogue_facilitation": ("dialogue", "facilitation", "unknown"),
    "dialogue_sides": ("dialogue", "sides", None),
    "dialogue_confidentiality": ("dialogue", "confidentiality", "unknown"),
    "training_people": ("exchange", "people", None),
    "training_days": ("exchange", "days", None),
}
"""Column of an entry -> block, name in it, and what stands there when nothing is known."""

LONG_COLUMNS: Mapping[str, tuple[str, str]] = {
    "mandate_document": ("peace_operation", "mandate_document"),
    "training_course": ("exchange", "course"),
    "sending_side": ("exchange", "sending_side"),
    "receiving_side": ("exchange", "receiving_side"),
}
"""Column of the public document -> block and name in it: texts."""


def detail_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the narrow columns of the details of a disclosed record."""
    values = {}
    for column, (block, name, missing) in COLUMNS.items():
        value = document.get(block, {}).get(name)
        values[column] = missing if value in ("", None, []) else value
    return values


def known_detail_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` without the columns of details that say nothing.

    The digest of a public row is made from these: a record that has no details is the row that
    it was before there were such columns.
    """
    return {
        name: value
        for name, value in values.items()
        if name not in COLUMNS or value != COLUMNS[name][2]
    }


def detail_texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the details of a disclosed record by column."""
    return {
        column: document.get(block, {}).get(name, "")
        for column, (block, name) in LONG_COLUMNS.items()
    }
