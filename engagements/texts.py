"""The public texts of a record: is there a name in one of them that must not be? Pure functions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engagements.details import TEXTS as OF_DETAILS
from engagements.names import Text
from milidip.codebook.choices import WithheldRule

if TYPE_CHECKING:
    from engagements.disclosure import Disclosed

Document = dict[str, Any]

OF_RECORD = ("title", "edition", "summary", "narrative", "lessons", "track_note")
OF_SOURCE = ("title", "author", "publisher", "url", "archive_url", "locator")
BLANK_SOURCE: dict[str, Any] = {
    **dict.fromkeys((*OF_SOURCE, "published", "locator_type", "language"), ""),
    "accessed": None,
    "supports": [],
}


@dataclass(frozen=True)
class Withheld:
    """An actor or a place that is not shown, and how it may be spelled (`names.spellings`)."""

    reference: str
    """Of the actor; empty for a place."""
    spellings: Sequence[str]
    everywhere: bool = False
    """Looked for in the names of other actors too: persons, and whoever is under protection."""


def leaks(disclosed: "Disclosed", change_note: str = "") -> list[tuple[str, str]]:
    """Return (field, actor reference) for each public text that holds a withheld name.

    The reference is empty for the name of a place.
    """
    if not disclosed.withheld_names:
        return []
    texts = [
        (place, Text(text, address=is_address))
        for place, text, is_address in public_texts(disclosed.document)
        if text
    ]
    if change_note:
        texts.append(("change_note", Text(change_note)))
    of_actors = [
        (place, Text(name)) for place, name in _names_of_actors(disclosed.document, disclosed)
    ]
    whole = "\n".join(text.tight for _place, text in [*texts, *of_actors])
    found = []
    for withheld in disclosed.withheld_names:
        suspects = [name for name in withheld.spellings if name in whole]
        if not suspects:
            continue
        searched = [*texts, *of_actors] if withheld.everywhere else texts
        found += [
            (place, withheld.reference)
            for place, text in searched
            if any(text.holds(name) for name in suspects)
        ]
    return list(dict.fromkeys(found))


def public_texts(document: Document) -> Iterator[tuple[str, str, bool]]:
    """Yield (field, text, whether it is an address) for everything that somebody wrote."""
    for name in OF_RECORD:
        yield name, document[name], False
    if document["series"]:
        yield "series", document["series"]["name"], False
        yield "series", document["series"]["code"], False
    yield "content_licence", document["licence"], False
    yield "source_dataset", document["dataset"], False
    yield "source_id", document["dataset_id"], False
    for number, place in enumerate(document["places"], 1):
        yield f"place {number}", place["name"], False
    for number, outcome in enumerate(document["outcomes"], 1):
        yield f"outcome {number}", outcome["statement"], False
    for block, names in OF_DETAILS.items():
        for name in names if document.get(block) else ():
            yield f"{block} {name}", document[block][name], False
    for number, source in enumerate(document["sources"], 1):
        for name in OF_SOURCE:
            yield f"source {number} {name}", source[name], "url" in name
    for condition in document["review"]["conditions"]:
        yield "review condition", condition["text"], False
    for finding in document["conduct"]["findings"]:
        yield f"conduct note {finding['criterion']}", finding["note"], False


def searchable(snapshot: Document, change_note: str = "") -> str:
    """Return everything in ``snapshot`` that could be public, in tight words, to look for a name.

    More than any rendering shows, so that whatever is found by `leaks` is found here too.
    """
    document = {
        **snapshot,
        "licence": snapshot["content_licence"],
        "dataset": snapshot["source_dataset"],
        "dataset_id": snapshot["source_id"],
        "conduct": snapshot["conduct"] or {"findings": []},
    }
    found = [
        Text(text, address=is_address).tight
        for _place, text, is_address in public_texts(document)
        if text
    ]
    return " ".join([*found, Text(change_note).tight])


def _names_of_actors(document: Document, disclosed: "Disclosed") -> Iterator[tuple[str, str]]:
    for number, line in enumerate(document["participants"], 1):
        if not line["name"]:
            continue
        for name in (line["name"], *disclosed.actors[line["reference"]]["other_names"]):
            yield f"participations {number}", name


def withhold_texts(document: Document, names: Sequence[str], rules: set[str]) -> None:
    """Take every text that holds one of ``names`` out of ``document``, in place.

    For a record whose names are on hold: the record stays, what it says of them does not. A
    title gives way to the reference.
    """

    if not names:
        return

    def holds(text: str, address: bool = False) -> bool:
        prepared = Text(text, address=address)
        return any(prepared.holds(name) for name in names)

    found = set()
    for place, text, is_address in public_texts(document):
        if text and holds(text, is_address):
            found.add(place)
    if not found:
        return
    rules.add(WithheldRule.TEXT_WITHHELD)
    for name in found.intersection(OF_RECORD):
        document[name] = ""
    if "title" in found:
        document["title"], document["title_supplied"] = document["reference"], True
    if "series" in found:
        document["series"] = None
    if "content_licence" in found:
        document["licence"] = ""
    if found & {"source_dataset", "source_id"}:
        document["dataset"] = document["dataset_id"] = ""
    for block, names in OF_DETAILS.items():
        for name in names:
            if f"{block} {name}" in found:
                document[block][name] = ""
    _blank(document["places"], "place", "name", found)
    _blank(document["outcomes"], "outcome", "statement", found)
    for number, source in enumerate(document["sources"], 1):
        if any(f"source {number} {name}" in found for name in OF_SOURCE):
            source |= BLANK_SOURCE | {"rule": WithheldRule.SOURCE_WITHHELD}
            rules.add(WithheldRule.SOURCE_WITHHELD)
    if "review condition" in found:
        for condition in document["review"]["conditions"]:
            condition["text"] = "" if holds(condition["text"]) else condition["text"]
    for finding in document["conduct"]["findings"]:
        if f"conduct note {finding['criterion']}" in found:
            finding["note"] = ""


def _blank(parts: Iterable[Document], what: str, key: str, found: set[str]) -> None:
    for number, part in enumerate(parts, 1):
        if f"{what} {number}" in found:
            part[key] = ""
