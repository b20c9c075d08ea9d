"""Simulations that staff ask for."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import HistoryRow, StatefulModel


class SimulationStatus(models.TextChoices):
    QUEUED = "queued", _("waiting to start")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("stopped")


class SimulationPolicy(models.TextChoices):
    """The values are those of `simulation.settings.POLICIES`."""

    PLANNER = "planner", _("our planning")
    GREEDY_BY_VALUE = "greedy_by_value", _("most promising requests first")
    OLDEST_FIRST = "oldest_first", _("longest waiting first, nearest therapist")
    OLDEST_FIRST_TWO_DIGIT = "oldest_first_two_digit", _("longest waiting first, same two digits of the PLZ")


class SimulationRun(StatefulModel):
    """One simulation: the row is the job. Door: `services.simulations`.

    A worker lives through one world (seed) at a time and keeps its figures in `partial`; between two worlds
    the row is free (`claimed_at` empty) and the next worker goes on. Nothing here is about a patient.
    """

    TRANSITIONS: ClassVar = {
        SimulationStatus.QUEUED: frozenset({SimulationStatus.RUNNING, SimulationStatus.CANCELLED}),
        SimulationStatus.RUNNING: frozenset(
            {SimulationStatus.DONE, SimulationStatus.FAILED, SimulationStatus.CANCELLED}
        ),
        SimulationStatus.DONE: frozenset(),
        SimulationStatus.FAILED: frozenset(),
        SimulationStatus.CANCELLED: frozenset(),
    }
    EVENTS: ClassVar[dict[str, str]] = {}

    status = models.CharField(
        _("status"),
        max_length=12,
        choices=SimulationStatus.choices,
        default=SimulationStatus.QUEUED,
        editable=False,
    )
    is_own_world = models.BooleanField(_("our own records"), default=False)
    asked = models.JSONField(_("settings"), default=dict)
    changed_parameters = models.JSONField(_("changed operating parameters"), default=dict)
    progress_percent = models.PositiveSmallIntegerField(_("progress in percent"), default=0)
    partial = models.JSONField(_("figures of the worlds that are done"), default=list)
    result = models.JSONField(_("result"), null=True, blank=True)
    error = models.TextField(_("why it failed"), blank=True)
    claimed_at = models.DateTimeField(_("last sign of the worker"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        indexes = [
            models.Index(
                fields=["id"], name="simulation_waiting", condition=Q(status__in=["queued", "running"])
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="simulation_status_known", condition=Q(status__in=SimulationStatus.values)
            ),
            models.CheckConstraint(
                name="simulation_progress_is_percent", condition=Q(progress_percent__lte=100)
            ),
            models.CheckConstraint(
                name="simulation_done_has_result",
                condition=~Q(status=SimulationStatus.DONE) | Q(result__isnull=False),
            ),
            models.CheckConstraint(
                name="simulation_failure_has_reason",
                condition=~Q(status=SimulationStatus.FAILED) | ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.status not in (SimulationStatus.QUEUED, SimulationStatus.RUNNING)

    @property
    def policies(self) -> list[str]:
        return list(self.asked["policies"])

    def get_absolute_url(self) -> str:
        return reverse("matching:simulation", args=[self.pk])


class SimulationHistory(HistoryRow):
    subject = models.ForeignKey(
        SimulationRun, models.CASCADE, related_name="history", verbose_name=_("simulation")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a simulation")
        verbose_name_plural = _("histories of simulations")
