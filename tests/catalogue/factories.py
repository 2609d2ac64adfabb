"""Public rows as the gate writes them, made directly: these tests need no working record."""

from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any

import factory
from django.db import connection
from factory.django import DjangoModelFactory

from milidip.catalogue.models import (
    Actor,
    Document,
    Entry,
    Participation,
    Search,
    Source,
    Version,
)
from milidip.codebook.choices import UNKNOWN
from milidip.codebook.dates import bounds
from milidip.codebook.folding import folded
from milidip.codebook.geography import regions_of

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference(prefix: str, number: int) -> str:
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 32)
        digits = ALPHABET[rest] + digits
    return f"{prefix}-{digits}"


def dates(start: str, end: str, status: str) -> dict[str, Any]:
    """The date columns of an entry, by the rules of DESIGN.md."""
    first, last = bounds(start) if start else (None, None)
    end_first, end_last = bounds(end) if end else (None, None)
    ongoing = status == "ongoing"
    return {
        "date_start": start,
        "date_end": end or (".." if ongoing and start else ""),
        "start_earliest": first,
        "start_latest": last,
        "end_earliest": end_first,
        "end_latest": end_last,
        "overlap_from": first,
        "overlap_to": None if not first else end_last or (None if ongoing else last),
    }


class ActorFactory(DjangoModelFactory):
    class Meta:
        model = Actor

    reference = factory.Sequence(lambda number: reference("MA", number))
    digest = "0" * 64
    name = factory.Sequence("Regiment {}".format)
    sort_key = factory.LazyAttribute(lambda actor: folded(actor.name))
    type = "armed_force"
    level = "national"
    country = "KEN"


class EntryFactory(DjangoModelFactory):
    """A published exercise in Kenya in May 2019, with its document, search, lines and version.

    ``participants`` are pairs of actor and role; ``places`` are countries and ``areas`` regions
    set directly; ``sources`` are dicts of what differs from a news report.
    """

    class Meta:
        model = Entry

    title = factory.Sequence("Exercise Bright Path {}".format)
    start = "2019-05-06"
    end = "2019-05-17"
    places = ("KEN",)
    areas = ()
    place_names = ("Nanyuki",)
    summary = "Two armies trained together."
    narrative = ""
    edition = ""
    series_name = ""
    participants = ()
    sources = ({},)
    outcomes = ()
    versions = factory.LazyAttribute(lambda entry: range(1, entry.version + 1))

    ordinal = factory.Sequence(lambda number: number + 1)
    reference = factory.LazyAttribute(lambda entry: reference("MD", entry.ordinal))
    version = 1
    digest = "0" * 64
    title_supplied = False
    series = UNKNOWN
    track = "1"
    track_basis = "derived"
    touches = factory.LazyAttribute(lambda entry: [entry.track])
    track3_link = (UNKNOWN,)
    military_role = ("participant",)
    initiated_by = UNKNOWN
    family = "exercise"
    activity = "joint_exercise"
    objectives = (UNKNOWN,)
    themes = (UNKNOWN,)
    status = "completed"
    place_precision = "place"
    latitude = None
    longitude = None
    outcome_kinds = (UNKNOWN,)
    outcome_reported_by = (UNKNOWN,)
    marking = "open"
    withheld = ()
    source_independence = "independent"
    claim_status = "accepted"
    publication_review = "cleared"
    review_kind = "individual"
    reviewed_on = date(2026, 1, 2)
    conduct_assessment = "not_assessed"
    content_licence = "CC BY 4.0"
    first_published = date(2026, 1, 3)
    last_published = date(2026, 1, 3)

    @classmethod
    def _create(cls, model_class, *args, **values):
        story = {name: values.pop(name) for name in STORY}
        values = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }
        leaf, everything = regions_of(story["places"], story["areas"])
        actors = [actor for actor, _role in story["participants"]]
        entry = model_class.objects.create(
            **dates(story["start"], story["end"], values["status"]),
            **{
                "sort_key": folded(story["title"]),
                "place_countries": sorted(story["places"]) or [UNKNOWN],
                "place_areas": sorted(story["areas"]) or [UNKNOWN],
                "regions": leaf or [UNKNOWN],
                "region_codes": everything or [UNKNOWN],
                "participant_countries": sorted({actor.country for actor in actors}) or [UNKNOWN],
                "actors": sorted({actor.reference for actor in actors}),
                "actor_types": sorted({actor.type for actor in actors}) or [UNKNOWN],
                "roles": sorted({role for _actor, role in story["participants"]}) or [UNKNOWN],
                "actor_count": len(set(actors)),
                "source_count": len(story["sources"]),
            }
            | values,
        )
        document = document_of(entry, story)
        _write_children(entry, story, document)
        return entry


STORY = (
    "title",
    "start",
    "end",
    "places",
    "areas",
    "place_names",
    "summary",
    "narrative",
    "edition",
    "series_name",
    "participants",
    "sources",
    "outcomes",
    "versions",
)


def document_of(entry: Entry, story: dict[str, Any]) -> dict[str, Any]:
    """The document as `disclose` makes it; see engagements/disclosure.py."""

    def known(codes: list[str]) -> list[str]:
        return [code for code in codes if code != UNKNOWN]

    series = {"code": entry.series, "name": story["series_name"]}
    return {
        "reference": entry.reference,
        "title": story["title"],
        "title_supplied": entry.title_supplied,
        "series": series if entry.series != UNKNOWN else None,
        "edition": story["edition"],
        "summary": story["summary"],
        "narrative": story["narrative"],
        "lessons": "",
        "case_study": entry.case_study,
        "track": entry.track,
        "track_basis": entry.track_basis,
        "track_note": "",
        "touches": known(entry.touches),
        "track3_link": known(entry.track3_link),
        "military_role": known(entry.military_role),
        "initiated_by": entry.initiated_by,
        "family": entry.family,
        "activity": entry.activity,
        "objectives": known(entry.objectives),
        "themes": known(entry.themes),
        "status": entry.status,
        "start": story["start"],
        "end": story["end"],
        "places": [
            {
                "name": name,
                "country": country,
                "country_derived": False,
                "region": "",
                "precision": entry.place_precision,
                "latitude": None,
                "longitude": None,
            }
            for name, country in zip_longest(story["place_names"], story["places"], fillvalue="")
        ],
        "participants": [_line(actor, role) for actor, role in story["participants"]],
        "people": {"min": entry.people_min, "max": entry.people_max},
        "sources": [_source(entry, n, given) for n, given in enumerate(story["sources"], 1)],
        "outcomes": list(story["outcomes"]),
        "marking": entry.marking,
        "claim_status": entry.claim_status,
        "source_independence": entry.source_independence,
        "conduct": {"status": entry.conduct_assessment, "on": None, "findings": []},
        "review": {
            "decision": entry.publication_review,
            "kind": entry.review_kind,
            "on": str(entry.reviewed_on),
            "until": None,
            "sample_size": None,
            "conditions": [],
        },
        "licence": entry.content_licence,
        "dataset": entry.source_dataset,
        "dataset_id": entry.source_id,
        "withheld": entry.withheld,
    }


def _line(actor: Actor, role: str) -> dict[str, Any]:
    return {
        "reference": actor.reference,
        "name": actor.name,
        "type": actor.type,
        "level": actor.level,
        "country": actor.country,
        "role": role,
        "capacity": "official",
        "side": "",
        "people_min": 120,
        "people_max": 150,
        "women_min": None,
        "disclosure": "named",
        "rule": "",
        "sources": [],
    }


def _source(entry: Entry, number: int, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "reference": reference("MS", entry.ordinal * 32 + number),
        "kind": "news",
        "independence": "independent",
        "title": f"Report {number}",
        "author": "",
        "publisher": "The Example Times",
        "url": f"https://news.example/{entry.ordinal}/{number}",
        "archive_url": "",
        "published": "2019-05",
        "locator_type": "page",
        "locator": "4",
        "language": "en",
        "accessed": "2026-01-01",
        "supports": [],
        "rule": "",
        **given,
    }


def _write_children(entry: Entry, story: dict[str, Any], document: dict[str, Any]) -> None:
    Document.objects.create(
        entry=entry,
        title=story["title"],
        series_name=story["series_name"],
        edition=story["edition"],
        summary=story["summary"],
        place_names=list(story["place_names"]),
        data=document,
    )
    names = [line["name"] for line in document["participants"]]
    text = {
        "a": " ".join([story["title"], story["series_name"], entry.reference]),
        "b": " . ".join([*names, *story["place_names"]]),
        "c": story["summary"],
        "d": story["narrative"],
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Search._meta.db_table} (entry_id, vector) VALUES (%(entry)s, "
            "setweight(to_tsvector('public.milidip', %(a)s), 'A') || "
            "setweight(to_tsvector('public.milidip', %(b)s), 'B') || "
            "setweight(to_tsvector('public.milidip', %(c)s), 'C') || "
            "setweight(to_tsvector('public.milidip', %(d)s), 'D'))",
            {"entry": entry.pk, **text},
        )
    for number, line in enumerate(document["participants"], 1):
        Participation.objects.create(
            entry=entry,
            line=number,
            source_references=line["sources"],
            disclosure_rule=line["rule"],
            **{
                f"actor_{name}": line[name]
                for name in ("reference", "name", "type", "level", "country")
            },
            **{
                name: line[name]
                for name in line
                if name not in ("reference", "name", "type", "level", "country", "rule", "sources")
            },
        )
    for number, source in enumerate(document["sources"], 1):
        kept = {name: value for name, value in source.items() if name != "rule"}
        Source.objects.create(entry=entry, line=number, disclosure_rule=source["rule"], **kept)
    for number in story["versions"]:
        title = story["title"] + ("" if number == entry.version else f", as in version {number}")
        Version.objects.create(
            entry=entry,
            number=number,
            digest="0" * 64,
            published_at=datetime(2026, 1, number, tzinfo=UTC),
            change_note="" if number == 1 else "Corrected.",
            data={**document, "title": title},
        )
