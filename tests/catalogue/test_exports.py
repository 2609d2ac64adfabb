"""The CSV files, read back. They come over a connection of their own: rows are committed."""

import csv
import io
import re

import psycopg
import pytest
from django.db import connection

from milidip.catalogue.exports import extracts
from milidip.catalogue.exports import text as texts
from milidip.catalogue.models import Register

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.usefixtures("committed_db")

FILES = ("engagements", "participations", "sources")


def rows(client, path: str, **headers) -> list[dict[str, str]]:
    response = client.get(path, **headers)
    assert response.status_code == 200
    text = response.getvalue().decode()
    found = list(csv.DictReader(io.StringIO(text)))
    assert int(response["X-Total-Count"]) == len(found)
    return found


def refused(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 400
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"].startswith("text/plain")
    return response.text


def test_a_row_says_what_the_record_says(client):
    actor = ActorFactory(name="Kenya Defence Forces")
    entry = EntryFactory(
        title="Exercise “Jasiri”, part 1",
        touches=("1", "3"),
        objectives=("mine_action", "trust_building"),
        start="2019-05",
        end="",
        latitude="0.00600",
        longitude="37.07260",
        place_names=("Nanyuki; the ranges", "Isiolo"),
        participants=[(actor, "host")],
        title_supplied=True,
    )
    Register.objects.update(revision=12)
    (row,) = rows(client, "/engagements.csv")
    assert {
        "reference": entry.reference,
        "version": "1",
        "url": f"http://testserver/engagements/{entry.reference}/",
        "title": "Exercise “Jasiri”, part 1",
        "title_supplied": "true",
        "track": "1",
        "touches": "1;3",
        "objectives": "mine_action;trust_building",
        "date_start": "2019-05",
        "date_end": "",
        "start_earliest": "2019-05-01",
        "start_latest": "2019-05-31",
        "end_latest": "",
        "place_names": "Nanyuki, the ranges;Isiolo",
        "place_countries": "KEN",
        "latitude": "0.006",
        "longitude": "37.0726",
        "regions": "014",
        "actors": actor.reference,
        "register_revision": "12",
    }.items() <= row.items()


def test_what_is_not_known_is_empty_unless_the_column_says_otherwise(client):
    EntryFactory(
        track="unknown",
        touches=("unknown",),
        military_role=("unknown",),
        places=(),
        place_names=(),
        place_precision="unknown",
        status="unknown",
        sources=(),
    )
    (row,) = rows(client, "/engagements.csv")
    kept = {"track", "military_role", "status", "place_precision"}
    assert {name for name, value in row.items() if value == "unknown"} == kept
    for name in ("touches", "themes", "series", "place_names", "regions", "initiated_by"):
        assert row[name] == "", name


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_gets_a_guard(client, start):
    text = f"{start}1+1"
    actor = ActorFactory(name=text)
    EntryFactory(
        title=text,
        summary=text,
        edition=text,
        series="s",
        series_name=text,
        place_names=(text, text),
        participants=[(actor, "host")],
        source_dataset=text,
        source_id=text,
        sources=[{"title": text, "author": text, "publisher": text, "locator": text}],
        latitude="-1.5",
        longitude="-2.5",
    )
    (row,) = rows(client, "/engagements.csv")
    for name in ("title", "summary", "edition", "series", "source_dataset", "source_id"):
        assert row[name] == f"'{text}", name
    assert row["place_names"] == f"'{text};{text}"
    assert (row["latitude"], row["longitude"]) == ("-1.5", "-2.5")
    (row,) = rows(client, "/participations.csv")
    assert row["actor_name"] == f"'{text}"
    (row,) = rows(client, "/sources.csv")
    for name in ("title", "author", "publisher", "locator"):
        assert row[name] == f"'{text}", name


def test_plain_text_gets_no_guard(client):
    EntryFactory(title="Exercise = good", summary="' quoted")
    (row,) = rows(client, "/engagements.csv")
    assert (row["title"], row["summary"]) == ("Exercise = good", "' quoted")


def test_text_with_quotes_and_lines_comes_back_whole(client):
    text = 'He said: "no",\nthen; “yes”\r\nand 日本'
    EntryFactory(title="it", summary=text)
    (row,) = rows(client, "/engagements.csv")
    assert row["summary"] == text


def test_a_parent_is_told_while_it_is_public(client):
    army = ActorFactory()
    unit = ActorFactory(parent_reference=army.reference)
    EntryFactory(participants=[(army, "host"), (unit, "participant")])
    found = rows(client, "/participations.csv")
    assert [row["parent_reference"] for row in found] == ["", army.reference]
    assert [row["line"] for row in found] == ["1", "2"]


def test_a_withheld_source_keeps_its_kind_and_says_why(client):
    EntryFactory(sources=[{"title": "", "url": "", "publisher": "", "rule": "chatham_house"}, {}])
    first, second = rows(client, "/sources.csv")
    assert (first["title"], first["url"], first["kind"]) == ("", "", "news")
    assert first["disclosure_rule"] == "chatham_house"
    assert second["title"] == "Report 2"


GRID = [
    "",
    "track=1",
    "touches=3&region=202",
    "track=unknown",
    "region=sahel&region=155",
    "place=MLI&sort=title",
    "participant_country=FRA",
    "stakeholder=unknown",
    "role=host&military_role=participant",
    "family=exercise&activity=joint_exercise&status=completed",
    "objective=unknown&theme=unknown&series=unknown",
    "after=2019&before=2019-12",
    "after=unknown",
    "after=2019-05-10&dates=coarse",
    "after=2019-05-10&dates=certain",
    "q=exercise",
    "q=the",
    "q=nothing-of-the-kind",
]


def test_the_page_counts_what_the_files_hold(client):
    army, navy = ActorFactory(country="KEN"), ActorFactory(country="FRA")
    EntryFactory(title="Exercise A", touches=("1", "3"), places=("MLI",), start="2019", end="")
    EntryFactory(participants=[(army, "host"), (navy, "observer")], sources=[{}, {}])
    EntryFactory(track="unknown", touches=("unknown",), places=("FRA",), start="", end="")
    EntryFactory(participants=[(navy, "host")], sources=[])
    seen = set()
    for query in GRID:
        page = client.get(f"/engagements/?{query}")
        assert page.status_code == 200, query
        found = rows(client, f"/engagements.csv?{query}")
        assert int(page["X-Total-Count"]) == len(found), query
        wanted = {row["reference"] for row in found}
        for name in ("participations", "sources"):
            lines = rows(client, f"/{name}.csv?{query}")
            assert {line["engagement_reference"] for line in lines} <= wanted
        seen.add(len(found))
    assert len(seen) > 3, "the grid tells filters apart"


@pytest.mark.parametrize("name", FILES)
def test_rows_come_in_the_order_of_the_register(client, name):
    EntryFactory(ordinal=3, title="a", start="2020", end="", sources=[{}, {}])
    EntryFactory(ordinal=1, title="b", start="2021", end="")
    EntryFactory(ordinal=2, title="c", start="2019", end="")
    found = rows(client, f"/{name}.csv?sort=newest")
    column = "reference" if name == "engagements" else "engagement_reference"
    references = [row[column] for row in found]
    assert references == sorted(references)


@pytest.mark.parametrize("name", FILES)
def test_nothing_found_is_a_header_and_no_row(client, name):
    response = client.get(f"/{name}.csv?track=2")
    text = response.getvalue().decode()
    assert text.count("\n") == 1
    assert "register_revision" in text
    assert response["X-Total-Count"] == "0"


@pytest.mark.parametrize("name", FILES)
def test_a_bad_value_and_an_unknown_parameter_are_refused_by_name(client, name):
    assert "place: “Mali”" in refused(client, f"/{name}.csv?place=Mali")
    assert "“contry” is not a filter" in refused(client, f"/{name}.csv?contry=USA")
    assert "“page” is not a filter" in refused(client, f"/{name}.csv?page=2")


def test_the_name_of_the_file_says_what_it_holds(client):
    Register.objects.update(revision=7)
    names = [
        client.head(f"/engagements.csv?{query}")["Content-Disposition"]
        for query in ("track=1&place=KEN", "place=KEN&track=1&q=", "place=KEN")
    ]
    pattern = r'attachment; filename="milidip-engagements-\d{4}-\d\d-\d\d-[0-9a-f]{8}-r7\.csv"'
    assert all(re.fullmatch(pattern, name) for name in names)
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("name", FILES)
def test_head_tells_the_number_without_the_rows(client, name, monkeypatch):
    EntryFactory(participants=[(ActorFactory(), "host")])
    monkeypatch.setattr(texts, "copy_statement", None)
    response = client.head(f"/{name}.csv")
    assert response.status_code == 200
    assert response["X-Total-Count"] == "1"
    assert response.getvalue() == b""


@pytest.mark.parametrize("name", FILES)
def test_only_reading_is_possible(client, name):
    assert client.post(f"/{name}.csv").status_code == 405


def test_an_unchanged_register_is_not_sent_again(client):
    EntryFactory()
    Register.objects.update(revision=3)
    response = client.get("/engagements.csv")
    response.close()
    assert response["Cache-Control"] == "public, no-cache"
    tag = response["ETag"]
    assert client.get("/engagements.csv", headers={"If-None-Match": tag}).status_code == 304
    Register.objects.update(revision=4)
    response = client.get("/engagements.csv", headers={"If-None-Match": tag})
    response.close()
    assert response.status_code == 200


def open_exports() -> int:
    """Connections of this database that work as the public role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state IS NOT NULL"
        )
        return cursor.fetchone()[0]


def settled(expected: int) -> bool:
    """Whether the server has seen the connections close; it takes it a moment."""
    for _attempt in range(100):
        if open_exports() <= expected:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.02)")
    return False


def test_a_reader_who_hangs_up_leaves_no_connection_behind(client, monkeypatch):
    monkeypatch.setattr(extracts, "CHUNK", 100)
    for _ in range(20):
        EntryFactory()
    before = open_exports()
    for read in (0, 1, 3):
        response = client.get("/engagements.csv")
        stream = iter(response)
        for _ in range(read):
            next(stream)
        response.close()
        assert settled(before), read


FAILS_IN_THE_MIDDLE = (
    "COPY (SELECT n, 1 / (200000 - n) FROM generate_series(1, 300000) AS n) TO STDOUT (FORMAT csv)"
)
FAILS_AT_ONCE = "COPY (SELECT 1 / n FROM generate_series(0, 1) AS n) TO STDOUT (FORMAT csv)"


def test_an_error_in_the_middle_breaks_the_stream(client, monkeypatch):
    """A short file must not look whole: the error goes up to the server, which hangs up."""
    before = open_exports()
    monkeypatch.setattr(texts, "copy_statement", lambda *_: (FAILS_IN_THE_MIDDLE, ()))
    response = client.get("/engagements.csv")
    assert response.status_code == 200
    stream = iter(response)
    assert next(stream)
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(stream)
    response.close()
    assert settled(before)


def test_an_error_at_the_start_is_an_error_page(client, monkeypatch):
    before = open_exports()
    monkeypatch.setattr(texts, "copy_statement", lambda *_: (FAILS_AT_ONCE, ()))
    client.raise_request_exception = False
    response = client.get("/engagements.csv")
    assert response.status_code == 500
    assert response["Cache-Control"] == "no-store"
    assert settled(before)


def test_an_export_that_takes_too_long_is_stopped(client, monkeypatch, settings):
    settings.EXPORT_STATEMENT_TIMEOUT = 100
    slow = "COPY (SELECT pg_sleep(5)) TO STDOUT (FORMAT csv)"
    monkeypatch.setattr(texts, "copy_statement", lambda *_: (slow, ()))
    client.raise_request_exception = False
    assert client.get("/engagements.csv").status_code == 500


def test_a_record_that_one_person_alone_took_to_the_public_says_so(client):
    EntryFactory(reference="MD-000001", own_work=True)
    EntryFactory(reference="MD-000002")

    assert [
        (row["reference"], row["own_work"]) for row in rows(client, "/engagements.csv?sort=title")
    ] == [("MD-000001", "true"), ("MD-000002", "false")]
