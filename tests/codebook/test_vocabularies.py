"""What the public codebook page prints, read as the public."""

import pytest

from milidip.codebook.choices import FIXED
from milidip.codebook.models import Region
from milidip.codebook.vocabularies import NOTES, VOCABULARIES


def vocabulary(code: str):
    return next(vocabulary for vocabulary in VOCABULARIES if vocabulary.code == code)


def extra(entry) -> dict[str, str]:
    return dict(entry.extra)


@pytest.mark.usefixtures("as_public")
def test_every_vocabulary_has_terms_that_the_public_may_read():
    codes = [vocabulary.code for vocabulary in VOCABULARIES]
    assert len(codes) == len(set(codes))
    assert set(FIXED) < set(codes)
    for each in VOCABULARIES:
        assert each.label
        assert each.description
        assert each.terms(), each.code


@pytest.mark.django_db
def test_an_activity_type_shows_its_family_and_its_crosswalks():
    term = next(t for t in vocabulary("activity").terms() if t.code == "demining")
    assert extra(term) == {
        "Family": "Relief and protection",
        "DAC purpose code": "15250",
        "PLOVER event type": "AID",
    }


@pytest.mark.django_db
def test_regions_are_printed_as_a_tree():
    depths = {term.code: term.depth for term in vocabulary("region").terms()}
    assert (depths["002"], depths["202"], depths["014"], depths["001"]) == (0, 1, 2, 0)


@pytest.mark.django_db
def test_an_alias_region_prints_members_date_and_what_was_checked():
    printed = extra(next(t for t in vocabulary("alias_region").terms() if t.code == "baltic"))
    assert printed["Members"] == "Estonia (EST); Latvia (LVA); Lithuania (LTU)"
    assert "2024" in printed["As of"]
    assert printed["Checked"]


@pytest.mark.django_db
def test_a_region_that_nobody_checked_says_so():
    Region.objects.create(code="some-shore", label="Some shore", source="test")
    terms = vocabulary("alias_region").terms()
    printed = extra(next(term for term in terms if term.code == "some-shore"))
    assert printed["Checked"].startswith("Not yet checked")


@pytest.mark.django_db
def test_a_state_that_ended_prints_its_days_successors_and_assigned_region():
    printed = extra(next(t for t in vocabulary("historical_state").terms() if t.code == "CSK"))
    assert printed["Existed"] == "1918-11-11 to 1992-12-31"
    assert printed["Successors"] == "Czechia; Slovakia"
    assert "assigned by the register" in printed["Region"]


def test_the_rules_name_kosovo_and_the_disputed_territories():
    text = " ".join(f"{note.title} {note.text}" for note in NOTES)
    assert "Kosovo" in text
    assert "Golan" in text
    assert "no view" in text
