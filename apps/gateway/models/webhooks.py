"""Receivers that are told what happens, and which event has reached which of them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedTextField
from apps.core.models import TimestampedModel
from apps.events.models import DomainEvent
from apps.gateway.enums import DeliveryState, DisabledReason, Trouble
from apps.gateway.models.clients import ApiClient

EVERY_TYPE = "*"


class WebhookSubscription(TimestampedModel):
    """A client wants to be told of these events at this address. Written by `services.webhooks`.

    The database queues a `WebhookDelivery` per event and active subscription by itself (a trigger on the
    outbox). `updated_at` is that of the client's own settings: how deliveries fare does not touch it.
    `catch_up_from` stands while the events missed in a break are being queued; until then nothing goes out.
    """

    client = models.ForeignKey(
        ApiClient, models.CASCADE, related_name="webhooks", verbose_name=_("client"), editable=False
    )
    url = models.CharField(_("address"), max_length=500)
    event_types = ArrayField(models.CharField(max_length=80), verbose_name=_("events"))
    secret = EncryptedTextField(_("secret"), editable=False)
    former_secret = EncryptedTextField(_("former secret"), blank=True, editable=False)
    former_secret_until = models.DateTimeField(_("former secret signs until"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    disabled_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    disabled_reason = models.CharField(
        _("why switched off"), max_length=12, choices=DisabledReason.choices, blank=True
    )

    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_deliveries = models.PositiveIntegerField(_("events among them"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    rests_until = models.DateTimeField(_("left in peace until"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last delivery"), null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True, blank=True)
    last_trouble = models.CharField(_("last trouble"), max_length=12, choices=Trouble.choices, blank=True)

    catch_up_from = models.DateTimeField(_("catches up from"), null=True, blank=True)
    catch_up_awaits = ArrayField(models.CharField(max_length=40), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="webhook_inactive_has_reason",
                condition=Q(is_active=True, disabled_at__isnull=True, disabled_reason="")
                | Q(is_active=False, disabled_at__isnull=False) & ~Q(disabled_reason=""),
            ),
            models.CheckConstraint(
                name="webhook_reason_known", condition=Q(disabled_reason__in=["", *DisabledReason.values])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.host}"

    def get_absolute_url(self) -> str:
        return reverse("gateway:webhook", args=[self.pk])

    @property
    def host(self) -> str:
        """What may be shown and logged anywhere: paths and queries may hold secrets of the receiver."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]

    @property
    def hears_everything(self) -> bool:
        return EVERY_TYPE in self.event_types

    def secrets_at(self, at: datetime) -> list[str]:
        """What an attempt is signed with: for a day after a change the former secret as well."""
        is_former_valid = self.former_secret_until is not None and self.former_secret_until > at
        return [self.secret, *([self.former_secret] if is_former_valid else [])]


class WebhookDelivery(models.Model):
    """One event on its way to one receiver. Queued by the trigger, worked off by `services.delivering`.

    `subject` is producer and subject of the event: of one subject only the oldest waiting event may go.
    `claimed_until` is the lease of the worker that has it in hand.
    """

    subscription = models.ForeignKey(
        WebhookSubscription, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="+", verbose_name=_("event"))
    subject = models.CharField(_("subject of the event"), max_length=120)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    claimed_until = models.DateTimeField(_("in hand until"), null=True, blank=True)
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True, blank=True)
    last_trouble = models.CharField(_("last trouble"), max_length=12, choices=Trouble.choices, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["subscription", "next_attempt_at"],
                name="webhook_due",
                condition=Q(delivered_at__isnull=True),
            ),
            models.Index(
                fields=["subscription", "subject", "event"],
                name="webhook_order",
                condition=Q(delivered_at__isnull=True),
            ),
            models.Index(
                fields=["delivered_at"], name="webhook_done", condition=Q(delivered_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event"], name="webhook_once_per_event"),
            models.CheckConstraint(
                name="webhook_delivered_was_tried",
                condition=Q(delivered_at__isnull=True)
                | Q(attempts__gte=1, last_attempt_at=F("delivered_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscription_id}"

    @property
    def state(self) -> DeliveryState:
        if self.delivered_at is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.RETRYING if self.attempts else DeliveryState.WAITING
