"""A record as it would be published, in words, for those who decide on it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from engagements import snapshot
from engagements.disclosure import (
    PERSON,
    Disclosed,
    Protections,
    disclose,
    material_digest,
    under_chatham_house,
)
from engagements.models import Engagement
from engagements.render import protections
from milidip.catalogue.details import details
from milidip.codebook import models as codebook
from milidip.codebook.choices import FIXED, Marking, ParticipantDisclosure, PlacePrecision

TABLES = {
    "track": codebook.Track,
    "touches": codebook.Track,
    "track3_link": codebook.TrackLink,
    "military_role": codebook.MilitaryRole,
    "initiated_by": codebook.ActorType,
    "type": codebook.ActorType,
    "family": codebook.Family,
    "activity": codebook.ActivityType,
    "objectives": codebook.Objective,
    "themes": codebook.Theme,
    "role": codebook.Role,
    "capacity": codebook.Capacity,
    "criterion": codebook.Criterion,
    "country": codebook.Country,
    "region": codebook.Region,
}


@dataclass
class Preview:
    """What the public would read, what it would not, and by which rule."""

    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    participants: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    rules: list[codebook.FixedTerm] = field(default_factory=list)
    kept_back: list[tuple[str, str]] = field(default_factory=list)
    """Who or what is not shown, and why: of the working record, for staff."""
    digest: str = ""


class Labels:
    """Codes to words, each vocabulary read once and only when it is needed."""

    def __init__(self) -> None:
        self.tables: dict[Any, dict[str, str]] = {}

    def __call__(self, name: str, code: str | None) -> str:
        if not code:
            return ""
        if code == "unknown":
            return _("unknown")
        model = TABLES[name]
        if model not in self.tables:
            self.tables[model] = dict(model.objects.values_list("code", "label"))  # type: ignore[attr-defined]
        return self.tables[model].get(code, code)

    def many(self, name: str, codes: Iterable[str]) -> str:
        return ", ".join(self(name, code) for code in codes)

    def fixed(self, name: str, code: str | None) -> str:
        return str(dict(FIXED[name].choices).get(code, code)) if code else ""


def lessons(document: dict[str, Any], say: Labels) -> str:
    who = say.fixed("reported_by", document.get("lessons_reported_by"))
    told: str = document.get("lessons") or ""
    return f"{told} ({who})" if who else told


def preview(engagement: Engagement, *, tells_protection: bool = False) -> Preview:
    """Return the disclosed document of ``engagement`` with words in place of codes.

    Who is under protection is told as such only with ``tells_protection``.
    """
    taken, promised = snapshot.take([engagement.pk])[engagement.pk], protections()
    disclosed = disclose(taken, promised)
    shown = in_words(disclosed.document, Labels())
    shown.digest = material_digest(disclosed)
    shown.rules = list(
        codebook.FixedTerm.objects.filter(vocabulary="withheld_rule", code__in=disclosed.withheld)
    )
    shown.kept_back = [
        *_unnamed(taken, promised, disclosed, tells_protection=tells_protection),
        *_places_and_sources(taken),
    ]
    return shown


def in_words(
    document: dict[str, Any], say: Labels, called: Mapping[str, str] | None = None
) -> Preview:
    """Return a disclosed document in words; ``called`` has the names that it leaves out.

    A document of an earlier day may lack what is disclosed today.
    """
    get, called = document.get, called or {}
    series, people_in_all = get("series"), get("people") or {}
    conduct = get("conduct") or {}
    shown = Preview(title=document["title"])
    facts = [
        (_("Title"), _("supplied by the register") if get("title_supplied") else ""),
        (
            _("Series"),
            " ".join(filter(None, [series["name"] if series else "", get("edition")])),
        ),
        (_("Kind of activity"), say("activity", get("activity"))),
        (_("Status"), say.fixed("status", get("status"))),
        (_("When"), " / ".join(filter(None, [get("start"), get("end")]))),
        (_("Track"), say("track", get("track"))),
        (_("Basis of the track"), say.fixed("track_basis", get("track_basis"))),
        (_("Why this track"), get("track_note")),
        (_("Tracks it touches"), say.many("touches", get("touches") or ())),
        (_("How it reaches Track III"), say.many("track3_link", get("track3_link") or ())),
        (_("What the military did"), say.many("military_role", get("military_role") or ())),
        (_("Initiated by"), say("initiated_by", get("initiated_by"))),
        (_("Objectives"), say.many("objectives", get("objectives") or ())),
        (_("Themes"), say.many("themes", get("themes") or ())),
        (_("People"), people(people_in_all.get("min"), people_in_all.get("max"))),
        (_("Marking"), say.fixed("marking", get("marking"))),
        (_("State of the evidence"), say.fixed("claim_status", get("claim_status"))),
        (_("By whose word"), say.fixed("source_independence", get("source_independence"))),
        (
            _("Conduct"),
            ", ".join(
                filter(
                    None,
                    [say.fixed("conduct_status", conduct.get("status")), conduct.get("on")],
                )
            ),
        ),
        (_("Case study"), _("Yes") if get("case_study") else ""),
        (_("Licence"), get("licence")),
        (_("Dataset"), " ".join(filter(None, [get("dataset"), get("dataset_id")]))),
    ]
    facts += [
        (str(fact.label), ", ".join(str(value.label) for value in fact.values))
        for block in details(document)
        for fact in block.facts
    ]
    shown.facts = [(label, value) for label, value in facts if value]
    texts = [
        (_("Summary"), get("summary")),
        (_("Fuller account"), get("narrative")),
        (_("Lessons"), lessons(document, say)),
    ]
    shown.texts = [(label, text) for label, text in texts if text]
    shown.places = [place_line(place, say) for place in get("places") or ()]
    shown.participants = [participant(line, say, called) for line in get("participants") or ()]
    shown.outcomes = [
        {
            "kind": say.fixed("outcome_kind", outcome["kind"]),
            "statement": outcome["statement"],
            "facts": ", ".join(
                filter(None, [outcome["date"], say.fixed("reported_by", outcome["reported_by"])])
            ),
        }
        for outcome in get("outcomes") or ()
    ]
    shown.sources = [
        {
            **source,
            "kind": say.fixed("source_kind", source["kind"]),
            "rule": say.fixed("withheld_rule", source["rule"]),
        }
        for source in get("sources") or ()
    ]
    shown.findings = [
        {
            "criterion": say("criterion", finding["criterion"]),
            "rating": say.fixed("rating", finding["rating"]),
            "note": finding["note"],
        }
        for finding in conduct.get("findings") or ()
    ]
    return shown


def participant(line: dict[str, Any], say: Labels, called: Mapping[str, str]) -> dict[str, Any]:
    capacity = line["capacity"]
    facts = [
        say("type", line["type"]),
        say("country", line["country"]),
        say("role", line["role"]),
        say("capacity", capacity) if capacity != "unknown" else "",
        say.fixed("side", line["side"]),
        people(line["people_min"], line["people_max"]),
    ]
    name = called.get(line["reference"]) or line.get("name") or line["reference"]
    return {
        "name": name or _("Not named"),
        "facts": ", ".join(filter(None, facts)),
        "rule": say.fixed("withheld_rule", line["rule"]),
    }


def _unnamed(
    taken: dict[str, Any], promised: Protections, disclosed: Disclosed, *, tells_protection: bool
) -> Iterator[tuple[str, str]]:
    """Everybody who took part and is not named, and why."""
    told = set()
    for row in taken["participations"]:
        actor = row["actor"]
        if actor is None or actor["reference"] in disclosed.actors:
            continue
        if actor["reference"] in promised.names and tells_protection:
            why = _("under protection")
        elif under_chatham_house(taken["marking"], row):
            why = _("took part under the Chatham House Rule")
        elif row["disclosure"] == ParticipantDisclosure.TYPE_ONLY:
            why = _("shown by kind only, as the line says")
        elif row["disclosure"] == ParticipantDisclosure.NAMED and actor["type"] == PERSON:
            why = _("no basis of consent")
        else:
            why = _("withheld, as the line says")
        if (actor["reference"], why) not in told:
            told.add((actor["reference"], why))
            yield actor["name"], why


def _places_and_sources(taken: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for place in taken["places"]:
        if place["precision"] == PlacePrecision.WITHHELD:
            yield place["name"] or place["country_label"], _("place marked as withheld")
        elif place["precision"] == PlacePrecision.PLACE and place["latitude"] is not None:
            yield place["name"] or place["country_label"], _("coordinates are rounded")
    for source in taken["sources"]:
        name = source["title"] or source["url"]
        if source["withheld"]:
            yield name, _("source marked as withheld")
        elif taken["marking"] != Marking.OPEN and not source["chatham_safe"]:
            yield name, _("source not marked as safe under the Chatham House Rule")


def people(least: int | None, most: int | None) -> str:
    if least and most and least != most:
        return _("%(least)d to %(most)d people") % {"least": least, "most": most}
    if least:
        return _("at least %d people") % least if not most else _("%d people") % least
    return _("at most %d people") % most if most else ""


def place_line(place: dict[str, Any], say: Labels) -> str:
    where = [place["name"], say("country", place["country"]), say("region", place["region"])]
    line = ", ".join(filter(None, where)) or say.fixed("place_precision", place["precision"])
    if place["latitude"] is not None:
        line += f" ({place['latitude']:.4f}, {place['longitude']:.4f})"
    return line
