"""Runs that match all plannable searches in shards, worked off by as many workers as there are."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MatchRun(models.Model):
    """One run and its figures. Door: `services.match_runs`. Kept as the agency's history of figures."""

    day = models.DateField(_("day"))
    parameters_version = models.BigIntegerField(_("version of the parameters"), default=0)
    shard_count = models.PositiveSmallIntegerField(_("shards"))
    searches_count = models.PositiveIntegerField(_("searches"), default=0)
    therapists_count = models.PositiveIntegerField(_("therapists looked at"), default=0)
    candidates_count = models.BigIntegerField(_("candidates"), default=0)
    without_candidates_count = models.PositiveIntegerField(_("searches without candidates"), default=0)
    blocked_by = models.JSONField(_("what blocks them"), default=dict)
    result_hash = models.CharField(_("hash of the result"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("matching run")
        verbose_name_plural = _("matching runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="match_run_finished_has_hash", condition=Q(finished_at__isnull=True) | ~Q(result_hash="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y} #{self.pk}"


class MatchShard(models.Model):
    """Some searches of a run, near each other. The row is the job: claimed, worked off, its result kept."""

    EMPTY: ClassVar[bytes] = b""

    run = models.ForeignKey(MatchRun, models.CASCADE, related_name="shards", verbose_name=_("matching run"))
    number = models.PositiveSmallIntegerField(_("number"))
    search_ids = ArrayField(models.BigIntegerField(), verbose_name=_("searches"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    result = models.BinaryField(_("result"), default=EMPTY)

    class Meta:
        verbose_name = _("shard of a matching run")
        verbose_name_plural = _("shards of matching runs")
        ordering = ["run", "number"]
        indexes = [
            models.Index(fields=["id"], name="match_shard_waiting", condition=Q(finished_at__isnull=True))
        ]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="match_shard_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"
