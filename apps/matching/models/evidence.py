"""Refusal evidence (§ 13 (3) SGB V): what an insurer wants to see, and the documents made."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField, EncryptedTextField
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.matching.enums import EvidenceStatus
from apps.patients.models import Insurer, Patient

E = EvidenceStatus


class EvidenceRule(TimestampedModel):
    """What one insurer expects of the evidence; the row without insurer counts for all others."""

    insurer = models.OneToOneField(
        Insurer,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="evidence_rule",
        verbose_name=_("insurer"),
    )
    least_attempts = models.PositiveSmallIntegerField(_("fewest unsuccessful attempts"), default=5)
    longest_wait_weeks = models.PositiveSmallIntegerField(_("longest reasonable wait (weeks)"), default=12)
    needs_tss = models.BooleanField(_("wants the result of the Terminservicestelle"), default=True)
    needs_ptv11 = models.BooleanField(_("wants the PTV 11"), default=True)
    shows_kvnr = models.BooleanField(_("shows the KVNR"), default=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    last_reviewed_on = models.DateField(_("last looked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("expectation of an insurer")
        verbose_name_plural = _("expectations of insurers")
        constraints = [
            models.UniqueConstraint(fields=["insurer"], name="evidence_rule_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.insurer) if self.insurer else "*"


class RefusalEvidence(StatefulModel):
    """One document for one patient and period. Door: `core.transitions.move`.

    A draft shows the rows as they are now; signing keeps them as they were (`content`) with a fingerprint.
    """

    TRANSITIONS: ClassVar = {
        E.DRAFT: frozenset({E.SIGNED, E.VOID}),
        E.SIGNED: frozenset({E.VOID}),
        E.VOID: frozenset(),
    }
    EVENTS: ClassVar = {E.SIGNED: "evidence.signed", E.VOID: "evidence.void"}
    SUBJECT_ID: ClassVar = "patient_id"
    EVENT_IDS: ClassVar = {"evidence_id": "pk"}

    status = models.CharField(_("status"), max_length=8, choices=E.choices, default=E.DRAFT)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="evidences", verbose_name=_("patient"))
    period_from = models.DateField(_("from"))
    period_to = models.DateField(_("until"))
    tss_contacted_on = models.DateField(_("Terminservicestelle asked on"), null=True, blank=True)
    tss_result = EncryptedTextField(_("its answer"), blank=True)
    insurer_asked_on = models.DateField(_("insurer asked on"), null=True, blank=True)
    insurer_answer = EncryptedTextField(_("the insurer's answer"), blank=True)
    content = EncryptedJSONField(_("content as signed"), null=True, blank=True)
    content_hash = models.CharField(_("fingerprint"), max_length=64, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed off by"),
    )
    signed_at = models.DateTimeField(_("signed off at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refusal evidence")
        verbose_name_plural = _("refusal evidences")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="evidence_period", condition=Q(period_to__gte=F("period_from"))),
            models.CheckConstraint(
                name="evidence_signed_whole",
                condition=~Q(status=E.SIGNED) | (Q(signed_at__isnull=False) & ~Q(content_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class EvidenceHistory(HistoryRow):
    subject = models.ForeignKey(
        RefusalEvidence, models.CASCADE, related_name="history", verbose_name=_("refusal evidence")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of an evidence")
        verbose_name_plural = _("histories of evidences")
