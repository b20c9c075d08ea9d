"""What comes in: e-mails and what therapists write on the reply page."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import InboundKind, InboundSource, InboundStatus, MatchedBy
from apps.communication.models.email import EmailMessage
from apps.core.encryption import EncryptedJSONField, EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel
from apps.patients.models import Patient
from apps.therapists.models import Therapist

I = InboundStatus  # noqa: E741  (short names keep the table of states readable)


class InboundMessage(StatefulModel):
    """One message that came in. Door: `core.transitions.move`, used by `services.inbound`.

    `fingerprint` makes the ingest repeatable: the same message by webhook and by mailbox is one row.
    `suggestion` is what the text seems to say; only a person books an answer.
    """

    TRANSITIONS: ClassVar = {
        I.WAITING: frozenset({I.DONE, I.DISMISSED, I.PARKED}),
        I.UNMATCHED: frozenset({I.WAITING, I.DONE, I.DISMISSED}),
        I.PARKED: frozenset({I.WAITING, I.DONE, I.DISMISSED}),
        I.DONE: frozenset(),
        I.DISMISSED: frozenset(),
    }
    UNDO: ClassVar = {
        I.DONE: frozenset({I.WAITING}),
        I.DISMISSED: frozenset({I.WAITING, I.UNMATCHED, I.PARKED}),
    }
    EVENTS: ClassVar = {status: f"inbound.{status}" for status in I}
    EVENT_IDS: ClassVar = {"therapist_id": "therapist_id", "patient_id": "patient_id"}

    status = models.CharField(_("status"), max_length=12, choices=I.choices, default=I.UNMATCHED)
    kind = models.CharField(_("kind"), max_length=16, choices=InboundKind.choices)
    source = models.CharField(_("came by"), max_length=12, choices=InboundSource.choices)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    message_id = models.CharField(_("Message-ID"), max_length=300, blank=True, db_index=True)
    in_reply_to = models.CharField(_("answers Message-ID"), max_length=300, blank=True)
    references = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    received_at = models.DateTimeField(_("received at"))
    from_email = models.CharField(_("sender"), max_length=254, blank=True)
    from_name = models.CharField(_("name of the sender"), max_length=200, blank=True)
    subject = EncryptedTextField(_("subject"), blank=True)
    text = EncryptedTextField(_("text"), blank=True)
    quoted = EncryptedTextField(_("quoted text"), blank=True)
    raw = EncryptedTextField(_("as it came"), blank=True)  # base64 of the bytes, cut off at a limit
    size = models.PositiveIntegerField(_("size in bytes"), default=0)
    attachments = EncryptedJSONField(_("attachments"), default=list, blank=True)  # [{name, type, size}]
    email = models.ForeignKey(
        EmailMessage,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="answers",
        verbose_name=_("answers our e-mail"),
    )
    therapist = models.ForeignKey(
        Therapist,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="inbound_messages",
        verbose_name=_("therapist"),
    )
    patient = models.ForeignKey(
        Patient,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="inbound_messages",
        verbose_name=_("patient"),
    )
    matched_by = models.CharField(_("recognised by"), max_length=12, choices=MatchedBy.choices, blank=True)
    suggestion = EncryptedJSONField(_("suggested answer"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("incoming message")
        verbose_name_plural = _("incoming messages")
        indexes = [
            models.Index(
                fields=["received_at"],
                name="inbound_for_a_person",
                condition=Q(status__in=[I.WAITING, I.UNMATCHED]),
            ),
            models.Index(fields=["-received_at"], name="inbound_newest"),
            models.Index(fields=["kind", "id"], name="inbound_by_kind"),
        ]
        constraints = [
            models.CheckConstraint(name="inbound_status_known", condition=Q(status__in=I.values)),
            models.CheckConstraint(name="inbound_kind_known", condition=Q(kind__in=InboundKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


class InboundHistory(HistoryRow):
    subject = models.ForeignKey(
        InboundMessage, models.CASCADE, related_name="history", verbose_name=_("incoming message")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of an incoming message")
        verbose_name_plural = _("histories of incoming messages")


class MailboxState(models.Model):
    """Up to where a mailbox has been read (RFC 9051: a UID is good only with its UIDVALIDITY)."""

    name = models.CharField(_("mailbox"), max_length=120, primary_key=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("state of a mailbox")
        verbose_name_plural = _("states of mailboxes")

    def __str__(self) -> str:
        return self.name
