"""Base classes every app builds on, the operating parameters and the log of who looked at what."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField
from apps.core.enums import MergeKind, SuggestionStatus


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class HistoryRow(models.Model):
    """One change of state: old, new, who, when, why. Append-only; written by `core.transitions.move`.

    A concrete class adds `subject`, a real foreign key named `history` on the other side.
    `operation` groups the rows of one act (an acceptance withdraws many), so that it can be undone.
    """

    old = models.CharField(_("old state"), max_length=40)
    new = models.CharField(_("new state"), max_length=40)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    reason = models.TextField(_("why"), blank=True)
    operation = models.UUIDField(_("operation"), editable=False)

    class Meta:
        abstract = True
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class StatefulModel(TimestampedModel):
    """A row with a state machine. `core.transitions.move` is its one door.

    TRANSITIONS: state → states it may go to. UNDO: the same for corrections of a mis-click.
    EVENTS: state → type of the domain event published on entering it. SUBJECT_ID: name of the
    attribute whose value is the event's subject (the patient or therapist concerned). EVENT_IDS: further
    ids of the payload, key → attribute; one that is None stays out. EVENT_NEEDS: relations these ids are
    read through.
    """

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]]
    UNDO: ClassVar[dict[str, frozenset[str]]] = {}
    EVENTS: ClassVar[dict[str, str]] = {}
    SUBJECT_ID: ClassVar[str] = "pk"
    EVENT_IDS: ClassVar[dict[str, str]] = {}
    EVENT_NEEDS: ClassVar[tuple[str, ...]] = ()
    status: Any

    class Meta:
        abstract = True


class ParameterChange(models.Model):
    """One operating parameter got a new value: versions are never edited, the newest row is in force."""

    name = models.CharField(_("parameter"), max_length=60)
    value = models.JSONField(_("value"))
    valid_from = models.DateTimeField(_("valid from"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    reason = models.CharField(_("why"), max_length=300)

    class Meta:
        verbose_name = _("operating parameter")
        verbose_name_plural = _("operating parameters")
        ordering = ["name", "-valid_from", "-id"]
        indexes = [models.Index(fields=["name", "-valid_from", "-id"], name="parameter_newest")]
        constraints = [
            models.CheckConstraint(name="parameter_has_reason", condition=~models.Q(reason="")),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class AccessEntry(models.Model):
    """Somebody looked at a patient's record. Append-only; identifies the record, not its content."""

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    patient_id = models.BigIntegerField(_("patient"), db_index=True)
    purpose = models.CharField(_("page"), max_length=80)

    class Meta:
        verbose_name = _("access to a patient record")
        verbose_name_plural = _("accesses to patient records")
        indexes = [models.Index(fields=["-at"], name="access_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.purpose}"


class TransactionIdField(models.Field):
    """The 64-bit number of the transaction that wrote the row, filled by the database."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionIdField()


class RowChange(models.Model):
    """A trace of a change to a therapist or patient, left by triggers (`core.changes.tracked`).

    Whoever keeps something worked out of rows asks here what has changed since.
    """

    kind = models.CharField(_("kind"), max_length=12)
    subject_id = models.BigIntegerField(_("subject"))
    transaction = TransactionIdField(db_default=CurrentTransaction())
    at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        verbose_name = _("trace of a change")
        verbose_name_plural = _("traces of changes")
        default_permissions = ()
        indexes = [models.Index(fields=["transaction"], name="row_change_transaction")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class MergeRecord(models.Model):
    """Two records became one. Keeps all that is needed to take it back, until `log` is emptied.

    `log` names every row that was changed, removed or added with its former values, `names` what the two
    records were called: both encrypted. `moved` counts per model and holds nothing personal. `alias` is the
    case code of a patient's removed record: letters sent before still carry it. Written by `core.merging`.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=MergeKind.choices)
    kept_id = models.BigIntegerField(_("kept record"))
    dropped_id = models.BigIntegerField(_("merged record"))
    alias = models.CharField(_("former case code"), max_length=7, blank=True)
    names = EncryptedJSONField(_("names"), default=dict)
    moved = models.JSONField(_("what was moved"), default=dict)
    log = EncryptedJSONField(_("what is needed to undo it"), null=True, blank=True)
    merged_at = models.DateTimeField(_("merged at"))
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("merged by")
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    undo_reason = models.CharField(_("why undone"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("merge of two records")
        verbose_name_plural = _("merges of records")
        ordering = ["-merged_at", "-id"]
        indexes = [models.Index(fields=["kind", "kept_id"], name="merge_by_kept")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dropped_id"],
                name="merge_once",
                condition=models.Q(undone_at__isnull=True),
            ),
            models.CheckConstraint(name="merge_of_two", condition=~models.Q(kept_id=models.F("dropped_id"))),
            models.CheckConstraint(name="merge_kind_known", condition=models.Q(kind__in=MergeKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dropped_id} → {self.kept_id}"


class DuplicateSuggestion(StatefulModel):
    """Two records that may be the same. Door: `core.transitions.move`, used by `core.merging.suggestions`.

    The lower id comes first. `reasons` are codes of the app's scorer, never anything about a person. A
    dismissed pair stays and is therefore never suggested again.
    """

    TRANSITIONS: ClassVar = {
        SuggestionStatus.OPEN: frozenset({SuggestionStatus.DISMISSED, SuggestionStatus.MERGED}),
        SuggestionStatus.DISMISSED: frozenset({SuggestionStatus.MERGED}),
        SuggestionStatus.MERGED: frozenset(),
    }
    UNDO: ClassVar = {
        SuggestionStatus.DISMISSED: frozenset({SuggestionStatus.OPEN}),
        SuggestionStatus.MERGED: frozenset({SuggestionStatus.OPEN, SuggestionStatus.DISMISSED}),
    }

    kind = models.CharField(_("kind"), max_length=12, choices=MergeKind.choices)
    first_id = models.BigIntegerField(_("first record"))
    second_id = models.BigIntegerField(_("second record"))
    status = models.CharField(
        _("status"), max_length=12, choices=SuggestionStatus.choices, default=SuggestionStatus.OPEN
    )
    score = models.FloatField(_("score"))
    reasons = models.JSONField(_("reasons"), default=list)
    found_at = models.DateTimeField(_("found at"))
    merge = models.ForeignKey(
        MergeRecord,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("merge"),
    )

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-score", "id"]
        indexes = [models.Index(fields=["kind", "status", "-score", "id"], name="duplicate_best_first")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "first_id", "second_id"], name="duplicate_once"),
            models.CheckConstraint(
                name="duplicate_in_order", condition=models.Q(first_id__lt=models.F("second_id"))
            ),
            models.CheckConstraint(
                name="duplicate_status_known", condition=models.Q(status__in=SuggestionStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_id} – {self.second_id}"


class DuplicateHistory(HistoryRow):
    subject = models.ForeignKey(
        DuplicateSuggestion, models.CASCADE, related_name="history", verbose_name=_("possible duplicate")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a possible duplicate")
        verbose_name_plural = _("histories of possible duplicates")
