"""Histories of answers with every column filled, to change one thing at a time."""

from typing import Any

import numpy as np

from apps.matching.engine.acceptance import NEVER
from apps.matching.engine.acceptance_history import History

FIRST_DAY = 739_000


def history(outcomes: list[int], **columns: Any) -> History:
    """One request per outcome, a week apart, of therapist 1 in practice 1 of region 10, known after 3 days.

    A column may be given as one value for all rows.
    """
    count = len(outcomes)
    asked_on = columns.pop("asked_on", FIRST_DAY + 7 * np.arange(count))
    values: dict[str, Any] = {
        "therapist": 1,
        "practice": 1,
        "region": 10,
        "asked_on": asked_on,
        "known_on": np.asarray(asked_on) + 3,
        "is_accepted": np.array(outcomes, dtype=bool),
        "has_free_place": False,
        "is_possibly_free": False,
        "knows_agency": False,
        "days_since_contact": NEVER,
        **columns,
    }
    return History(**{name: np.array(np.broadcast_to(value, count)) for name, value in values.items()})
