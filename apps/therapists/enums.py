from django.db import models
from django.utils.translation import gettext_lazy as _


class Gender(models.TextChoices):
    """Never guessed: unknown stays unknown."""

    MALE = "male", _("male")
    FEMALE = "female", _("female")
    DIVERSE = "diverse", _("diverse")
    UNKNOWN = "unknown", _("unknown")


class Seat(models.TextChoices):
    """Statutory seat (Kassensitz)."""

    FULL = "full", _("full seat")
    HALF = "half", _("half seat")
    NONE = "none", _("no seat")


class AgeGroup(models.TextChoices):
    MINORS = "minors", _("children and youth")
    ADULTS = "adults", _("adults")


class Setting(models.TextChoices):
    INDIVIDUAL = "individual", _("individual")
    GROUP = "group", _("group")


class HoursKind(models.TextChoices):
    PHONE = "phone", _("phone hours")
    WORKING = "working", _("working hours")


class TherapistStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    BLOCKED = "blocked", _("blocked")
    INACTIVE = "inactive", _("inactive")


class ReviewStatus(models.TextChoices):
    UNREVIEWED = "unreviewed", _("not reviewed")
    VERIFIED = "verified", _("verified")


class PauseReason(models.TextChoices):
    ANSWERED = "answered", _("pause after an answer")
    REQUESTED = "requested", _("the therapist asked for it")
    HOLIDAY = "holiday", _("holiday or illness")
    STAFF = "staff", _("set by us")


class EmailPermission(models.TextChoices):
    """How we came to may write e-mails."""

    NONE = "", _("none recorded")
    ORAL = "oral", _("given on the phone or in person")
    WRITTEN = "written", _("given in writing")
    REPLY = "reply", _("given in an answer")
