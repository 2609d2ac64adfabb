"""What changed between two public versions, in words. Pure, but for the labels of codes.

Both versions are compared as anyone may read them today. Whatever is withheld is in neither, so
nothing can be told here that the two pages do not tell side by side. What is said about what is
withheld is no part of it either: a promise is not a change of the record.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels
from milidip.catalogue.details import details
from milidip.catalogue.record import people
from milidip.catalogue.words import honest_date
from milidip.codebook.choices import UNKNOWN

Document = dict[str, Any]

# Words that stay in sight before and after each place where a text was changed.
AROUND = 6
# Beyond that, comparing word by word takes longer than a reader would.
LONGEST_COMPARED = 3000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of words of a text: ``same``, ``added`` or ``removed``."""

    kind: str
    words: str


@dataclass(slots=True)
class Difference:
    """One field that differs: a value before and after, things that came and went, or a text."""

    label: Any
    before: str = ""
    after: str = ""
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    note: str = ""


def _text(value: Any) -> str:
    return str(value or "")


def _code(vocabulary: str) -> Callable[[Any], str]:
    return lambda code: labels.label(vocabulary, code or UNKNOWN)


def _yes(value: bool | None) -> str:
    return _("Yes") if value else ""


def _series(series: Document | None) -> str:
    return series["name"] if series else ""


def _head_count(count: Document) -> str:
    return people(count["min"], count["max"])


# Key of the document, label, how its one value is said.
VALUES: tuple[tuple[str, Any, Callable[[Any], str]], ...] = (
    ("title", gettext_lazy("Title"), _text),
    ("series", gettext_lazy("Series"), _series),
    ("edition", gettext_lazy("Edition"), _text),
    ("status", gettext_lazy("Status"), _code("status")),
    ("start", gettext_lazy("Start"), honest_date),
    ("end", gettext_lazy("End"), honest_date),
    ("activity", gettext_lazy("Activity"), _code("activity")),
    ("track", gettext_lazy("Track"), _code("track")),
    ("track_basis", gettext_lazy("Basis of the track"), _code("track_basis")),
    ("track_note", gettext_lazy("Why this track"), _text),
    ("initiated_by", gettext_lazy("Convened by"), _code("actor_type")),
    ("case_study", gettext_lazy("Case study"), _yes),
    ("people", gettext_lazy("People in all"), _head_count),
    ("marking", gettext_lazy("Marking"), _code("marking")),
    ("claim_status", gettext_lazy("State of the evidence"), _code("claim_status")),
    ("licence", gettext_lazy("Licence"), _text),
    ("dataset", gettext_lazy("Dataset of origin"), _text),
    ("dataset_id", gettext_lazy("Identifier in the dataset"), _text),
)
# Key, label, vocabulary.
LISTS = (
    ("touches", gettext_lazy("Tracks it touches"), "track"),
    ("track3_link", gettext_lazy("How it reaches Track III"), "track3_link"),
    ("military_role", gettext_lazy("What the military did"), "military_role"),
    ("objectives", gettext_lazy("Objectives"), "objective"),
    ("themes", gettext_lazy("Themes"), "theme"),
)
TEXTS = (
    ("summary", gettext_lazy("Summary")),
    ("narrative", gettext_lazy("Fuller account")),
    ("lessons", gettext_lazy("Lessons")),
)


def differences(before: Document, after: Document) -> list[Difference]:
    """Return what ``after`` says otherwise than ``before``; both are public documents."""
    return [
        *_values(before, after),
        *_lists(before, after),
        *_details(before, after),
        *_texts(before, after),
        *_sources(before, after),
        *_conduct(before, after),
        *_review(before, after),
    ]


def _values(before: Document, after: Document) -> Iterator[Difference]:
    for key, label, said in VALUES:
        if before[key] != after[key]:
            yield Difference(label, said(before[key]), said(after[key]))


def _lists(before: Document, after: Document) -> Iterator[Difference]:
    for key, label, vocabulary in LISTS:
        yield from _came_and_went(label, before[key], after[key], _code(vocabulary))
    for key, label, said in PARTS:
        yield from _came_and_went(label, map(said, before[key]), map(said, after[key]), _text)


def _details(before: Document, after: Document) -> Iterator[Difference]:
    """What only one family of activities has, in the words of the record's page."""
    was, is_now = _facts_of(before), _facts_of(after)
    for label in dict.fromkeys([*was, *is_now]):
        yield from _came_and_went(label, was.get(label, []), is_now.get(label, []), _text)


def _facts_of(document: Document) -> dict[str, list[str]]:
    found = {
        str(fact.label): [str(value.label) for value in fact.values]
        for block in details(document)
        for fact in block.facts
    }
    if who := document.get("lessons_reported_by"):
        found[_("Whose word the lessons are")] = [labels.label("reported_by", who)]
    return found


def _came_and_went(
    label: Any, before: Any, after: Any, said: Callable[[Any], str]
) -> Iterator[Difference]:
    """Compare as often as each is there: two unnamed lines may say the same."""
    was, is_now = Counter(before), Counter(after)
    added = [said(item) for item in (is_now - was).elements()]
    removed = [said(item) for item in (was - is_now).elements()]
    if added or removed:
        yield Difference(label, added=added, removed=removed)


def _place(place: Document) -> str:
    country = place["country"] if place["country"] != UNKNOWN else ""
    parts = [
        place["name"],
        labels.label("country", country),
        labels.label("region", place["region"]),
    ]
    precision = labels.label("place_precision", place["precision"])
    where = ", ".join(part for part in dict.fromkeys(parts) if part)
    pin = f", {place['latitude']}, {place['longitude']}" if place["latitude"] is not None else ""
    return f"{where or _('not known')} ({precision}{pin})"


def _participant(line: Document) -> str:
    if line["name"]:
        who = line["name"]
    elif line["disclosure"] == "merged":
        who = _("others, of several kinds")
    else:
        who = labels.label("actor_type", line["type"])
    said = [
        labels.label("role", line["role"]),
        labels.label("capacity", line["capacity"]) if line["capacity"] != UNKNOWN else "",
        labels.label("side", line["side"]),
    ]
    if heads := people(line["people_min"], line["people_max"]):
        said.append(_("people: %(count)s") % {"count": heads})
    if women := people(line["women_min"], None):
        said.append(_("women: %(count)s") % {"count": women})
    facts = ", ".join(fact for fact in said if fact)
    return f"{who} ({facts})" if facts else who


def _outcome(outcome: Document) -> str:
    facts = [
        labels.label("outcome_kind", outcome["kind"]),
        honest_date(outcome["date"]),
        labels.label("reported_by", outcome["reported_by"]),
    ]
    return f"{outcome['statement']} ({', '.join(fact for fact in facts if fact)})"


PARTS: tuple[tuple[str, Any, Callable[[Document], str]], ...] = (
    ("places", gettext_lazy("Places"), _place),
    ("participants", gettext_lazy("Who took part"), _participant),
    ("outcomes", gettext_lazy("Outcomes"), _outcome),
)


def _texts(before: Document, after: Document) -> Iterator[Difference]:
    for key, label in TEXTS:
        was, is_now = _text(before[key]).split(), _text(after[key]).split()
        if was == is_now:
            continue
        if not was:
            yield Difference(label, note=_("Written."))
        elif not is_now:
            yield Difference(label, note=_("Taken out."))
        elif max(len(was), len(is_now)) > LONGEST_COMPARED:
            yield Difference(label, note=_("Rewritten."))
        else:
            yield Difference(label, runs=list(runs(was, is_now)))


def runs(before: list[str], after: list[str]) -> Iterator[Run]:
    """Yield the words that came and went, with a few around them; ``…`` stands for the rest."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            first, last = i1 == 0, i2 == len(before)
            yield Run("same", _shortened(before[i1:i2], first=first, last=last))
            continue
        if i2 > i1:
            yield Run("removed", " ".join(before[i1:i2]))
        if j2 > j1:
            yield Run("added", " ".join(after[j1:j2]))


def _shortened(words: list[str], *, first: bool, last: bool) -> str:
    head = [] if first else words[:AROUND]
    tail = [] if last else words[-AROUND:]
    if len(words) <= len(head) + len(tail) + 1:
        return " ".join(words)
    return " ".join([*head, "…", *tail])


def _sources(before: Document, after: Document) -> Iterator[Difference]:
    was = {source["reference"]: source for source in before["sources"]}
    is_now = {source["reference"]: source for source in after["sources"]}
    found = Difference(
        gettext_lazy("Sources"),
        added=[_source(is_now[ref]) for ref in is_now if ref not in was],
        removed=[_source(was[ref]) for ref in was if ref not in is_now],
    )
    if found.added or found.removed:
        yield found
    for ref, source in is_now.items():
        if ref in was and was[ref] != source:
            old, new = _source(was[ref]), _source(source)
            label = _("Source %(reference)s") % {"reference": ref}
            if old != new:
                yield Difference(label, old, new)
            else:
                yield Difference(label, note=_("Described anew: %(title)s") % {"title": new})


def _source(source: Document) -> str:
    kind = labels.label("source_kind", source["kind"])
    title = source["title"] or source["url"]
    said = [part for part in (source["publisher"], honest_date(source["published"])) if part]
    return ", ".join([title, *said]) if title else kind


def _conduct(before: Document, after: Document) -> Iterator[Difference]:
    label = gettext_lazy("Conduct assessment")
    was, is_now = before["conduct"], after["conduct"]
    if was["status"] != is_now["status"]:
        said = _code("conduct_status")
        yield Difference(label, said(was["status"]), said(is_now["status"]))
    ratings = [
        {finding["criterion"]: finding for finding in conduct["findings"]}
        for conduct in (was, is_now)
    ]
    for criterion, finding in ratings[1].items():
        earlier = ratings[0].get(criterion)
        if earlier == finding:
            continue
        name = labels.label("criterion", criterion)
        old, new = (
            labels.label("rating", item["rating"]) if item else "" for item in (earlier, finding)
        )
        if old != new:
            yield Difference(name, old, new)
        else:
            yield Difference(name, note=_("The note on it was changed."))
    for criterion in ratings[0].keys() - ratings[1].keys():
        yield Difference(labels.label("criterion", criterion), note=_("Taken out."))


def _review(before: Document, after: Document) -> Iterator[Difference]:
    """How it was reviewed; that it was reviewed again goes without saying."""
    for key, vocabulary, label in (
        ("decision", "review_decision", gettext_lazy("Review")),
        ("kind", "review_kind", gettext_lazy("Kind of review")),
    ):
        was, is_now = before["review"][key], after["review"][key]
        if was != is_now:
            said = _code(vocabulary)
            yield Difference(label, said(was), said(is_now))
