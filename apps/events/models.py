import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# In the publisher's own transaction: a row for every outlet that is switched on, none where none is.
_HAND_TO_OUTLETS = """
INSERT INTO events_outgoing (outlet_id, event_id, queued_at)
SELECT outlet.id, news.id, now() FROM news CROSS JOIN events_outlet AS outlet
WHERE outlet.is_on ORDER BY news.id, outlet.id;
RETURN NULL;
"""


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
        triggers = [
            pgtrigger.Trigger(
                name="hand_to_outlets",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="news"),
                func=_HAND_TO_OUTLETS,
            )
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


class Outlet(models.Model):
    """A way out of the house for every event, switched on by its first user (`relay.outlets`).

    `past_next` … `past_until` are ids of the past that are still to be queued.
    """

    name = models.CharField(_("name"), max_length=40, unique=True)
    is_on = models.BooleanField(_("switched on"), default=False)
    since = models.DateTimeField(_("switched on since"), null=True, blank=True)
    past_next = models.BigIntegerField(_("first event of the past still to be queued"), null=True, blank=True)
    past_until = models.BigIntegerField(_("last event of the past to be queued"), null=True, blank=True)

    class Meta:
        verbose_name = _("outlet of events")
        verbose_name_plural = _("outlets of events")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Outgoing(models.Model):
    """An event that waits at an outlet; the row goes when the other side has confirmed the event.

    Written by a trigger in the publisher's transaction. A reader that remembers the last id it has seen
    would pass over events whose transaction commits late; a row is found whenever it appears. Taken by the
    id of the event, the events of one subject come in their order: publishers hold the subject's lock until
    they commit, so that of two events of one subject the one with the lower id was committed first.
    """

    # Without a constraint: its check would lock the outlet's one row for every publisher.
    outlet = models.ForeignKey(
        Outlet,
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("outlet"),
    )
    event = models.ForeignKey(DomainEvent, models.CASCADE, related_name="+", verbose_name=_("event"))
    queued_at = models.DateTimeField(_("queued at"), db_default=Now())

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["outlet", "event"], name="outgoing_once_per_outlet"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.outlet_id}"
