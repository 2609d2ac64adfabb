"""What changed between the record that was cleared and the record of today, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.admin.preview import Labels, Preview, in_words
from engagements.disclosure import disclose, material
from engagements.models import Engagement, EthicalReview, Publication
from engagements.naming import kept_references, resolved
from engagements.render import protections
from engagements.workflow import would_publish
from stakeholders.models import Stakeholder


@dataclass
class Difference:
    """One thing that differs: lines that went and came, or a text with its words marked."""

    label: str
    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)
    """(what became of it, the words): kept, removed or added."""


def since_cleared(
    engagement: Engagement,
) -> tuple[EthicalReview | None, list[Difference]]:
    """Return the newest clearance and how the record of today differs from what it covers."""
    reviews: Any = engagement.reviews  # type: ignore[attr-defined]
    review = reviews.clearing().current().first()
    if review is None or (before := cleared_document(review)) is None:
        return review, []
    return review, differences(before, material(would_publish(engagement)))


def cleared_document(review: EthicalReview) -> dict[str, Any] | None:
    """Return what the reviewer saw, without names; of a load in bulk, what was published by it."""
    if review.saw is not None:
        return review.saw
    version = Publication.objects.filter(review=review).order_by("number").first()
    if version is None:
        return None
    frozen = resolved({version.pk: version.snapshot})[version.pk]
    return material(disclose(frozen, protections()))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Compare two documents; both call their actors by the names of today."""
    before, after = _as_kept(before), _as_kept(after)
    say, called = Labels(), _names([before, after])
    old, new = in_words(before, say, called), in_words(after, say, called)
    found = list(_facts([(_("Title"), old.title)], [(_("Title"), new.title)]))
    found += _facts(old.texts, new.texts)
    found += _facts(old.facts, new.facts)
    for name, label in PARTS.items():
        was, now = _lines(old, name), _lines(new, name)
        removed, added = _without(was, now), _without(now, was)
        if removed or added:
            found.append(Difference(str(label), removed, added))
        elif _part(before, name) != _part(after, name):
            found.append(Difference(str(label), added=[_("details, or their order")]))
    return found


PARTS = {
    "places": gettext_lazy("Places"),
    "participants": gettext_lazy("Who took part"),
    "outcomes": gettext_lazy("What came of it"),
    "sources": gettext_lazy("Sources"),
    "findings": gettext_lazy("Conduct"),
}


def _part(document: dict[str, Any], name: str) -> Any:
    return document.get("conduct" if name == "findings" else name)


def _lines(shown: Preview, name: str) -> list[str]:
    lines = []
    for item in getattr(shown, name):
        if isinstance(item, str):
            lines.append(item)
            continue
        keys = {
            "participants": ("name", "facts", "rule"),
            "outcomes": ("kind", "statement", "facts"),
            "sources": ("kind", "author", "title", "publisher", "published", "locator", "url",
                        "archive_url", "rule"),
            "findings": ("criterion", "rating", "note"),
        }[name]  # fmt: skip
        lines.append(", ".join(str(item[key]) for key in keys if item.get(key)))
    return lines


def _without(lines: Iterable[str], others: Iterable[str]) -> list[str]:
    left = list(others)
    kept = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            kept.append(line)
    return kept


def _facts(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterable[Difference]:
    was, now = dict(old), dict(new)
    for label in {**was, **now}:
        before, after = was.get(label, ""), now.get(label, "")
        if before != after:
            yield Difference(str(label), words=_words(before, after))


def _words(before: str, after: str) -> list[tuple[str, str]]:
    """What stayed, went and came, word by word; all of it at once where little stayed."""
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:
        return [part for part in (("removed", before), ("added", after)) if part[1]]
    parts = []
    for kind, start, end, from_, to in matcher.get_opcodes():
        if kind == "equal":
            parts.append(("kept", " ".join(old[start:end])))
            continue
        if end > start:
            parts.append(("removed", " ".join(old[start:end])))
        if to > from_:
            parts.append(("added", " ".join(new[from_:to])))
    return parts


def _as_kept(document: dict[str, Any]) -> dict[str, Any]:
    """Actors that were merged since stand under the reference that was kept."""
    kept = kept_references(
        [line["reference"] for line in document["participants"] if line["reference"]]
    )
    return document | {
        "participants": [
            line | {"reference": kept.get(line["reference"], line["reference"])}
            for line in document["participants"]
        ]
    }


def _names(documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    references = {line["reference"] for each in documents for line in each["participants"]}
    return dict(
        Stakeholder.objects.filter(reference__in=references).values_list("reference", "name")
    )
