from django.db import models
from django.utils.translation import gettext_lazy as _


class Precision(models.TextChoices):
    """How a pair of coordinates was found, finest first; everything below `street` is approximate."""

    HOUSE = "house", _("house")
    STREET = "street", _("street")
    PLZ = "plz", _("postal code")
    TOWN = "town", _("town")
    NONE = "none", _("unknown")
    MANUAL = "manual", _("set by hand")


class State(models.TextChoices):
    """The Bundesländer by the two letters of ISO 3166-2:DE."""

    BW = "BW", _("Baden-Württemberg")
    BY = "BY", _("Bavaria")
    BE = "BE", _("Berlin")
    BB = "BB", _("Brandenburg")
    HB = "HB", _("Bremen")
    HH = "HH", _("Hamburg")
    HE = "HE", _("Hesse")
    MV = "MV", _("Mecklenburg-Western Pomerania")
    NI = "NI", _("Lower Saxony")
    NW = "NW", _("North Rhine-Westphalia")
    RP = "RP", _("Rhineland-Palatinate")
    SL = "SL", _("Saarland")
    SN = "SN", _("Saxony")
    ST = "ST", _("Saxony-Anhalt")
    SH = "SH", _("Schleswig-Holstein")
    TH = "TH", _("Thuringia")


class Provenance(models.TextChoices):
    """Where a point comes from."""

    OWN_TABLE = "own_table", _("own table of postal codes and towns")
    NOMINATIM = "nominatim", _("address server")
    CACHE = "cache", _("address server, kept answer")
    HAND = "hand", _("set by hand")


class Reason(models.TextChoices):
    """Why a point is coarser than a house, or missing. Sentences for staff, with what to do."""

    NO_SERVER = "no_server", _("No address server is set up: only postal code and town are used.")
    NO_STREET = "no_street", _("The record has no street. Please enter it.")
    PRIVATE = "private", _("A patient's street is not given to a public address server.")
    UNREACHABLE = "unreachable", _("The address server cannot be reached; this is tried again by itself.")
    REJECTED = "rejected", _("The address server did not understand the address. Please check its spelling.")
    NOT_FOUND = "not_found", _("The address server does not know this address. Please check street and town.")
    NO_HOUSE = "no_house", _("The street is known, the house number is not.")
    IMPLAUSIBLE = (
        "implausible",
        _("What the address server found lies too far from the postal code. Please check both."),
    )
    NO_PLACE = "no_place", _("Neither postal code nor town are known. Please check both.")


class Outcome(models.TextChoices):
    """What became of an address."""

    PLACED = "placed", _("placed")
    COARSE = "coarse", _("only roughly")
    REFUSED = "refused", _("hit refused")
    UNKNOWN = "unknown", _("not found")


class TravelMode(models.TextChoices):
    """How somebody travels; the values are those of `travel.TRAVEL_MODES`."""

    CAR = "car", _("car")
    PUBLIC_TRANSPORT = "public_transport", _("public transport")
    BICYCLE = "bicycle", _("bicycle")
    FOOT = "foot", _("on foot")


class TravelSource(models.TextChoices):
    """Who told a travel time. An estimate is never kept: it is worked out anew each time."""

    ROUTER = "router", _("route planner")
    TIMETABLE = "timetable", _("timetable")
    UNPLACED = "unplaced", _("place not known to the route planner")
