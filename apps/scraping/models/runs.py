"""One reading of a source, by network or from a file, in counts that add up."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimestampedModel
from apps.scraping.enums import ENDED, BulkKind, ProblemKind, RunKind, RunStatus
from apps.scraping.models.sources import Source


class ImportRun(TimestampedModel):
    """`seen = new + changed + unchanged + rejected + failed`, at every moment.

    Counts, records and `cursor` (where to go on) are committed together, batch by batch: a run that was
    killed goes on where it was, and nothing is counted twice. `repeated` counts further sightings of a
    record within the run (tiles overlap); they are not part of `seen`.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="runs", verbose_name=_("source"))
    kind = models.CharField(_("kind"), max_length=8, choices=RunKind.choices)
    status = models.CharField(_("status"), max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    alive_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    is_cancel_wished = models.BooleanField(_("to be cancelled"), default=False)
    fetched_on = models.DateField(_("as of"))
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    is_whole = models.BooleanField(
        _("covers the whole source"),
        default=False,
        help_text=_("Only then can it be told who has vanished."),
    )
    done = models.PositiveIntegerField(_("steps done"), default=0)
    total = models.PositiveIntegerField(_("steps in all"), default=0)
    cursor: Any = models.JSONField(_("where to go on"), default=dict, blank=True)
    requests = models.PositiveIntegerField(_("requests to the source"), default=0)
    message = models.TextField(_("message"), blank=True)

    seen = models.PositiveIntegerField(_("seen"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    repeated = models.PositiveIntegerField(_("seen again"), default=0)
    vanished = models.PositiveIntegerField(_("vanished"), null=True, blank=True)
    proposals = models.PositiveIntegerField(_("proposals"), default=0)
    worked_up_at = models.DateTimeField(
        _("compared"),
        null=True,
        blank=True,
        help_text=_("When its records had been compared with therapists."),
    )
    noticed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("noticed by"),
        help_text=_("Who has taken note that it failed or was unusual."),
    )
    is_unusual = models.BooleanField(_("unusual volume"), default=False)

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["source", "-id"], name="run_newest")]
        constraints = [
            models.CheckConstraint(
                name="run_adds_up",
                condition=Q(seen=F("new") + F("changed") + F("unchanged") + F("rejected") + F("failed")),
            ),
            models.CheckConstraint(name="run_status_known", condition=Q(status__in=RunStatus.values)),
            models.CheckConstraint(
                name="run_end_dated",
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["source"],
                name="run_one_at_a_time",
                condition=Q(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("scraping:run", args=[self.pk])

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


class BulkDecision(TimestampedModel):
    """ "Take all of this run": worked off in the background, one record a transaction; it can stop anywhere.

    `only` narrows changes to these fields. Changes of hand-kept values and records with doubts are never in.
    """

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="decisions", verbose_name=_("run"))
    what = models.CharField(_("what"), max_length=8, choices=BulkKind.choices)
    only: Any = models.JSONField(_("fields"), default=list, blank=True)
    total = models.PositiveIntegerField(_("in all"), default=0)
    done = models.PositiveIntegerField(_("taken"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    is_cancel_wished = models.BooleanField(_("to be cancelled"), default=False)
    alive_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("decision about a whole run")
        verbose_name_plural = _("decisions about whole runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="bulk_kind_known", condition=Q(what__in=BulkKind.values)),
            models.UniqueConstraint(
                fields=["run", "what"], name="bulk_one_at_a_time", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.get_what_display()}"


class RunFile(models.Model):
    """The uploaded file of a run, kept until it has been read."""

    run = models.OneToOneField(ImportRun, models.CASCADE, related_name="file", verbose_name=_("run"))
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("file of a run")
        verbose_name_plural = _("files of runs")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.run)


class RunProblem(models.Model):
    """An entry that did not become a record: where it stood, why, and what it looked like."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="problems", verbose_name=_("run"))
    kind = models.CharField(_("kind"), max_length=8, choices=ProblemKind.choices)
    where = models.CharField(_("where"), max_length=200)
    reason = models.TextField(_("reason"))
    payload: Any = models.JSONField(_("as it came"), null=True, blank=True)
    digest = models.CharField(_("fingerprint"), max_length=32)

    class Meta:
        verbose_name = _("problem of a run")
        verbose_name_plural = _("problems of runs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "digest"], name="problem_once_per_run"),
            models.CheckConstraint(name="problem_kind_known", condition=Q(kind__in=ProblemKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"
