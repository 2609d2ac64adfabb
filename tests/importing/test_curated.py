"""Curated rows speak the codes of the codebook; a wrong cell is named."""

import pytest

from engagements.importing.codes import check, known_codes
from engagements.importing.curated import COLUMNS, DATASET, read
from engagements.importing.records import RowError

ROW = dict.fromkeys(COLUMNS, "") | {
    "sample_id": "c001",
    "title": "[Veterans meet in Brussels]",
    "track": "3",
    "touches": "1;3",
    "track_basis": "coder_judgement",
    "track3_link": "retired_officers;community_participants",
    "military_role": "participant",
    "initiated_by": "veterans_organisation",
    "activity": "veterans_dialogue",
    "objectives": "trust_building",
    "status": "completed",
    "start": "1946-06",
    "place_name": "Brussels",
    "place_country": "BEL",
    "place_precision": "place",
    "lat": "50.8503",
    "lon": "4.3517",
    "participants": "Veterans' League|veterans_organisation|BEL|organiser|non_official||2|5;"
    "|person||participant|retired_official|a||",
    "summary": "Old soldiers met.",
    "outcomes": "follow_up_agreed|participant|They will meet again. || "
    "relationship_established|independent|They wrote to each other.",
    "source_kind": "news",
    "source_independence": "independent",
    "source_title": "A page",
    "source_url": "https://news.example/a",
    "source_published": "1946-07",
    "source_locator": "Page 3",
    "claim_status": "needs_work",
    "conduct_support": "no",
    "hold_for_review": "yes",
    "marking": "open",
    "licence": "CC BY 4.0",
    "note": "For staff.",
}


@pytest.fixture
def record(desk):
    return lambda **cells: read(ROW | cells, desk)


def test_a_curated_row_is_read_whole(record):
    found = record()
    assert (found.dataset, found.source_id) == (DATASET, "c001")
    assert (found.title, found.title_supplied) == ("Veterans meet in Brussels", True)
    assert (found.track, found.touches) == ("3", ("1", "3"))
    assert found.track3_links == ("retired_officers", "community_participants")
    assert found.start == "1946-06"
    assert found.hold_for_review
    assert found.gives_support is False
    league, unnamed = found.participants
    assert (league.actor.name, league.people_min, league.people_max) == ("Veterans' League", 2, 5)
    assert (unnamed.actor, unnamed.actor_type, unnamed.side) == (None, "person", "a")
    assert [outcome.kind for outcome in found.outcomes] == [
        "follow_up_agreed",
        "relationship_established",
    ]
    (source,) = found.sources
    assert (source.published, source.locator_type) == ("1946-07", "page")
    assert found.working_note == "For staff."


def test_only_announced_conveners_are_named_under_the_rule(record):
    closed = record(marking="chatham_house", source_independence="party")
    assert [participant.announced for participant in closed.participants] == [True, False]
    assert closed.sources[0].chatham_safe
    assert not record(marking="chatham_house").sources[0].chatham_safe


def test_a_disputed_spot_is_written_under_both_states(record):
    spot = record(place_name="Abyei", place_country="SDN;SSD", lat="9.6", lon="28.4")
    assert [(place.name, place.country) for place in spot.places] == [
        ("Abyei", "SDN"),
        ("Abyei", "SSD"),
    ]
    tour = record(place_name="Several ports", place_country="FJI;TON", lat="", lon="")
    assert [(place.name, place.country) for place in tour.places] == [
        ("Several ports", "FJI"),
        ("", "TON"),
    ]


def test_a_listed_body_has_one_name_however_it_is_written(record):
    found = record(participants="NATO|international_organisation||organiser|official")
    assert found.participants[0].actor.name == "North Atlantic Treaty Organization"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"activity": "party"}, "activity “party”"),
        ({"start": "1946-13"}, "start “1946-13” has the month 13"),
        ({"place_country": "BELGIUM"}, "“BELGIUM”, which is no country code"),
        ({"place_region": "nowhere"}, "place_region “nowhere”"),
        ({"participants": "A body|ngo"}, "has no actor type or no role"),
        ({"participants": "A body|ngo||host|expert|z"}, "“z” is no side"),
        ({"participants": "A body|ngo||host|expert||many"}, "“many” is no number"),
        ({"outcomes": "good|us|Fine."}, "outcomes: “good|us”"),
        ({"outcomes": "negative|independent|"}, "has no statement"),
        ({"conduct_support": "perhaps"}, "neither yes nor no"),
        ({"marking": "secret"}, "marking “secret”"),
        ({"source_kind": "rumour"}, "source_kind “rumour”"),
        ({"edition": "x" * 101}, "edition has 101 characters and the register takes 100"),
        ({"source_locator": "x" * 201}, "the locator of a source has 201 characters"),
    ],
)
def test_a_wrong_cell_is_named(record, cells, reason):
    with pytest.raises(RowError) as refusal:
        record(**cells)
    assert reason in refusal.value.reason


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"objectives": "world_peace"}, "objective “world_peace”"),
        ({"participants": "A body|club||host|expert"}, "actor type “club”"),
        ({"participants": "A body|ngo||king|expert"}, "role “king”"),
        ({"track": "4"}, "track “4”"),
    ],
)
def test_a_code_that_is_not_in_the_codebook_is_refused(record, cells, reason):
    with pytest.raises(RowError, match=reason):
        check(record(**cells), known_codes())
