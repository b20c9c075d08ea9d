from django.db import models
from django.utils.translation import gettext_lazy as _


class RegistrationStatus(models.TextChoices):
    """Confirmed or not, a registration waits for a person; who decides may do so in both states."""

    WAITING_FOR_CONFIRMATION = "waiting_for_confirmation", _("e-mail not confirmed yet")
    WAITING = "waiting", _("waits for review")
    ACCEPTED = "accepted", _("registered as a patient")
    MERGED = "merged", _("added to a known patient")
    REJECTED = "rejected", _("turned down")


OPEN = (RegistrationStatus.WAITING_FOR_CONFIRMATION, RegistrationStatus.WAITING)


class ProblemCode(models.TextChoices):
    """What a person has to mend. A problem names the field, never its value."""

    UNUSABLE = "unusable", _("cannot be used as it is")
    MISSING = "missing", _("is missing")
    UNKNOWN_INSURER = "unknown_insurer", _("is not in the list of insurers")
    UNKNOWN_PLZ = "unknown_plz", _("is no PLZ we know")
    UNKNOWN_SYMPTOM = "unknown_symptom", _("is not in the list of symptoms")
    NO_HEALTH_CONSENT = "no_health_consent", _("health data came without the consent to process them")
    LETTER_HELD_BACK = "letter_held_back", _("too many confirmations for this address: no letter was sent")
