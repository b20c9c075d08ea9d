"""Notes of coordinators on the timeline of a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedTextField
from apps.patients.models import Patient
from apps.therapists.models import Therapist


class Note(models.Model):
    """What is to be remembered of a patient or therapist. Never edited, only struck out."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, null=True, blank=True, related_name="notes", verbose_name=_("therapist")
    )
    patient = models.ForeignKey(
        Patient, models.CASCADE, null=True, blank=True, related_name="notes", verbose_name=_("patient")
    )
    text = EncryptedTextField(_("note"))
    written_at = models.DateTimeField(_("written at"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author")
    )
    struck_at = models.DateTimeField(_("struck out at"), null=True, blank=True)
    struck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("struck out by"),
    )

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="note_one_person",
                condition=Q(therapist__isnull=False, patient__isnull=True)
                | Q(therapist__isnull=True, patient__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
