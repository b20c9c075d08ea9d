"""Event types of places."""

from apps.events.catalogue import Told, declare
from apps.events.schema import Key, one_of
from apps.geocoding.enums import Outcome, Precision, Reason

KIND = Key(
    {"type": "string", "description": "Kind of the record: patient or practice", "pattern": "^[a-z_]+$"},
    "practice",
)

declare(
    "geocoding",
    subject="the record the address belongs to; `kind` says which table it is in",
    geocoding__address_placed=Told(
        "An address has its point, or a rough one where nothing better is known",
        {
            "kind": KIND,
            "to": one_of([Outcome.PLACED, Outcome.COARSE], "To the house, or only roughly"),
            "precision": one_of(Precision, "How fine the record's point is"),
        },
    ),
    geocoding__address_refused=Told(
        "An address could not be placed, or its hit lies too far from its postal code; a person may look",
        {
            "kind": KIND,
            "to": one_of([Outcome.REFUSED, Outcome.UNKNOWN], "Hit refused, or nothing found"),
            "reason": one_of(["", *Reason], "Why, where it is known", example=Reason.NOT_FOUND),
        },
    ),
)
