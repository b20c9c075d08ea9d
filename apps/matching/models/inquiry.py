"""Inquiries and the e-mails and calls by which they were made."""

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
from apps.core.changes import tracked
from apps.core.models import HistoryRow, StatefulModel
from apps.matching.enums import (
    OPEN_INQUIRIES,
    Channel,
    InquiryStatus,
)
from apps.matching.models.round import Round
from apps.patients.models import CASE_CODE_LETTERS
from apps.therapists.models import ContactGroup, Therapist

I = InquiryStatus  # noqa: E741  (short names keep the table of states readable)


def new_reference() -> str:
    """Reference of an inquiry that a therapist can quote, e.g. A-K7M4QX."""
    return "A-" + "".join(secrets.choice(CASE_CODE_LETTERS) for _position in range(6))


def new_reply_key() -> str:
    """Part of the signed reply link; another one makes all links sent before worthless."""
    return secrets.token_urlsafe(9)


class Inquiry(StatefulModel):
    """One contact to one therapist, carrying placement requests.

    Doors: `services.release` and `services.inquiries`.

    `contact_window` spans release to the end of the contact interval: the database itself refuses a
    second contact of anybody in the same contact group within it. It grows when the contact is made later.
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
    EVENT_IDS: ClassVar = {"inquiry_id": "pk", "round_id": "round_id"}

    reference = models.CharField(
        _("reference"), max_length=8, unique=True, default=new_reference, editable=False
    )
    status = models.CharField(_("status"), max_length=12, choices=I.choices, default=I.DRAFT, editable=False)
    therapist = models.ForeignKey(
        Therapist, models.PROTECT, related_name="inquiries", verbose_name=_("therapist")
    )
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
    reply_key = models.CharField(max_length=16, default=new_reply_key, editable=False)
    sent_at = models.DateTimeField(_("asked at"), null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    class Meta:
        triggers = [tracked("therapist", "therapist_id")]
        verbose_name = _("inquiry")
        verbose_name_plural = _("inquiries")
        indexes = [
            models.Index(fields=["last_contact_at"], name="inquiry_waiting", condition=Q(status=I.SENT)),
            models.Index(fields=["-id"], name="inquiry_newest"),
            models.Index(fields=["status", "id"], name="inquiry_by_status"),
            models.Index(fields=["updated_at", "id"], name="inquiry_by_update"),
        ]
        constraints = [
            models.CheckConstraint(name="inquiry_status_known", condition=Q(status__in=I.values)),
            models.CheckConstraint(name="inquiry_channel_known", condition=Q(channel__in=Channel.values)),
            models.UniqueConstraint(
                fields=["therapist"],
                name="inquiry_one_open_per_therapist",
                condition=Q(status__in=OPEN_INQUIRIES),
            ),
            models.UniqueConstraint(
                fields=["contact_group"],
                name="inquiry_one_open_per_group",
                condition=Q(status__in=OPEN_INQUIRIES),
            ),
            models.CheckConstraint(
                name="inquiry_unreleased_stays_inside",
                condition=Q(status__in=[I.DRAFT, I.CANCELLED])
                | Q(released_at__isnull=False, contact_window__isnull=False),
            ),
            models.CheckConstraint(
                name="inquiry_sent_has_time",
                condition=~Q(status__in=[I.SENT, I.ANSWERED, I.EXPIRED, I.WITHDRAWN])
                | Q(sent_at__isnull=False),
            ),
            ExclusionConstraint(
                name="inquiry_contact_interval",
                expressions=[
                    (
                        Func(F("contact_group_id"), F("contact_group_id"), Value("[]"), function="int8range"),
                        "&&",
                    ),
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
        EmailMessage,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="inquiry_contact",
        verbose_name=_("e-mail"),
    )
    call = models.OneToOneField(
        PhoneCall,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="inquiry_contact",
        verbose_name=_("call"),
    )

    request_ids = ArrayField(models.BigIntegerField(), verbose_name=_("requests named in it"), default=list)

    class Meta:
        verbose_name = _("contact of an inquiry")
        verbose_name_plural = _("contacts of inquiries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="contact_email_or_call",
                condition=Q(email__isnull=False, call__isnull=True)
                | Q(email__isnull=True, call__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.email or self.call)


class ReplySubmission(models.Model):
    """One sending of the reply page: the form carries its number, so that sent twice it counts once."""

    inquiry = models.ForeignKey(
        Inquiry, models.CASCADE, related_name="submissions", verbose_name=_("inquiry")
    )
    form_id = models.UUIDField(unique=True)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("sending of the reply page")
        verbose_name_plural = _("sendings of the reply page")

    def __str__(self) -> str:
        return str(self.form_id)
