"""Every nasty row is accepted or refused for the right reason: see `nasty_expected.py`."""

import csv

import pytest

from engagements.importing.datasets import read
from engagements.importing.records import RowError

from .conftest import DATA
from .nasty_expected import EXPECTED, Read, Refused

with (DATA / "nasty_rows.csv").open(encoding="utf-8", newline="") as file:
    ROWS = dict(enumerate(csv.DictReader(file), start=2))


def name(number):
    return f"{number}: {ROWS[number]['why']}"


def numbers(kind):
    return [number for number, expected in EXPECTED.items() if isinstance(expected, kind)]


def test_every_row_has_an_expectation():
    assert list(EXPECTED) == list(ROWS)


@pytest.mark.parametrize("number", numbers(Refused), ids=name)
def test_a_row_is_refused_for_its_own_reason(desk, number):
    with pytest.raises(RowError) as refusal:
        read(ROWS[number], desk)
    assert EXPECTED[number].saying in refusal.value.reason


@pytest.mark.parametrize("number", numbers(Read), ids=name)
def test_a_row_is_read_as_it_says(desk, number):
    record, expected = read(ROWS[number], desk), EXPECTED[number]
    actors = [participant.actor for participant in record.participants if participant.actor]
    who = [actor.country for actor in actors if actor.type in ("state", "local_government")]
    bodies = [actor.name for actor in actors if actor.type not in ("state", "local_government")]

    assert (record.start, record.end) == (expected.start, expected.end)
    assert record.status == expected.status
    assert [place.country or place.region for place in record.places] == expected.where.split()
    assert [place.country_derived for place in record.places[:1]] in ([], [expected.derived])
    if expected.how_many is None:
        assert sorted(who) == sorted(expected.who.split())
    else:
        assert set(who) >= set(expected.who.split())
        assert len(who) == len(set(who)) == expected.how_many
    assert sorted(bodies) == sorted(expected.bodies)
    assert record.claim_status == expected.claim
    for field, value in (
        ("title", expected.title),
        ("title_supplied", expected.supplied),
        ("activity", expected.activity),
        ("edition", expected.edition),
    ):
        assert value is None or getattr(record, field) == value
    if expected.precision:
        assert record.places[0].precision == expected.precision
    if expected.note:
        assert expected.note in record.working_note
    if expected.sources:
        assert len(record.sources) == expected.sources
    people = {p.actor.country: p.people_min for p in record.participants if p.actor}
    for country, number_of_people in (expected.people or {}).items():
        assert people[country] == number_of_people


@pytest.mark.parametrize("number", numbers(Read), ids=name)
def test_no_row_is_public_in_a_source_s_own_words(desk, number):
    """Titles, places and citations are facts; summaries and lists of people stay inside."""
    row = ROWS[number]
    record = read(row, desk)
    public = " ".join([record.title, record.summary, *(place.name for place in record.places)])

    assert record.summary[:1] not in "=+-@'"
    assert "\n" not in public
    for words in row["summary"].split("[coded")[0].split("…")[0].split(". "):
        assert len(words.split()) < 6 or words not in public
    named = row["participants_text"].partition("Named: ")[2].split(";")
    assert not [person for person in named if person.strip() and person.strip() in public]
    assert row["summary"].strip() in record.source_text
    assert row["participants_text"].strip() in record.source_text
