"""What is known of pages read before, and whose turn it is at a host."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.scraping.models.sources import Source


class FetchedPage(models.Model):
    """A page as it was read last: by its stamps the source can say "unchanged" without sending it again.

    `digest` is that of the request and of how its answer is read. Only pages of which every entry was kept
    are remembered: `record_ids` are then all that the unchanged page shows.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="pages", verbose_name=_("source"))
    digest = models.CharField(_("fingerprint"), max_length=32)
    etag = models.CharField(_("ETag"), max_length=300, blank=True)
    last_modified = models.CharField(_("last modified"), max_length=100, blank=True)
    record_ids = ArrayField(models.BigIntegerField(), verbose_name=_("records"))
    read_on = models.DateField(_("read on"))

    class Meta:
        verbose_name = _("page read before")
        verbose_name_plural = _("pages read before")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["source", "digest"], name="page_once_per_source"),
        ]

    def __str__(self) -> str:
        return self.digest


class FetchTurn(models.Model):
    """One request at a time to a host, and a pause after it, whatever process asks.

    Who takes the turn writes his name and a time by which it lapses (a process may die with it). Times
    follow the clock of the database, which all machines share.
    """

    host = models.CharField(_("host"), max_length=260, primary_key=True)
    holder = models.CharField(_("holder"), max_length=40)
    free_at = models.DateTimeField(_("free from"))

    class Meta:
        verbose_name = _("turn at a host")
        verbose_name_plural = _("turns at hosts")
        default_permissions = ()

    def __str__(self) -> str:
        return self.host
