"""Series, regions, countries, case studies, and actors with whom they meet."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milidip.catalogue import charts
from milidip.catalogue.locator import HEIGHT, WIDTH, locator

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db

LISTS = ("/case-studies/", "/series/", "/regions/", "/countries/")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_an_empty_register_can_be_read(client, path):
    assert client.get(path).status_code == 200


def test_a_series_is_told_by_its_years_places_and_those_who_took_part(client):
    army, navy = ActorFactory(name="Army"), ActorFactory(name="Navy")
    for year, who in (("2001", [army]), ("2003", [army, navy]), ("", [navy, army])):
        EntryFactory(
            series="talks",
            series_name="The Talks",
            start=year,
            end="",
            participants=[(actor, "participant") for actor in who],
        )
    EntryFactory(participants=[(navy, "host")])
    response = client.get("/series/talks/")
    context = response.context
    assert context["title"] == "The Talks"
    assert context["total"] == 3
    assert [(bar.label, bar.count) for bar in context["chart"].bars] == [("2001", 1), ("2003", 1)]
    assert context["chart"].undated == 1
    assert [(row["actor"], row["count"]) for row in context["actors"]] == [(army, 3), (navy, 2)]
    assert f"/engagements/?series=talks&amp;stakeholder={navy}" not in response.text
    assert f"/engagements/?series=talks&amp;stakeholder={navy.reference}" in response.text
    assert "/engagements/?series=talks&amp;after=2003&amp;before=2003" in response.text
    assert [(link.code, link.count) for link in context["countries"]] == [("KEN", 3)]


def test_each_count_is_what_its_link_finds(client):
    EntryFactory(places=("KEN",), track="1", touches=("1", "3"))
    EntryFactory(places=("KEN", "UGA"), family="dialogue", activity="workshop_seminar")
    EntryFactory(places=("FRA",))
    context = client.get("/regions/202/").context
    assert context["total"] == 2
    for link in [*context["families"], *context["touches"], *context["countries"]]:
        assert client.get(link.url).headers["X-Total-Count"] == str(link.count), link
    assert client.get(context["all_url"]).headers["X-Total-Count"] == "2"


def test_a_country_says_how_often_its_own_took_part_elsewhere(client):
    kenyan = ActorFactory(country="KEN")
    EntryFactory(places=("KEN",))
    EntryFactory(places=("FRA",), participants=[(kenyan, "participant")])
    context = client.get("/countries/KEN/").context
    assert (context["total"], context["taking_part"].count) == (1, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/series/unknown/",
        "/series/never/",
        "/series/%00/",
        "/regions/nowhere/",
        "/regions/unknown/",
        "/countries/ZZZ/",
        "/countries/unknown/",
    ],
)
def test_what_is_not_in_the_register_or_the_codebook_is_404(client, path):
    assert client.get(path, follow=True).status_code == 404


def test_a_region_without_records_says_that_this_says_nothing(client):
    response = client.get("/regions/061/")
    assert response.status_code == 200
    assert "That does not mean that nothing happened." in response.text
    assert response.context["chart"] is None


def test_a_country_may_be_typed_in_small_letters(client):
    assert client.get("/countries/ken/")["Location"] == "/countries/KEN/"


def test_lists_lead_to_pages_with_the_same_counts(client):
    EntryFactory(series="talks", series_name="Talks", places=("KEN",), areas=())
    EntryFactory(series="talks", series_name="Talks", places=("UGA",), start="1999", end="")
    (series,) = client.get("/series/").context["series"]
    assert (series["count"], series["first"], series["last"]) == (2, "1999", "2019")
    assert client.get(series["url"]).context["total"] == 2
    for item in client.get("/countries/").context["countries"]:
        assert client.get(item["link"].url).context["total"] == item["link"].count
    for group in client.get("/regions/").context["groups"]:
        for item in group["regions"]:
            assert client.get(item["link"].url).context["total"] == item["count"]


def test_case_studies_are_listed_newest_first_and_nothing_else_is(client):
    old = EntryFactory(title="Old", case_study=True, narrative="It was. [1]", start="1999", end="")
    new = EntryFactory(title="New", case_study=True, narrative="It is. [1]")
    EntryFactory(title="Other")
    response = client.get("/case-studies/")
    assert response.context["entries"] == [new, old]
    assert client.get(response.context["all_url"]).headers["X-Total-Count"] == "2"
    assert client.get("/engagements/?case_study=no").headers["X-Total-Count"] == "1"


def test_an_actor_is_told_with_its_years_and_whom_it_meets(client):
    army, navy, ministry = (ActorFactory(name=name) for name in ("Army", "Navy", "Ministry"))
    EntryFactory(participants=[(army, "host"), (navy, "participant")])
    EntryFactory(
        participants=[(army, "host"), (army, "organiser"), (navy, "host"), (ministry, "host")],
        start="2001",
        end="",
    )
    EntryFactory(participants=[(navy, "host"), (ministry, "host")])
    context = client.get(army.get_absolute_url()).context
    assert context["companions"] == [(navy, 2), (ministry, 1)]
    assert [bar.label for bar in context["chart"].bars] == ["2001", "2019"]


def test_actors_are_found_by_kind_and_country_and_each_choice_keeps_the_others(client):
    ActorFactory(name="A", type="ngo", country="KEN")
    ActorFactory(name="B", type="ngo", country="FRA")
    ActorFactory(name="C", type="armed_force", country="FRA")
    context = client.get("/stakeholders/?country=FRA&type=ngo").context
    assert [actor.name for actor in context["actors"]] == ["B"]
    assert {link.code: link.count for link in context["types"]} == {"armed_force": 1, "ngo": 1}
    assert {link.code: link.count for link in context["countries"]} == {"FRA": 1, "KEN": 1}
    refused = client.get("/stakeholders/?country=nowhere")
    assert refused.status_code == 400
    assert "country" in refused.text


def test_pages_ask_the_database_as_often_for_many_records_as_for_few(client):
    """Counts, chart and lists are a statement each: a page of a million records is one too."""
    army = ActorFactory(name="Army", country="KEN")
    paths = ["/series/talks/", "/regions/202/", "/countries/KEN/", army.get_absolute_url(), *LISTS]
    asked = []
    client.get("/about/")  # the first request of a day sweeps
    for _round in range(2):
        for number in range(12):
            EntryFactory(
                series="talks",
                series_name="Talks",
                case_study=True,
                narrative="It was. [1]",
                participants=[(army, "host"), (ActorFactory(), "participant")],
                start=str(1990 + number),
                end="",
            )
        counts = {}
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts[path] = len(queries)
        asked.append(counts)
    assert asked[0] == asked[1]
    assert max(asked[1].values()) <= 16


def test_years_too_many_to_draw_are_told_by_decade():
    chart = charts.year_chart(
        {"1850": 1, "1999": 2, "2001": 3, "unknown": 4}, lambda first, last: ""
    )
    assert chart.by_decade
    assert [(bar.label, bar.count) for bar in chart.bars] == [
        ("1850–1859", 1),
        ("1990–1999", 2),
        ("2000–2001", 3),
    ]
    assert chart.undated == 4
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width for bar in chart.bars)


def test_nothing_with_a_date_is_no_chart():
    assert charts.year_chart({"unknown": 3}, lambda first, last: "") is None


def test_a_map_shows_what_it_is_about_and_nothing_for_what_it_cannot_draw():
    world = locator(["USA", "GBR", "NOR", "ZAF"])
    assert {area.code for area in world.areas if area.marked} == {"USA", "GBR", "NOR", "ZAF"}
    spot = locator(["RUS"], [(55.75, 37.62, "Moscow")])
    (pin,) = spot.pins
    assert (pin.x, pin.y) == (WIDTH / 2, HEIGHT / 2)
    assert sum(len(area.path) for area in world.areas) < 60_000
    assert locator([]) is None
    assert locator(["SGP"]) is None


@pytest.mark.parametrize(("lat", "lon"), [(90, 180), (-90, -180), (0, 0), (-77.8, 166.7)])
def test_a_map_of_any_point_on_earth_holds_it(lat, lon):
    (pin,) = locator([], [(lat, lon, "there")]).pins
    assert -1 <= pin.x <= WIDTH + 1
