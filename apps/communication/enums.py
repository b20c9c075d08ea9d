from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EmailStatus(models.TextChoices):
    """handing_over is committed just before the final dot: from there on nobody re-sends by himself."""

    QUEUED = "queued", _("queued")
    SENDING = "sending", _("being sent")
    HANDING_OVER = "handing_over", _("being handed over")
    SENT = "sent", _("sent")
    UNCLEAR = "unclear", _("delivery unclear")
    FAILED = "failed", _("failed")
    REFUSED = "refused", _("refused by a rule")
    CANCELLED = "cancelled", pgettext_lazy("e-mail", "cancelled")


class LetterKind(models.TextChoices):
    INQUIRY = "inquiry", _("inquiry")
    WITHDRAWAL = "withdrawal", _("thanks and withdrawal")
    PATIENT_PLACE_FOUND = "patient_place_found", _("place found (to the patient)")


class CallStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    DONE = "done", _("made")
    CANCELLED = "cancelled", _("cancelled")


class CallPurpose(models.TextChoices):
    FIRST_CONTACT = "first_contact", _("first contact")
    FOLLOW_UP = "follow_up", _("follow-up")


class CallOutcome(models.TextChoices):
    REACHED = "reached", _("reached")
    NOT_REACHED = "not_reached", _("not reached")
    MESSAGE_LEFT = "message_left", _("message left")
    CALL_BACK = "call_back", _("call back later")
