"""Sentences of the pages: relaxed wishes, and what the therapist's reply page says of a request."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.matching.enums import RequestStatus

# Keys of apps.matching.engine.relaxation.RELAXATIONS.
RELAXATIONS: dict[str, Promise] = {
    "distance_plus_5_km": _("5 km farther"),
    "distance_plus_10_km": _("10 km farther"),
    "distance_plus_20_km": _("20 km farther"),
    "any_method": _("any method"),
    "any_therapist_gender": _("any gender of the therapist"),
    "group_also": _("group therapy as well"),
    "any_language": _("any language"),
    "any_hours": _("any hours"),
    "no_exclusions": _("without the list of excluded therapists"),
}

_WE_GET_IN_TOUCH = _("You said yes: thank you! We will get in touch with you.")

# Said to the therapist about a request that needs no answer (any more).
REPLY_STATES: dict[str, Promise] = {
    RequestStatus.ACCEPTED: _WE_GET_IN_TOUCH,
    RequestStatus.CONFIRMED: _WE_GET_IN_TOUCH,
    RequestStatus.CONFLICT: _(
        "Thank you for your yes! Somebody else had accepted shortly before. We will get in touch with you."
    ),
    RequestStatus.REJECTED: _("You declined. Thank you for telling us."),
    RequestStatus.NOT_FITTING: _("This request is closed. Thank you."),
    RequestStatus.WITHDRAWN: _("A place has been found meanwhile. Nothing is left to do: thank you!"),
}
REPLY_CLOSED = _("This request is closed. Thank you.")
