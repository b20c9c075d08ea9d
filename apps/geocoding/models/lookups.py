"""What was asked of an address server: answers kept, the server's pace and rests, and addresses that wait."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedJSONField
from apps.geocoding.enums import Outcome, Precision, Provenance, Reason


class CachedLookup(models.Model):
    """One answer of the address server. The key is a keyed fingerprint: no address can be read from it.

    `hits` is encrypted (the points of patients' homes are among them); an empty list means "not known there"
    and is kept for a shorter time.
    """

    key = models.CharField(_("fingerprint of the query"), max_length=64, primary_key=True)
    hits = EncryptedJSONField(_("answer"), default=list)
    is_found = models.BooleanField(_("found"))
    fetched_at = models.DateTimeField(_("fetched at"))
    expires_at = models.DateTimeField(_("kept until"), db_index=True)

    class Meta:
        verbose_name = _("answer of the address server")
        verbose_name_plural = _("answers of the address server")
        constraints = [
            models.CheckConstraint(
                name="lookup_kept_for_a_while", condition=Q(expires_at__gt=models.F("fetched_at"))
            )
        ]

    def __str__(self) -> str:
        return self.key[:12]


class OutsideServer(models.Model):
    """Pace and rest of one server that is asked over the network, shared by all workers.

    `next_free_at` and `quiet_until` follow the clock of the database: every worker of every machine reads
    the same one. `open_until` is the rest after failures, as in `communication.MailCircuit`.
    """

    name = models.CharField(_("server"), max_length=40, primary_key=True)
    next_free_at = models.DateTimeField(_("next free moment"))
    quiet_until = models.DateTimeField(_("asked us to wait until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("rest until"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    reply = models.CharField(_("last failure said"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("server outside")
        verbose_name_plural = _("servers outside")

    def __str__(self) -> str:
        return self.name


class GeocodingJob(models.Model):
    """One address of one record: whether it waits to be placed, and what came of the last attempt.

    The row is the job: it waits while `waiting_since` is set and is due from `due_at` on; a worker that takes
    it moves `due_at` ahead, so that the job of a worker that died comes back by itself. `kind` names a
    registered `targets.Target`; this app knows neither practices nor patients.
    """

    kind = models.CharField(_("kind"), max_length=16)
    object_id = models.BigIntegerField(_("number of the record"))
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts without an answer"), default=0)
    has_moved = models.BooleanField(_("address changed"), default=False)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    precision = models.CharField(_("precision"), max_length=8, choices=Precision.choices, blank=True)
    provenance = models.CharField(_("origin"), max_length=12, choices=Provenance.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    distance_km = models.PositiveIntegerField(_("refused hit lay off by km"), null=True, blank=True)
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)

    class Meta:
        verbose_name = _("address to place")
        verbose_name_plural = _("addresses to place")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], name="geocoding_due", condition=Q(waiting_since__isnull=False)),
            models.Index(fields=["outcome", "id"], name="geocoding_outcome"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="geocoding_once_per_record"),
            models.CheckConstraint(
                name="geocoding_waits_whole",
                condition=Q(waiting_since__isnull=True, due_at__isnull=True)
                | Q(waiting_since__isnull=False, due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="geocoding_outcome_known", condition=Q(outcome="") | Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="geocoding_tried_or_new",
                condition=Q(outcome="", tried_at__isnull=True) | ~Q(outcome="") & Q(tried_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
