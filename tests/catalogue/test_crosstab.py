"""Cross-tabulations: cells may overlap, totals never do."""

import csv
import io

import pytest

from milidip.catalogue.crosstab import DIMENSIONS
from milidip.codebook.choices import RegionKind
from milidip.codebook.models import Region

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db


def table(response) -> dict[tuple[str, str], int]:
    tab = response.context["table"]
    return {
        (row.code, column.code): cell.count
        for row, cells in tab.lines
        for column, cell in zip(tab.column_heads, cells, strict=True)
        if cell.count
    }


def totals(heads) -> dict[str, int]:
    return {head.code: head.total for head in heads}


def test_a_record_in_several_columns_is_once_in_every_total(client):
    EntryFactory(track="1", touches=("1", "3"))
    EntryFactory(track="1", touches=("1",))
    response = client.get("/reports/?rows=track&columns=touches")
    tab = response.context["table"]
    assert table(response) == {("1", "1"): 2, ("1", "3"): 1}
    assert totals(tab.row_heads) == {"1": 2}
    assert totals(tab.column_heads) == {"1": 2, "3": 1}
    assert tab.total == 2
    assert [dimension.name for dimension in tab.many] == ["touches"]
    assert "add up to more than the total" in response.text


def test_regions_that_overlap_are_never_in_a_table(client):
    EntryFactory(places=("KEN", "FRA"))
    aliases = set(Region.objects.exclude(kind=RegionKind.M49).values_list("code", flat=True))
    for name in ("region", "subregion"):
        tab = client.get(f"/reports/?rows={name}&columns=track").context["table"]
        assert {head.code for head in tab.row_heads}.isdisjoint(aliases)
        assert tab.total == 1
    regions = client.get("/reports/?rows=region&columns=track").context["table"].row_heads
    assert totals(regions) == {"002": 1, "150": 1}


def test_at_sea_and_not_known_are_not_the_same(client):
    sea = Region.objects.filter(kind=RegionKind.SEA).values_list("code", flat=True)[0]
    EntryFactory(places=(), areas=(sea,))
    EntryFactory(places=())
    heads = client.get("/reports/?rows=region&columns=track").context["table"].row_heads
    assert {(head.code, head.total, bool(head.url)) for head in heads} == {
        ("elsewhere", 1, False),
        ("unknown", 1, True),
    }


def test_time_is_by_the_year_in_which_it_began(client):
    EntryFactory(start="1989-12", end="1991")
    EntryFactory(start="1990", end="")
    EntryFactory(start="", end="")
    heads = client.get("/reports/?rows=decade&columns=year").context["table"].row_heads
    assert [(head.label, head.total) for head in heads] == [
        ("1980s", 1),
        ("1990s", 1),
        ("Unknown", 1),
    ]


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_dimension_can_be_asked_and_its_links_find_what_it_counts(client, name):
    army = ActorFactory()
    EntryFactory(participants=[(army, "host")], objectives=("trust_building", "deescalation"))
    EntryFactory(
        track="3",
        touches=("3",),
        places=("MLI", "NPL"),
        family="dialogue",
        activity="conference",
        start="",
        end="",
        status="planned",
        military_role=("host", "funder"),
    )
    for other in ("track", name):
        response = client.get(
            f"/reports/?rows={name}&columns={other}&status=planned&status=completed"
        )
        tab = response.context["table"]
        assert response["X-Total-Count"] == "2"
        assert tab.total == 2
        heads = [*tab.row_heads, *tab.column_heads]
        cells = [cell for _row, cells in tab.lines for cell in cells]
        for url, count in [(h.url, h.total) for h in heads] + [(c.url, c.count) for c in cells]:
            if url and count:
                assert client.get(url)["X-Total-Count"] == str(count), url


def test_a_cell_that_no_filter_can_ask_for_leads_nowhere(client):
    """Two regions at once, or one beside another that is given: a filter would find either."""
    EntryFactory(touches=("1", "3"), places=("KEN", "NPL"))
    EntryFactory(touches=("1",), places=("KEN",))
    twice = client.get("/reports/?rows=region&columns=subregion").context["table"]
    assert not any(cell.url for _row, cells in twice.lines for cell in cells)
    rows = client.get("/reports/?rows=touches&columns=status&touches=3").context["table"].row_heads
    assert [(head.code, bool(head.url)) for head in rows] == [("1", False), ("3", True)]


def test_the_csv_is_the_table(client):
    EntryFactory(track="1", touches=("1", "3"))
    response = client.get("/reports.csv?rows=track&columns=touches&status=completed")
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows == [
        ["track_code", "track", "1", "3", "total"],
        ["1", "Track I", "1", "1", "1"],
        ["total", "", "1", "1", "1"],
    ]
    assert response["X-Total-Count"] == "1"
    assert "milidip-track-by-touches-" in response["Content-Disposition"]


@pytest.mark.parametrize("path", ["/reports/", "/reports.csv"])
@pytest.mark.parametrize("query", ["rows=secret", "columns=%00", "rows=track&track=9"])
def test_what_cannot_be_asked_is_refused_by_name(client, path, query):
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in response.text or "track:" in response.text


def test_an_unknown_parameter_is_a_notice_on_the_page_and_refused_in_the_file(client):
    EntryFactory()
    assert "“contry” is not a filter" in client.get("/reports/?contry=USA").text
    assert client.get("/reports.csv?contry=USA").status_code == 400


def test_a_form_without_script_gives_a_clean_address(client):
    response = client.get("/reports/?rows=track&columns=touches&q=")
    assert response.status_code == 302
    assert response["Location"] == "/reports/?rows=track&columns=touches"


def test_a_report_of_nothing_says_so(client):
    response = client.get("/reports/?track=3")
    assert "No record matches" in response.text
