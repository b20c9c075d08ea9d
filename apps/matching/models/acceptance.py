"""What was learnt about the expected acceptance, night by night."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.changes import tracked


class AcceptanceFit(models.Model):
    """One fit; the newest one is in force. Written by `services.acceptance`, never edited.

    `model` and `evaluation` are the engine's AcceptanceModel and Evaluation as dictionaries.
    """

    fitted_at = models.DateTimeField(_("fitted at"))
    asked_count = models.PositiveIntegerField(_("answered or expired requests"))
    accepted_count = models.PositiveIntegerField(_("accepted requests"))
    is_estimated = models.BooleanField(
        _("factors learnt"), help_text=_("No: too few answers, the usual factors hold.")
    )
    model = models.JSONField(_("model"))
    evaluation = models.JSONField(_("evaluation"), null=True, blank=True)

    class Meta:
        triggers = [tracked("model")]
        verbose_name = _("fit of the expected acceptance")
        verbose_name_plural = _("fits of the expected acceptance")
        ordering = ["-fitted_at", "-id"]
        indexes = [models.Index(fields=["-fitted_at", "-id"], name="acceptance_fit_newest")]
        constraints = [
            models.CheckConstraint(
                name="acceptance_fit_counts", condition=Q(accepted_count__lte=F("asked_count"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fitted_at:%d.%m.%Y}"
