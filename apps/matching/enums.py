from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SearchStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    TRIAL = "trial", _("trial sessions")
    PLACED = "placed", _("place confirmed")
    CANCELLED = "cancelled", pgettext_lazy("search", "cancelled")


class RoundStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    RELEASED = "released", _("released")
    DISCARDED = "discarded", _("discarded")


class InquiryStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    RELEASED = "released", _("released")
    SENT = "sent", _("sent")
    ANSWERED = "answered", _("answered")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")
    WITHDRAWN = "withdrawn", _("withdrawn")


class RequestStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    RELEASED = "released", _("released")
    SENT = "sent", _("asked")
    ACCEPTED = "accepted", _("accepted")
    WAITLISTED = "waitlisted", _("waiting list")
    REJECTED = "rejected", _("declined")
    EXPIRED = "expired", _("no answer")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CONFLICT = "conflict", _("second acceptance")
    CONFIRMED = "confirmed", _("place confirmed")
    NOT_FITTING = "not_fitting", _("did not fit")
    DROPPED = "dropped", _("dropped")


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")


class AnswerSource(models.TextChoices):
    PORTAL = "portal", _("reply page")
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")


class RejectionReason(models.TextChoices):
    CAPACITY = "capacity", _("no capacity")
    NOT_SUITABLE = "not_suitable", _("not suitable")
    OTHER = "other", _("other reason")


class ExclusionSource(models.TextChoices):
    PATIENT = "patient", _("the patient's wish")
    NOT_SUITABLE = "not_suitable", _("the therapist said: not suitable")
    NOT_FITTING = "not_fitting", _("trial sessions did not fit")
    STAFF = "staff", _("set by us")


class SessionOutcome(models.TextChoices):
    PLANNED = "planned", _("planned")
    HELD = "held", _("held")
    NO_SHOW = "no_show", _("did not come")
    CANCELLED = "cancelled", _("cancelled")


class EvidenceStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    SIGNED = "signed", _("signed off")
    VOID = "void", _("void")


# States that belong together; used by constraints, selectors and services alike.
OPEN_SEARCHES = [SearchStatus.ACTIVE, SearchStatus.PAUSED, SearchStatus.TRIAL]
RUNNING_SEARCHES = [SearchStatus.ACTIVE, SearchStatus.PAUSED]
OPEN_INQUIRIES = [InquiryStatus.DRAFT, InquiryStatus.RELEASED, InquiryStatus.SENT]
UNSENT_INQUIRIES = [InquiryStatus.DRAFT, InquiryStatus.RELEASED]
OPEN_REQUESTS = [RequestStatus.PLANNED, RequestStatus.RELEASED, RequestStatus.SENT]
UNSENT_REQUESTS = [RequestStatus.PLANNED, RequestStatus.RELEASED]
WON_REQUESTS = [RequestStatus.ACCEPTED, RequestStatus.CONFIRMED]
# what a therapist said yes to, whatever became of it
YES_REQUESTS = [
    RequestStatus.ACCEPTED,
    RequestStatus.CONFIRMED,
    RequestStatus.NOT_FITTING,
    RequestStatus.CONFLICT,
]
# still worth an answer: a waiting list may become a place, a late yes may come after the expiry
ANSWERABLE_REQUESTS = [
    RequestStatus.SENT,
    RequestStatus.WAITLISTED,
    RequestStatus.EXPIRED,
    RequestStatus.WITHDRAWN,
]
