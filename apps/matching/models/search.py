"""A patient's search for a place, and the therapists excluded for the patient."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.changes import tracked
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.matching.enums import (
    OPEN_SEARCHES,
    ExclusionSource,
    SearchStatus,
)
from apps.patients.models import Patient
from apps.therapists.models import Therapist

P = SearchStatus


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
    EVENT_IDS: ClassVar = {"search_id": "pk"}

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
        triggers = [tracked("patient", "patient_id")]
        verbose_name = _("search for a place")
        verbose_name_plural = _("searches for a place")
        indexes = [
            models.Index(fields=["status", "started_on"], name="search_by_waiting"),
            models.Index(fields=["started_on", "id"], name="search_by_start"),
            models.Index(fields=["updated_at", "id"], name="search_by_update"),
        ]
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
                condition=Q(paused_until__isnull=True)
                | Q(paused_from__isnull=False, paused_until__gte=F("paused_from")),
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
    subject = models.ForeignKey(
        PlacementSearch, models.CASCADE, related_name="history", verbose_name=_("search")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a search")
        verbose_name_plural = _("histories of searches")


class TherapistExclusion(TimestampedModel):
    """This therapist is not (or no longer) wanted for this patient, and why."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="exclusions", verbose_name=_("patient"))
    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="exclusions", verbose_name=_("therapist")
    )
    source = models.CharField(_("source"), max_length=16, choices=ExclusionSource.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        triggers = [tracked("patient", "patient_id")]
        verbose_name = _("excluded therapist")
        verbose_name_plural = _("excluded therapists")
        constraints = [models.UniqueConstraint(fields=["patient", "therapist"], name="exclusion_once")]

    def __str__(self) -> str:
        return f"{self.patient_id} × {self.therapist_id}"
