from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DomainEvent(models.Model):
    """One thing that happened, in the standard envelope. Written by `services.publish` only.

    The payload names rows and states, never health data and never a person. `last_error` is the class of
    the error and `error_place` where in the program it arose: never its text, which may quote a row.
    """

    event_id = models.UUIDField(_("event id"), unique=True, editable=False)
    type = models.CharField(_("type"), max_length=80)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    occurred_at = models.DateTimeField(_("occurred at"))
    producer = models.CharField(_("producer"), max_length=40)
    subject_id = models.CharField(_("subject"), max_length=64)
    payload = models.JSONField(_("payload"), default=dict)

    dispatched_at = models.DateTimeField(_("dispatched at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    failed_subscriber = models.CharField(
        _("failed subscriber"), max_length=120, blank=True, default="", db_default=""
    )
    error_place = models.CharField(
        _("place of the error"), max_length=200, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("domain event")
        verbose_name_plural = _("domain events")
        indexes = [
            models.Index(
                fields=["id"],
                name="event_waiting",
                condition=Q(dispatched_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(fields=["subject_id", "id"], name="event_subject"),
            models.Index(fields=["type", "id"], name="event_type"),
            models.Index(fields=["id"], name="event_parked", condition=Q(parked_at__isnull=False)),
            BrinIndex(fields=["occurred_at"], name="event_time"),  # rows come in the order of time, or nearly
        ]
        constraints = [
            models.CheckConstraint(
                name="event_not_both_done_and_parked",
                condition=Q(dispatched_at__isnull=True) | Q(parked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"


class Delivery(models.Model):
    """One subscriber has handled one event: written in the same transaction as the handler's effect.

    A replay hands the event over again: `times` counts, `handled_at` is the last time.
    """

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=120)
    handled_at = models.DateTimeField(_("handled at"))
    times = models.PositiveIntegerField(_("times handled"), default=1, db_default=1)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once_per_subscriber"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"


class Redrive(models.Model):
    """A parked event was given another round of attempts: by whom, when, and what it had stumbled over."""

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="redrives", verbose_name=_("event"))
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    error = models.TextField(_("error"), blank=True)
    subscriber = models.CharField(_("failed subscriber"), max_length=120, blank=True)
    place = models.CharField(_("place of the error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("renewed attempt")
        verbose_name_plural = _("renewed attempts")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.event_id} · {self.error}"
