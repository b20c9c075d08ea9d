"""Placement requests, their answers and trial sessions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.changes import tracked, tracked_through
from apps.core.encryption import EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.matching.enums import (
    OPEN_REQUESTS,
    WON_REQUESTS,
    AnswerSource,
    RejectionReason,
    RequestStatus,
    SessionOutcome,
)
from apps.matching.models.inquiry import Inquiry
from apps.matching.models.search import PlacementSearch
from apps.therapists.models import Therapist

R = RequestStatus
PATIENT_OF_SEARCH = "SELECT patient_id AS subject FROM matching_placementsearch WHERE id = {value}"


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
        R.CONFLICT: frozenset({R.SENT, R.WITHDRAWN}),
        R.CONFIRMED: frozenset({R.ACCEPTED}),
        R.NOT_FITTING: frozenset({R.ACCEPTED}),
    }
    EVENTS: ClassVar = {
        status: f"request.{status}"
        for status in (
            R.ACCEPTED,
            R.CONFLICT,
            R.WAITLISTED,
            R.REJECTED,
            R.WITHDRAWN,
            R.CONFIRMED,
            R.NOT_FITTING,
        )
    }
    SUBJECT_ID: ClassVar = "search.patient_id"
    EVENT_IDS: ClassVar = {
        "request_id": "pk",
        "search_id": "search_id",
        "inquiry_id": "inquiry_id",
        "therapist_id": "therapist_id",
    }
    EVENT_NEEDS: ClassVar = ("search",)

    search = models.ForeignKey(
        PlacementSearch, models.PROTECT, related_name="requests", verbose_name=_("search")
    )
    inquiry = models.ForeignKey(Inquiry, models.PROTECT, related_name="requests", verbose_name=_("inquiry"))
    therapist = models.ForeignKey(
        Therapist, models.PROTECT, related_name="requests", verbose_name=_("therapist")
    )
    status = models.CharField(
        _("status"), max_length=12, choices=R.choices, default=R.PLANNED, editable=False
    )

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
    identity_released_at = models.DateTimeField(
        _("identity released at"), null=True, blank=True, editable=False
    )
    conflict_resolved_at = models.DateTimeField(
        _("conflict resolved at"), null=True, blank=True, editable=False
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        triggers = [
            tracked("therapist", "therapist_id"),
            tracked_through("patient", PATIENT_OF_SEARCH, "search_id"),
        ]
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
            models.Index(fields=["status", "id"], name="request_by_status"),
            models.Index(fields=["updated_at", "id"], name="request_by_update"),
        ]
        constraints = [
            models.CheckConstraint(name="request_status_known", condition=Q(status__in=R.values)),
            models.UniqueConstraint(
                fields=["search"],
                name="request_one_accepted_per_search",
                condition=Q(status__in=WON_REQUESTS),
            ),
            models.UniqueConstraint(
                fields=["search", "therapist"],
                name="request_one_open_per_pair",
                condition=Q(status__in=OPEN_REQUESTS),
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
                condition=~Q(
                    status__in=[R.ACCEPTED, R.WAITLISTED, R.REJECTED, R.CONFLICT, R.CONFIRMED, R.NOT_FITTING]
                )
                | (Q(answered_at__isnull=False) & ~Q(answer_source="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inquiry_id}/{self.search_id}"

    @property
    def patient_id(self) -> int:
        return self.search.patient_id


class RequestHistory(HistoryRow):
    subject = models.ForeignKey(
        PlacementRequest, models.CASCADE, related_name="history", verbose_name=_("request")
    )

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
            models.UniqueConstraint(fields=["request", "planned_at"], name="trial_session_once"),
            models.CheckConstraint(
                name="trial_session_outcome_known", condition=Q(outcome__in=SessionOutcome.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.planned_at:%d.%m.%Y}"
