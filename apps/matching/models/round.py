"""Rounds: plans of contacts."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import HistoryRow, StatefulModel
from apps.matching.enums import (
    RoundStatus,
)


class Round(StatefulModel):
    """One plan of contacts: a draft until a person releases all or parts of it. Door: `services.rounds`."""

    TRANSITIONS: ClassVar = {
        RoundStatus.DRAFT: frozenset({RoundStatus.RELEASED, RoundStatus.DISCARDED}),
        RoundStatus.RELEASED: frozenset(),
        RoundStatus.DISCARDED: frozenset(),
    }
    EVENTS: ClassVar = {status: f"round.{status}" for status in RoundStatus}

    status = models.CharField(
        _("status"), max_length=12, choices=RoundStatus.choices, default=RoundStatus.DRAFT, editable=False
    )
    planned_for = models.DateField(_("planned for"))
    parameters_version = models.BigIntegerField(_("version of the parameters"), default=0)
    result_hash = models.CharField(_("hash of the matching result"), max_length=64, blank=True)
    searches_count = models.PositiveIntegerField(_("searches"), default=0)
    therapists_count = models.PositiveIntegerField(_("therapists looked at"), default=0)
    candidates_count = models.PositiveIntegerField(_("candidates"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("planned by"),
    )

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.CheckConstraint(name="round_status_known", condition=Q(status__in=RoundStatus.values)),
            models.UniqueConstraint(
                fields=["status"], name="round_one_draft", condition=Q(status=RoundStatus.DRAFT)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("matching:round", args=[self.pk])


class RoundHistory(HistoryRow):
    subject = models.ForeignKey(Round, models.CASCADE, related_name="history", verbose_name=_("round"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a round")
        verbose_name_plural = _("histories of rounds")
