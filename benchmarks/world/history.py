"""What has happened between searches and therapists: exclusions, inquiries, requests and their answers."""

from datetime import timedelta
from typing import Any

import numpy as np
from psycopg.types.range import TimestamptzRange

from benchmarks.sizes import AT, TODAY
from benchmarks.world.draws import Draw, only_where
from benchmarks.world.patients import PatientWorld, case_codes
from benchmarks.world.therapists import TherapistWorld
from benchmarks.world.towns import Homes

Columns = dict[str, Any]

OPEN_SHARE = 0.02  # of the contact groups: an inquiry is on its way
PAST_SHARES = (0.15, 0.10)  # of the contact groups: asked 40 and 80 days ago
REQUESTS = 4  # at most, in one inquiry
ANSWERS: dict[Any, float] = {
    "rejected": 0.41, "expired": 0.40, "waitlisted": 0.04, "withdrawn": 0.07, "not_fitting": 0.08,
}  # fmt: skip


def draw_history(
    draw: Draw, therapists: TherapistWorld, patients: PatientWorld, count: int
) -> dict[str, Columns]:
    """Return rows by model; `count` is the number of searches that may be planned for."""
    neighbours = _Neighbours(therapists.homes)
    inquiries = _inquiries(draw, therapists.contact_groups)
    return {
        "TherapistExclusion": _exclusions(draw, neighbours, patients.homes, count),
        "Inquiry": inquiries,
        "PlacementRequest": _requests(draw, inquiries, therapists.homes, patients.homes, count),
    }


class _Neighbours:
    """Therapists by town."""

    def __init__(self, homes: Homes) -> None:
        self.order = np.argsort(homes.town, kind="stable")
        self.town = homes.town[self.order]

    def some(self, draw: Draw, towns: np.ndarray) -> np.ndarray:
        """Return one therapist of each town, -1 where there is none."""
        first, last = np.searchsorted(self.town, towns), np.searchsorted(self.town, towns, side="right")
        place = first + (draw.rng.random(len(towns)) * (last - first)).astype(np.int64)
        return np.where(last > first, self.order[np.minimum(place, len(self.order) - 1)], -1)


def _exclusions(draw: Draw, neighbours: _Neighbours, homes: Homes, count: int) -> Columns:
    """Every tenth patient excludes up to three therapists of the same town."""
    patient = np.repeat(np.flatnonzero(draw.happens(0.10, count)), 3)
    therapist = neighbours.some(draw, homes.town[patient])
    pairs = np.unique(np.stack([patient, therapist], axis=1)[therapist >= 0], axis=0) + 1
    return {
        "patient_id": pairs[:, 0].tolist(),
        "therapist_id": pairs[:, 1].tolist(),
        "source": ["patient"] * len(pairs),
    }


def _inquiries(draw: Draw, groups: list[int]) -> Columns:
    """At most one per contact group and point in time: the database would refuse another."""
    representatives = np.unique(groups, return_index=True)[1]
    therapist, days = [], []
    for share, age in ((OPEN_SHARE, 3), *zip(PAST_SHARES, (40, 80), strict=True)):
        chosen = representatives[draw.happens(share, len(representatives))]
        therapist += chosen.tolist()
        days += (age + draw.integers(0, 3, len(chosen))).tolist()
    moments = [AT - timedelta(days=day) for day in days]
    is_open = [day < 10 for day in days]
    return {
        "id": list(range(1, len(days) + 1)),
        "reference": [f"A-{code}" for code in case_codes(len(days))],
        "status": only_where(is_open, ["sent"] * len(days), "answered"),
        "therapist_id": [place + 1 for place in therapist],
        "contact_group_id": [groups[place] for place in therapist],
        "channel": ["email"] * len(days),
        "released_at": moments,
        "contact_window": [TimestamptzRange(moment, moment + timedelta(days=7)) for moment in moments],
        "sent_at": moments,
        "last_contact_at": moments,
    }


def _requests(
    draw: Draw, inquiries: Columns, therapist_homes: Homes, patient_homes: Homes, count: int
) -> Columns:
    """Searches of the therapist's own town are asked; about half of the rejections still lock the pair."""
    searchers = _Neighbours(
        Homes(patient_homes.town[:count], patient_homes.latitude, patient_homes.longitude)
    )
    asked = np.repeat(np.arange(len(inquiries["id"])), draw.integers(1, REQUESTS, len(inquiries["id"])))
    therapist = np.array(inquiries["therapist_id"])[asked]
    search = searchers.some(draw, therapist_homes.town[therapist - 1])
    _distinct, first = np.unique(np.stack([therapist, search]), axis=1, return_index=True)
    kept = np.sort(first[search[first] >= 0])
    inquiry, therapist, search = asked[kept], therapist[kept], search[kept] + 1
    columns = {
        "search_id": search.tolist(),
        "inquiry_id": (inquiry + 1).tolist(),
        "therapist_id": therapist.tolist(),
        "sent_at": [inquiries["sent_at"][place] for place in inquiry.tolist()],
    }
    is_open = [inquiries["status"][place] == "sent" for place in inquiry.tolist()]
    return columns | _answers(draw, is_open, columns["sent_at"])


def _answers(draw: Draw, is_open: list[bool], sent_at: list[Any]) -> Columns:
    count = len(is_open)
    given = draw.one_of(ANSWERS, count)
    status = only_where([not value for value in is_open], given, "sent")
    is_answered = [value in ("rejected", "waitlisted", "not_fitting") for value in status]
    is_rejected = [value == "rejected" for value in status]
    is_waiting = [value == "waitlisted" for value in status]
    locks = draw.days(TODAY - timedelta(days=25), TODAY + timedelta(days=25), count)
    return {
        "status": status,
        "answered_at": only_where(is_answered, [moment + timedelta(days=2) for moment in sent_at]),
        "answer_source": only_where(is_answered, ["portal"] * count, ""),
        "rejection_reason": only_where(is_rejected, ["capacity"] * count, ""),
        "waitlist_until": only_where(is_waiting, [TODAY + timedelta(days=90)] * count),
        "locked_until": only_where(is_answered, locks),
    }
