"""Which columns does a disclosed record fill? The narrow row, and what search looks through."""

from collections.abc import Iterable
from typing import Any

from engagements.details import detail_texts, detail_values
from engagements.disclosure import PERSON, Disclosed, leaves_on
from milidip.codebook.choices import (
    UNKNOWN,
    PlacePrecision,
    PublicDisclosure,
    Status,
    WithheldRule,
)
from milidip.codebook.dates import bounds
from milidip.codebook.folding import folded


def entry_values(disclosed: Disclosed) -> dict[str, Any]:
    """Return the narrow row for filters and counts; what is missing is ``unknown``."""
    document = disclosed.document
    places, lines = document["places"], document["participants"]
    named = [line for line in lines if line["disclosure"] == PublicDisclosure.NAMED]
    precision = PlacePrecision.coarsest(PlacePrecision(place["precision"]) for place in places)
    if not places and WithheldRule.PLACE_WITHHELD in disclosed.withheld:
        precision = PlacePrecision.WITHHELD
    point = places[0] if len(places) == 1 else {"latitude": None, "longitude": None}
    conduct = document["conduct"]
    ratings = {finding["criterion"]: finding["rating"] for finding in conduct["findings"]}
    return {
        "reference": document["reference"],
        "sort_key": folded(document["title"]),
        "title_supplied": document["title_supplied"],
        "series": document["series"]["code"] if document["series"] else UNKNOWN,
        "track": document["track"],
        "track_basis": document["track_basis"],
        "touches": document["touches"] or [UNKNOWN],
        "track3_link": document["track3_link"] or [UNKNOWN],
        "military_role": document["military_role"] or [UNKNOWN],
        "initiated_by": document["initiated_by"],
        "family": document["family"],
        "activity": document["activity"],
        "objectives": document["objectives"] or [UNKNOWN],
        "themes": document["themes"] or [UNKNOWN],
        "status": document["status"],
        **_date_values(document),
        "place_countries": _distinct(place["country"] for place in places),
        "place_areas": _distinct(place["region"] for place in places),
        "place_precision": precision,
        "latitude": point["latitude"],
        "longitude": point["longitude"],
        "participant_countries": _distinct(line["country"] for line in named),
        "actors": sorted({line["reference"] for line in named}),
        "actor_types": _distinct(line["type"] for line in lines),
        "roles": _distinct(line["role"] for line in lines if line["role"]),
        "actor_count": len({line["reference"] for line in named if line["type"] != PERSON}),
        "people_min": document["people"]["min"],
        "people_max": document["people"]["max"],
        "outcome_kinds": _distinct(outcome["kind"] for outcome in document["outcomes"]),
        "outcome_reported_by": _distinct(
            outcome["reported_by"] for outcome in document["outcomes"]
        ),
        "marking": document["marking"],
        "withheld": disclosed.withheld,
        "source_count": sum(not source["rule"] for source in document["sources"]),
        "source_independence": document["source_independence"],
        "claim_status": document["claim_status"],
        "publication_review": document["review"]["decision"],
        "review_kind": document["review"]["kind"],
        "reviewed_on": document["review"]["on"],
        "review_until": document["review"]["until"],
        "own_work": document["review"]["own_work"],
        "case_study": document["case_study"],
        "conduct_assessment": conduct["status"],
        **{
            f"rating_{criterion}": ratings.get(criterion, "")
            for criterion in (
                "international_standards",
                "transparency_accountability",
                "human_rights",
                "national_global_balance",
            )
        },
        "conditions_open": sum(
            condition["met"] is None for condition in document["review"]["conditions"]
        ),
        "source_dataset": document["dataset"],
        "source_id": document["dataset_id"],
        "content_licence": document["licence"],
        "leaves_on": leaves_on(document),
        **detail_values(document),
    }


def search_texts(disclosed: Disclosed) -> dict[str, str]:
    """Return what search looks through, by weight: A title, B names and places, C and D text."""
    document = disclosed.document
    names = [line["name"] for line in document["participants"]]
    for actor in disclosed.actors.values():
        names += actor["other_names"]
    series = document["series"]["name"] if document["series"] else ""
    texts = [document["narrative"], document["lessons"]]
    texts += [outcome["statement"] for outcome in document["outcomes"]]
    texts += [source["title"] for source in document["sources"]]
    for text in detail_texts(document).values():
        # “S/RES/1769” is one word to the search: it is found by its number too.
        texts += [text, text.replace("/", " ")] if "/" in text else [text] if text else []
    return {
        "a": " ".join([document["title"], series, document["reference"]]),
        "b": " . ".join([*names, *(place["name"] for place in document["places"])]),
        "c": document["summary"],
        "d": " . ".join(texts),
    }


def _date_values(document: dict) -> dict[str, Any]:
    """Earliest and latest days, and the span in which it may have been going on.

    A missing end counts as the end of the start's precision, open only when ongoing. Without
    a start nothing overlaps: such a record matches ``unknown`` only.
    """
    start, end = document["start"], document["end"]
    first, last = bounds(start) if start else (None, None)
    end_first, end_last = bounds(end) if end else (None, None)
    ongoing = document["status"] == Status.ONGOING
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


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value}) or [UNKNOWN]
