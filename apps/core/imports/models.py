"""Files that staff upload, what became of their rows, and lists that staff took out."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField, EncryptedTextField
from apps.core.imports.enums import ENDED, WORKING, FileStatus, RowResult
from apps.core.models import HistoryRow, StatefulModel


def _person(verbose_name: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=verbose_name,
    )


class FileImport(StatefulModel):
    """An uploaded file: the row is the job. Door: `imports.services`.

    `done = new + changed + unchanged + rejected` at every moment; while importing, each row of the file is
    committed together with these counts, so a run that was killed goes on behind the last row that is in.
    `turn` counts how often a worker took the row up and tells a lost worker that it is not its own any more.
    `chosen` holds the key of our column for every heading, "" for one that is left out. Whatever comes from
    the file is encrypted and goes some days after the end (`services.keeping`); the counts stay.
    """

    TRANSITIONS: ClassVar = {
        FileStatus.UPLOADED: frozenset({FileStatus.TRIAL_QUEUED, FileStatus.CANCELLED}),
        FileStatus.TRIAL_QUEUED: frozenset({FileStatus.TRIAL, FileStatus.CANCELLED}),
        FileStatus.TRIAL: frozenset({FileStatus.TRIED, FileStatus.FAILED, FileStatus.CANCELLED}),
        FileStatus.TRIED: frozenset({FileStatus.TRIAL_QUEUED, FileStatus.QUEUED, FileStatus.CANCELLED}),
        FileStatus.QUEUED: frozenset({FileStatus.RUNNING, FileStatus.CANCELLED}),
        FileStatus.RUNNING: frozenset({FileStatus.DONE, FileStatus.FAILED, FileStatus.CANCELLED}),
        FileStatus.DONE: frozenset(),
        FileStatus.FAILED: frozenset(),
        FileStatus.CANCELLED: frozenset(),
    }

    kind = models.CharField(_("what"), max_length=20)
    status = models.CharField(
        _("status"), max_length=12, choices=FileStatus.choices, default=FileStatus.UPLOADED, editable=False
    )
    language = models.CharField(_("language of the messages"), max_length=7)
    file_name = EncryptedTextField(_("file"), blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    as_of = models.DateField(_("as of"))
    header: Any = EncryptedJSONField(_("headings"), default=list)
    samples: Any = EncryptedJSONField(_("first rows"), default=list)
    remarks: Any = EncryptedJSONField(_("remarks"), default=list)
    chosen: Any = models.JSONField(_("columns"), default=list)

    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows read"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)

    turn = models.PositiveIntegerField(default=0, editable=False)
    losses = models.PositiveSmallIntegerField(default=0, editable=False)
    alive_at = models.DateTimeField(_("last sign of the worker"), null=True, blank=True, editable=False)
    error = models.TextField(_("why it failed"), blank=True)
    created_by = _person(_("uploaded by"))
    started_by = _person(_("imported by"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("content deleted"), null=True, blank=True)

    class Meta:
        verbose_name = _("import of a file")
        verbose_name_plural = _("imports of files")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="file_status_known", condition=Q(status__in=FileStatus.values)),
            models.CheckConstraint(
                name="file_adds_up",
                condition=Q(done=F("new") + F("changed") + F("unchanged") + F("rejected")),
            ),
            models.CheckConstraint(
                name="file_end_dated",
                condition=Q(status__in=ENDED, finished_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="file_failure_has_reason", condition=~Q(status=FileStatus.FAILED) | ~Q(error="")
            ),
            models.UniqueConstraint(
                fields=["kind"], name="file_one_at_a_time", condition=Q(status__in=WORKING)
            ),
            # a form that was sent twice
            models.UniqueConstraint(
                fields=["kind", "fingerprint"], name="file_once_open", condition=~Q(status__in=ENDED)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("imports:detail", args=[self.pk])

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_at_work(self) -> bool:
        """Waits for a worker or has one: the page asks again by itself."""
        return not self.has_ended and self.status not in (FileStatus.UPLOADED, FileStatus.TRIED)

    @property
    def is_trial(self) -> bool:
        """What the counts say has only been tried."""
        return self.started_at is None

    @property
    def done_percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0


class FileImportHistory(HistoryRow):
    subject = models.ForeignKey(
        FileImport, models.CASCADE, related_name="history", verbose_name=_("import of a file")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of an import")
        verbose_name_plural = _("histories of imports")


class FileContent(models.Model):
    """The file itself, packed and encrypted; apart, so that no list ever loads it."""

    file_import = models.OneToOneField(
        FileImport,
        models.CASCADE,
        primary_key=True,
        related_name="content",
        verbose_name=_("import of a file"),
    )
    packed = EncryptedTextField(_("content"))

    class Meta:
        verbose_name = _("content of a file")
        verbose_name_plural = _("contents of files")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.file_import_id)


class FileRow(models.Model):
    """A row that was rejected, or about which a person should know something.

    `texts` are pairs of heading ("" for the row as a whole) and sentence; `cells` are kept of rejected rows.
    """

    file_import = models.ForeignKey(
        FileImport, models.CASCADE, related_name="rows", verbose_name=_("import of a file")
    )
    line = models.PositiveIntegerField(_("line"))
    result = models.CharField(_("result"), max_length=9, choices=RowResult.choices)
    cells: Any = EncryptedJSONField(_("cells"), default=list)
    texts: Any = EncryptedJSONField(_("what to know"), default=list)

    class Meta:
        verbose_name = _("row of a file")
        verbose_name_plural = _("rows of files")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="file_row_result_known", condition=Q(result__in=RowResult.values)),
        ]

    def __str__(self) -> str:
        return f"{self.file_import_id}:{self.line}"


class ColumnChoice(models.Model):
    """How a person last matched the columns of files with these headings (kept as a fingerprint)."""

    kind = models.CharField(_("what"), max_length=20)
    headings = models.CharField(_("fingerprint of the headings"), max_length=64)
    chosen: Any = models.JSONField(_("columns"), default=list)
    chosen_at = models.DateTimeField(_("chosen at"))

    class Meta:
        verbose_name = _("matched columns")
        verbose_name_plural = _("matched columns")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "headings"], name="column_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.headings[:8]}"


class ExportEntry(models.Model):
    """Somebody took a list out as a file. Append-only; what was filtered for may name people: encrypted."""

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    list_name = models.CharField(_("list"), max_length=60)
    file_format = models.CharField(_("kind of file"), max_length=4)
    query: Any = EncryptedJSONField(_("filter and order"), default=dict)
    row_count = models.PositiveIntegerField(_("rows"))

    class Meta:
        verbose_name = _("export of a list")
        verbose_name_plural = _("exports of lists")
        ordering = ["-id"]
        indexes = [models.Index(fields=["-at"], name="export_newest")]
        triggers = [
            # `query` is written anew when the keys rotate
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.UpdateOf("at", "actor_id", "list_name", "file_format", "row_count")
                | pgtrigger.Delete,
            )
        ]

    def __str__(self) -> str:
        return f"{self.list_name}.{self.file_format}: {self.row_count}"
