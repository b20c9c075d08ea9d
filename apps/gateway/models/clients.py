"""Clients, their tokens, and what was answered to whom."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.encryption import EncryptedTextField
from apps.core.models import TimestampedModel
from apps.gateway.enums import Scope


class ApiClient(TimestampedModel):
    """A website, telephone system or partner. `account` is its name in histories and in the access log."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="api_client",
        editable=False,
        verbose_name=_("account"),
    )
    scopes = ArrayField(
        models.CharField(max_length=30, choices=Scope.choices),
        verbose_name=_("may"),
        default=list,
        blank=True,
    )
    requests_per_minute = models.PositiveIntegerField(_("requests per minute"), default=120)
    is_active = models.BooleanField(_("active"), default=True)
    note = models.TextField(_("note"), blank=True, help_text=_("What for, and whom to ask."))

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="client_rate_positive", condition=Q(requests_per_minute__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A secret of a client, of which only the SHA-256 is kept. `shown` is its beginning, to tell it apart."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="tokens", verbose_name=_("client"))
    shown = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("issued"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("issued by")
    )
    expires_at = models.DateTimeField(_("valid until"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # of the form it was issued with: the same click twice is one token
    once_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="token_in_order", condition=Q(expires_at__gt=models.F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.shown}…"


class KeptAnswer(models.Model):
    """What a POST with an idempotency key was answered: the same key gets the same answer."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(_("idempotency key"), max_length=200)
    asked = models.CharField(_("fingerprint of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    headers = models.JSONField(_("headers"), default=dict)
    body = EncryptedTextField(_("answer"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="kept_answer_at")]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="answer_once_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
