"""The files in ``milidip/codebook/data`` and the database."""

import csv
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from milidip.codebook.loading import DATA, SHEETS, CodebookError, load
from milidip.codebook.models import Country, CountryNumber, Family, Objective, Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the files, to be changed."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in {path.name}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_loading_again_changes_nothing():
    assert all(not tally.changed and not tally.kept for tally in load())


def test_every_row_of_every_file_is_in_the_database():
    unchanged = {tally.name: tally.unchanged for tally in load()}
    for sheet in SHEETS:
        with (DATA / sheet.file).open(encoding="utf-8", newline="") as file:
            rows = sum(1 for _row in csv.DictReader(file))
        assert unchanged[sheet.file] == rows > 0


def test_a_changed_definition_updates_its_term_alone(data: Path):
    edit(data / "families.csv", "Forces of two or more states train together.", "They train.")
    tallies = {tally.name: tally for tally in load(data)}
    assert tallies["families.csv"].updated == 1
    assert sum(tally.created + tally.updated for tally in tallies.values()) == 1
    assert Family.objects.get(code="exercise").definition == "They train."


def test_a_new_row_is_created_and_a_lost_one_stays(data: Path):
    edit(data / "families.csv", "exercise,Exercise,", "manoeuvre,Manoeuvre,")
    edit(data / "activity_types.csv", ",exercise,", ",manoeuvre,")
    load(data)
    assert Family.objects.filter(code__in=["exercise", "manoeuvre"]).count() == 2


def test_a_term_of_an_editor_is_left_alone_even_when_a_file_brings_its_code(data: Path):
    Objective.objects.create(code="border_trust", label="Ours", definition="Ours.", source="us")
    path = data / "objectives.csv"
    path.write_text(path.read_text(encoding="utf-8") + "border_trust,Theirs,,Theirs.,,milidip\n")
    tally = next(tally for tally in load(data) if tally.name == "objectives.csv")
    assert tally.kept == ["border_trust"]
    assert Objective.objects.get(code="border_trust").label == "Ours"


def test_members_of_an_alias_region_follow_the_file(data: Path):
    edit(data / "alias_regions.csv", "EST;LTU;LVA", "EST;LTU;LVA;FIN")
    tallies = {tally.name: tally for tally in load(data)}
    assert tallies["regions: countries"].updated == 1
    assert Country.objects.get(code="FIN").alias_regions.filter(code="baltic").exists()


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("activity_types.csv", ",exercise,", ",excercise,", "activity_types.csv, line 2: family"),
        ("countries.csv", "CZE;SVK", "CZE;SVQ", "successors: there is no country 'SVQ'"),
        ("alias_regions.csv", "015;145;IRN", "015;145;IRM", "members: there is no country or"),
        ("country_numbers.csv", "ZWE,gw", "ZWF,gw", "country: there is no country 'ZWF'"),
        ("regions.csv", "orientale,m49,202", "orientale,m49,203", "no region '203'"),
        (
            "themes.csv",
            "cyber,Cyber security,Cybersécurité,technology",
            "cyber,C,C,technologie",
            "themes.csv, line 3",
        ),
        ("families.csv", "dialogue,Dialogue", "exercise,Dialogue", "“exercise” is there twice"),
        ("families.csv", "dialogue,Dialogue", "Dialogue Talk,Dialogue", "families.csv, line 5"),
        ("families.csv", "code,label", "code,name", "there is no such column as 'name'"),
        (
            "roles.csv",
            "Planned and ran it.",
            "Planned, and ran it.",
            "as many cells as the header",
        ),
        ("regions.csv", ",m49,,,,yes,,", ",m49,,,,maybe,,", "from_countries: Write yes or no."),
    ],
)
def test_a_mistake_in_a_file_is_refused_with_its_file_and_line(
    data: Path, file: str, before: str, after: str, message: str
):
    path = data / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(CodebookError) as error:
        load(data)
    assert message in str(error.value)
    assert str(error.value).startswith(f"{file}, line ")


def test_one_mistake_undoes_the_whole_load(data: Path):
    edit(data / "families.csv", "Forces of two or more states train together.", "They train.")
    edit(data / "country_numbers.csv", "ZWE,gw,552,1965-11-11,", "ZWE,gw,552,1965-11-31,")
    with pytest.raises(CodebookError, match=r"country_numbers\.csv, line \d+: valid_from"):
        load(data)
    assert Family.objects.get(code="exercise").definition.startswith("Forces of two")


def test_a_missing_file_is_named(data: Path):
    (data / "roles.csv").unlink()
    with pytest.raises(CodebookError, match=r"roles\.csv: there is no such file"):
        load(data)


def test_the_command_says_what_it_did(data: Path, monkeypatch: pytest.MonkeyPatch):
    out = StringIO()
    call_command("load_codebook", stdout=out)
    assert "0 created or updated" in out.getvalue()
    edit(data / "families.csv", "dialogue,Dialogue", "exercise,Dialogue")
    monkeypatch.setattr(
        "milidip.codebook.management.commands.load_codebook.load", lambda: load(data)
    )
    with pytest.raises(CommandError, match="The codebook was not changed"):
        call_command("load_codebook")


def test_namibia_survives_its_alpha_2_code():
    assert Country.objects.get(iso2="NA").label == "Namibia"


def test_the_german_democratic_republic_has_the_days_of_gleditsch_and_ward():
    country = Country.objects.get(code="DDR")
    assert (str(country.valid_from), str(country.valid_to)) == ("1949-10-05", "1990-10-02")
    assert [successor.code for successor in country.successors.all()] == ["DEU"]


def test_czechoslovakia_ends_with_1992_and_not_with_its_iso_code():
    assert str(Country.objects.get(code="CSK").valid_to) == "1992-12-31"


def test_every_country_has_a_region_and_no_historical_code_is_one_of_today():
    assert not Country.objects.filter(region=None).exists()
    assert not Country.objects.exclude(kind="historical").filter(valid_to__isnull=False).exists()
    assert not Country.objects.filter(kind="historical", valid_to=None).exists()


def test_the_list_of_countries_is_whole():
    assert Country.objects.filter(kind="iso").count() == 249
    assert list(Country.objects.filter(kind="user_assigned").values_list("code", flat=True)) == [
        "XKX"
    ]


def test_no_two_countries_bear_a_number_on_the_same_day_except_the_yemens():
    spans = CountryNumber.objects.order_by("system", "number", "valid_from")
    clashes = set()
    last = None
    for span in spans:
        same = last and (last.system, last.number) == (span.system, span.number)
        if same and (last.valid_to is None or last.valid_to >= span.valid_from):
            clashes.add((span.system, span.number))
        last = span
    assert clashes == {("gw", 678)}


def test_every_shipped_region_was_checked_and_says_against_what():
    assert not Region.objects.filter(shipped=True, checked=False).exists()
    assert not Region.objects.filter(shipped=True, check_note="").exists()


def test_the_euro_atlantic_area_has_32_allies_and_18_partners():
    members = Country.objects.filter(alias_regions="euro-atlantic").exclude(kind="historical")
    assert members.count() == 50
