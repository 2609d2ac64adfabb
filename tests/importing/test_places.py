"""A place is what the text says; its country is stated, or derived and marked, or left open."""

from datetime import date
from decimal import Decimal

import pytest

from engagements.importing.coordinates import read_point
from engagements.importing.places import place_of
from engagements.importing.records import RowError

DAY = (date(1985, 6, 1), date(1985, 6, 1))
LATER = (date(2004, 6, 1), date(2004, 6, 1))


@pytest.fixture
def at(desk):
    def found(text, lat="", lon="", days=LATER, involved=()):
        notes = []
        places = place_of(text, read_point(lat, lon), desk.gazetteer, days, involved, notes)
        return [place.country or place.region for place in places], places, notes

    return found


def test_coordinates_are_kept_to_five_decimals():
    point = read_point("47.0951437", "37.5413149")
    assert (point.latitude, point.longitude) == (Decimal("47.09514"), Decimal("37.54131"))


def test_a_decimal_comma_is_a_decimal_comma():
    assert read_point("47,0951", "37,5413").latitude == Decimal("47.09510")


@pytest.mark.parametrize(
    ("lat", "lon", "reason"),
    [
        ("130.84", "-12.46", "not between -90 and 90. Perhaps lat and lon are swapped"),
        ("12.46", "230.84", "lon “230.84” is not between"),
        ("north", "12", "not a number"),
        ("12", "", "give both or neither"),
        ("NaN", "12", "give both or neither"),
        ("inf", "12", "not a number"),
    ],
)
def test_impossible_coordinates_are_refused(lat, lon, reason):
    with pytest.raises(RowError, match=reason):
        read_point(lat, lon)


def test_missing_coordinates_are_none():
    assert read_point("NA", "") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Bulgaria, Plovdiv", ["BGR"]),
        ("Cold Lake AB, Alberta, Canada", ["CAN"]),
        ("training area in northern Honduras", ["HND"]),
        ("Norway's Western Coast, Egersund", ["NOR"]),
        ("East Germany, Central East Germany", ["DDR"]),
        ("poland, the german democratic republic, czechoslavakia", ["POL", "DDR"]),
        ("Syria, Southern Syria, between Damascus and Israel", ["SYR"]),
        ("northern Czechoslovakia near the borders with Poland and East Germany", ["CSK"]),
        ("in the Baltic Sea", ["baltic-sea"]),
        ("Indian Ocean, Arabian Sea", ["indian-ocean", "arabian-sea"]),
        ("Black Sea, off the coast of Zonguldak, Turkey", ["TUR", "black-sea-waters"]),
        ("south america", ["005"]),
        ("Virtual", ["001"]),
        ("", []),
        ("-9", []),
        ("0", []),
        ("hiuganada airspace", [None]),
    ],
)
def test_names_in_a_text_are_read_as_far_as_they_are_plain(at, text, codes):
    assert at(text, days=DAY)[0] == codes


def test_a_country_from_coordinates_is_marked_as_derived(at):
    codes, (place,), _notes = at("Beidrusko, west of Poznan", "52.406374", "16.9251681")
    assert codes == ["POL"]
    assert place.country_derived
    assert place.precision == "place"


def test_a_country_named_in_the_text_is_not_derived(at):
    _codes, (place,), _notes = at("Latvia, Adazi Training Camp", "57.0684709", "24.3394019")
    assert (place.country, place.country_derived) == ("LVA", False)


def test_a_pin_for_a_whole_country_is_no_spot(at):
    _codes, (place,), _notes = at("southern West Germany", "51.165691", "10.451526")
    assert (place.country, place.precision, place.latitude) == ("DEU", "country", None)


def test_a_former_state_stands_in_its_days_only(at):
    assert at("east Germany", "51.165691", "10.451526", days=DAY)[0] == ["DDR"]
    assert at("east Germany", "51.165691", "10.451526", days=LATER)[0] == ["DEU"]
    assert at("Moscow", "55.7558", "37.6173", days=DAY)[0] == ["SUN"]


def test_georgia_is_a_us_state_where_the_pin_says_so(at):
    assert at("Fort Stewart, Georgia", "31.8691", "-81.6096")[0] == ["USA"]
    assert at("Vaziani, Georgia", "41.6280", "45.0300")[0] == ["GEO"]


def test_where_text_and_pin_contradict_each_other_the_text_of_a_participant_stands(at):
    codes, (place,), notes = at("Jordan", "36.1500042", "-95.9882368", involved=["JOR", "GBR"])
    assert codes == ["JOR"]
    assert place.latitude is None
    assert "contradict each other" in notes[0]


def test_a_pin_on_land_of_a_text_about_a_sea_is_left_out(at):
    codes, (place,), _notes = at("Caribbean Sea", "18.7357", "-70.1627")
    assert codes == ["caribbean-sea"]
    assert place.latitude is None


def test_states_are_not_a_sea(at):
    assert at("in the Baltic states' air space", "54.6094709", "24.448442")[0] == ["LTU"]
