"""What the page of a record says: who, by whose word, how it was reviewed, and to machines."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milidip.catalogue import evidence
from milidip.catalogue.models import Document

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db


def linked_data(response) -> dict:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.text)
    return json.loads(block)


def rewritten(entry, **changes):
    """The entry with other things in its document."""
    document = Document.objects.get(entry=entry)
    document.data.update(changes)
    document.save()
    return entry


def line(entry, **changes):
    found = dict(Document.objects.get(entry=entry).data["participants"][0])
    return found | changes


def test_sixty_who_took_part_are_divided_by_kind_and_said_once(client):
    states = [ActorFactory(name=f"State {n:02}", type="state") for n in range(50)]
    bodies = [ActorFactory(name=f"Body {n:02}", type="ngo") for n in range(10)]
    entry = EntryFactory(participants=[(actor, "contributor") for actor in [*states, *bodies]])
    response = client.get(entry.get_absolute_url())
    (group,) = response.context["participants"]
    assert group["count"] == 60
    (side,) = group["sides"]
    kinds = {kind["label"]: len(kind["lines"]) for kind in side["kinds"]}
    assert list(kinds.values()) == [50, 10]
    assert [kind["dense"] for kind in side["kinds"]] == [True, False]
    assert response.text.count("State 49") == 1


def test_sides_stand_beside_each_other_and_who_has_none_comes_last(client):
    actors = [ActorFactory(name=name) for name in ("One", "Two", "Three")]
    entry = EntryFactory(participants=[(actor, "party") for actor in actors])
    lines = Document.objects.get(entry=entry).data["participants"]
    rewritten(
        entry,
        participants=[
            dict(one, side=side) for one, side in zip(lines, ["", "b", "a"], strict=True)
        ],
    )
    (group,) = client.get(entry.get_absolute_url()).context["participants"]
    assert [side["label"] for side in group["sides"]] == ["Side A", "Side B", ""]


def test_who_is_told_by_kind_only_is_counted_with_the_rule(client):
    entry = EntryFactory(participants=[(ActorFactory(type="armed_force"), "participant")])
    hidden = line(
        entry,
        reference="",
        name="",
        country="",
        disclosure="type_only",
        rule="type_only",
        people_min=None,
        people_max=None,
    )
    rewritten(entry, participants=[hidden, hidden, dict(hidden, people_min=9)])
    response = client.get(entry.get_absolute_url())
    (kind,) = response.context["participants"][0]["sides"][0]["kinds"]
    assert [one["times"] for one in kind["lines"]] == [2, 1]
    assert "Armed force × 2" in response.text


def test_each_claim_names_its_sources_in_the_order_of_the_columns(client):
    entry = EntryFactory(
        sources=[{"supports": ["date_start", "title"]}, {"supports": ["date_start", "narrative"]}]
    )
    response = client.get(entry.get_absolute_url())
    claims = [(item["claim"].code, item["numbers"]) for item in response.context["claims"]]
    assert claims == [("title", [1]), ("date_start", [1, 2]), ("narrative", [2])]
    assert "/codebook/#column-engagements-date_start" in response.text


def test_numbers_in_an_account_lead_to_their_source():
    document = {"sources": [{"rule": ""}, {"rule": ""}]}
    text = evidence.with_citations("They met <b>. [1][2] In 1999 [3].", document)
    assert 'href="#source-1"' in text
    assert 'href="#source-2"' in text
    assert "[3]" in text
    assert "source-3" not in text
    assert "&lt;b&gt;" in text


def test_where_a_source_is_withheld_no_number_leads_astray():
    document = {"sources": [{"rule": ""}, {"rule": "source_withheld"}]}
    assert evidence.with_citations("They met. [1] They left. [2]", document) == (
        "<p>They met. They left.</p>"
    )


def test_a_case_study_reads_like_one(client):
    entry = EntryFactory(case_study=True, narrative="They met. [1]")
    text = client.get(entry.get_absolute_url()).text
    assert 'class="essay"' in text
    assert 'href="/case-studies/"' in text
    assert 'class="essay"' not in client.get(EntryFactory().get_absolute_url()).text


@pytest.mark.parametrize(
    ("kind", "size", "said"),
    [
        ("individual", None, "individually"),
        ("bulk_sampled", 12, "of which 12 records were read"),
        ("bulk", None, "in a batch by its kind and its source"),
    ],
)
def test_clearance_is_told_by_its_kind_and_never_as_a_finding_on_conduct(client, kind, size, said):
    entry = EntryFactory(review_kind=kind)
    review = Document.objects.get(entry=entry).data["review"]
    rewritten(entry, review=review | {"kind": kind, "sample_size": size})
    text = client.get(entry.get_absolute_url()).text
    publication, conduct = text.split('id="review-publication"')[1].split('id="review-conduct"')
    assert "Cleared for publication" in publication
    assert said in publication
    assert "Conduct not assessed" in conduct.split("</section>")[0]
    assert "Conduct" not in publication


def test_ratings_and_public_notes_are_told_under_conduct(client):
    entry = EntryFactory(conduct_assessment="assessed")
    finding = {"criterion": "human_rights", "rating": "not_met", "note": "Reports were ignored."}
    rewritten(entry, conduct={"status": "assessed", "on": "2026-01-02", "findings": [finding]})
    text = client.get(entry.get_absolute_url()).text
    conduct = text.split('id="review-conduct"')[1].split("</section>")[0]
    assert "Conduct assessed" in conduct
    assert "Not met" in conduct
    assert "Reports were ignored." in conduct
    assert "not assessed" not in conduct


def test_a_record_knows_those_before_and_after_it_in_its_series(client):
    def edition(start):
        return EntryFactory(series="talks", series_name="Talks", start=start, end="")

    last, first, middle = edition("2003"), edition("2001"), edition("2002-05")
    EntryFactory(series="talks", series_name="Talks", start="", end="")
    EntryFactory(start="2002")
    found = client.get(middle.get_absolute_url()).context["series"]
    assert (found["previous"], found["next"]) == (first, last)
    assert client.get(first.get_absolute_url()).context["series"]["previous"] is None


def test_two_of_one_day_are_neighbours_by_ordinal(client):
    one = EntryFactory(series="talks", series_name="Talks", start="2001", end="")
    two = EntryFactory(series="talks", series_name="Talks", start="2001", end="")
    assert client.get(one.get_absolute_url()).context["series"]["next"] == two
    assert client.get(two.get_absolute_url()).context["series"]["previous"] == one


def test_machines_read_the_same_from_a_block_that_no_title_can_end(client):
    title = "</script><script>alert(1)</script> & \u2028 <!--"
    entry = EntryFactory(title=title, sources=[{}, {"rule": "source_withheld", "title": ""}])
    response = client.get(entry.get_absolute_url())
    data = linked_data(response)
    assert data["name"] == title
    assert data["about"]["startDate"] == "2019-05-06"
    assert data["about"]["location"][0]["address"]["addressCountry"] == "KEN"
    assert len(data["citation"]) == 1
    assert "<script>alert" not in response.text


def test_a_point_is_drawn_only_where_there_are_coordinates(client):
    entry = EntryFactory(places=("KEN",))
    found = client.get(entry.get_absolute_url()).context["map"]
    assert found.pins == []
    assert [area.code for area in found.areas if area.marked] == ["KEN"]

    places = Document.objects.get(entry=entry).data["places"]
    rewritten(entry, places=[dict(places[0], latitude=0.02, longitude=37.07)])
    (pin,) = client.get(entry.get_absolute_url()).context["map"].pins
    assert 0 < pin.x < 320
    assert 0 < pin.y < 200


def test_a_record_without_a_place_has_no_map(client):
    entry = EntryFactory(places=(), place_names=("Somewhere",))
    assert client.get(entry.get_absolute_url()).context["map"] is None


def test_a_record_is_taken_as_csv_of_every_grain(client):
    entry = EntryFactory()
    links = client.get(entry.get_absolute_url()).context["downloads"]
    assert [link.url for link in links] == [
        f"/{grain}.csv?reference={entry}" for grain in ("engagements", "participations", "sources")
    ]


def test_the_page_of_a_record_asks_the_database_a_fixed_number_of_times(client):
    """However many took part: the register, its entry, words, actors, relations, versions.

    And the record before and the one after it in its series.
    """
    few = EntryFactory(
        series="talks", series_name="Talks", participants=[(ActorFactory(), "host")]
    )
    many = EntryFactory(
        series="talks",
        series_name="Talks",
        participants=[(ActorFactory(), "participant") for _ in range(60)],
        sources=[{} for _ in range(10)],
    )
    counts = []
    client.get("/about/")  # the first request of a day sweeps
    for entry in (few, many):
        with CaptureQueriesContext(connection) as queries:
            client.get(entry.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 14
