from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DomainEvent(models.Model):
    """One thing that happened, in the standard envelope. Written by `services.publish` only.

    The payload names rows and states, never health data and never a person.
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
    """One subscriber has handled one event: written in the same transaction as the handler's effect."""

    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=120)
    handled_at = models.DateTimeField(_("handled at"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once_per_subscriber"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"
