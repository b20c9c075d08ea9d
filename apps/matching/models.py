"""Searches, rounds, inquiries and placement requests: the main job as rows."""

import secrets
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.communication.models import EmailMessage, PhoneCall
from apps.core.encryption import EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.matching.enums import (
    OPEN_INQUIRIES,
    OPEN_REQUESTS,
    OPEN_SEARCHES,
    WON_REQUESTS,
    AnswerSource,
    Channel,
    ExclusionSource,
    InquiryStatus,
    RejectionReason,
    RequestStatus,
    RoundStatus,
    SearchStatus,
    SessionOutcome,
)
from apps.patients.models import CASE_CODE_LETTERS, Patient
from apps.therapists.models import ContactGroup, Therapist

P = SearchStatus
I = InquiryStatus  # noqa: E741  (short names keep the tables of states readable)
R = RequestStatus


def new_reference() -> str:
    """Reference of an inquiry that a therapist can quote, e.g. A-K7M4QX."""
    return "A-" + "".join(secrets.choice(CASE_CODE_LETTERS) for _position in range(6))


class PlacementSearch(StatefulModel):
    """One running search of one patient. Doors: `services.searches` and `services.answers`."""

    TRANSITIONS: ClassVar = {
        P.ACTIVE: frozenset({P.PAUSED, P.TRIAL, P.CANCELLED}),
        P.PAUSED: frozenset({P.ACTIVE, P.TRIAL, P.CANCELLED}),
        P.TRIAL: frozenset({P.ACTIVE, P.PLACED, P.CANCELLED}),
        P.PLACED: frozenset(),
        P.CANCELLED: frozenset(),
    }
    UNDO: ClassVar = {
        P.TRIAL: frozenset({P.ACTIVE}),
        P.PLACED: frozenset({P.TRIAL}),
        P.CANCELLED: frozenset({P.ACTIVE}),
    }
    EVENTS: ClassVar = {status: f"search.{status}" for status in P}
    SUBJECT_ID: ClassVar = "patient_id"

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="searches", verbose_name=_("patient"))
    status = models.CharField(_("status"), max_length=12, choices=P.choices, default=P.ACTIVE, editable=False)
    is_kostenerstattung = models.BooleanField(
        _("Kostenerstattung"),
        default=False,
        help_text=_("§ 13 (3) SGB V: a licensed therapist without statutory seat is wanted."),
    )
    started_on = models.DateField(_("waiting since"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    paused_from = models.DateField(_("paused from"), null=True, blank=True, editable=False)
    paused_until = models.DateField(_("paused until (last day)"), null=True, blank=True, editable=False)
    pause_reason = models.CharField(_("reason of the pause"), max_length=200, blank=True, editable=False)
    note = models.TextField(_("internal note"), blank=True)

    class Meta:
        verbose_name = _("search for a place")
        verbose_name_plural = _("searches for a place")
        indexes = [models.Index(fields=["status", "started_on"], name="search_by_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], name="search_one_open_per_patient", condition=Q(status__in=OPEN_SEARCHES)
            ),
            models.CheckConstraint(name="search_status_known", condition=Q(status__in=P.values)),
            models.CheckConstraint(
                name="search_pause_whole",
                condition=~Q(status=P.PAUSED) | (Q(paused_from__isnull=False) & ~Q(pause_reason="")),
            ),
            models.CheckConstraint(
                name="search_pause_in_order",
                condition=Q(paused_until__isnull=True) | Q(paused_until__gte=F("paused_from")),
            ),
            models.CheckConstraint(
                name="search_ended_has_date",
                condition=Q(status__in=OPEN_SEARCHES) | Q(ended_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.patient.case_code

    def get_absolute_url(self) -> str:
        return reverse("matching:search", args=[self.pk])


class SearchHistory(HistoryRow):
    subject = models.ForeignKey(PlacementSearch, models.CASCADE, related_name="history", verbose_name=_("search"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a search")
        verbose_name_plural = _("histories of searches")


class TherapistExclusion(TimestampedModel):
    """This therapist is not (or no longer) wanted for this patient, and why."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="exclusions", verbose_name=_("patient"))
    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="exclusions", verbose_name=_("therapist"))
    source = models.CharField(_("source"), max_length=16, choices=ExclusionSource.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("excluded therapist")
        verbose_name_plural = _("excluded therapists")
        constraints = [models.UniqueConstraint(fields=["patient", "therapist"], name="exclusion_once")]

    def __str__(self) -> str:
        return f"{self.patient_id} × {self.therapist_id}"


class Round(StatefulModel):
    """One plan of contacts: a draft until a person releases all or parts of it. Door: `services.rounds`."""

    TRANSITIONS: ClassVar = {
        RoundStatus.DRAFT: frozenset({RoundStatus.RELEASED, RoundStatus.DISCARDED}),
        RoundStatus.RELEASED: frozenset(),
        RoundStatus.DISCARDED: frozenset(),
    }
    EVENTS: ClassVar = {status: f"round.{status}" for status in RoundStatus}

    status = models.CharField(
        _("status"), max_length=12, choices=RoundStatus.choices, default=RoundStatus.DRAFT, editable=False
    )
    planned_for = models.DateField(_("planned for"))
    parameters_version = models.BigIntegerField(_("version of the parameters"), default=0)
    result_hash = models.CharField(_("hash of the matching result"), max_length=64, blank=True)
    searches_count = models.PositiveIntegerField(_("searches"), default=0)
    therapists_count = models.PositiveIntegerField(_("therapists looked at"), default=0)
    candidates_count = models.PositiveIntegerField(_("candidates"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("planned by"),
    )

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.CheckConstraint(name="round_status_known", condition=Q(status__in=RoundStatus.values)),
            models.UniqueConstraint(
                fields=["status"], name="round_one_draft", condition=Q(status=RoundStatus.DRAFT)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("matching:round", args=[self.pk])


class RoundHistory(HistoryRow):
    subject = models.ForeignKey(Round, models.CASCADE, related_name="history", verbose_name=_("round"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a round")
        verbose_name_plural = _("histories of rounds")


class Inquiry(StatefulModel):
    """One contact to one therapist, carrying placement requests. Doors: `services.release`, `services.answers`.

    `contact_window` spans release to the end of the contact interval: the database itself refuses a
    second contact of anybody in the same contact group within it.
    """

    TRANSITIONS: ClassVar = {
        I.DRAFT: frozenset({I.RELEASED, I.CANCELLED}),
        I.RELEASED: frozenset({I.SENT, I.CANCELLED}),
        I.SENT: frozenset({I.ANSWERED, I.EXPIRED, I.WITHDRAWN}),
        I.EXPIRED: frozenset({I.ANSWERED}),
        I.ANSWERED: frozenset(),
        I.WITHDRAWN: frozenset({I.ANSWERED}),
        I.CANCELLED: frozenset(),
    }
    UNDO: ClassVar = {
        I.ANSWERED: frozenset({I.SENT}),
        I.EXPIRED: frozenset({I.SENT}),
        I.WITHDRAWN: frozenset({I.SENT}),
    }
    EVENTS: ClassVar = {status: f"inquiry.{status}" for status in I if status != I.DRAFT}
    SUBJECT_ID: ClassVar = "therapist_id"

    reference = models.CharField(_("reference"), max_length=8, unique=True, default=new_reference, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=I.choices, default=I.DRAFT, editable=False)
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="inquiries", verbose_name=_("therapist"))
    contact_group = models.ForeignKey(ContactGroup, models.PROTECT, related_name="inquiries", editable=False)
    round = models.ForeignKey(
        Round, models.PROTECT, null=True, blank=True, related_name="inquiries", verbose_name=_("round")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("released by"),
    )
    contact_window = DateTimeRangeField(_("contact window"), null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("asked at"), null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("inquiry")
        verbose_name_plural = _("inquiries")
        indexes = [
            models.Index(fields=["last_contact_at"], name="inquiry_waiting", condition=Q(status=I.SENT)),
            models.Index(fields=["-id"], name="inquiry_newest"),
        ]
        constraints = [
            models.CheckConstraint(name="inquiry_status_known", condition=Q(status__in=I.values)),
            models.CheckConstraint(name="inquiry_channel_known", condition=Q(channel__in=Channel.values)),
            models.UniqueConstraint(
                fields=["therapist"], name="inquiry_one_open_per_therapist", condition=Q(status__in=OPEN_INQUIRIES)
            ),
            models.UniqueConstraint(
                fields=["contact_group"], name="inquiry_one_open_per_group", condition=Q(status__in=OPEN_INQUIRIES)
            ),
            models.CheckConstraint(
                name="inquiry_unreleased_stays_inside",
                condition=Q(status__in=[I.DRAFT, I.CANCELLED])
                | Q(released_at__isnull=False, contact_window__isnull=False),
            ),
            models.CheckConstraint(
                name="inquiry_sent_has_time",
                condition=~Q(status__in=[I.SENT, I.ANSWERED, I.EXPIRED, I.WITHDRAWN]) | Q(sent_at__isnull=False),
            ),
            ExclusionConstraint(
                name="inquiry_contact_interval",
                expressions=[
                    (Func(F("contact_group_id"), F("contact_group_id"), Value("[]"), function="int8range"), "&&"),
                    ("contact_window", "&&"),
                ],
                condition=~Q(status=I.CANCELLED) & Q(contact_window__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("matching:inquiry", args=[self.pk])


class InquiryHistory(HistoryRow):
    subject = models.ForeignKey(Inquiry, models.CASCADE, related_name="history", verbose_name=_("inquiry"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of an inquiry")
        verbose_name_plural = _("histories of inquiries")


class InquiryContact(models.Model):
    """One e-mail or call by which an inquiry was made, followed up or thanked for."""

    inquiry = models.ForeignKey(Inquiry, models.CASCADE, related_name="contacts", verbose_name=_("inquiry"))
    email = models.OneToOneField(
        EmailMessage, models.PROTECT, null=True, blank=True, related_name="inquiry_contact", verbose_name=_("e-mail")
    )
    call = models.OneToOneField(
        PhoneCall, models.PROTECT, null=True, blank=True, related_name="inquiry_contact", verbose_name=_("call")
    )

    request_ids = ArrayField(models.BigIntegerField(), verbose_name=_("requests named in it"), default=list)

    class Meta:
        verbose_name = _("contact of an inquiry")
        verbose_name_plural = _("contacts of inquiries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="contact_email_or_call",
                condition=Q(email__isnull=False, call__isnull=True) | Q(email__isnull=True, call__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.email or self.call)


class PlacementRequest(StatefulModel):
    """One search asked of one therapist. Doors: `services.release`, `services.answers`, `services.trial`."""

    TRANSITIONS: ClassVar = {
        R.PLANNED: frozenset({R.RELEASED, R.DROPPED}),
        R.RELEASED: frozenset({R.SENT, R.WITHDRAWN}),
        R.SENT: frozenset({R.ACCEPTED, R.WAITLISTED, R.REJECTED, R.EXPIRED, R.WITHDRAWN, R.CONFLICT}),
        R.WAITLISTED: frozenset({R.ACCEPTED, R.REJECTED, R.WITHDRAWN, R.CONFLICT}),
        R.EXPIRED: frozenset({R.ACCEPTED, R.WAITLISTED, R.REJECTED, R.CONFLICT}),
        R.WITHDRAWN: frozenset({R.CONFLICT}),
        R.CONFLICT: frozenset({R.ACCEPTED, R.WITHDRAWN}),
        R.ACCEPTED: frozenset({R.CONFIRMED, R.NOT_FITTING}),
        R.REJECTED: frozenset({R.ACCEPTED, R.CONFLICT}),
        R.CONFIRMED: frozenset(),
        R.NOT_FITTING: frozenset(),
        R.DROPPED: frozenset(),
    }
    UNDO: ClassVar = {
        R.DROPPED: frozenset({R.PLANNED}),
        R.ACCEPTED: frozenset({R.SENT}),
        R.WAITLISTED: frozenset({R.SENT}),
        R.REJECTED: frozenset({R.SENT}),
        R.WITHDRAWN: frozenset({R.SENT}),
        R.CONFLICT: frozenset({R.SENT}),
        R.CONFIRMED: frozenset({R.ACCEPTED}),
        R.NOT_FITTING: frozenset({R.ACCEPTED}),
    }
    EVENTS: ClassVar = {
        status: f"request.{status}"
        for status in (R.ACCEPTED, R.CONFLICT, R.WAITLISTED, R.REJECTED, R.WITHDRAWN, R.CONFIRMED, R.NOT_FITTING)
    }

    search = models.ForeignKey(PlacementSearch, models.PROTECT, related_name="requests", verbose_name=_("search"))
    inquiry = models.ForeignKey(Inquiry, models.PROTECT, related_name="requests", verbose_name=_("inquiry"))
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="requests", verbose_name=_("therapist"))
    status = models.CharField(_("status"), max_length=12, choices=R.choices, default=R.PLANNED, editable=False)

    # why this therapist this week (codes and figures only, see planning)
    score = models.FloatField(_("score"), default=0)
    score_parts = models.JSONField(_("parts of the score"), default=dict, blank=True)
    plan_facts = models.JSONField(_("why planned"), default=dict, blank=True)
    distance_km = models.FloatField(_("distance (km)"), null=True, blank=True)
    common_minutes = models.PositiveIntegerField(_("common minutes a week"), null=True, blank=True)
    is_manual = models.BooleanField(_("added by hand"), default=False)

    sent_at = models.DateTimeField(_("asked at"), null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True, editable=False)
    answer_source = models.CharField(
        _("answered by"), max_length=8, choices=AnswerSource.choices, blank=True, editable=False
    )
    rejection_reason = models.CharField(
        _("why declined"), max_length=12, choices=RejectionReason.choices, blank=True, editable=False
    )
    answer_note = EncryptedTextField(_("note on the answer"), blank=True, editable=False)
    waitlist_until = models.DateField(_("waiting list until"), null=True, blank=True, editable=False)
    locked_until = models.DateField(_("pair locked until (last day)"), null=True, blank=True, editable=False)
    identity_released_at = models.DateTimeField(_("identity released at"), null=True, blank=True, editable=False)
    conflict_resolved_at = models.DateTimeField(_("conflict resolved at"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("placement request")
        verbose_name_plural = _("placement requests")
        indexes = [
            models.Index(
                fields=["id"],
                name="request_open_conflict",
                condition=Q(status=R.CONFLICT, conflict_resolved_at__isnull=True),
            ),
            models.Index(
                fields=["search", "locked_until"],
                name="request_pair_lock",
                condition=Q(locked_until__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="request_status_known", condition=Q(status__in=R.values)),
            models.UniqueConstraint(
                fields=["search"], name="request_one_accepted_per_search", condition=Q(status__in=WON_REQUESTS)
            ),
            models.UniqueConstraint(
                fields=["search", "therapist"], name="request_one_open_per_pair", condition=Q(status__in=OPEN_REQUESTS)
            ),
            models.UniqueConstraint(fields=["inquiry", "search"], name="request_once_per_inquiry"),
            models.CheckConstraint(
                name="request_rejected_has_reason", condition=~Q(status=R.REJECTED) | ~Q(rejection_reason="")
            ),
            models.CheckConstraint(
                name="request_waitlisted_has_date",
                condition=~Q(status=R.WAITLISTED) | Q(waitlist_until__isnull=False),
            ),
            models.CheckConstraint(
                name="request_answered_has_source",
                condition=~Q(status__in=[R.ACCEPTED, R.WAITLISTED, R.REJECTED, R.CONFLICT, R.CONFIRMED, R.NOT_FITTING])
                | (Q(answered_at__isnull=False) & ~Q(answer_source="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inquiry_id}/{self.search_id}"

    @property
    def patient_id(self) -> int:
        return self.search.patient_id


class RequestHistory(HistoryRow):
    subject = models.ForeignKey(PlacementRequest, models.CASCADE, related_name="history", verbose_name=_("request"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a placement request")
        verbose_name_plural = _("histories of placement requests")


class TrialSession(TimestampedModel):
    """One of the two to four first sessions before therapy proper."""

    request = models.ForeignKey(
        PlacementRequest, models.PROTECT, related_name="trial_sessions", verbose_name=_("placement request")
    )
    planned_at = models.DateTimeField(_("planned at"))
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=SessionOutcome.choices, default=SessionOutcome.PLANNED
    )

    class Meta:
        verbose_name = _("trial session")
        verbose_name_plural = _("trial sessions")
        ordering = ["planned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "planned_at"], name="trial_session_once"
            ),
            models.CheckConstraint(
                name="trial_session_outcome_known", condition=Q(outcome__in=SessionOutcome.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.planned_at:%d.%m.%Y}"
