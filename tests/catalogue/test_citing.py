"""Citations survive whatever a title holds, in every format."""

import hashlib
import json
import re
from datetime import date

import pytest
from django.utils import translation

from milidip.catalogue import citing
from milidip.catalogue.citing import Citation

from .factories import EntryFactory

TITLES = [
    "Talks under a tree",
    "50 % of {braces} & $money_ #1 ~ ^ \\ <tag> | @comment",
    "An unbalanced { brace",
    "And } another",
    "Line\nbreak\r\nTY  - JOUR\tand a tab",
    "Учение «Дружба-2016»",
    "مناورات الأسد المتأهب",
    "turned \u202e around \u2066 and \u200f back \u2069",
    "\x00\x07\x1b bells and zeros",
    "x" * 300,
]


def cited(title: str) -> Citation:
    return Citation(
        reference="MD-7K3QX9",
        title=title,
        version=3,
        published=date(2026, 3, 5),
        url="https://register.example/engagements/MD-7K3QX9/v3/",
    )


def balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("title", TITLES)
def test_bibtex_counts_its_braces_and_escapes_what_latex_would_run(title):
    entry = citing.as_bibtex(cited(title))
    assert balanced(entry)
    assert entry.startswith("@misc{milidip-MD-7K3QX9-v3,\n")
    assert entry.endswith("}\n")
    line = next(line for line in entry.splitlines() if line.startswith("  title"))
    said = line.removeprefix("  title        = {{").removesuffix("}},")
    # What is left after the known escapes has no sign that LaTeX takes for its own.
    rest = re.sub(r"\\(text[a-z]+\{\}|[$&#_%])", "", said)
    assert not set(rest) & set("\\{}$&#_%~^<>|")
    assert "month        = mar," in entry


@pytest.mark.parametrize("title", TITLES)
def test_ris_has_one_field_a_line_and_one_end(title):
    entry = citing.as_ris(cited(title))
    lines = entry.split("\r\n")
    assert lines[0] == "TY  - DATA"
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-1])
    assert sum(line.startswith(("TY", "ER")) for line in lines) == 2
    assert "DA  - 2026/03/05/" in lines


@pytest.mark.parametrize("title", TITLES)
def test_csl_is_json_that_says_the_same(title):
    (item,) = json.loads(citing.as_csl(cited(title)))
    assert item["title"] == citing.plain(title)
    assert item["issued"] == {"date-parts": [[2026, 3, 5]]}
    assert item["URL"].endswith("/v3/")


def test_text_of_any_script_stays_and_marks_of_direction_go():
    assert citing.plain("مناورات الأسد المتأهب") == "مناورات الأسد المتأهب"
    assert citing.plain("turned \u202e around \u200f") == "turned around"


def test_a_record_is_cited_with_version_date_and_address():
    assert citing.as_text(cited("Talks")) == (
        "milidip (2026): “Talks”. The open register of military diplomacy, MD-7K3QX9, version 3, "
        "5 March 2026. https://register.example/engagements/MD-7K3QX9/v3/"
    )


def test_a_list_is_cited_with_what_is_found_revision_and_checksum():
    said = {
        "found": "1,234 engagements touch Track III in Africa",
        "revision": 12,
        "day": date(2026, 3, 5),
        "url": "https://register.example/engagements/?touches=3",
    }
    assert citing.list_as_text(**said) == (
        "milidip (2026): 1,234 engagements touch Track III in Africa. The open register of "
        "military diplomacy, revision 12, 5 March 2026. "
        "https://register.example/engagements/?touches=3"
    )
    assert ", 5 March 2026, SHA-256 5e1f. https" in citing.list_as_text(**said, checksum="5e1f")


@pytest.mark.parametrize("query", ["", "touches=3", "q=talks&sort=oldest", "q=nothing"])
def test_the_checksum_of_a_list_can_be_made_from_its_file(client, committed_db, query):
    """By what the page says: the lines of two columns, without the head, sorted."""
    EntryFactory(title="Talks", track="3", touches=("3",))
    EntryFactory(title="More talks", version=2)
    EntryFactory(title="Exercise", version=11)
    page = client.get(f"/engagements/cite/?{query}")
    checksum = page.context["checksum"]
    assert f"SHA-256 {checksum}. http://testserver/engagements/" in page.context["citation"]
    address = page.context["lines_url"].removeprefix("http://testserver")
    assert address.replace("%2C", ",").endswith("columns=reference,version")
    _head, *rows = b"".join(client.get(address).streaming_content).splitlines(keepends=True)
    assert len(rows) == int(page["X-Total-Count"])
    assert hashlib.sha256(b"".join(sorted(rows))).hexdigest() == checksum


@pytest.mark.django_db
def test_a_list_links_to_its_citation_with_a_checksum(client):
    EntryFactory(touches=("3",))
    page = client.get("/engagements/?touches=3&sort=title&view=table")
    assert page.context["cite_url"] == "/engagements/cite/?touches=3"
    assert 'href="/engagements/cite/?touches=3"' in page.text
    assert client.get("/engagements/cite/?touches=9").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("extension", citing.FORMATS)
def test_a_record_and_each_version_are_files_for_reference_managers(client, extension):
    record = EntryFactory(title="Talks", version=2)
    response = client.get(f"/engagements/{record}.{extension}")
    assert response.status_code == 200
    assert response["Content-Type"] == citing.FORMATS[extension].content_type
    assert f'filename="milidip-{record}-v2.{extension}"' in response["Content-Disposition"]
    assert f"http://testserver/engagements/{record}/v2/" in response.text

    earlier = client.get(f"/engagements/{record}/v1.{extension}")
    assert f"http://testserver/engagements/{record}/v1/" in earlier.text
    assert client.get(f"/engagements/{record}/v3.{extension}").status_code == 404
    assert client.get(f"/engagements/MD-ZZZZZZ.{extension}").status_code == 404
    careless = client.get(f"/engagements/{str(record).lower()}.{extension}")
    assert careless["Location"] == f"/engagements/{record}.{extension}"


@pytest.mark.django_db
def test_a_citation_is_the_same_under_the_french_address(client):
    record = EntryFactory(title="Talks")
    with translation.override("fr"):
        french = client.get(f"/fr/engagements/{record}.bib")
    assert french.content == client.get(f"/engagements/{record}.bib").content


@pytest.mark.django_db
def test_no_other_ending_is_a_citation(client):
    record = EntryFactory()
    assert client.get(f"/engagements/{record}.tex", follow=True).status_code == 404
    assert client.get(f"/engagements/{record}.csl", follow=True).status_code == 404
