"""Registrations that came in from outside and wait for a person. Nothing here is a patient yet."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.communication.models import EmailMessage
from apps.core.encryption import EncryptedJSONField
from apps.core.enums import Language
from apps.core.models import HistoryRow, StatefulModel
from apps.gateway.models import ApiClient
from apps.intake.enums import OPEN, RegistrationStatus
from apps.patients.models import Patient

R = RegistrationStatus


class Registration(StatefulModel):
    """One registration form as it came in, until a person decides. Door: `core.transitions.move`.

    `payload` is what was handed in (`schema.RegistrationIn`), never changed; `corrected` what staff have
    mended: {"fields": {name: value}, "hours": [[weekday, start, end]]}, `corrections` counts how often.
    Both are emptied some time after the decision. `problems` names codes and fields, no values. Of the link
    in the letter only the SHA-256 is kept; `email_index` is the blind index of the address it was sent to.
    Events are published by the services: they carry the patient.
    """

    TRANSITIONS: ClassVar = {
        R.WAITING_FOR_CONFIRMATION: frozenset({R.WAITING, R.ACCEPTED, R.MERGED, R.REJECTED}),
        R.WAITING: frozenset({R.WAITING_FOR_CONFIRMATION, R.ACCEPTED, R.MERGED, R.REJECTED}),
        R.ACCEPTED: frozenset(),
        R.MERGED: frozenset(),
        R.REJECTED: frozenset(),
    }
    UNDO: ClassVar = {R.REJECTED: frozenset(OPEN)}

    status = models.CharField(_("status"), max_length=24, choices=R.choices, default=R.WAITING)
    received_at = models.DateTimeField(_("received"))
    client = models.ForeignKey(
        ApiClient, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("client")
    )
    file_name = models.CharField(_("file"), max_length=120, blank=True)
    line = models.PositiveIntegerField(_("line"), null=True, blank=True)
    external_reference = models.CharField(_("reference of the sender"), max_length=80)
    payment_reference = models.CharField(_("payment reference"), max_length=40, blank=True)
    language = models.CharField(
        _("language of the form"), max_length=3, choices=Language.choices, default=Language.DE
    )
    fingerprint = models.CharField(max_length=64, editable=False)
    payload = EncryptedJSONField(_("what was handed in"), null=True, blank=True)
    corrected = EncryptedJSONField(_("what staff have mended"), null=True, blank=True)
    corrections = models.PositiveIntegerField(default=0, editable=False)
    problems = models.JSONField(_("problems"), default=list, blank=True)

    email_index = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    email_confirmed_at = models.DateTimeField(_("e-mail confirmed"), null=True, blank=True)
    link_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)
    link_sent_at = models.DateTimeField(_("link sent"), null=True, blank=True)
    link_expires_at = models.DateTimeField(_("link valid until"), null=True, blank=True)
    links_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    email = models.ForeignKey(EmailMessage, models.SET_NULL, null=True, blank=True, related_name="+")

    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("patient")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        indexes = [
            models.Index(fields=["received_at", "id"], name="registration_by_age"),
            models.Index(fields=["status", "received_at", "id"], name="registration_by_status"),
            models.Index(
                fields=["decided_at"], name="registration_to_empty", condition=Q(payload__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="registration_status_known", condition=Q(status__in=R.values)),
            models.UniqueConstraint(
                fields=["client", "external_reference"],
                name="registration_once_per_client",
                condition=Q(client__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["external_reference"],
                name="registration_once_without_client",
                condition=Q(client__isnull=True),
            ),
            models.CheckConstraint(
                name="registration_waiting_has_payload",
                condition=~Q(status__in=[*OPEN]) | Q(payload__isnull=False),
            ),
            models.CheckConstraint(
                name="registration_decided_has_time",
                condition=Q(status__in=[*OPEN], decided_at__isnull=True)
                | (~Q(status__in=[*OPEN]) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="registration_patient_where_taken",
                condition=Q(status__in=[R.ACCEPTED, R.MERGED], patient__isnull=False)
                | (~Q(status__in=[R.ACCEPTED, R.MERGED]) & Q(patient__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("intake:detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_email_confirmed(self) -> bool:
        return self.email_confirmed_at is not None

    @property
    def source(self) -> str:
        """Who handed it in: a client by name, a file by name and line."""
        where = "" if self.line is None else f"{self.file_name}: {self.line}"
        return ", ".join(filter(None, (self.client.name if self.client else "", where)))

    @property
    def applicant(self) -> str:
        """Last and first name, "" once the content is emptied."""
        said: dict[str, Any] = (self.payload or {}).get("patient", {})
        said = said | (self.corrected or {}).get("fields", {})
        return ", ".join(filter(None, (said.get("last_name", ""), said.get("first_name", ""))))


class RegistrationHistory(HistoryRow):
    subject = models.ForeignKey(
        Registration, models.CASCADE, related_name="history", verbose_name=_("registration")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a registration")
        verbose_name_plural = _("histories of registrations")
