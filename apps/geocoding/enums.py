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
