"""Where is that, by which code, in which regions?"""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milidip.codebook import geography
from milidip.codebook.boundaries.lookup import BOUNDARIES, _tree
from milidip.codebook.geography import country_at, country_number, regions_of, state_of_the_day
from milidip.codebook.models import Country, Region


@pytest.mark.parametrize(
    ("name", "lat", "lon", "code"),
    [
        ("Nairobi", -1.29, 36.82, "KEN"),
        ("Pristina", 42.66, 21.16, "XKX"),
        ("the middle of the Atlantic", 30, -40, None),
        ("Singapore", 1.35, 103.82, "SGP"),
        ("Maseru, in Lesotho inside South Africa", -29.32, 27.5, "LSO"),
        ("Bloemfontein, in South Africa", -29.12, 26.22, "ZAF"),
        ("Windhoek", -22.56, 17.08, "NAM"),
        ("Hargeisa", 9.56, 44.06, "SOM"),
        ("Kyrenia", 35.3, 33.35, "CYP"),
        ("Simferopol", 44.95, 34.1, "UKR"),
        ("Kherson", 46.65, 32.6, "UKR"),
        ("Krasnodar", 45.04, 38.97, "RUS"),
        ("Laayoune", 27.15, -13.2, "ESH"),
        ("Agadir", 30.42, -9.6, "MAR"),
        ("Ramallah", 31.9, 35.2, "PSE"),
        ("Quneitra, on the Golan Heights", 33.125, 35.824, None),
        ("Tiberias", 32.79, 35.53, "ISR"),
        ("Damascus", 33.51, 36.29, "SYR"),
        ("Abyei", 9.595, 28.43, None),
        ("Kadugli", 11.0, 29.7, "SDN"),
        ("the Siachen Glacier", 35.4, 77.1, None),
        ("Cayenne", 4.92, -52.3, "GUF"),
        ("Longyearbyen", 78.2, 15.6, "SJM"),
        ("Taipei", 25.03, 121.5, "TWN"),
        ("the South Pole", -89.99, 10, "ATA"),
        ("Uelen, east of 180 degrees", 66.1, -169.9, "RUS"),
        ("Jokkmokk, level with land that crosses 180 degrees", 66.6, 19.8, "SWE"),
        ("Suva", -18.1, 178.4, "FJI"),
    ],
)
def test_a_point_lies_in_the_country_that_the_rules_say(name, lat, lon, code):
    assert country_at(lat, lon) == code, name


@pytest.mark.django_db
def test_the_boundaries_use_codes_of_the_codebook_only():
    drawn = {code for code in _tree()[1] if code}
    assert drawn <= set(Country.objects.values_list("code", flat=True))
    assert BOUNDARIES.with_name("LICENSE.world-atlas").exists()


@pytest.mark.django_db
def test_kenya_is_in_eastern_africa_and_all_that_holds_it_but_not_in_the_world():
    leaf, everything = regions_of(["KEN"])
    assert leaf == ["014"]
    assert {"014", "202", "002", "horn-of-africa", "sub-saharan-africa"} <= set(everything)
    assert "001" not in everything


@pytest.mark.django_db
def test_kosovo_is_in_europe():
    assert {"039", "150", "western-balkans"} <= set(regions_of(["XKX"])[1])


@pytest.mark.django_db
def test_what_is_world_wide_is_in_the_world_only():
    assert regions_of([], ["001"]) == (["001"], ["001"])


@pytest.mark.django_db
def test_a_sea_lies_in_no_region():
    assert regions_of([], ["baltic-sea"]) == (["baltic-sea"], ["baltic-sea"])


@pytest.mark.django_db
def test_a_region_that_was_set_yields_to_a_finer_one():
    assert regions_of(["KEN"], ["002"])[0] == ["014"]
    assert regions_of([], ["202"]) == (["202"], ["002", "202", "sub-saharan-africa"])


@pytest.mark.django_db
def test_the_arctic_is_only_where_it_was_set():
    assert "arctic" not in regions_of(["NOR"])[1]
    assert "arctic" in regions_of(["NOR"], ["arctic"])[1]


@pytest.mark.django_db
def test_a_state_that_ended_is_in_the_region_that_the_register_assigns():
    assert regions_of(["DDR"])[0] == ["155"]
    assert "middle-east-north-africa" in regions_of(["YMD"])[1]
    assert "western-balkans" in regions_of(["SCG"])[1]
    assert "western-balkans" not in regions_of(["YUG"])[1]


@pytest.mark.django_db
def test_a_code_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError, match="XXX"):
        regions_of(["XXX"])
    with pytest.raises(KeyError, match="atlantis"):
        regions_of([], ["atlantis"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "day", "state"),
    [
        ("RUS", "1985-05-01", "SUN"),
        ("RUS", "1991-12-25", "SUN"),
        ("RUS", "1991-12-26", "RUS"),
        ("UKR", "1991-12-10", "UKR"),
        ("DEU", "1985-05-01", "DEU"),
        ("CZE", "1980-09-08", "CSK"),
        ("CZE", "1993-01-01", "CZE"),
        ("SRB", "1999-06-10", "YUG"),
        ("MNE", "2005-01-01", "SCG"),
        ("SRB", "2010-01-01", "SRB"),
        ("EST", "1935-01-01", "EST"),
        ("XKX", "1999-07-01", "XKX"),
        ("YEM", "1980-01-01", "YEM"),
        ("KEN", "1950-01-01", "KEN"),
        ("ABW", "1990-01-01", "ABW"),
        ("CUW", "2000-01-01", "ANT"),
        ("SUN", "2000-01-01", "SUN"),
    ],
)
def test_the_state_of_the_day(code, day, state):
    assert state_of_the_day(code, date.fromisoformat(day)) == state


@pytest.mark.django_db
def test_numbers_of_the_state_systems_follow_the_day():
    assert country_number("SUN", "cow", date(1985, 5, 1)) == 365
    assert country_number("DEU", "gw", date(2020, 1, 1)) == 260
    assert country_number("DEU", "cow", date(2020, 1, 1)) == 255
    assert country_number("DEU", "cow", date(1985, 1, 1)) == 260
    assert country_number("VNM", "gw", date(1990, 1, 1)) == 816
    assert country_number("KEN", "gw", date(1950, 1, 1)) is None


@pytest.mark.django_db
def test_a_whole_bulk_run_reads_the_codebook_once():
    geography.forget()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for code in ("KEN", "XKX", "DDR"):
            regions_of([code])
            state_of_the_day(code, date(1980, 1, 1))
    assert len(queries) == 5


@pytest.mark.django_db
def test_a_new_member_of_a_region_counts_at_once():
    region = Region.objects.create(code="some-shore", label="Some shore", source="test")
    assert "some-shore" not in regions_of(["KEN"])[1]
    region.countries.add("KEN")
    assert "some-shore" in regions_of(["KEN"])[1]
    region.delete()
    assert "some-shore" not in regions_of(["KEN"])[1]
