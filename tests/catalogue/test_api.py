"""The API: the filter and columns of everywhere, page by page, described and answering in JSON."""

import json
import shutil
import subprocess
import sys

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from milidip.catalogue.api.examples import EXAMPLES
from milidip.catalogue.exports.grains import ENGAGEMENTS, GRAINS
from milidip.catalogue.filters import EntryFilterSet
from milidip.catalogue.models import Register, Tombstone

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.usefixtures("committed_db")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def refused(client, path: str, status: int = 400) -> list[dict]:
    response = client.get(path)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    return response.json()["errors"]


def everything(client, path: str) -> list[dict]:
    """Follow “next” to the end."""
    found = []
    while path:
        page = client.get(path).json()
        found += page["results"]
        assert len(found) <= page["count"]
        path = (page["next"] or "").removeprefix("http://testserver")
    return found


# --- lists --------------------------------------------------------------------------------------


def test_a_page_says_the_revision_the_number_and_where_to_go_on(client):
    first = EntryFactory(participants=[(ActorFactory(), "host")])
    EntryFactory()
    Register.objects.update(revision=9)

    response = client.get("/api/engagements/?page_size=1&track=1")
    page = response.json()

    assert (page["register_revision"], page["count"]) == (9, 2)
    assert [row["reference"] for row in page["results"]] == [first.reference]
    assert list(page["results"][0]) == [column.name for column in ENGAGEMENTS.in_json]
    assert page["next"].startswith("http://testserver/api/engagements/?page_size=1&track=1&")
    assert response["X-Total-Count"] == "2"
    assert response["Link"] == f'<{page["next"]}>; rel="next"'
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["ETag"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("grain", GRAINS, ids=lambda grain: grain.name)
def test_pages_hold_every_row_once_and_in_the_order_of_the_register(client, grain, size):
    army, navy = ActorFactory(), ActorFactory()
    for number in range(3):
        EntryFactory(
            participants=[(army, "host"), (navy, "observer")][:number], sources=[{}] * number
        )

    found = everything(client, f"/api/{grain.name}/?page_size={size}")
    lines = client.get(f"/{grain.name}.jsonl").getvalue().splitlines()

    assert found == [json.loads(line) for line in lines]
    assert len(found) == 3


def test_what_is_published_meanwhile_comes_at_the_end(client):
    for _ in range(3):
        EntryFactory()
    page = client.get("/api/engagements/?page_size=2&fields=reference").json()
    new = EntryFactory()

    rest = everything(client, page["next"].removeprefix("http://testserver"))

    assert [row["reference"] for row in rest][-1] == new.reference
    assert len(rest) == 2


def test_fields_are_chosen_and_ordered(client):
    EntryFactory()

    (row,) = client.get("/api/engagements/?fields=title,reference,sources").json()["results"]

    assert list(row) == ["title", "reference", "sources"]


def test_a_page_without_rows_is_the_last(client):
    page = client.get("/api/engagements/?track=2").json()

    assert (page["count"], page["results"], page["next"]) == (0, [], None)


def test_an_unchanged_register_is_not_sent_again(client):
    tag = client.get("/api/sources/")["ETag"]

    assert client.get("/api/sources/", headers={"If-None-Match": tag}).status_code == 304
    Register.objects.update(revision=77)
    assert client.get("/api/sources/", headers={"If-None-Match": tag}).status_code == 200


# --- one record ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/engagements/{}/", "/engagements/{}.json"])
def test_a_record_is_what_its_line_in_the_file_is(client, path):
    entry = EntryFactory(participants=[(ActorFactory(), "host")])
    EntryFactory()

    line = json.loads(client.get("/engagements.jsonl").getvalue().splitlines()[0])

    assert client.get(path.format(entry.reference)).json() == line
    assert client.get(path.format(entry.reference.lower())).json() == line
    chosen = client.get(path.format(entry.reference) + "?fields=title")
    assert list(chosen.json()) == ["title"]


@pytest.mark.parametrize("path", ["/api/engagements/{}/", "/engagements/{}.json"])
def test_a_record_that_is_not_there_says_so_in_json(client, path):
    Tombstone.objects.create(reference="MD-000009", kind="withdrawn", left_on="2026-01-01")

    (gone,) = refused(client, path.format("MD-000009"), 410)
    assert gone == {"parameter": "", "message": "MD-000009 is not public any more: withdrawn."}
    for reference in ("MD-000008", "MD-1", "nonsense"):
        refused(client, path.format(reference), 404)
    refused(client, "/api/nothing/", 404)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("track=9", "track", "not in the codebook"),
        ("contry=USA", "contry", "is not a filter"),
        ("after=yesterday", "after", "is not a date"),
        ("fields=naem", "fields", "There are: reference"),
        ("page_size=0", "page_size", "from 1 to 1000"),
        ("page_size=1001", "page_size", "from 1 to 1000"),
        ("page_size=many", "page_size", "from 1 to 1000"),
        ("cursor=1-2", "cursor", "Take the address in “next”"),
        ("cursor=x", "cursor", "Take the address in “next”"),
        ("page=2", "page", "is not a filter"),
        ("columns=title", "columns", "is not a filter"),
    ],
)
def test_what_is_refused_is_named(client, query, parameter, said):
    (error,) = refused(client, f"/api/engagements/?{query}")

    assert error["parameter"] == parameter
    assert said in error["message"]


def test_everything_that_is_wrong_is_told_at_once(client):
    errors = refused(client, "/api/engagements/?track=9&touches=8")

    assert {error["parameter"] for error in errors} == {"track", "touches"}


def test_a_record_takes_one_parameter(client):
    entry = EntryFactory()

    (error,) = refused(client, f"/api/engagements/{entry.reference}/?track=1")
    assert error["parameter"] == ""
    assert "“track” is not a parameter here" in error["message"]


@pytest.mark.parametrize("name", sorted(EntryFilterSet.base_filters))
def test_a_bad_value_of_any_filter_is_refused_by_name(client, name):
    (error,) = refused(client, f"/api/participations/?{name}=nonsense%00!")

    assert error["parameter"] == name


def test_an_error_of_the_server_is_json_too(client, monkeypatch):
    def breaks(*_args, **_kwargs):
        raise RuntimeError("Exercise Secret")

    monkeypatch.setattr("milidip.catalogue.api.views.read_page", breaks)
    client.raise_request_exception = False

    (error,) = refused(client, "/api/engagements/", 500)
    assert "Secret" not in str(error)
    (error,) = refused(client, "/fr/api/engagements/", 500)


# --- for scripts of other sites -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/engagements/", "/engagements.csv", "/data/x"])
def test_other_sites_may_read_and_nothing_else(client, path):
    asked = client.options(path, headers={"Origin": "https://other.example"})

    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in asked
    refusal = client.post(path, headers={"Origin": "https://other.example"})
    assert refusal.status_code in (404, 405)


def test_pages_are_not_opened_to_other_sites(client):
    assert "Access-Control-Allow-Origin" not in client.get("/")
    assert "Access-Control-Allow-Origin" not in client.get("/admin/login.csv")


# --- the description ----------------------------------------------------------------------------


def test_the_description_knows_every_parameter_and_every_column(client):
    document = client.get("/api/schema/").json()

    for grain in GRAINS:
        described = document["paths"][f"/api/{grain.name}/"]["get"]
        parameters = {one["name"]: one for one in described["parameters"]}
        own = {"fields", "cursor", "page_size"}
        assert set(parameters) == {*EntryFilterSet.base_filters, *own}
        assert all(one["description"] for one in parameters.values())
        page = described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        schemas = document["components"]["schemas"]
        row = schemas[page.rpartition("/")[2]]["properties"]["results"]["items"]["$ref"]
        fields = schemas[row.rpartition("/")[2]]["properties"]
        assert list(fields) == [column.name for column in grain.in_json]
        assert all("description" in field for field in fields.values())
    codes = document["paths"]["/api/engagements/"]["get"]["parameters"]
    (track,) = [one for one in codes if one["name"] == "track"]
    assert track["schema"]["items"]["enum"] == ["1", "1.5", "2", "3", "unknown"]


def test_the_description_is_made_anew_in_each_language(client):
    english, french = (client.get(f"{start}/api/schema/").json() for start in ("", "/fr"))
    assert english["paths"].keys()
    assert list(french["components"]) == list(english["components"])


@pytest.fixture
def described(server):
    """The description of a running register with something in it."""
    actor = ActorFactory()
    for number in range(3):
        EntryFactory(
            ordinal=number + 1,
            participants=[(actor, "host")],
            latitude="1.5",
            longitude="2.5",
            narrative="Long.",
            outcomes=[
                {
                    "kind": "negative",
                    "statement": "None.",
                    "date": "2019",
                    "reported_by": "community",
                    "source": None,
                }
            ],
        )
    return schemathesis.openapi.from_url(f"{server}/api/schema/")


def test_no_request_that_a_program_makes_up_finds_an_undocumented_answer(described):
    """Made-up requests, right and wrong ones, against the running site."""
    asked = 0
    for result in described.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS)

        ask()
    assert asked >= 50


# --- the page -----------------------------------------------------------------------------------


def program_on_the_page(page, server: str, code: str) -> str:
    page.goto(f"{server}/api/")
    return page.locator(f"pre code.language-{code}").inner_text()


def test_the_examples_run_as_they_are_written(page, server, tmp_path):
    EntryFactory(touches=("1", "3"), participants=[(ActorFactory(), "host")])
    EntryFactory(touches=("1", "3"))
    run = {
        "curl": ["sh", "-e"],
        "python": [sys.executable, "-W", "error", "-"],
        "r": ["Rscript", "-"],
    }
    said = {}
    for code, _label, _text in EXAMPLES:
        if not shutil.which(run[code][0]):
            continue
        done = subprocess.run(
            run[code],
            input=program_on_the_page(page, server, code),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said[code] = done.stdout
    assert json.loads(said["curl"])["count"] == 2
    assert (tmp_path / "engagements.csv").read_text().count("\n") == 3
    assert "2 records, revision" in said["python"]
    assert "2 records, revision" in said.get("r", "2 records, revision")
