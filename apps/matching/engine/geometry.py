"""Distances on the sphere, and who lies near a point.

All distances are great circles on a sphere of radius 6371.0088 km, rounded to the metre: scalar and
vectorised formulas differ in the last bits, and a limit must not depend on which one was used.
"""

from dataclasses import dataclass

import numpy as np

EARTH_RADIUS_KM = 6371.0088
STRIP_DEGREES = 0.1  # about 11 km
_KEYS_PER_STRIP = 1000.0  # above 360, so that longitudes of two strips never mix
_SLACK_DEGREES = 1e-6  # about 10 cm: boxes are cut generously, distances exactly


def unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return points on the unit sphere, float64 (3, n); NaN where the location is unknown."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def distance_km(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the distances between columns of two arrays of unit vectors (3, n), or of (3, 1) and (3, n)."""
    difference = left - right
    half_chord = np.sqrt(np.einsum("ij,ij->j", difference, difference)) / 2.0
    return np.round(2.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(half_chord, 1.0)), 3)


@dataclass(frozen=True)
class Ranges:
    """Runs of SpatialIndex.order that may lie near a centre, sorted by centre."""

    centre: np.ndarray  # int64 (r,)
    begin: np.ndarray  # int64 (r,)
    end: np.ndarray  # int64 (r,)


@dataclass(frozen=True)
class SpatialIndex:
    """Points in strips of latitude, by longitude within a strip; unlocated points are left out."""

    order: np.ndarray  # int64 (located,): positions of the points
    key: np.ndarray  # float64 (located,): ascending, strip x 1000 + longitude
    first_strip: int
    last_strip: int

    @classmethod
    def build(cls, latitude: np.ndarray, longitude: np.ndarray) -> "SpatialIndex":
        located = np.flatnonzero(~np.isnan(latitude) & ~np.isnan(longitude))
        strip = np.floor(latitude[located] / STRIP_DEGREES)
        key = strip * _KEYS_PER_STRIP + longitude[located]
        rank = np.argsort(key, kind="stable")
        first, last = (int(strip.min()), int(strip.max())) if located.size else (0, -1)
        return cls(located[rank], key[rank], first, last)

    def ranges(self, latitude: np.ndarray, longitude: np.ndarray, radius_km: np.ndarray) -> Ranges:
        """Return runs that hold every point within the radius of each centre, and some beyond it."""
        angle = np.minimum(radius_km / EARTH_RADIUS_KM, np.pi)
        height = np.degrees(angle) + _SLACK_DEGREES
        width = _half_width_degrees(latitude, longitude, angle, height)
        located = ~np.isnan(latitude) & ~np.isnan(longitude)
        low = np.maximum(np.floor((latitude - height) / STRIP_DEGREES), self.first_strip)
        high = np.minimum(np.floor((latitude + height) / STRIP_DEGREES), self.last_strip)
        strips = np.where(located, np.maximum(high - low + 1, 0), 0).astype(np.int64)
        centre, step = expand(strips)
        base = (low[centre] + step) * _KEYS_PER_STRIP + longitude[centre]
        begin = np.searchsorted(self.key, base - width[centre], side="left")
        end = np.searchsorted(self.key, base + width[centre], side="right")
        return Ranges(centre, begin, end)

    def points(self, ranges: Ranges) -> tuple[np.ndarray, np.ndarray]:
        """Return (centre, point) for every point in the runs, sorted by centre."""
        run, step = expand(ranges.end - ranges.begin)
        return ranges.centre[run], self.order[ranges.begin[run] + step]


def expand(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for counts [2, 0, 3], the owners [0 0 2 2 2] and the steps [0 1 0 1 2]."""
    owner = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, step


def _half_width_degrees(
    latitude: np.ndarray, longitude: np.ndarray, angle: np.ndarray, height: np.ndarray
) -> np.ndarray:
    """Return how far in longitude a circle reaches; all around near a pole or across the date line."""
    sine = np.sin(np.minimum(angle, np.pi / 2)) / np.maximum(np.cos(np.radians(latitude)), 1e-12)
    width = np.degrees(np.arcsin(np.minimum(sine, 1.0))) + _SLACK_DEGREES
    has_pole = np.abs(latitude) + height >= 90.0
    crosses = np.abs(longitude) + width >= 180.0
    return np.where(has_pole | crosses, 360.0, width)
