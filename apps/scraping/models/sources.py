"""Where records come from, and whether they may be fetched from there."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimestampedModel


class Source(TimestampedModel):
    """A register or list. `adapter` reads its payloads; `options` are the spider's own (areas, filters).

    Files can always be read. Fetching needs a `FetchPermission` in force and no rest after a refusal.
    """

    key = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    adapter = models.CharField(_("kind of records"), max_length=40)
    url = models.URLField(_("address"), blank=True, help_text=_("Where records are fetched from."))
    delay_seconds = models.FloatField(
        _("seconds between requests"), default=5.0, help_text=_("At least one second.")
    )
    every_days = models.PositiveSmallIntegerField(
        _("fetch every … days"), default=0, help_text=_("0 means only by hand.")
    )
    stale_after_days = models.PositiveSmallIntegerField(_("data counts as old after … days"), default=180)
    column_mapping: Any = models.JSONField(_("columns of a file"), default=dict, blank=True)
    options: Any = models.JSONField(_("options"), default=dict, blank=True)
    resting_until = models.DateTimeField(_("rests until"), null=True, blank=True, editable=False)
    resting_reason = models.CharField(_("why it rests"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="source_delay_polite", condition=Q(delay_seconds__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scraping:source", args=[self.key])


class FetchPermission(TimestampedModel):
    """A person has recorded that records may be fetched from a source, and on what grounds."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="permissions", verbose_name=_("source"))
    given_by = models.CharField(_("given by"), max_length=160, help_text=_("Person or body at the source."))
    given_on = models.DateField(_("given on"))
    until = models.DateField(_("until (last day)"), null=True, blank=True)
    grounds = models.TextField(
        _("grounds"), help_text=_("Contract, letter, terms of use: where it can be read again.")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField(_("why withdrawn"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("permission to fetch")
        verbose_name_plural = _("permissions to fetch")
        ordering = ["-given_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="permission_with_grounds", condition=~Q(grounds="") & ~Q(given_by="")
            ),
            models.CheckConstraint(
                name="permission_in_order", condition=Q(until__isnull=True) | Q(until__gte=F("given_on"))
            ),
            models.UniqueConstraint(
                fields=["source"], name="permission_one_in_force", condition=Q(withdrawn_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.given_by}, {self.given_on}"
