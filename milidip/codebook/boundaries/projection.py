"""Where on the drawn map is a point? The Equal Earth projection, so that areas compare.

Šavrič, Patterson and Jenny (2018), The Equal Earth map projection, doi:10.1080/13658816.2018.1504949.
"""

from math import asin, cos, radians, sin, sqrt

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
WIDTH, HEIGHT = 1000, 436
NORTH = 83.7
"""The map begins at this latitude and ends south of Cape Horn, without Antarctica."""


def _plane(lat: float, lon: float) -> tuple[float, float]:
    """Return x and y of the projection on a globe of radius 1, y to the north."""
    theta = asin(sqrt(3) / 2 * sin(radians(lat)))
    power = theta**6
    x = 2 * sqrt(3) * radians(lon) * cos(theta)
    x /= 3 * (9 * A4 * theta**8 + 7 * A3 * power + 3 * A2 * theta**2 + A1)
    return x, theta * (A4 * theta**8 + A3 * power + A2 * theta**2 + A1)


_EAST = _plane(0, 180)[0]
_TOP = _plane(NORTH, 0)[1]
SCALE = WIDTH / 2 / _EAST


def project(lat: float, lon: float) -> tuple[float, float]:
    """Return the point of the map (0 to WIDTH, 0 to HEIGHT, y downwards) of degrees WGS84."""
    x, y = _plane(lat, lon)
    return WIDTH / 2 + x * SCALE, (_TOP - y) * SCALE
