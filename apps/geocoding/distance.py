"""Distances on the earth's surface, as the crow flies."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius R1 of the WGS 84 ellipsoid, (2a + b) / 3


def haversine_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    """Great-circle distance in km between two points given in degrees.

    The haversine form stays exact for neighbours, where the law of cosines loses its digits. Taking the
    earth for a sphere costs at most 0.6 %, far less than a postal code's own extent.
    """
    phi_a, phi_b = radians(latitude_a), radians(latitude_b)
    half_chord = (
        sin((phi_b - phi_a) / 2) ** 2
        + cos(phi_a) * cos(phi_b) * sin(radians(longitude_b - longitude_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half_chord)))
