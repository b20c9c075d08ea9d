"""The link by which an accepting therapist learns who the patient is."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.communication.models import EmailMessage
from apps.matching.models.request import PlacementRequest


class IdentityLink(models.Model):
    """Opens once, for a time, and can be revoked. The token itself is only in the letter."""

    request = models.ForeignKey(
        PlacementRequest, models.CASCADE, related_name="identity_links", verbose_name=_("placement request")
    )
    token_hash = models.CharField(_("fingerprint of the link"), max_length=64, unique=True)
    email = models.ForeignKey(
        EmailMessage, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("e-mail")
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )
    expires_at = models.DateTimeField(_("valid until"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("link to an identity")
        verbose_name_plural = _("links to identities")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}"
