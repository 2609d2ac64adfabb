"""A record as it would be published, in words, for those who decide on it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from engagements import publication
from engagements.models import Engagement
from milidip.catalogue.details import details
from milidip.codebook import models as codebook
from milidip.codebook.choices import FIXED

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
    unnamed: list[str] = field(default_factory=list)


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
    return f"{document['lessons']} ({who})" if who else document["lessons"]


def preview(engagement: Engagement) -> Preview:
    """Return the disclosed document of ``engagement`` with words in place of codes."""
    disclosed = publication.preview(engagement)
    document, say = disclosed.document, Labels()
    shown = Preview(title=document["title"])
    series = document["series"]["name"] if document["series"] else ""
    facts = [
        (_("Title"), _("supplied by the register") if document["title_supplied"] else ""),
        (_("Series"), " ".join(filter(None, [series, document["edition"]]))),
        (_("Kind of activity"), say("activity", document["activity"])),
        (_("Status"), say.fixed("status", document["status"])),
        (_("When"), " / ".join(filter(None, [document["start"], document["end"]]))),
        (_("Track"), say("track", document["track"])),
        (_("Basis of the track"), say.fixed("track_basis", document["track_basis"])),
        (_("Why this track"), document["track_note"]),
        (_("Tracks it touches"), say.many("touches", document["touches"])),
        (_("How it reaches Track III"), say.many("track3_link", document["track3_link"])),
        (_("What the military did"), say.many("military_role", document["military_role"])),
        (_("Initiated by"), say("initiated_by", document["initiated_by"])),
        (_("Objectives"), say.many("objectives", document["objectives"])),
        (_("Themes"), say.many("themes", document["themes"])),
        (_("People"), people(document["people"]["min"], document["people"]["max"])),
        (_("Marking"), say.fixed("marking", document["marking"])),
        (_("State of the evidence"), say.fixed("claim_status", document["claim_status"])),
        (_("By whose word"), say.fixed("source_independence", document["source_independence"])),
        (_("Conduct"), say.fixed("conduct_status", document["conduct"]["status"])),
        (_("Case study"), _("Yes") if document["case_study"] else ""),
        (_("Licence"), document["licence"]),
    ]
    facts += [
        (str(fact.label), ", ".join(str(value.label) for value in fact.values))
        for block in details(document)
        for fact in block.facts
    ]
    shown.facts = [(label, value) for label, value in facts if value]
    texts = [
        (_("Summary"), document["summary"]),
        (_("Fuller account"), document["narrative"]),
        (_("Lessons"), lessons(document, say)),
    ]
    shown.texts = [(label, text) for label, text in texts if text]
    shown.places = [place_line(place, say) for place in document["places"]]
    shown.participants = [
        {
            "name": line["name"] or _("Not named"),
            "facts": ", ".join(
                filter(
                    None,
                    [
                        say("type", line["type"]),
                        say("country", line["country"]),
                        say("role", line["role"]),
                        say("capacity", line["capacity"]) if line["capacity"] != "unknown" else "",
                        say.fixed("side", line["side"]),
                        people(line["people_min"], line["people_max"]),
                    ],
                )
            ),
            "rule": say.fixed("withheld_rule", line["rule"]),
        }
        for line in document["participants"]
    ]
    shown.outcomes = [
        {
            "kind": say.fixed("outcome_kind", outcome["kind"]),
            "statement": outcome["statement"],
            "facts": ", ".join(
                filter(None, [outcome["date"], say.fixed("reported_by", outcome["reported_by"])])
            ),
        }
        for outcome in document["outcomes"]
    ]
    shown.sources = [
        {
            **source,
            "kind": say.fixed("source_kind", source["kind"]),
            "rule": say.fixed("withheld_rule", source["rule"]),
        }
        for source in document["sources"]
    ]
    shown.findings = [
        {
            "criterion": say("criterion", finding["criterion"]),
            "rating": say.fixed("rating", finding["rating"]),
            "note": finding["note"],
        }
        for finding in document["conduct"]["findings"]
    ]
    shown.rules = list(
        codebook.FixedTerm.objects.filter(vocabulary="withheld_rule", code__in=disclosed.withheld)
    )
    participations: Any = engagement.participations  # type: ignore[attr-defined]
    shown.unnamed = sorted(
        {
            str(participation.stakeholder)
            for participation in participations.select_related("stakeholder")
            if participation.stakeholder
            and participation.stakeholder.reference not in disclosed.actors
        }
    )
    return shown


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
