"""The ready files: the same bytes for the same revision, read back, shown, served and refused."""

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import duckdb
import frictionless
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from milidip.catalogue.exports.extracts import reading_connection, register_of
from milidip.catalogue.exports.grains import GRAINS
from milidip.catalogue.files import parquet, shelf
from milidip.catalogue.files.writing import write_files
from milidip.catalogue.models import Entry, Register

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def data_root(settings, tmp_path):
    settings.DATA_ROOT = tmp_path / "data"
    return settings.DATA_ROOT


@pytest.fixture
def records():
    army, navy = ActorFactory(name="Kenya Army"), ActorFactory(name="=Navy", country="FRA")
    Register.objects.update(revision=5, changed_at=timezone.now())
    return [
        EntryFactory(
            title="Exercise “A”, \n part; 1",
            touches=("1", "3"),
            latitude="0.00600",
            longitude="37.07260",
            participants=[(army, "host"), (navy, "observer")],
            sources=[{}, {"title": "", "rule": "chatham_house"}],
            source_dataset="MME v7",
            people_min=120,
        ),
        EntryFactory(start="2019", end="", source_dataset="MME v7", participants=[(army, "host")]),
        EntryFactory(start="", end="", places=(), place_names=(), sources=()),
    ]


def cut(folder: Path):
    folder.mkdir()
    connection = reading_connection()
    try:
        return write_files(
            folder,
            connection,
            register_of(connection),
            base_url="https://register.example",
            address="https://register.example/data/",
            say=lambda name, size: None,
        )
    finally:
        connection.close()


def make_files(*arguments: str) -> str:
    said = io.StringIO()
    call_command("make_data_files", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def asked(client, path: str, **headers: str):
    """The answer to a request whose body nobody reads."""
    response = client.get(path, headers=headers)
    response.close()
    return response


# --- what is in them ----------------------------------------------------------------------------


def test_the_same_revision_gives_the_same_bytes(records, tmp_path):
    first, second = cut(tmp_path / "first"), cut(tmp_path / "second")

    assert first == second
    names = {path.name for path in (tmp_path / "first").iterdir()}
    assert names == {file.name for file in first.files}
    assert names >= {
        *(f"{grain.name}.{ending}" for grain in GRAINS for ending in ("csv", "jsonl", "parquet")),
        *("engagements.geojson", "milidip.xlsx", "codebook.csv", "coverage.csv"),
        *("datapackage.json", "SHA256SUMS"),
    }
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (
            tmp_path / "second" / name
        ).read_bytes()


def test_sizes_rows_and_checksums_are_those_of_the_files(records, tmp_path):
    written = cut(tmp_path / "cut")

    sums = dict(
        reversed(line.split("  "))
        for line in (tmp_path / "cut" / "SHA256SUMS").read_text().splitlines()
    )
    for file in written.files:
        content = (tmp_path / "cut" / file.name).read_bytes()
        assert file.bytes == len(content)
        assert file.sha256 == hashlib.sha256(content).hexdigest()
        assert sums.get(file.name, file.sha256) == file.sha256
        if file.name.endswith(".csv"):
            assert file.rows == len(list(csv.reader(io.StringIO(content.decode())))) - 1
    assert len(sums) == len(written.files) - 1
    rows = {file.name: file.rows for file in written.files}
    assert (rows["engagements.parquet"], rows["participations.jsonl"], rows["sources.csv"]) == (
        3,
        3,
        3,
    )


def test_the_data_package_is_valid_and_refuses_what_is_not(records, tmp_path):
    cut(tmp_path / "cut")
    package = tmp_path / "cut" / "datapackage.json"

    report = frictionless.validate(str(package))
    assert report.valid, report.flatten(["title", "message"])
    said = json.loads(package.read_text())
    resources = {resource["path"]: resource for resource in said["resources"]}
    fields = {field["name"]: field for field in resources["engagements.csv"]["schema"]["fields"]}
    assert fields["latitude"]["type"] == "number"
    assert fields["reviewed_on"]["type"] == "date"
    assert fields["reference"]["constraints"]["required"] is True
    assert (said["register_revision"], said["version"]) == (5, "r5")

    table = tmp_path / "cut" / "engagements.csv"
    table.write_text(table.read_text().replace("2019-05-06", "May 2019"))
    assert not frictionless.validate(str(package)).valid


def test_parquet_has_types_for_pandas_and_duckdb(records, tmp_path):
    cut(tmp_path / "cut")
    path = tmp_path / "cut" / "engagements.parquet"

    frame = pd.read_parquet(path)
    row = frame.iloc[0]
    assert list(row["touches"]) == ["1", "3"]
    assert (row["latitude"], row["title_supplied"], row["people_min"]) == (0.006, False, 120)
    assert str(frame.iloc[1]["start_latest"]) == "2019-12-31"
    assert list(frame.iloc[2]["place_countries"]) == []

    counted = duckdb.sql(f"SELECT count(*), max(start_latest) FROM '{path}' WHERE track = '1'")
    assert [str(value) for value in counted.fetchall()[0]] == ["3", "2019-12-31"]
    joined = duckdb.sql(
        f"SELECT e.title, p.actor_name FROM '{path}' e"
        f" JOIN '{tmp_path}/cut/participations.parquet' p ON p.engagement_reference = e.reference"
        " ORDER BY ALL"
    )
    assert ("Exercise “A”, \n part; 1", "=Navy") in joined.fetchall()


def test_duckdb_and_pandas_read_the_tables(records, tmp_path):
    cut(tmp_path / "cut")
    path = tmp_path / "cut" / "participations.csv"

    assert duckdb.sql(f"SELECT count(*) FROM read_csv('{path}')").fetchall() == [(3,)]
    assert list(pd.read_csv(path)["actor_name"]) == ["Kenya Army", "'=Navy", "Kenya Army"]


def test_parquet_is_written_a_group_of_rows_at_a_time(records, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_IN_A_GROUP", 2)
    cut(tmp_path / "cut")

    read = pq.ParquetFile(tmp_path / "cut" / "engagements.parquet")
    assert [read.metadata.row_group(n).num_rows for n in range(read.num_row_groups)] == [2, 1]


def test_every_format_holds_the_same_records(records, tmp_path):
    cut(tmp_path / "cut")
    folder = tmp_path / "cut"
    wanted = [entry.reference for entry in Entry.objects.order_by("ordinal")]

    table = csv.DictReader(io.StringIO((folder / "engagements.csv").read_text()))
    assert [row["reference"] for row in table] == wanted
    lines = (folder / "engagements.jsonl").read_text().splitlines()
    assert [json.loads(line)["reference"] for line in lines] == wanted
    features = json.loads((folder / "engagements.geojson").read_text())["features"]
    assert [feature["id"] for feature in features] == wanted
    assert list(pd.read_parquet(folder / "engagements.parquet")["reference"]) == wanted
    sheet = openpyxl.load_workbook(folder / "milidip.xlsx")["Engagements"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == wanted


def test_the_coverage_says_how_exactly_each_year_is_dated(records, tmp_path):
    cut(tmp_path / "cut")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "cut" / "coverage.csv").read_text())))
    assert [tuple(row.values()) for row in rows] == [
        ("", "", "1", "0", "0.0000"),
        ("MME v7", "2019", "2", "1", "0.5000"),
    ]


def test_an_empty_register_has_files_too(tmp_path):
    cut(tmp_path / "cut")

    assert frictionless.validate(str(tmp_path / "cut" / "datapackage.json")).valid
    assert len(pd.read_parquet(tmp_path / "cut" / "sources.parquet")) == 0


# --- the command --------------------------------------------------------------------------------


def test_the_command_replaces_the_files_in_one_step(records, client, data_root):
    said = make_files()
    assert "engagements.csv" in said
    assert "revision 5" in said
    assert [path.name for path in (data_root / "bulk").iterdir()] == ["r5"]

    assert "there already" in make_files()
    EntryFactory()
    Register.objects.update(revision=6)
    make_files()

    assert [path.name for path in (data_root / "bulk").iterdir()] == ["r6"]
    assert [path.name for path in data_root.iterdir()] == ["bulk"]
    assert asked(client, "/data/r6/engagements.csv")["X-Total-Count"] == "4"
    assert asked(client, "/data/r5/engagements.csv").status_code == 410


def test_a_cut_that_fails_leaves_what_was_there(records, monkeypatch, data_root):
    make_files()
    Register.objects.update(revision=6)

    def breaks(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("milidip.catalogue.files.writing.write_parquet", breaks)
    with pytest.raises(KeyboardInterrupt):
        make_files()

    assert [path.name for path in (data_root / "bulk").iterdir()] == ["r5"]
    assert [path.name for path in data_root.iterdir()] == ["bulk"]


def test_in_production_the_address_has_to_be_known(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="PUBLIC_BASE_URL"):
        make_files()
    assert make_files("--base-url", "https://register.example/")


# --- the page -----------------------------------------------------------------------------------


def test_the_page_lists_the_files_and_says_when_they_are_older(records, client):
    make_files()

    page = client.get("/data/").text
    assert "/data/r5/engagements.parquet" in page
    assert "Nothing has changed since." in page
    assert "MME v7" in page
    Register.objects.update(revision=8)
    page = client.get("/data/").text
    assert "/data/r5/engagements.parquet" in page
    assert "it is at revision 8" in page


def test_without_files_the_page_leads_to_the_lists(client):
    page = client.get("/data/").text

    assert "There are no ready files just now" in page
    assert 'href="/engagements.xlsx"' in page
    assert "The register has no records yet." in page


def test_files_are_served_as_they_lie_there_and_nothing_else_is(records, client, data_root):
    make_files()

    response = client.get("/data/r5/participations.csv")
    content = response.getvalue()
    assert content == (data_root / "bulk" / "r5" / "participations.csv").read_bytes()
    assert response["X-Total-Count"] == "3"
    assert response["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert response["Content-Disposition"].endswith('"milidip-r5-participations.csv"')
    for name in ("about.json", "nothing.csv", "..", "%2e%2e%2fr5%2fabout.json"):
        assert asked(client, f"/data/r5/{name}").status_code == 404
    assert asked(client, "/data/r99/engagements.csv").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"files_from": 6, "revision": 6},
        {"revision": 4},
    ],
    ids=["taken back since", "of another register"],
)
def test_files_that_may_not_be_served_are_not(records, client, change):
    make_files()
    Register.objects.update(**change)

    assert asked(client, "/data/r5/engagements.csv").status_code in (404, 410)
    assert "/data/r5/" not in client.get("/data/").text


def test_a_clearance_that_ends_ends_the_files_that_hold_the_record(records, client):
    EntryFactory(leaves_on=timezone.now().date() + timedelta(days=1))
    make_files()
    assert asked(client, "/data/r5/engagements.csv").status_code == 200

    ready = shelf.newest()
    assert ready.until == timezone.now().date() + timedelta(days=1)
    register = Register.objects.get()
    assert ready.may_be_served(register, timezone.now().date())
    assert not ready.may_be_served(register, ready.until)


def test_what_is_left_on_the_disk_is_removed(records, data_root):
    make_files()
    Register.objects.update(files_from=6, revision=6)

    shelf.clear()

    assert list((data_root / "bulk").iterdir()) == []
    assert shelf.newest() is None


def test_a_search_engine_reads_what_the_dataset_is(records, page, server):
    """The browser takes the block for data: the policy has nothing against it."""
    make_files()
    page.goto(f"{server}/data/")

    block = json.loads(page.locator('script[type="application/ld+json"]').text_content())
    assert block["@type"] == "Dataset"
    assert block["version"] == "r5"
    urls = [one["contentUrl"] for one in block["distribution"]]
    assert f"{server}/data/r5/engagements.csv" in urls
    assert page.request.get(urls[0]).ok


@pytest.mark.parametrize("path", ["/data/", "/data/releases/", "/api/"])
def test_the_pages_fit_a_small_screen(records, page, server, path):
    make_files()
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{server}{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
