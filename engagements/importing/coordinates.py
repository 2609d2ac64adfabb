"""Coordinates as written: a decimal comma is read, what cannot be on the Earth is refused."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from engagements.importing.dates import is_missing
from engagements.importing.records import RowError

NEAR = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Point:
    """Coordinates in degrees, to the five decimals that the register keeps."""

    latitude: Decimal
    longitude: Decimal

    def near(self, other: "Point") -> bool:
        return (
            abs(self.latitude - other.latitude) <= NEAR
            and abs(self.longitude - other.longitude) <= NEAR
        )


def read_point(latitude: str, longitude: str) -> Point | None:
    """Return the coordinates of a row, or None when it has none.

    A decimal comma is read as what it is. What cannot be on the Earth is refused.
    """
    latitude, longitude = latitude.strip(), longitude.strip()
    if is_missing(latitude) and is_missing(longitude):
        return None
    if is_missing(latitude) or is_missing(longitude):
        raise RowError("one of lat and lon is empty: give both or neither.")
    north, east = _degrees("lat", latitude), _degrees("lon", longitude)
    if not -90 <= north <= 90:
        hint = " Perhaps lat and lon are swapped." if -90 <= east <= 90 else ""
        raise RowError(f"lat “{latitude}” is not between -90 and 90.{hint}")
    if not -180 <= east <= 180:
        raise RowError(f"lon “{longitude}” is not between -180 and 180.")
    return Point(north, east)


def _degrees(column: str, text: str) -> Decimal:
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise RowError(f"{column} “{text}” is not a number of degrees.")
    return value.quantize(Decimal("0.00001"))


def written(point: Point | None) -> str:
    return f"{point.latitude.normalize():f}, {point.longitude.normalize():f}" if point else ""
