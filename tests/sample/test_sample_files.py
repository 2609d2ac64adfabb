"""The sample catalogue is data that people read and cite: its files keep their own promises.

No database is needed. The vocabularies are read from the codebook's files.
"""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from milidip.codebook.dates import bounds

ROOT = Path(__file__).resolve().parents[2]
CODEBOOK = ROOT / "milidip" / "codebook" / "data"
CURATED_COLUMNS = [
    "sample_id",
    "title",
    "series",
    "edition",
    "track",
    "touches",
    "track_basis",
    "track_note",
    "track3_link",
    "military_role",
    "initiated_by",
    "activity",
    "objectives",
    "themes",
    "status",
    "start",
    "end",
    "place_name",
    "place_country",
    "place_region",
    "place_precision",
    "lat",
    "lon",
    "participants",
    "summary",
    "outcomes",
    "source_kind",
    "source_independence",
    "source_title",
    "source_publisher",
    "source_url",
    "source_published",
    "source_locator",
    "source_language",
    "claim_status",
    "conduct_support",
    "hold_for_review",
    "marking",
    "licence",
    "note",
    "details",
]
IMPORT_COLUMNS = [
    "source_dataset",
    "source_id",
    "title",
    "series",
    "activity_type_guess",
    "track_level_guess",
    "start_date_raw",
    "end_date_raw",
    "location_text",
    "lat",
    "lon",
    "countries",
    "participants_text",
    "summary",
    "citation",
    "licence",
]
# Places where a named meeting can expose the people who mediated it.
EXPOSED = {"YEM", "SYR", "COL", "CAF", "PHL"}
ABYEI = {"SDN", "SSD"}
# Codes in the real data that the codebook knows by another name (CODEBOOK, activity types).
DATASET_ACTIVITIES = {"mediation_dialogue", "training_exchange"}
RAW_DATES = [
    r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{2}|\d{4})",
    r"(?P<m>\d{1,2})/xx/(?P<y>\d{4})",
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?:xx|(?P<d>\d{1,2}))(?: 00:00:00)?",
    r"(?P<y>\d{4})(?:-(?P<m>\d{1,2}))?",
    r"(?P<d>\d{2})\.(?P<m>\d{2})\.(?P<y>\d{2})",
    r"(?P<name>[A-Za-z]+) (?P<y>\d{4})",
]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def codes(name: str) -> set[str]:
    return {row["code"] for row in rows(CODEBOOK / f"{name}.csv")}


def fixed(vocabulary: str) -> set[str]:
    terms = rows(CODEBOOK / "fixed_terms.csv")
    return {term["code"] for term in terms if term["vocabulary"] == vocabulary}


def items(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def participants(row: dict[str, str]) -> list[dict[str, str]]:
    fields = ["name", "type", "country", "role", "capacity", "side", "people_min", "people_max"]
    return [dict(zip(fields, item.split("|"), strict=True)) for item in items(row["participants"])]


def outcomes(row: dict[str, str]) -> list[list[str]]:
    return (
        [part.split("|", 2) for part in row["outcomes"].split(" || ")] if row["outcomes"] else []
    )


def raw_bounds(raw: str) -> tuple[date, date] | None:
    """Return the first and the last day that a date of the datasets may mean; None if missing."""
    if raw in {"", "-9"}:
        return None
    for form in RAW_DATES:
        if match := re.fullmatch(form, raw):
            found = match.groupdict()
            year = int(found["y"])
            if year < 100:
                year += 1900 if year >= 46 else 2000
            if found.get("name"):
                found["m"] = str(MONTHS.index(found["name"][:3].lower()) + 1)
            text = f"{year}"
            if found.get("m"):
                text += f"-{int(found['m']):02}"
                if found.get("d"):
                    text += f"-{int(found['d']):02}"
            return bounds(text)
    raise ValueError(raw)


CURATED = rows(ROOT / "sample" / "curated.csv")
ENGAGEMENTS = rows(ROOT / "sample" / "engagements.csv")


def test_the_curated_file_has_the_columns_that_the_loader_reads() -> None:
    assert list(CURATED[0]) == CURATED_COLUMNS


def test_the_engagements_file_has_the_importers_columns_a_public_summary_and_details() -> None:
    assert list(ENGAGEMENTS[0]) == [*IMPORT_COLUMNS, "public_summary", "details"]


def test_no_row_is_there_twice() -> None:
    ids = [row["sample_id"] for row in CURATED]
    keys = [(row["source_dataset"], row["source_id"]) for row in ENGAGEMENTS]
    assert len(ids) == len(set(ids))
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"c\d{3}", sample_id) for sample_id in ids)


@pytest.mark.parametrize(
    ("column", "allowed"),
    [
        ("track", codes("tracks")),
        ("touches", codes("tracks")),
        ("track_basis", fixed("track_basis") - {"dataset_guess"}),
        ("track3_link", codes("track_links")),
        ("military_role", codes("military_roles")),
        ("initiated_by", codes("actor_types")),
        ("activity", codes("activity_types")),
        ("objectives", codes("objectives")),
        ("themes", codes("themes")),
        ("status", fixed("status")),
        ("place_country", codes("countries")),
        ("place_region", codes("regions") | codes("sea_areas")),
        ("place_precision", fixed("place_precision")),
        ("source_kind", fixed("source_kind")),
        ("source_independence", fixed("independence")),
        ("claim_status", {"accepted", "needs_work"}),
        ("marking", {"open", "chatham_house"}),
        ("conduct_support", {"yes", "no"}),
        ("hold_for_review", {"yes", "no"}),
    ],
)
def test_curated_codes_are_in_the_codebook(column: str, allowed: set[str]) -> None:
    found = {code for row in CURATED for code in items(row[column])}
    assert found <= allowed


def test_participants_and_outcomes_use_the_codebook() -> None:
    people = [person for row in CURATED for person in participants(row)]
    assert {person["type"] for person in people} <= codes("actor_types")
    assert {person["role"] for person in people} <= codes("roles")
    assert {person["capacity"] for person in people} <= codes("capacities")
    assert {person["side"] for person in people} - {""} <= fixed("side")
    assert {person["country"] for person in people} - {""} <= codes("countries")
    reported = [outcome for row in CURATED for outcome in outcomes(row)]
    assert {kind for kind, _, _ in reported} <= fixed("outcome_kind")
    assert {by for _, by, _ in reported} <= fixed("reported_by")
    assert all(statement.strip() for _, _, statement in reported)


def test_head_counts_are_whole_numbers_in_order() -> None:
    for row in CURATED:
        for person in participants(row):
            low, high = person["people_min"], person["people_max"]
            assert all(count == "" or count.isdigit() for count in (low, high)), row["sample_id"]
            assert not (low and high) or int(low) <= int(high), row["sample_id"]


def test_the_primary_track_is_among_the_tracks_touched() -> None:
    assert all(row["track"] in items(row["touches"]) for row in CURATED)


def test_a_way_into_track_three_is_recorded_where_it_is_touched_and_only_there() -> None:
    wrong = [
        r["sample_id"] for r in CURATED if ("3" in items(r["touches"])) != bool(r["track3_link"])
    ]
    assert wrong == []


def test_every_curated_row_says_what_the_military_did_and_who_took_part() -> None:
    assert all(row["military_role"] and participants(row) for row in CURATED)


def test_dates_exist_and_no_end_is_before_its_start() -> None:
    for row in CURATED:
        if row["end"]:
            assert bounds(row["end"])[1] >= bounds(row["start"])[0], row["sample_id"]
        elif row["start"]:
            bounds(row["start"])
    for row in ENGAGEMENTS:
        start, end = raw_bounds(row["start_date_raw"]), raw_bounds(row["end_date_raw"])
        assert start or end, row["source_id"]
        assert not (start and end) or end[1] >= start[0], row["source_id"]


def test_coordinates_are_on_the_globe_and_stand_only_where_the_place_is_known() -> None:
    for row in CURATED + ENGAGEMENTS:
        assert bool(row["lat"]) == bool(row["lon"])
        if row["lat"]:
            assert abs(float(row["lat"])) <= 90
            assert abs(float(row["lon"])) <= 180
    assert all(r["place_precision"] in {"exact", "place"} for r in CURATED if r["lat"])


def test_every_row_has_a_source_and_a_licence() -> None:
    for row in CURATED:
        assert all(row[c] for c in ("source_title", "source_publisher", "source_url"))
        assert re.match(r"https?://\S+$", row["source_url"]), row["sample_id"]
        assert row["licence"] == "CC BY 4.0"
        if row["source_published"]:
            bounds(row["source_published"])
    assert all(row["citation"] and row["licence"] for row in ENGAGEMENTS)


def test_no_person_is_named_as_a_participant() -> None:
    people = [p for row in CURATED for p in participants(row) if p["type"] == "person"]
    assert people
    assert all(person["name"] == "" for person in people)
    assert not any("Named" in row["participants_text"] for row in ENGAGEMENTS)


def test_under_the_chatham_house_rule_only_announced_conveners_are_named() -> None:
    closed = [row for row in CURATED if row["marking"] == "chatham_house"]
    assert len(closed) >= 10
    for row in closed:
        for person in participants(row):
            announced = person["role"] in {"organiser", "host", "funder"}
            assert person["name"] == "" or announced, row["sample_id"]
            assert announced or person["country"] == "", row["sample_id"]


def test_rows_that_can_expose_local_mediators_wait_for_a_review() -> None:
    for row in CURATED:
        countries = set(items(row["place_country"]))
        exposed = countries == ABYEI or bool(countries & EXPOSED and len(countries) == 1)
        about_yemen = "Yemen" in row["series"]
        assert row["hold_for_review"] == "yes" or not (exposed or about_yemen), row["sample_id"]


def test_no_surrender_and_no_forced_transfer_is_in_the_sample() -> None:
    assert not any(
        row["source_id"] == "1644"
        for row in ENGAGEMENTS
        if row["source_dataset"].startswith("PA-X")
    )
    for row in CURATED:
        public = " ".join((row["title"], row["summary"], row["outcomes"])).lower()
        assert not re.search(r"surrender|capitulat|deport|forced transfer", public), row[
            "sample_id"
        ]
    for row in ENGAGEMENTS:
        public = f"{row['title']} {row['public_summary']}".lower()
        assert not re.search(r"surrender|capitulat|deport|forced transfer", public), row[
            "source_id"
        ]


def test_no_text_of_third_parties_ships() -> None:
    assert all(row["summary"] == "" for row in ENGAGEMENTS)


def test_public_texts_are_whole_plain_sentences() -> None:
    texts = [row["summary"] for row in CURATED] + [row["public_summary"] for row in ENGAGEMENTS]
    for text in texts:
        assert text
        assert text[0].isupper(), text
        assert text.endswith("."), text
        assert "  " not in text, text
        assert "\n" not in text, text
        assert len(text) <= 520, text


def test_activities_of_the_engagements_are_known_to_the_importer() -> None:
    guesses = {row["activity_type_guess"] for row in ENGAGEMENTS}
    assert guesses <= codes("activity_types") | DATASET_ACTIVITIES
    assert {row["track_level_guess"] for row in ENGAGEMENTS} == {"", "I", "II", "III"}


def test_a_first_look_for_track_three_south_of_the_sahara_finds_a_shelf_of_records() -> None:
    region = {row["code"]: row["region"] for row in rows(CODEBOOK / "countries.csv")}
    parent = {row["code"]: row["parent"] for row in rows(CODEBOOK / "regions.csv")}

    def lies_in(country: str, code: str) -> bool:
        here = region[country]
        while here and here != code:
            here = parent[here]
        return here == code

    found = [
        row["sample_id"]
        for row in CURATED
        if "3" in items(row["touches"])
        and any(lies_in(country, "202") for country in items(row["place_country"]))
        and row["hold_for_review"] == "no"
    ]
    assert len(found) >= 15
