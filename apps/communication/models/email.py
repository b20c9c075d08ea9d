"""The e-mail queue: messages, their attachments, addresses nobody reads, and the rest of the mail server."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import EmailStatus, LetterKind, Refusal
from apps.core.encryption import EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.patients.models import Patient
from apps.therapists.models import Therapist

E = EmailStatus


class EmailMessage(StatefulModel):
    """One message to one recipient; the row is the job. Door: `core.transitions.move`.

    Written by `services.queue.enqueue`, drained by `services.sending`. Bodies are encrypted: they tell
    of symptoms. The Message-ID is fixed with the row, so that a doubtful delivery can be looked up.
    `once_key` names what the message is about where there must be only one ("status:17:2026-W47").
    `overridden` are codes of refusals a person has set aside; who and why stands in the history.
    """

    TRANSITIONS: ClassVar = {
        E.QUEUED: frozenset({E.SENDING, E.CANCELLED, E.REFUSED}),
        E.SENDING: frozenset({E.HANDING_OVER, E.QUEUED, E.FAILED, E.REFUSED}),
        E.HANDING_OVER: frozenset({E.SENT, E.UNCLEAR, E.QUEUED, E.FAILED}),
        E.UNCLEAR: frozenset({E.SENT, E.BOUNCED, E.QUEUED, E.CANCELLED}),
        E.FAILED: frozenset({E.QUEUED, E.CANCELLED}),
        E.REFUSED: frozenset({E.QUEUED, E.CANCELLED}),
        E.SENT: frozenset({E.BOUNCED}),
        E.BOUNCED: frozenset(),
        E.CANCELLED: frozenset(),
    }
    EVENTS: ClassVar = {
        status: f"email.{status}" for status in E if status not in (E.SENDING, E.HANDING_OVER)
    }
    EVENT_IDS: ClassVar = {"therapist_id": "therapist_id", "patient_id": "patient_id"}

    status = models.CharField(_("status"), max_length=12, choices=E.choices, default=E.QUEUED)
    kind = models.CharField(_("letter"), max_length=32, choices=LetterKind.choices)
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
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member of staff"),
    )
    in_reply_to = models.CharField(_("answers Message-ID"), max_length=200, blank=True, editable=False)
    once_key = models.CharField(max_length=80, null=True, unique=True, editable=False)
    provider_id = models.CharField(_("number at the provider"), max_length=200, blank=True, editable=False)
    refusal = models.CharField(
        _("refused because"), max_length=24, choices=Refusal.choices, blank=True, editable=False
    )
    overridden = ArrayField(
        models.CharField(max_length=24, choices=Refusal.choices), default=list, blank=True, editable=False
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    deaths = models.PositiveSmallIntegerField(_("workers died with it in hand"), default=0)
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
            models.Index(fields=["created_at", "id"], name="email_written"),
            models.Index(fields=["sent_at"], name="email_sent_at", condition=Q(sent_at__isnull=False)),
            models.Index(fields=["updated_at"], name="email_unclear", condition=Q(status=E.UNCLEAR)),
        ]
        constraints = [
            models.CheckConstraint(name="email_status_known", condition=Q(status__in=E.values)),
            models.CheckConstraint(
                name="email_one_counterpart",
                condition=Q(therapist__isnull=False, patient__isnull=True, staff__isnull=True)
                | Q(therapist__isnull=True, patient__isnull=False, staff__isnull=True)
                | Q(therapist__isnull=True, patient__isnull=True, staff__isnull=False)
                | Q(
                    kind=LetterKind.REGISTRATION,  # to somebody who is no patient yet
                    therapist__isnull=True,
                    patient__isnull=True,
                    staff__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="email_sent_has_time", condition=~Q(status=E.SENT) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="email_in_hand_has_time",
                condition=~Q(status__in=[E.SENDING, E.HANDING_OVER]) | Q(claimed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="email_refused_has_reason", condition=~Q(status=E.REFUSED) | ~Q(refusal="")
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


class EmailAttachment(models.Model):
    """A file that goes with a message; `content` is base64, encrypted like the text."""

    email = models.ForeignKey(
        EmailMessage, models.CASCADE, related_name="attachments", verbose_name=_("e-mail")
    )
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("type"), max_length=100)
    content = EncryptedTextField(_("content"))
    size = models.PositiveIntegerField(_("size in bytes"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class UndeliverableAddress(TimestampedModel):
    """An address whose mail server said for good that nobody reads there. Cleared by a person only."""

    address = models.EmailField(_("address"))
    since = models.DateTimeField(_("since"))
    reply = models.CharField(_("answer of the mail server"), max_length=300, blank=True)
    email = models.ForeignKey(
        EmailMessage,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("e-mail"),
    )
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cleared by"),
    )
    cleared_reason = models.CharField(_("why cleared"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("undeliverable address")
        verbose_name_plural = _("undeliverable addresses")
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["address"], name="undeliverable_once", condition=Q(cleared_at__isnull=True)
            ),
            models.CheckConstraint(name="undeliverable_lower_case", condition=Q(address=Lower("address"))),
        ]

    def __str__(self) -> str:
        return self.address


class MailCircuit(models.Model):
    """Whether the mail server is left in peace: one row per way of sending.

    Failures to reach the server count here, not as attempts of the message that happened to be next.
    """

    transport = models.CharField(_("way of sending"), max_length=16, primary_key=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("rest until"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    reply = models.CharField(_("last failure said"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("rest of the mail server")
        verbose_name_plural = _("rests of the mail server")

    def __str__(self) -> str:
        return self.transport
