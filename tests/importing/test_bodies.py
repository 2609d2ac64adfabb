"""Bodies are found where a text names them plainly; a person never is."""

import csv

import pytest

from engagements.importing.bodies import FILE, Bodies, parents
from milidip.codebook.models import ActorType, Country

LISTED = Bodies.listed()


def names(text, *countries):
    return [actor.name for actor in LISTED.mentioned(text, countries)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Troops from NATO countries", ["North Atlantic Treaty Organization"]),
        ("NATO and the WEU", ["North Atlantic Treaty Organization", "Western European Union"]),
        ("UN Obs Arnault", ["United Nations"]),
        ("UN Security Council", ["United Nations Security Council"]),
        ("Former UN Secretary", []),
        ("unity of the nation", []),
        ("Dr. Jose Antonio Mora, OAS Sec-Gen", ["Organization of American States"]),
        ("African Union (AU) Mission", ["African Union"]),
    ],
)
def test_a_text_mentions_what_it_names(text, found):
    assert names(text) == found


def test_an_acronym_counts_only_in_its_country():
    assert names("the ELN", "COL") == ["National Liberation Army (Colombia)"]
    assert names("the ELN", "CRI") == []
    assert names("POLISARIO", "MAR") == ["Polisario Front"]


def test_a_longer_name_is_another_body():
    movement = "Sudan People\u2019s Liberation Movement/ Army in Opposition"
    assert names(movement, "SSD") == ["Sudan People's Liberation Movement/Army-in-Opposition"]


def test_a_label_of_a_dataset_may_stand_for_an_unnamed_group():
    body = LISTED.named("Women's Group (Default)")
    assert body.unnamed
    assert body.actor.type == "womens_organisation"


def test_bodies_of_a_larger_body_know_it():
    support = LISTED.named("UNSMIL").actor
    assert parents()[support.parent].name == "United Nations"


def test_the_list_uses_codes_of_the_codebook_and_holds_no_person(db):
    types = set(ActorType.objects.values_list("code", flat=True)) - {"person"}
    countries = set(Country.objects.values_list("code", flat=True)) | {""}
    with FILE.open(encoding="utf-8", newline="") as rows:
        listed = list(csv.DictReader(rows))
    assert {row["type"] for row in listed} <= types
    assert {row["country"] for row in listed} <= countries
    assert {code for row in listed for code in row["found_in"].split(";")} <= countries
    found = [row["name"] for row in listed if row["name"]]
    assert len(found) == len(set(found))
