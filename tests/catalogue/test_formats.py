"""The same list in every format, read back by the programs that people open it with."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import date, datetime
from itertools import islice
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import psycopg
import pytest

from milidip.catalogue.exports import extracts, views, workbooks, xlsx
from milidip.catalogue.exports import text as texts
from milidip.catalogue.models import Register

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.usefixtures("committed_db")

ATOM = "{http://www.w3.org/2005/Atom}"


def lines(client, path: str) -> list[dict]:
    response = client.get(path)
    assert response.status_code == 200
    found = [json.loads(line) for line in response.getvalue().splitlines()]
    assert int(response["X-Total-Count"]) == len(found)
    return found


def book(client, path: str = "/engagements.xlsx") -> openpyxl.Workbook:
    response = client.get(path)
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.getvalue()))


def rows_of(sheet) -> list[dict]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def a_full_record():
    host = ActorFactory(name="Kenya Defence Forces")
    return EntryFactory(
        title="=Exercise",
        narrative="Long.",
        touches=("1", "3"),
        start="2019-05",
        end="",
        latitude="0.00600",
        longitude="37.07260",
        place_names=("Nanyuki; the ranges",),
        participants=[(host, "host"), (ActorFactory(), "observer")],
        sources=[{"title": '+"quoted"\nand \\ so on'}, {"rule": "chatham_house", "title": ""}],
        outcomes=[
            {
                "kind": "negative",
                "statement": "None.",
                "date": "",
                "reported_by": "community",
                "source": None,
                "note": "not in the list of columns",
            }
        ],
    )


# --- JSON Lines ---------------------------------------------------------------------------------


def test_a_line_of_json_has_types_and_no_guard_against_spreadsheets(client):
    entry = a_full_record()
    Register.objects.update(revision=12)

    (line,) = lines(client, "/engagements.jsonl")

    assert line["reference"] == entry.reference
    assert line["title"] == "=Exercise"
    assert line["touches"] == ["1", "3"]
    assert line["themes"] == []
    assert line["summary"] == "Two armies trained together."
    assert (line["latitude"], line["longitude"]) == (0.006, 37.0726)
    assert line["title_supplied"] is False
    assert (line["date_start"], line["date_end"]) == ("2019-05", None)
    assert line["start_latest"] == "2019-05-31"
    assert line["place_names"] == ["Nanyuki; the ranges"]
    assert line["initiated_by"] is None
    assert line["register_revision"] == 12


def test_a_line_of_json_holds_the_lists_of_its_record_and_only_listed_names(client):
    a_full_record()

    (line,) = lines(client, "/engagements.jsonl")

    assert [part["role"] for part in line["participations"]] == ["host", "observer"]
    assert line["participations"][0]["actor_name"] == "Kenya Defence Forces"
    assert "engagement_reference" not in line["participations"][0]
    assert [source["title"] for source in line["sources"]] == ['+"quoted"\nand \\ so on', None]
    assert line["outcomes"] == [
        {
            "kind": "negative",
            "statement": "None.",
            "date": None,
            "reported_by": "community",
            "source": None,
        }
    ]
    assert line["places"][0]["name"] == "Nanyuki; the ranges"
    assert (line["narrative"], line["lessons"], line["related"]) == ("Long.", None, [])


def test_the_long_grains_come_as_json_lines_too(client):
    entry = a_full_record()

    parts = lines(client, "/participations.jsonl")
    sources = lines(client, "/sources.jsonl")

    assert {part["engagement_reference"] for part in parts} == {entry.reference}
    assert [source["disclosure_rule"] for source in sources] == [None, "chatham_house"]
    assert sources[0]["supports"] == []


# --- GeoJSON ------------------------------------------------------------------------------------


def test_a_map_has_a_point_where_one_is_disclosed_and_says_for_how_many(client):
    EntryFactory(latitude="0.006", longitude="37.0726", title='A "quoted" \\ title')
    EntryFactory()

    response = client.get("/engagements.geojson")
    found = json.loads(response.getvalue())

    assert response["Content-Type"].startswith("application/geo+json")
    assert [feature["geometry"] for feature in found["features"]] == [
        {"type": "Point", "coordinates": [37.0726, 0.006]},
        None,
    ]
    assert found["features"][0]["properties"]["title"] == 'A "quoted" \\ title'
    assert found["features"][0]["id"] == found["features"][0]["properties"]["reference"]
    assert (found["coverage"]["records"], found["coverage"]["with_point"]) == (2, 1)
    assert found["register_revision"] == Register.objects.get().revision


@pytest.mark.parametrize("chunk", [1, 64 * 1024])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_map_is_valid_json_however_it_is_cut_into_chunks(client, monkeypatch, chunk, number):
    monkeypatch.setattr(extracts, "CHUNK", chunk)
    for _ in range(number):
        EntryFactory()

    found = json.loads(client.get("/engagements.geojson").getvalue())

    assert len(found["features"]) == number


# --- Excel --------------------------------------------------------------------------------------


def test_a_workbook_has_a_sheet_for_each_grain_a_codebook_and_says_what_it_is(client):
    entry = a_full_record()
    EntryFactory(touches=("1",))
    Register.objects.update(revision=12)

    found = book(client, "/engagements.xlsx?touches=3&touches=2")

    assert found.sheetnames == ["Read me", "Engagements", "Participations", "Sources", "Codebook"]
    said = dict(found["Read me"].iter_rows(values_only=True))
    assert said["Filter"] == "Track it touches: Track III or Track II"
    assert said["Address"] == "http://testserver/engagements/?touches=3&touches=2"
    assert (said["Engagements"], said["Participations"], said["Sources"]) == (1, 2, 2)
    assert said["Revision of the register"] == 12
    assert isinstance(said["Date"], datetime)
    assert "CC BY 4.0" in said["Licence"]
    assert "Revision 12" in said["How to cite"]
    assert [row["reference"] for row in rows_of(found["Engagements"])] == [entry.reference]
    assert len(rows_of(found["Participations"])) == len(rows_of(found["Sources"])) == 2
    codebook = {(row["list"], row["name"]) for row in rows_of(found["Codebook"])}
    assert {("columns:sources", "locator"), ("track", "1.5"), ("role", "host")} <= codebook


def test_a_workbook_has_real_dates_and_numbers_and_guarded_texts(client):
    a_full_record()

    (row,) = rows_of(book(client)["Engagements"])
    first, second = rows_of(book(client)["Sources"])

    assert isinstance(row["start_earliest"], datetime)
    assert row["start_earliest"].date() == date(2019, 5, 1)
    assert row["reviewed_on"].date() == date(2026, 1, 2)
    assert row["date_start"] == "2019-05"
    assert (row["latitude"], row["version"], row["title_supplied"]) == (0.006, 1, False)
    assert row["title"] == "'=Exercise"
    assert row["touches"] == "1;3"
    assert row["place_names"] == "Nanyuki, the ranges"
    assert first["title"] == '\'+"quoted"\nand \\ so on'
    assert second["title"] is None


def test_what_excel_cannot_hold_in_a_cell_is_told(client):
    """Days before its calendar, control characters, and texts that are too long."""
    EntryFactory(start="1899-12-31", end="", title="a\x01b\u2028c <&>", summary="x" * 40_000)

    (row,) = rows_of(book(client)["Engagements"])

    assert row["start_earliest"] == "1899-12-31"
    assert row["title"] == "ab\u2028c <&>"
    assert len(row["summary"]) == xlsx.MOST_CHARACTERS
    assert row["summary"].endswith("[…]")


def test_more_rows_than_a_sheet_holds_are_refused_by_name(client, monkeypatch):
    a_full_record()
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)

    for method in (client.get, client.head):
        response = method("/engagements.xlsx")
        assert response.status_code == 400
    text = client.get("/engagements.xlsx").text
    assert "“Participations” would have 2" in text
    assert "CSV" in text


def test_the_same_rows_give_the_same_workbook(client):
    a_full_record()

    assert client.get("/engagements.xlsx").getvalue() == client.get("/engagements.xlsx").getvalue()


def test_a_workbook_that_fails_half_way_cannot_be_opened(client, monkeypatch):
    for _ in range(12):
        EntryFactory()
    real = workbooks.fetched

    def fails(connection, statement):
        yield from islice(real(connection, statement, at_once=1), 10)
        raise psycopg.OperationalError

    monkeypatch.setattr(workbooks, "fetched", fails)
    monkeypatch.setattr(xlsx, "CHUNK", 10)
    monkeypatch.setattr(views, "AHEAD", 1)
    response = client.get("/engagements.xlsx")
    got = bytearray()

    with pytest.raises(psycopg.OperationalError):
        read_into(got, response)
    response.close()
    assert got
    assert not zipfile.is_zipfile(io.BytesIO(got))


def read_into(got: bytearray, chunks) -> None:
    for chunk in chunks:
        got += chunk


def peak_of(chunks) -> int:
    tracemalloc.start()
    try:
        for _chunk in chunks:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_workbook_of_any_length_takes_the_same_memory():
    def sheet(rows):
        batch = [("MD-000000", "A title of usual length", date(2019, 5, 1), 7)] * 100
        return xlsx.Sheet("Rows", ("a", "b", "c", "d"), (batch for _ in range(rows // 100)))

    short = peak_of(xlsx.workbook([sheet(1_000)]))
    long = peak_of(xlsx.workbook([sheet(40_000)]))

    assert long < short + 400_000


def test_json_lines_of_any_length_take_the_same_memory(monkeypatch):
    def read(rows):
        select = f"SELECT repeat('x', 1000) FROM generate_series(1, {rows})"
        connection = extracts.reading_connection()
        try:
            yield from extracts.copied(connection, (f"COPY ({select}) TO STDOUT", ()))
        finally:
            connection.close()

    assert peak_of(read(30_000)) < peak_of(read(300)) + 400_000


def test_rows_for_a_workbook_are_fetched_as_they_are_needed():
    connection = extracts.reading_connection()
    try:
        rows = extracts.fetched(connection, ("SELECT generate_series(1, %s)", (100,)), at_once=30)
        assert [len(batch) for batch in rows] == [30, 30, 30, 10]
    finally:
        connection.close()


# --- columns and byte order marks ---------------------------------------------------------------


def test_columns_are_chosen_and_ordered_in_every_format(client):
    a_full_record()
    query = "?columns=title,reference&columns=track"
    wanted = ["title", "reference", "track"]

    text = client.get(f"/engagements.csv{query}").getvalue().decode()
    (line,) = lines(client, f"/engagements.jsonl{query}")
    features = json.loads(client.get(f"/engagements.geojson{query}").getvalue())["features"]
    sheet = book(client, f"/engagements.xlsx{query}")["Engagements"]

    assert next(csv.reader(io.StringIO(text))) == wanted
    assert list(line) == wanted
    assert list(features[0]["properties"]) == wanted
    assert [cell.value for cell in sheet[1]] == wanted


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "geojson"])
def test_a_column_that_there_is_not_is_refused_with_those_that_there_are(client, ending):
    response = client.get(f"/engagements.{ending}?columns=title,naem")

    assert response.status_code == 400
    text = response.text
    assert "columns: “naem” is not a column here" in text
    assert "reference, version, url, title" in text


def test_columns_of_the_lists_are_their_own(client):
    a_full_record()

    assert list(lines(client, "/sources.jsonl?columns=url,kind")[0]) == ["url", "kind"]
    assert client.get("/participations.csv?columns=title").status_code == 400


def test_a_byte_order_mark_comes_when_asked_for(client):
    EntryFactory(title="Übung")

    with_mark = client.get("/engagements.csv?bom=1&columns=title").getvalue()
    without = client.get("/engagements.csv?bom=0&columns=title").getvalue()

    assert with_mark == b"\xef\xbb\xbf" + without == "\ufefftitle\nÜbung\n".encode()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/engagements.csv?bom=yes", "bom: “yes” is not 0 or 1"),
        ("/engagements.jsonl?bom=1", "bom: only CSV"),
        ("/engagements.xlsx?bom=1", "bom: only CSV"),
    ],
)
def test_a_byte_order_mark_is_for_csv(client, path, said):
    response = client.get(path)

    assert response.status_code == 400
    assert said in response.text


def test_columns_are_no_parameter_of_pages(client):
    assert "“columns” is not a filter" in client.get("/engagements/?columns=title").text


def test_the_same_filter_has_the_same_digest_whatever_columns_are_taken(client):
    EntryFactory()
    names = {
        client.head(f"/engagements.csv?track=1{rest}")["Content-Disposition"]
        for rest in ("", "&columns=title", "&bom=1", "&sort=title")
    }
    assert len(names) == 1


# --- every format -------------------------------------------------------------------------------

FILES = [
    *("engagements.csv", "engagements.xlsx", "engagements.jsonl", "engagements.geojson"),
    *("participations.jsonl", "sources.jsonl"),
]


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_a_number_a_tag_and_a_name(client, name):
    a_full_record()
    Register.objects.update(revision=7)

    response = client.get(f"/{name}")
    response.close()
    head = client.head(f"/{name}")

    for answer in (response, head):
        assert answer.status_code == 200
        assert int(answer["X-Total-Count"]) in (1, 2)
        assert "r7" in answer["ETag"]
        assert answer["Content-Disposition"].endswith(f'-r7.{name.split(".")[1]}"')
        assert answer["Access-Control-Allow-Origin"] == "*"
    assert head.getvalue() == b""
    again = client.get(f"/{name}", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("name", "statement"), [("jsonl", "json_statement"), ("geojson", "feature_statement")]
)
def test_an_error_in_the_middle_breaks_the_stream(client, monkeypatch, name, statement):
    fails = "COPY (SELECT 1 / (200000 - n) FROM generate_series(1, 300000) AS n) TO STDOUT"
    monkeypatch.setattr(texts, statement, lambda *_: (fails, ()))

    response = client.get(f"/engagements.{name}")
    stream = iter(response)

    assert next(stream)
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(stream)
    response.close()


def test_pandas_reads_the_table(client):
    a_full_record()

    text = client.get("/engagements.csv?bom=1").getvalue()
    table = pd.read_csv(io.BytesIO(text), keep_default_na=False)

    assert list(table["touches"]) == ["1;3"]
    assert list(table["latitude"]) == [0.006]


# --- the feed -----------------------------------------------------------------------------------


def test_a_feed_has_the_newest_of_a_filter_first(client):
    EntryFactory(title="Elder", last_published=date(2025, 1, 1))
    corrected = EntryFactory(title="Corrected <b>", version=2)
    EntryFactory(title="Elsewhere", track="2")

    response = client.get("/engagements.atom?track=1")
    feed = ElementTree.fromstring(response.getvalue() if response.streaming else response.content)

    assert response["Content-Type"].startswith("application/atom+xml")
    assert response["X-Total-Count"] == "2"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Corrected <b>", "Elder"]
    assert entries[0].find(f"{ATOM}id").text.endswith(f"/engagements/{corrected.reference}/")
    assert entries[0].find(f"{ATOM}summary").text.startswith("Version 2: Corrected.")
    assert entries[0].find(f"{ATOM}updated").text.startswith("2026-01-02")
    assert "Track, by who took part: Track I" in feed.find(f"{ATOM}title").text


def test_a_feed_is_short(client, monkeypatch):
    monkeypatch.setattr("milidip.catalogue.feeds.MOST", 2)
    for _ in range(3):
        EntryFactory()

    feed = ElementTree.fromstring(client.get("/engagements.atom").content)

    assert len(feed.findall(f"{ATOM}entry")) == 2
