from django.db import models
from django.utils.translation import gettext_lazy as _


class Gender(models.TextChoices):
    MALE = "male", _("male")
    FEMALE = "female", _("female")
    DIVERSE = "diverse", _("diverse")
    NOT_STATED = "not_stated", _("not stated")


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    POST = "post", _("post")


class InsuranceKind(models.TextChoices):
    STATUTORY = "gkv", _("statutory (GKV)")
    PRIVATE = "pkv", _("private (PKV)")
    CIVIL_SERVANT = "beihilfe", _("Beihilfe")
    SELF_PAYER = "self_payer", _("self-payer")


class MaritalStatus(models.TextChoices):
    SINGLE = "single", _("single")
    PARTNERSHIP = "partnership", _("in a partnership")
    MARRIED = "married", _("married")
    SEPARATED = "separated", _("separated")
    DIVORCED = "divorced", _("divorced")
    WIDOWED = "widowed", _("widowed")


class GroupWish(models.TextChoices):
    NO = "no", _("no group therapy")
    ALSO = "also", _("group therapy too")
    ONLY = "only", _("only group therapy")


class TravelMode(models.TextChoices):
    CAR = "car", _("car")
    PUBLIC_TRANSPORT = "public_transport", _("public transport")
    BICYCLE = "bicycle", _("bicycle")
    FOOT = "foot", _("on foot")


class Purpose(models.TextChoices):
    """What a consent is for. No consent, no use: the send layer refuses."""

    HEALTH_DATA = "health_data", _("processing health data")
    PSEUDONYMOUS = "pseudonymous", _("passing pseudonymous data to therapists")
    IDENTITY = "identity", _("passing identity to a therapist who said yes")
    EMAIL = "email", _("contact by e-mail")


class PatientStatus(models.TextChoices):
    OPEN = "open", _("open")
    SEARCHING = "searching", _("searching")
    IN_THERAPY = "in_therapy", _("in therapy")
    THERAPY_COMPLETED = "therapy_completed", _("therapy completed")
    THERAPY_DISCONTINUED = "therapy_discontinued", _("therapy discontinued")
    SEARCH_CANCELLED = "search_cancelled", _("search cancelled")
