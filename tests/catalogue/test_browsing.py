"""Lists, maps and time lines: what a filter finds, in words, shades and columns."""

from datetime import date

import pytest
from django.http import QueryDict

from milidip.catalogue.filters import filtered
from milidip.catalogue.models import Register
from milidip.catalogue.sentences import filter_in_words, in_words
from milidip.catalogue.shades import Shades
from milidip.codebook.coverage import coverages
from milidip.codebook.models import Family

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def query(text: str):
    return filtered(QueryDict(text))


# --- in words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "total", "sentence"),
    [
        ("", 0, "No engagement"),
        ("", 1, "1 engagement"),
        ("touches=3&region=002", 31, "31 engagements touch Track III in Africa"),
        ("touches=3", 1, "1 engagement touches Track III"),
        ("touches=3", 0, "No engagement touches Track III"),
        ("place=KEN&place=MLI", 1200, "1,200 engagements in Kenya or Mali"),
        ("after=1999&before=2001-03", 2, "2 engagements, from 1999 until March 2001"),
        ("after=1999&before=1999", 2, "2 engagements, in or over 1999"),
        (
            "family=exercise&q=cobra",
            2,
            "2 engagements, kind of activity: Exercise, with the words “cobra”",
        ),
        ("place=unknown", 2, "2 engagements, country where it happened: Unknown"),
    ],
)
def test_a_filter_is_said_in_words(parameters, total, sentence):
    assert in_words(query(parameters), total) == sentence


def test_no_filter_is_all_records():
    assert filter_in_words(query("")) == "all records"
    assert filter_in_words(query("touches=3&place=KEN")) == "touching Track III, in Kenya"


def test_the_live_region_and_the_heading_say_what_was_found(client):
    EntryFactory(touches=("1", "3"))
    response = client.get("/engagements/?touches=3&region=002", headers=HTMX)
    said = "1 engagement touches Track III in Africa"
    assert f'role="status">{said}<' in response.text
    assert response.text.count(said) >= 2


# --- views -----------------------------------------------------------------------------------


def test_every_view_shows_the_same_records_and_keeps_the_filter(client):
    EntryFactory(track="3")
    EntryFactory(track="1")
    for view in ("list", "table", "map", "time"):
        response = client.get(f"/engagements/?track=3&view={view}")
        assert response["X-Total-Count"] == "1", view
        links = {link.code: link for link in response.context["views"]}
        assert links[view].selected
        assert links["list"].url == "/engagements/?track=3"
        assert links["map"].url == "/engagements/?track=3&view=map"
        chip = response.context["chips"][0]
        assert ("view=" in chip.url) == (view != "list"), "without a filter the reader stays"
        assert all("view" not in export.url for export in response.context["exports"])


@pytest.mark.parametrize(
    "query", ["view=globe", "view=table&column=secret", "column=%00&view=table", "view=%00"]
)
def test_a_view_that_is_not_there_is_refused_by_name(client, query):
    response = client.get(f"/engagements/?{query}")
    assert response.status_code == 400
    assert "is not one of" in response.text


def test_an_export_knows_no_view(client):
    response = client.get("/engagements.csv?view=map")
    assert response.status_code == 400


def test_htmx_keeps_the_view_in_the_address(client):
    EntryFactory()
    response = client.get("/engagements/?view=map&track=1&q=", headers=HTMX)
    assert response["HX-Push-Url"] == "/engagements/?track=1&view=map"


def test_the_table_has_the_columns_that_were_chosen(client):
    army = ActorFactory(name="The Army")
    EntryFactory(
        title="Talks", participants=[(army, "host")], outcome_kinds=("agreement_reached",)
    )
    response = client.get("/engagements/?track=1&view=table&column=outcomes&column=who")
    (entry, cells) = response.context["rows"][0]
    assert entry.document.title == "Talks"
    assert [(column.name, text) for column, text in cells] == [
        ("who", "The Army"),
        ("outcomes", "Agreement reached"),
    ]
    assert response.context["chips"][0].url.endswith("?view=table&column=who&column=outcomes")


def test_a_line_names_the_first_who_took_part_once_each(client):
    actors = [ActorFactory(name=f"Unit {n}") for n in range(5)]
    EntryFactory(participants=[(actors[0], "host"), *((actor, "participant") for actor in actors)])
    (entry,) = client.get("/engagements/").context["entries"]
    assert entry.parties == ["Unit 0", "Unit 1", "Unit 2"]
    assert entry.more_parties == 2


# --- map -------------------------------------------------------------------------------------


def test_the_map_shades_by_country_and_its_table_says_the_same(client):
    EntryFactory(places=("KEN",))
    EntryFactory(places=("KEN", "MLI"))
    EntryFactory(places=("SGP",))
    response = client.get("/engagements/?view=map&track=1")
    drawn = response.context["map"]
    counts = {country.code: country.count for country in drawn.countries if country.url}
    assert counts == {"KEN": 2, "MLI": 1, "SGP": 1}
    assert {country.code: country.count for country in drawn.listed} == counts
    assert next(c for c in drawn.countries if c.code == "SGP").point, "too small for an outline"
    for country in drawn.listed:
        found = client.get(country.url)
        assert found["X-Total-Count"] == str(country.count)
        assert found.context["view"] == "map"


def test_a_country_clicked_again_is_a_filter_no_more(client):
    EntryFactory(places=("KEN",))
    EntryFactory(places=("MLI",))
    drawn = client.get("/engagements/?view=map&place=KEN").context["map"]
    urls = {country.code: country.url for country in drawn.listed}
    assert urls == {
        "KEN": "/engagements/?view=map",
        "MLI": "/engagements/?place=KEN&place=MLI&view=map",
    }


def test_only_what_is_known_exactly_is_a_point(client):
    known = EntryFactory(latitude="0.01", longitude="37.07", place_precision="place")
    EntryFactory(latitude="0.01", longitude="37.07", place_precision="country")
    EntryFactory(place_precision="country")
    context = client.get("/engagements/?view=map").context
    (spot,) = context["map"].spots
    assert (spot.count, spot.url) == (1, known.get_absolute_url())
    assert context["placeless"]["exact"] == 1


def test_neighbours_are_one_symbol_that_says_how_many(client):
    for longitude in ("37.07", "37.08"):
        EntryFactory(latitude="0.01", longitude=longitude)
    (spot,) = client.get("/engagements/?view=map").context["map"].spots
    assert (spot.count, spot.url, spot.label) == (2, "", "2 records here")


def test_the_map_says_what_it_cannot_show(client):
    EntryFactory(places=(), place_precision="unknown")
    EntryFactory(places=(), place_precision="virtual")
    EntryFactory(places=(), place_precision="withheld")
    EntryFactory(places=("SUN",))
    response = client.get("/engagements/?view=map")
    placeless = response.context["placeless"]
    assert (placeless["total"], placeless["virtual"], placeless["withheld"]) == (3, 1, 1)
    assert [country.code for country in response.context["map"].undrawn] == ["SUN"]
    assert "3 of these records have no country" in response.text


# --- time ------------------------------------------------------------------------------------


def test_the_time_line_counts_starts_by_year_and_kind(client):
    EntryFactory(start="1999-05", end="")
    EntryFactory(start="1999", end="2003", family="dialogue", activity="conference")
    EntryFactory(start="2001-02-03", end="")
    EntryFactory(start="", end="")
    context = client.get("/engagements/?view=time").context
    chart = context["chart"]
    assert [(column.label, column.count) for column in chart.rows] == [("1999", 2), ("2001", 1)]
    assert [(kind.code, kind.count) for kind in chart.kinds] == [("exercise", 2), ("dialogue", 1)]
    assert context["undated_starts"] == 1
    assert chart.total + context["undated_starts"] + context["outside"] == 4
    assert context["table"][0][1] == [1, 1]
    heights = [part.height for part in chart.rows[0].parts]
    assert sum(heights) == 100


def test_a_year_without_a_month_does_not_fall_on_january(client):
    EntryFactory(start="1999", end="")
    EntryFactory(start="1999-01", end="")
    EntryFactory(start="1999-03-04", end="")
    EntryFactory(start="1990", end="2005")
    context = client.get("/engagements/?view=time&after=1999&before=2000").context
    columns = {column.label: (column.count, column.vague) for column in context["chart"].rows}
    assert columns == {
        "Jan 1999": (1, False),
        "Mar 1999": (1, False),
        "1999, month not known": (1, True),
    }
    assert context["outside"] == 1


def test_the_histogram_is_of_the_filter_without_its_period(client):
    EntryFactory(start="1990", end="")
    EntryFactory(start="2010", end="")
    EntryFactory(start="2010", end="", track="2")
    context = client.get("/engagements/?track=1&after=2010").context
    assert context["total"] == 1
    assert [c.label for c in context["histogram"].rows] == ["1990", "2010"]
    assert context["histogram"].highest == 1


def test_years_that_no_dataset_covers_are_grey(client):
    EntryFactory(start="1985", end="", source_dataset="MME v7")
    EntryFactory(start="2015", end="")
    chart = client.get("/engagements/?view=time").context["chart"]
    assert (chart.first, chart.last) == (1980, 2019)
    assert chart.gaps == [(31, 9)], "the dataset ends in 2010, and exercises went on"
    (lane,) = chart.lanes
    assert (lane.label, lane.spans) == ("Exercise", [(0, 31)])
    assert client.get("/engagements/?view=time&family=dialogue").context["chart"].lanes == []


def test_the_coverage_of_datasets_uses_known_kinds(db):
    families = set(Family.objects.values_list("code", flat=True))
    for coverage in coverages():
        assert set(coverage.families) <= families
        assert 1900 < coverage.first <= coverage.last


# --- nothing found ---------------------------------------------------------------------------


def test_nothing_found_offers_what_is_written_alike(client):
    army = ActorFactory(name="Kenya Defence Forces")
    entry = EntryFactory(
        title="Wunlit covenant", place_names=("Bahr el Ghazal",), participants=[(army, "host")]
    )
    meant = {link.label: link.url for link in client.get("/engagements/?q=wunlt").context["meant"]}
    assert meant["Wunlit covenant"] == entry.get_absolute_url()
    meant = [link.label for link in client.get("/engagements/?q=ghasal").context["meant"]]
    assert "Bahr el Ghazal" in meant
    context = client.get("/engagements/?q=defens+forses").context
    url = next(link.url for link in context["meant"] if link.label == "Kenya Defence Forces")
    assert client.get(url)["X-Total-Count"] == "1"
    meant = [link.url for link in client.get("/engagements/?q=keniya").context["meant"]]
    assert "/engagements/?place=KEN" in meant


def test_nothing_found_offers_the_nearest_wider_lists_with_their_counts(client):
    EntryFactory(track="1", places=("KEN",))
    EntryFactory(track="1", places=("MLI",))
    EntryFactory(track="3", places=("MLI",))
    context = client.get("/engagements/?track=3&place=KEN&status=completed").context
    assert [(link.code, link.count) for link in context["wider"]] == [("track", 1), ("place", 1)]
    for link in context["wider"]:
        assert client.get(link.url)["X-Total-Count"] == str(link.count)


@pytest.mark.parametrize("words", ["%", "' OR 1=1", "a b c", "\\", "∅", "x" * 200])
def test_odd_words_are_no_error(client, words):
    assert client.get("/engagements/", {"q": words}).status_code == 200


# --- home, Track III, what is taken away -----------------------------------------------------


def test_home_shows_map_time_line_and_what_was_corrected(client):
    EntryFactory(title="Old", version=2, last_published=date(2026, 2, 1))
    EntryFactory(title="New", first_published=date(2026, 3, 1))
    context = client.get("/").context
    assert [entry.document.title for entry in context["latest"]] == ["New", "Old"]
    assert [entry.document.title for entry in context["corrected"]] == ["Old"]
    assert [country.code for country in context["map"].listed] == ["KEN"]
    assert context["chart"].rows[0].label == "2019"
    assert client.get(context["map"].listed[0].url)["X-Total-Count"] == "2"


def test_the_track_three_page_counts_what_touches_it(client):
    EntryFactory(track="3", touches=("3",), track3_link=("retired_officers", "local_agreement"))
    EntryFactory(track="1", touches=("1", "3"), military_role=("unknown",))
    EntryFactory(track="1")
    context = client.get("/track-iii/").context
    assert (context["total"], context["primary"].count, context["everything"]) == (2, 1, 3)
    ways = {way["label"]: way["count"] for way in context["ways"] if way["count"]}
    assert set(ways.values()) == {1}
    assert len(ways) == 2
    assert context["lacks"]["role"] == 1
    for link in [*context["roles"], *context["regions"], *context["families"]]:
        assert client.get(link.url)["X-Total-Count"] == str(link.count), link.label


def test_the_download_box_says_exactly_what_it_will_hold(client):
    EntryFactory(track="3")
    EntryFactory()
    response = client.get("/engagements/?track=3")
    engagements = response.context["exports"][0]
    csv = client.get(engagements.url)
    header = b"".join(csv.streaming_content).decode().splitlines()[0]
    assert engagements.rows == 1
    assert engagements.columns == len(header.split(","))
    assert "CC BY 4.0" in response.text


def test_a_list_is_cited_with_its_revision_day_count_and_address(client):
    EntryFactory(touches=("1", "3"))
    cited = client.get("/engagements/?touches=3&view=map").context["list_citation"]
    assert "1 engagement touches Track III" in cited
    assert f"revision {Register.objects.get().revision}," in cited
    assert cited.endswith("http://testserver/engagements/?touches=3&view=map")


@pytest.mark.parametrize("on", [True, False])
def test_the_style_guide_is_for_those_who_work_on_pages(client, settings, on):
    settings.STYLEGUIDE = on
    assert client.get("/styleguide/").status_code == (200 if on else 404)


# --- shades ----------------------------------------------------------------------------------


def test_shades_are_five_at_most_and_every_count_has_one():
    for highest in (0, 1, 3, 5, 6, 17, 99, 1234, 987_654):
        shades = Shades.up_to(highest)
        assert len(shades.starts) <= 5
        assert shades.of(0) == 0
        numbers = [shades.of(count) for count in range(1, min(highest, 2000) + 1)]
        assert numbers == sorted(numbers)
        if highest:
            assert shades.of(1) == 1
            assert shades.legend[0][1] == 1
            assert shades.legend[-1][2] == highest
