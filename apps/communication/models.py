"""What goes out: the e-mail queue and the calls."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.core.encryption import EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel
from apps.patients.models import Patient
from apps.therapists.models import Practice, Therapist

E = EmailStatus
C = CallStatus


class EmailMessage(StatefulModel):
    """One message to one recipient; the row is the job. Door: `core.transitions.move`.

    Written by `services.queue.enqueue`, drained by `services.sending`. Bodies are encrypted: they tell
    of symptoms. The Message-ID is fixed with the row, so that a doubtful delivery can be looked up.
    """

    TRANSITIONS: ClassVar = {
        E.QUEUED: frozenset({E.SENDING, E.CANCELLED, E.REFUSED}),
        E.SENDING: frozenset({E.HANDING_OVER, E.QUEUED, E.FAILED, E.REFUSED}),
        E.HANDING_OVER: frozenset({E.SENT, E.UNCLEAR, E.QUEUED, E.FAILED}),
        E.UNCLEAR: frozenset({E.SENT, E.QUEUED, E.CANCELLED}),
        E.FAILED: frozenset({E.QUEUED, E.CANCELLED}),
        E.REFUSED: frozenset({E.QUEUED, E.CANCELLED}),
        E.SENT: frozenset(),
        E.CANCELLED: frozenset(),
    }
    EVENTS: ClassVar = {
        status: f"email.{status}" for status in E if status not in (E.SENDING, E.HANDING_OVER)
    }

    status = models.CharField(_("status"), max_length=12, choices=E.choices, default=E.QUEUED)
    kind = models.CharField(_("letter"), max_length=24, choices=LetterKind.choices)
    to_email = models.EmailField(_("to"))
    to_name = models.CharField(_("name"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = EncryptedTextField(_("text"))
    html = EncryptedTextField(_("HTML"), blank=True)
    outbox_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True, editable=False)
    therapist = models.ForeignKey(
        Therapist, models.PROTECT, null=True, blank=True, related_name="emails", verbose_name=_("therapist")
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="emails", verbose_name=_("patient")
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("taken by a worker"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    server_reply = models.CharField(_("answer of the mail server"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(fields=["id"], name="email_queued", condition=Q(status=E.QUEUED)),
            models.Index(
                fields=["claimed_at"],
                name="email_in_hand",
                condition=Q(status__in=[E.SENDING, E.HANDING_OVER]),
            ),
            models.Index(fields=["-id"], name="email_newest"),
        ]
        constraints = [
            models.CheckConstraint(name="email_status_known", condition=Q(status__in=E.values)),
            models.CheckConstraint(
                name="email_one_counterpart",
                condition=Q(therapist__isnull=False, patient__isnull=True)
                | Q(therapist__isnull=True, patient__isnull=False),
            ),
            models.CheckConstraint(
                name="email_sent_has_time", condition=~Q(status=E.SENT) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="email_in_hand_has_time",
                condition=~Q(status__in=[E.SENDING, E.HANDING_OVER]) | Q(claimed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class EmailHistory(HistoryRow):
    subject = models.ForeignKey(
        EmailMessage, models.CASCADE, related_name="history", verbose_name=_("e-mail")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of an e-mail")
        verbose_name_plural = _("histories of e-mails")


class PhoneCall(StatefulModel):
    """A call to a therapist inside the phone hours. Door: `core.transitions.move`."""

    TRANSITIONS: ClassVar = {
        C.PLANNED: frozenset({C.DONE, C.CANCELLED}),
        C.DONE: frozenset(),
        C.CANCELLED: frozenset(),
    }
    UNDO: ClassVar = {C.DONE: frozenset({C.PLANNED}), C.CANCELLED: frozenset({C.PLANNED})}
    EVENTS: ClassVar = {status: f"call.{status}" for status in C}

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
    outcome = models.CharField(_("outcome"), max_length=16, choices=CallOutcome.choices, blank=True)
    note = EncryptedTextField(_("call note"), blank=True)
    done_at = models.DateTimeField(_("made at"), null=True, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [models.Index(fields=["starts_at"], name="call_planned", condition=Q(status=C.PLANNED))]
        constraints = [
            models.CheckConstraint(name="call_status_known", condition=Q(status__in=C.values)),
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
