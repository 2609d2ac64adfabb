"""The public pages as a visitor gets them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milidip.catalogue import listing
from milidip.catalogue.models import Relation, Tombstone

from .factories import ActorFactory, EntryFactory, reference

pytestmark = pytest.mark.django_db

PLAIN_PAGES = (
    "/",
    "/track-iii/",
    "/engagements/",
    "/engagements/?view=map",
    "/engagements/?view=time",
    "/engagements/?view=table",
    "/engagements/cite/",
    "/reports/",
    "/stakeholders/",
    "/codebook/",
    "/about/",
    "/about/ethics/",
)
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("path", PLAIN_PAGES)
def test_a_page_of_an_empty_register_can_be_read(client, path):
    assert client.get(path).status_code == 200


@pytest.fixture
def record():
    """A record with all its parts, linked to another one."""
    ministry = ActorFactory(name="Ministry", type="government")
    army = ActorFactory(name="The Army", parent_reference=ministry.reference)
    entry = EntryFactory(
        title="Talks under a tree",
        version=2,
        track="3",
        touches=("1", "3"),
        series="talks",
        series_name="The Talks",
        narrative="They sat down.",
        participants=[(army, "participant"), (ministry, "organiser")],
        sources=[{}, {"rule": "source_withheld", "title": "", "url": ""}],
        outcomes=[
            {
                "kind": "agreement_reached",
                "statement": "A path was opened.",
                "date": "2019-05",
                "reported_by": "community",
                "source": None,
            }
        ],
    )
    later = EntryFactory(title="Second talks")
    Relation.objects.create(entry=later, kind="follows", target=entry)
    return entry


def test_every_page_of_a_filled_register_can_be_read(client, record):
    paths = [
        *PLAIN_PAGES,
        record.get_absolute_url(),
        f"{record.get_absolute_url()}v1/",
        f"{record.get_absolute_url()}v2/",
        f"/stakeholders/{record.actors[0]}/",
        "/stakeholders/suggest?q=arm",
        "/engagements/?q=talks&sort=relevance&after=2019&before=2020&touches=3&region=002",
    ]
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_the_record_shows_what_is_public_and_links_its_values(client, record):
    response = client.get(record.get_absolute_url())
    text = response.text
    for shown in (
        "Talks under a tree",
        "They sat down.",
        "The Army",
        "A path was opened.",
        "Second talks",
        "Followed by",
        "/engagements/?touches=3",
        "/engagements/?place=KEN",
        "/engagements/?series=talks",
        "/engagements/?role=organiser",
        "Report 1",
    ):
        assert shown in text, shown
    first, second = response.context["participants"]
    assert first["role"].code == "organiser", "in the order of the codebook"
    assert second["sides"][0]["kinds"][0]["lines"][0]["parent"].label == "Ministry"
    assert response.context["version"]["is_current"]
    assert response.context["citation"].endswith(f"http://testserver/engagements/{record}/v2/")


def test_an_earlier_version_says_so_and_cites_itself(client, record):
    response = client.get(f"/engagements/{record}/v1/")
    assert "Talks under a tree, as in version 1" in response.text
    assert not response.context["version"]["is_current"]
    assert response.context["permalink"] == f"http://testserver/engagements/{record}/v1/"


@pytest.mark.parametrize(
    "path",
    [
        "/engagements/MD-ZZZZZZ/",
        "/engagements/nonsense/",
        "/engagements/MD-00000/",
        "/engagements/MD-0000000/",
        "/engagements/MA-ZZZZZZ/",
        "/engagements/MD-%00ZZZZZ/",
        "/engagements/MD-ZZZZZZ/v1/",
        "/stakeholders/MA-ZZZZZZ/",
        "/stakeholders/MD-ZZZZZZ/",
        "/nothing/",
    ],
)
def test_what_is_not_there_is_404_in_the_same_design(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "<main" in response.text
    assert response["Cache-Control"] == "no-store"


def test_a_version_that_never_was_is_404(client, record):
    assert client.get(f"/engagements/{record}/v3/").status_code == 404
    assert client.get(f"/engagements/{record}/v0/").status_code == 404
    assert client.get(f"/engagements/{record}/v99999999999999999999/").status_code == 404


@pytest.mark.parametrize("kind", Tombstone.Kind.values)
def test_what_has_left_is_410_in_every_version(client, kind):
    Tombstone.objects.create(reference="MD-7K3QX9", kind=kind, left_on=date(2026, 3, 1))
    for path in ("/engagements/MD-7K3QX9/", "/engagements/MD-7K3QX9/v1/"):
        response = client.get(path)
        assert response.status_code == 410
        assert "1 March 2026" in response.text
        assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("typed", ["md-000001", "Md-00000l", "MD-OOOOOI"])
def test_a_reference_may_be_typed_carelessly(client, typed):
    EntryFactory(reference="MD-000001")
    response = client.get(f"/engagements/{typed}/")
    assert response.status_code == 301
    assert response["Location"] == "/engagements/MD-000001/"
    assert client.get(f"/engagements/{typed}/v1/")["Location"] == "/engagements/MD-000001/v1/"


def test_an_actor_reference_may_be_typed_carelessly(client):
    ActorFactory(reference="MA-000001")
    assert client.get("/stakeholders/ma-ooooo1/")["Location"] == "/stakeholders/MA-000001/"


@pytest.mark.parametrize("path", [*PLAIN_PAGES, "/robots.txt", "/sitemap.xml", "/healthz"])
def test_pages_only_answer_reading_and_set_no_cookie(client, path):
    for method in (client.get, client.head):
        response = method(path)
        assert response.status_code == 200
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
    for method in (client.post, client.put, client.delete, client.options):
        assert method(path).status_code == 405


# --- the list --------------------------------------------------------------------------------


def titles(response) -> list[str]:
    return [entry.document.title for entry in response.context["entries"]]


def test_pages_hold_25_lines_each_once(client):
    for number in range(30):
        EntryFactory(title=f"{number:02}", start="2019", end="")
    first, second = client.get("/engagements/"), client.get("/engagements/?page=2")
    assert (len(titles(first)), len(titles(second))) == (25, 5)
    assert len({*titles(first), *titles(second)}) == 30
    pager = second.context["pager"]
    assert (pager.first, pager.last, pager.pages) == (26, 30, 2)
    assert (pager.previous_url, pager.next_url) == ("/engagements/", "")
    assert first["X-Total-Count"] == "30"


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "²", "9" * 30])
def test_what_is_no_page_is_refused(client, page):
    response = client.get("/engagements/", {"page": page})
    assert response.status_code == 400
    assert "page:" in response.text


def test_a_page_behind_the_last_is_404(client):
    EntryFactory()
    assert client.get("/engagements/?page=2").status_code == 404


def test_pages_stop_and_point_to_the_export(client, monkeypatch):
    monkeypatch.setattr(listing, "LAST_OFFSET", 50)
    for _ in range(51):
        EntryFactory()
    assert not client.get("/engagements/?page=1").context["pager"].stops
    assert client.get("/engagements/?page=2").context["pager"].stops
    response = client.get("/engagements/?page=3")
    assert response.status_code == 400
    assert "The export has all of them" in response.text


def test_a_bad_value_is_a_page_that_names_it(client):
    response = client.get("/engagements/?place=Mali&track=9")
    assert response.status_code == 400
    assert "place: “Mali” is not in the codebook" in response.text
    assert "track: “9”" in response.text
    assert "X-Total-Count" not in response


def test_a_thousand_parameters_are_400(client):
    query = "&".join(f"track={number}" for number in range(2000))
    assert client.get(f"/engagements/?{query}").status_code == 400


def test_an_unknown_parameter_is_a_visible_notice(client):
    EntryFactory()
    response = client.get("/engagements/?contry=USA&touchs=3")
    assert response.status_code == 200
    assert "“contry” is not a filter" in response.text
    assert "Did you mean “touches”?" in response.text
    assert all("contry" not in chip.url for chip in response.context["chips"])


def test_active_filters_are_chips_that_take_themselves_off(client):
    actor = ActorFactory(name="The Army")
    EntryFactory(participants=[(actor, "host")], series="s", series_name="The Series")
    query = (
        f"q=exercise&track=1&track=2&place=KEN&stakeholder={actor}&series=s&after=2019-05"
        "&theme=unknown&sort=relevance&page=1"
    ).replace(str(actor), actor.reference)
    response = client.get(f"/engagements/?{query}")
    chips = {(chip.name, chip.label): chip.url for chip in response.context["chips"]}
    assert {label for _name, label in chips} >= {
        "“exercise”",
        "Kenya",
        "The Army",
        "The Series",
        "May 2019",
        "Unknown",
    }
    assert len(chips) == 8
    for (name, label), url in chips.items():
        assert client.get(url).status_code == 200, (name, label)
    without_track_2 = chips["track", next(label for n, label in chips if n == "track")]
    assert without_track_2.count("track=") == 1
    assert "sort=relevance" not in chips["q", "“exercise”"], "nothing to rank by"
    assert response.context["clear_url"] == "/engagements/"


def test_what_the_form_has_no_field_for_is_kept(client):
    EntryFactory(series="s", series_name="S")
    response = client.get("/engagements/?series=s&stakeholder=unknown&track=1&q=exercise&page=1")
    assert response.context["kept"] == [("series", "s")]
    assert [actor.code for actor in response.context["picked"]] == ["unknown"]


def test_the_list_says_which_dates_are_too_coarse_and_which_are_missing(client):
    EntryFactory(title="surely", start="2019-06-10", end="")
    EntryFactory(title="perhaps", start="2019", end="")
    EntryFactory(title="undated", start="", end="")
    response = client.get("/engagements/?after=2019-06&before=2019-07&track=1")
    coarse, undated = response.context["coarse"], response.context["undated"]
    assert (coarse.count, undated.count) == (1, 1)
    assert titles(client.get(coarse.url)) == ["perhaps"]
    assert titles(client.get(undated.url)) == ["undated"]
    plain = client.get("/engagements/").context
    assert (plain["coarse"], plain["undated"]) == (None, None)


def test_a_search_without_words_says_so(client):
    EntryFactory()
    response = client.get("/engagements/?q=the+of")
    assert response["X-Total-Count"] == "0"
    assert "too common to look for" in response.text


def test_relevance_without_a_search_says_so_and_is_not_offered(client):
    EntryFactory()
    response = client.get("/engagements/?sort=relevance")
    assert response.status_code == 200
    assert "Relevance needs a search" in response.text
    assert "relevance" not in [sort.code for sort in response.context["sorts"]]
    response = client.get("/engagements/?q=exercise")
    assert "relevance" in [sort.code for sort in response.context["sorts"]]


def test_the_exports_of_the_page_have_its_filter(client):
    EntryFactory()
    urls = [link.url for link in client.get("/engagements/?track=1&sort=title").context["exports"]]
    assert urls == [
        "/engagements.csv?track=1",
        "/participations.csv?track=1",
        "/sources.csv?track=1",
    ]


def test_htmx_gets_the_part_that_changes_and_a_clean_address(client):
    EntryFactory(title="It")
    response = client.get("/engagements/?q=&track=1&place=", headers=HTMX)
    assert "<html" not in response.text
    assert "It" in response.text
    assert response["HX-Push-Url"] == "/engagements/?track=1"
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_htmx_gets_the_whole_page_when_it_needs_one(client, header):
    response = client.get("/engagements/", headers={**HTMX, header: "true"})
    assert "<html" in response.text


def test_htmx_opens_a_refusal_as_a_page(client):
    response = client.get("/engagements/?after=19", headers=HTMX)
    assert response.status_code == 400
    assert response["HX-Redirect"] == "/engagements/?after=19"


# --- actors ----------------------------------------------------------------------------------


def test_actors_are_found_by_any_part_of_any_name(client):
    ActorFactory(name="Forces armées", other_names=["FAMa", "Armée malienne"])
    ActorFactory(name="Navy")
    for text in ("armees", "ARMÉES", "fama", "malienne", "forces"):
        response = client.get("/stakeholders/", {"q": text})
        assert [actor.name for actor in response.context["actors"]] == ["Forces armées"], text
        assert response["X-Total-Count"] == "1"
    assert client.get("/stakeholders/", {"q": "100%_\\"}).context["total"] == 0


def test_actors_are_filtered_by_type_and_count_engagements_once(client):
    army = ActorFactory(name="Army")
    ActorFactory(name="Bank", type="ngo")
    EntryFactory(participants=[(army, "host"), (army, "participant")])
    response = client.get("/stakeholders/?type=armed_force")
    (actor,) = response.context["actors"]
    assert actor.entry_count == 1
    assert {link.code: link.count for link in response.context["types"]} == {
        "armed_force": 1,
        "ngo": 1,
    }


@pytest.mark.parametrize("query", ["type=x", "q=%00", "q=" + "x" * 200, "page=x", "type=%00"])
def test_a_bad_value_on_the_actors_is_400(client, query):
    assert client.get(f"/stakeholders/?{query}").status_code == 400


def test_an_actor_leads_to_all_of_its_engagements(client):
    ministry = ActorFactory(name="Ministry")
    army = ActorFactory(
        name="Army",
        parent_reference=ministry.reference,
        identifiers=[["wikidata", "Q1"], ["other", "x"]],
    )
    EntryFactory(title="A", participants=[(army, "host"), (army, "participant")])
    EntryFactory(title="B", participants=[(army, "host")], track="2")
    EntryFactory(title="C", participants=[(ministry, "host")])
    response = client.get(army.get_absolute_url())
    context = response.context
    assert titles(response) == ["B", "A"]
    assert context["total"] == 2
    assert {link.code: link.count for link in context["roles"]} == {"host": 2, "participant": 1}
    assert {link.code: link.count for link in context["tracks"]} == {"1": 1, "2": 1}
    assert context["parent"] == ministry
    assert context["identifiers"][0]["url"] == "https://www.wikidata.org/wiki/Q1"
    assert context["identifiers"][1]["url"] == ""
    found = client.get(context["all_url"])
    assert found["X-Total-Count"] == "2"
    for link in context["roles"]:
        assert client.get(link.url)["X-Total-Count"] == str(link.count)
    assert [
        actor.name for actor in client.get(ministry.get_absolute_url()).context["members"]
    ] == ["Army"]


def test_suggestions_are_few_and_begin_with_what_was_typed(client):
    for number in range(12):
        ActorFactory(name=f"Second Army {number}")
    ActorFactory(name="Army")
    response = client.get("/stakeholders/suggest?q=arm", headers=HTMX)
    names = [option["name"] for option in response.context["options"]]
    assert names[0] == "Army"
    assert len(names) == 10
    assert client.get("/stakeholders/suggest?q=a").context["options"] == []
    assert client.get("/stakeholders/suggest").status_code == 200


# --- home, codebook --------------------------------------------------------------------------


def test_the_key_figures_are_what_their_links_find(client):
    actor = ActorFactory()
    EntryFactory(track="3", participants=[(actor, "host")], places=("KEN", "MLI"))
    EntryFactory(touches=("1", "3"), places=("KEN",), sources=[{}, {}])
    EntryFactory(family="peace_operation", activity="peacekeeping_operation", places=())
    context = client.get("/").context
    assert [figure.count for figure in context["figures"]] == [3, 2, 2, 1, 4]
    assert [link.count for link in context["quick"]] == [2, 2, 1, 3]
    for link in [*context["quick"], *context["tracks"], *context["regions"], *context["families"]]:
        assert client.get(link.url)["X-Total-Count"] == str(link.count), link.label
    assert len(context["latest"]) == 3


def test_the_codebook_has_every_vocabulary_filter_and_column(client):
    response = client.get("/codebook/")
    text = response.text
    for shown in (
        'id="track-1.5"',
        'id="role-host"',
        'id="column-engagements-title"',
        'id="column-sources-locator"',
        'id="parameter-touches"',
    ):
        assert shown in text, shown
    for parameter in response.context["parameters"]:
        assert parameter["help"], parameter["name"]


def test_a_record_shows_the_details_that_it_has_and_links_them(client):
    entry = EntryFactory(exercise_form="live")
    document = entry.document
    document.data |= {
        "exercise": {
            "form": "live",
            "environments": ["air", "sea"],
            "focus": [],
            "live_fire": False,
            "multi_service": None,
        },
        "exchange": {"course": "<b>Staff course</b>", "people": 1250, "days": None},
    }
    document.data["exchange"] |= {"sending_side": "", "receiving_side": ""}
    document.save()
    text = client.get(entry.get_absolute_url()).text
    assert 'href="/engagements/?exercise_form=live"' in text
    assert 'href="/engagements/?exercise_environment=sea"' in text
    assert "Live fire" in text
    assert "Several services" not in text
    assert "&lt;b&gt;Staff course&lt;/b&gt;" in text
    assert "1,250" in text
    assert "The mandate" not in text


# --- query ceilings --------------------------------------------------------------------------


def queries(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_list_takes_few_queries_however_long_it_is(client):
    """A list that asks for each line would be slow at 25 lines and break at a busy moment."""
    actor = ActorFactory()
    for number in range(26):
        EntryFactory(
            participants=[(actor, "host")],
            series="s",
            series_name="S",
            start=str(2000 + number),
            end="",
        )
    busy = (
        "/engagements/?q=exercise&sort=relevance&track=1&touches=1&region=002&place=KEN&series=s"
        f"&stakeholder={actor.reference}&role=host&after=2001&before=2030&status=completed"
    )
    assert queries(client, "/engagements/") <= 10
    assert queries(client, busy) <= 18
    for view in ("table", "map", "time"):
        assert queries(client, f"/engagements/?view={view}") <= 11, view


def test_a_record_takes_few_queries_however_much_it_holds(client):
    """One query for each kind of thing on the page, none for each line."""
    actors = [(ActorFactory(), "participant") for _ in range(12)]
    entry = EntryFactory(version=3, participants=actors, sources=[{}] * 8)
    for _ in range(4):
        Relation.objects.create(entry=entry, kind="follows", target=EntryFactory())
    assert queries(client, entry.get_absolute_url()) <= 8
    assert queries(client, f"{entry.get_absolute_url()}v1/") <= 9


def test_other_pages_take_few_queries(client):
    actor = ActorFactory()
    for _ in range(8):
        EntryFactory(participants=[(actor, "host")])
        ActorFactory()
    # Home counts, draws a map and a time line, and lists the new and the corrected.
    assert queries(client, "/") <= 14
    assert queries(client, "/track-iii/") <= 10
    assert queries(client, "/reports/") <= 6
    assert queries(client, "/stakeholders/?q=reg&type=armed_force") <= 6
    assert queries(client, actor.get_absolute_url()) <= 12


def test_an_export_takes_no_query_of_the_page_but_the_register(client):
    assert queries(client, "/stakeholders/suggest?q=ab") <= 4


def test_references_of_the_factories_are_well_formed():
    assert reference("MD", 33) == "MD-000011"
