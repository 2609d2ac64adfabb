"""The drawn map: every country of today can be shown, where it is."""

from milidip.codebook.boundaries.projection import HEIGHT, WIDTH, project
from milidip.codebook.boundaries.world import lands
from milidip.codebook.choices import CountryKind
from milidip.codebook.models import Country

UNINHABITED_AND_FAR = {"ATA", "ATF", "BVT"}


def test_every_country_of_today_is_on_the_map(db):
    drawn = {land.code for land in lands()}
    today = set(
        Country.objects.exclude(kind=CountryKind.HISTORICAL).values_list("code", flat=True)
    )
    assert today - drawn <= UNINHABITED_AND_FAR
    assert drawn - today == {""}, "land that the register ascribes to nobody, and nothing else"


def test_small_states_are_points_inside_the_map():
    points = {land.code: land.point for land in lands() if land.point}
    assert {"SGP", "MLT", "BHR", "TUV", "LUX"} <= points.keys()
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points.values())


def test_places_are_where_they_should_be():
    x, y = project(0, 0)
    assert x == WIDTH / 2
    nairobi, cape, tromso = project(-1.3, 36.8), project(-34, 18.5), project(69.6, 19)
    assert nairobi[0] > cape[0] > x
    assert tromso[1] < y < nairobi[1] < cape[1] < HEIGHT
