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
    BOUNCED = "bounced", _("came back")
    CANCELLED = "cancelled", pgettext_lazy("e-mail", "cancelled")


# Nobody knows whether it arrived, or it did: whoever is in it counts as written to.
MAY_HAVE_ARRIVED = [EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR, EmailStatus.SENT]


class LetterKind(models.TextChoices):
    # to therapists
    INQUIRY = "inquiry", _("inquiry")
    REMINDER = "reminder", _("reminder")
    WITHDRAWAL = "withdrawal", _("thanks and withdrawal")
    ALTERNATIVES = "alternatives", _("offer of alternatives")
    IDENTITY = "identity", _("hand-over of the identity")
    ANSWER = "answer", _("answer to a message")
    # to patients
    PATIENT_WELCOME = "patient_welcome", _("welcome (to the patient)")
    PATIENT_MISSING_DOCUMENTS = "patient_missing_documents", _("missing documents (to the patient)")
    PATIENT_STATUS = "patient_status", _("weekly status (to the patient)")
    PATIENT_PLACE_FOUND = "patient_place_found", _("place found (to the patient)")
    PATIENT_PLACE_CALL = "patient_place_call", _("place found, please call the practice (to the patient)")
    PATIENT_SEARCH_ENDED = "patient_search_ended", _("search ended (to the patient)")
    PATIENT_EVIDENCE = "patient_evidence", _("evidence of refusals (to the patient)")
    # to whoever registered on a website
    REGISTRATION = "registration", _("confirmation of the address (registration)")
    # to ourselves
    TEST = "test", _("test")


FIRST_CONTACT = [LetterKind.INQUIRY]


class Refusal(models.TextChoices):
    """Why the send layer does not let a message out."""

    NO_CONSENT = "no_consent", _("The patient has not consented to contact by e-mail.")
    NO_CONSENT_PSEUDONYMOUS = (
        "no_consent_pseudonymous",
        _("A patient has not consented to passing pseudonymous data on."),
    )
    NO_CONSENT_HEALTH = "no_consent_health", _("The search is not active or a consent is missing.")
    OBJECTED = "objected", _("The therapist objected to being contacted.")
    EMAIL_POLICY = "email_policy", _("The e-mail policy does not allow this address.")
    NOT_CONTACTABLE = "not_contactable", _("The therapist is not active or not reviewed.")
    CONTACT_PAUSE = "contact_pause", _("The therapist or the shared practice is in a contact pause.")
    CONTACT_INTERVAL = (
        "contact_interval",
        _("The therapist or the shared practice was contacted only days ago."),
    )
    BOUNCED = "bounced", _("Mail to this address came back.")
    NOT_RELEASED = "not_released", _("The inquiry is not released.")
    OUTDATED = "outdated", _("The letter names a request that is no longer released.")
    IDENTITY = "identity", _("The patient has not released the identity to this therapist.")
    LINK = "link", _("The link in the letter is not valid any more.")


# What a person may set aside, with a reason; consents, objections and releases never.
OVERRIDABLE = [Refusal.CONTACT_PAUSE, Refusal.CONTACT_INTERVAL, Refusal.BOUNCED]


class CallStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    DONE = "done", _("made")
    CANCELLED = "cancelled", _("cancelled")


class CallPurpose(models.TextChoices):
    FIRST_CONTACT = "first_contact", _("first contact")
    FOLLOW_UP = "follow_up", _("follow-up")
    THANKS = "thanks", _("thanks and withdrawal")


class CallOutcome(models.TextChoices):
    REACHED = "reached", _("reached")
    NOT_REACHED = "not_reached", _("not reached")
    MESSAGE_LEFT = "message_left", _("message left")
    CALL_BACK = "call_back", _("call back later")


class InboundStatus(models.TextChoices):
    WAITING = "waiting", _("waits for a decision")
    UNMATCHED = "unmatched", _("not recognised")
    PARKED = "parked", _("parked")
    DONE = "done", pgettext_lazy("incoming message", "done")
    DISMISSED = "dismissed", _("dismissed")


# What a person has to look at.
INBOUND_OPEN = [InboundStatus.WAITING, InboundStatus.UNMATCHED]


class InboundKind(models.TextChoices):
    ANSWER = "answer", _("answer")
    BOUNCE = "bounce", _("came back")
    DELAY = "delay", _("delivery delayed")
    OUT_OF_OFFICE = "out_of_office", _("out of office")
    AUTO_REPLY = "auto_reply", _("automatic reply")
    LOOP = "loop", _("our own message")
    REPLY_PAGE = "reply_page", _("word from the reply page")


class InboundSource(models.TextChoices):
    WEBHOOK = "webhook", _("mail provider")
    IMAP = "imap", _("mailbox")
    REPLY_PAGE = "reply_page", _("reply page")
    UPLOAD = "upload", _("by hand")


class MatchedBy(models.TextChoices):
    HEADER = "header", _("headers of the message")
    REFERENCE = "reference", _("reference and known sender")
    SENDER = "sender", _("known sender")
    PERSON = "person", _("by hand")
