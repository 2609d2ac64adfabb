"""The details that only one family of activities has, in words for the page of a record."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue.facts import Document, Fact, value_link
from milidip.catalogue.listing import Link

# Block of the document -> its heading, and what it holds: name, vocabulary (empty: text or a
# number), filter (empty: there is none), label.
BLOCKS = {
    "exercise": (
        gettext_lazy("How the exercise was held"),
        (
            ("form", "exercise_form", "exercise_form", gettext_lazy("Form")),
            (
                "environments",
                "exercise_environment",
                "exercise_environment",
                gettext_lazy("Environment"),
            ),
            ("focus", "exercise_focus", "exercise_focus", gettext_lazy("Focus")),
            ("live_fire", "", "", gettext_lazy("Live fire")),
            ("multi_service", "", "", gettext_lazy("Several services")),
        ),
    ),
    "exchange": (
        gettext_lazy("The exchange or training"),
        (
            ("course", "", "", gettext_lazy("Course")),
            ("sending_side", "", "", gettext_lazy("Sent by")),
            ("receiving_side", "", "", gettext_lazy("Received by")),
            ("people", "", "", gettext_lazy("People sent or taught")),
            ("days", "", "", gettext_lazy("Days")),
        ),
    ),
    "peace_operation": (
        gettext_lazy("The mandate"),
        (
            ("mandating_bodies", "mandating_body", "mandating_body", gettext_lazy("Mandated by")),
            ("mandate_document", "", "", gettext_lazy("Document")),
            ("authorised_strength", "", "", gettext_lazy("Authorised strength")),
            ("tasks", "mandate_task", "", gettext_lazy("Tasks")),
        ),
    ),
    "dialogue": (
        gettext_lazy("How the dialogue was held"),
        (
            ("format", "dialogue_format", "dialogue_format", gettext_lazy("Format")),
            ("rounds", "", "", gettext_lazy("Rounds")),
            (
                "facilitation",
                "dialogue_facilitation",
                "",
                gettext_lazy("Facilitation"),
            ),
            ("sides", "", "", gettext_lazy("Number of sides")),
            (
                "confidentiality",
                "dialogue_confidentiality",
                "",
                gettext_lazy("How confidential it was"),
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Block:
    """The details of one family, as far as they are known."""

    name: str
    heading: str | Promise
    facts: list[Fact]


def details(doc: Document) -> list[Block]:
    """Return the blocks of details that a document has; what is not known is left out."""
    found = []
    for name, (heading, fields) in BLOCKS.items():
        block = doc.get(name) or {}
        facts = [
            Fact(key, label, _values(block[key], vocabulary, parameter))
            for key, vocabulary, parameter, label in fields
            if block.get(key) not in (None, "", [])
        ]
        if facts:
            found.append(Block(name, heading, facts))
    return found


def _values(value: Any, vocabulary: str, parameter: str) -> list[Link]:
    if vocabulary:
        codes = value if isinstance(value, list) else [value]
        return [value_link(vocabulary, code, parameter) for code in codes]
    if isinstance(value, bool):
        return [Link(_("Yes") if value else _("No"))]
    return [Link(f"{value:,}" if isinstance(value, int) else value)]
