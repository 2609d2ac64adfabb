"""Snapshots made up by Hypothesis. Everything that can be withheld is spelled like nothing else."""

import copy
from typing import Any

from hypothesis import strategies as st

from engagements.disclosure import Protections, Snapshot
from engagements.names import spellings
from milidip.codebook.choices import (
    Confidentiality,
    DialogueFormat,
    ExerciseEnvironment,
    ExerciseFocus,
    ExerciseForm,
    Facilitation,
    MandateTask,
    MandatingBody,
    Marking,
    SourceKind,
    Status,
)

# What the rules turn on comes more often than chance would have it.
KINDS = ["person", "person", "person", "armed_force", "ngo", "academic", "state"]
ROLES = ["organiser", "host", "funder", "participant", "speaker", "observer", "facilitator"]
COUNTS = st.none() | st.integers(0, 40)
WISHES = ["named", "named", "named", "type_only", "type_only", "withheld", ""]
CONSENTS = ["none", "none", "public_role", "consent_recorded"]
REVIEWS = ["individual", "individual", "individual", "bulk_sampled", "bulk"]
PRECISIONS = ["exact", "place", "withheld", "unknown", "country", "region"]
PUBLISHED = [Marking.OPEN, Marking.OPEN, Marking.CHATHAM_HOUSE_PART, Marking.CHATHAM_HOUSE]
UNDER_RULE = [Marking.CHATHAM_HOUSE_PART, Marking.CHATHAM_HOUSE]


def actor(number: int, kind: str, tag: str = "qz") -> dict[str, Any]:
    """An actor whose every fact tells it from all others; ``tag`` makes another one like it."""
    return {
        "reference": f"MA-{tag.upper()}{number:04d}",
        "name": f"Name{number}{tag} Last{number}{tag}",
        "type": kind,
        "level": "national",
        "country": f"{tag.upper()}{number}",
        "parent": f"MA-{tag.upper()}9{number:03d}",
        "other_names": [f"Alias{number}{tag} Also{number}{tag}"],
        "identifiers": [["wikidata", f"Q{number}00{tag}"]],
    }


@st.composite
def participations(draw: st.DrawFn, actors: list[dict]) -> list[dict]:
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        who = draw(st.sampled_from([None, *actors, *actors]))
        least, most = draw(COUNTS), draw(COUNTS)
        if least is not None and most is not None and most < least:
            least, most = most, least
        rows.append(
            {
                "actor": copy.deepcopy(who),
                "actor_type": None if who else draw(st.sampled_from(KINDS)),
                "role": draw(st.sampled_from(ROLES)),
                "capacity": draw(st.sampled_from(["official", "non_official", "unknown"])),
                "side": draw(st.sampled_from(["", "a", "b"])),
                "people_min": least,
                "people_max": most,
                "women_min": draw(st.none() | st.integers(0, 12)),
                "disclosure": draw(st.sampled_from(WISHES)),
                "consent_basis": draw(st.sampled_from(CONSENTS)),
                "announced": draw(st.booleans()),
                "under_rule": draw(st.booleans()),
                "sources": draw(st.sampled_from([[], ["MS-000000"], ["MS-000000", "MS-000001"]])),
            }
        )
    return rows


@st.composite
def places(draw: st.DrawFn) -> list[dict]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        pin = draw(st.booleans())
        found.append(
            {
                "name": f"Village{number}wp Street{number}wp",
                "country": f"W{number}P",
                "country_label": f"Land{number}wp",
                "country_derived": False,
                "region": None,
                "precision": draw(st.sampled_from(PRECISIONS)),
                "latitude": 11.12345 + number if pin else None,
                "longitude": 21.54321 + number if pin else None,
            }
        )
    return found


@st.composite
def sources(draw: st.DrawFn) -> list[dict]:
    return [
        {
            "reference": f"MS-{number:06d}",
            "kind": draw(st.sampled_from(SourceKind.values)),
            "independence": draw(st.sampled_from(["own", "party", "independent"])),
            **{
                name: f"{name}{number}ws"
                for name in ("title", "author", "publisher", "locator", "language")
            },
            "url": f"https://{number}ws.example/",
            "archive_url": f"https://archive.example/{number}ws",
            "published": f"180{number}",
            "accessed": f"180{number}-01-01",
            "locator_type": "page",
            "supports": [f"column{number}ws"],
            "withheld": draw(st.booleans()),
            "chatham_safe": draw(st.booleans()),
        }
        for number in range(draw(st.integers(1, 2)))
    ]


def few(choices: Any) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices.values), unique=True, max_size=2).map(sorted)


def one(choices: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *choices.values])


NUMBER = st.none() | st.integers(1, 40)
TEXT = st.sampled_from(["", "Words wt"])


def details() -> dict[str, st.SearchStrategy[Any]]:
    """Block -> nothing, or the details of a family: what tells who came is spelled ``wt``."""
    blocks = {
        "exercise": st.fixed_dictionaries(
            {
                "form": one(ExerciseForm),
                "environments": few(ExerciseEnvironment),
                "focus": few(ExerciseFocus),
                "live_fire": st.none() | st.booleans(),
                "multi_service": st.none() | st.booleans(),
            }
        ),
        "exchange": st.fixed_dictionaries(
            {
                "course": st.sampled_from(["", "Course"]),
                "sending_side": TEXT,
                "receiving_side": TEXT,
                "people": NUMBER,
                "days": NUMBER,
            }
        ),
        "peace_operation": st.fixed_dictionaries(
            {
                "mandating_bodies": few(MandatingBody),
                "mandate_document": st.sampled_from(["", "S/RES/743 (1992)"]),
                "authorised_strength": NUMBER,
                "tasks": few(MandateTask),
            }
        ),
        "dialogue": st.fixed_dictionaries(
            {
                "format": one(DialogueFormat),
                "rounds": NUMBER,
                "facilitation": one(Facilitation),
                "sides": NUMBER,
                "confidentiality": one(Confidentiality),
            }
        ),
    }
    return {name: st.none() | block for name, block in blocks.items()}


FAMILIES = [
    ("dialogue", "workshop_seminar"),
    ("dialogue", "workshop_seminar"),
    ("exercise", "joint_exercise"),
    ("exchange_training", "training_course"),
    ("peace_operation", "observer_mission"),
]


@st.composite
def snapshots(draw: st.DrawFn, markings: Any = PUBLISHED) -> Snapshot:
    actors = [
        actor(number, draw(st.sampled_from(KINDS))) for number in range(draw(st.integers(1, 5)))
    ]
    cited = draw(sources())
    family, activity = draw(st.sampled_from(FAMILIES))
    return {
        "reference": "MD-000001",
        "title": "Title",
        "title_supplied": False,
        "series": draw(st.none() | st.just({"code": "series", "name": "Series"})),
        "edition": "",
        "summary": "Summary",
        "narrative": "",
        "case_study": False,
        "lessons": draw(st.sampled_from(["", "Learned."])),
        "lessons_reported_by": draw(st.sampled_from(["", "participant"])),
        "track": draw(st.sampled_from([None, "1", "2", "3"])),
        "track_basis": "derived",
        "track_note": "",
        "touches": ["1"],
        "track3_links": draw(
            st.lists(st.sampled_from(["ngo_co_organised", "retired_officers"]), unique=True)
        ),
        "military_roles": draw(
            st.lists(st.sampled_from(["participant", "host", "observer"]), unique=True)
        ),
        "initiated_by": draw(st.none() | st.sampled_from(KINDS)),
        "activity": activity,
        "family": family,
        "objectives": [],
        "themes": [],
        "status": draw(st.sampled_from(Status.values)),
        "start": "2019-05",
        "end": "",
        "marking": draw(st.sampled_from(markings)),
        "claim_status": "accepted",
        "gives_support": None,
        "content_licence": "CC BY 4.0",
        "source_dataset": draw(st.sampled_from(["", "Dataset wd"])),
        "source_id": "row wd",
        "places": draw(places()),
        "participations": draw(participations(actors)),
        "sources": cited,
        "outcomes": [
            {
                "kind": "negative",
                "statement": "Nothing.",
                "date": "",
                "reported_by": "participant",
                "source": draw(st.sampled_from([source["reference"] for source in cited])),
            }
        ],
        **{name: draw(block) for name, block in details().items()},
        "related": [],
        "conduct": None,
        "review": {
            "decision": "cleared",
            "kind": draw(st.sampled_from(REVIEWS)),
            "decided_on": "2020-01-01",
            "valid_until": None,
            "sample_size": None,
            "conditions": [],
        },
    }


def actors_of(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    rows = snapshot["participations"]
    return {row["actor"]["reference"]: row["actor"] for row in rows if row["actor"]}


def names_of(one: dict[str, Any]) -> list[str]:
    return [one["name"], *one["other_names"]]


def protecting(actors: list[dict[str, Any]], **others: Any) -> Protections:
    return Protections(
        names={
            one["reference"]: spellings(names_of(one), person=one["type"] == "person")
            for one in actors
        },
        **others,
    )


@st.composite
def worlds(draw: st.DrawFn, markings: Any = PUBLISHED) -> tuple[Snapshot, Protections]:
    """A snapshot, with some of its actors under protection, and sometimes a hold on names."""
    snapshot = draw(snapshots(markings))
    known = list(actors_of(snapshot).values())
    chosen = draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
    held = {snapshot["reference"]} if draw(st.integers(0, 3)) == 0 else frozenset()
    return snapshot, protecting(chosen, held=held)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Snapshot, Snapshot]:
    """An earlier version and the newest one: the same record, changed in what it discloses."""
    earlier = draw(snapshots())
    newest = copy.deepcopy(earlier)
    newest["marking"] = draw(st.sampled_from(PUBLISHED))
    rows = newest["participations"]
    rows[:] = [row for row in rows if draw(st.integers(0, 2))]
    for row in rows:
        row["disclosure"] = draw(st.sampled_from(WISHES))
        row["consent_basis"] = draw(st.sampled_from(CONSENTS))
        row["people_min"] = draw(COUNTS)
        row["people_max"] = None
    for place in newest["places"]:
        place["precision"] = draw(st.sampled_from(PRECISIONS))
    for source in newest["sources"]:
        source["withheld"] = draw(st.booleans())
    return earlier, newest
