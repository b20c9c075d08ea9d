"""Calls to therapists, and the calendars in which coordinators see theirs."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.core.encryption import EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel
from apps.therapists.models import Practice, Therapist

C = CallStatus


class PhoneCall(StatefulModel):
    """A call to a therapist inside the phone hours. Door: `core.transitions.move`.

    `taken_by` has the call in hand since `taken_at`: nobody else is offered it meanwhile.
    `attempt` counts the calls about the same matter.
    """

    TRANSITIONS: ClassVar = {
        C.PLANNED: frozenset({C.DONE, C.CANCELLED}),
        C.DONE: frozenset(),
        C.CANCELLED: frozenset(),
    }
    UNDO: ClassVar = {C.DONE: frozenset({C.PLANNED}), C.CANCELLED: frozenset({C.PLANNED})}
    EVENTS: ClassVar = {status: f"call.{status}" for status in C}
    EVENT_IDS: ClassVar = {"therapist_id": "therapist_id"}

    status = models.CharField(_("status"), max_length=12, choices=C.choices, default=C.PLANNED)
    purpose = models.CharField(_("purpose"), max_length=16, choices=CallPurpose.choices)
    therapist = models.ForeignKey(
        Therapist, models.PROTECT, related_name="calls", verbose_name=_("therapist")
    )
    practice = models.ForeignKey(
        Practice, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name=_("practice")
    )
    phone = models.CharField(_("phone"), max_length=40)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("coordinator"),
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in hand of"),
    )
    taken_at = models.DateTimeField(_("in hand since"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=CallOutcome.choices, blank=True)
    note = EncryptedTextField(_("call note"), blank=True)
    done_at = models.DateTimeField(_("made at"), null=True, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [
            models.Index(fields=["starts_at"], name="call_planned", condition=Q(status=C.PLANNED)),
            models.Index(fields=["starts_at", "id"], name="call_in_time"),
        ]
        constraints = [
            models.CheckConstraint(name="call_status_known", condition=Q(status__in=C.values)),
            models.CheckConstraint(
                name="call_taken_whole",
                condition=Q(taken_by__isnull=True) | Q(taken_at__isnull=False),
            ),
            models.CheckConstraint(name="call_in_order", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="call_done_has_outcome",
                condition=~Q(status=C.DONE) | (~Q(outcome="") & Q(done_at__isnull=False)),
            ),
            ExclusionConstraint(
                name="call_no_overlap_per_therapist",
                expressions=[
                    (Func(F("therapist_id"), F("therapist_id"), Value("[]"), function="int8range"), "&&"),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange"), "&&"),
                ],
                condition=Q(status=C.PLANNED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} #{self.pk}"


class CallHistory(HistoryRow):
    subject = models.ForeignKey(PhoneCall, models.CASCADE, related_name="history", verbose_name=_("call"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a call")
        verbose_name_plural = _("histories of calls")


class CalendarFeed(models.Model):
    """The secret address under which a coordinator's calendar program reads the planned calls."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendar_feed",
        verbose_name=_("member of staff"),
    )
    token_hash = models.CharField(_("fingerprint of the address"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))
    last_read_at = models.DateTimeField(_("last read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar of calls")
        verbose_name_plural = _("calendars of calls")

    def __str__(self) -> str:
        return str(self.user)
