"""Towns and postal codes with coordinates: the offline fall-back of every geocoding."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.geocoding.enums import State
from apps.geocoding.names import town_key

PLZ_REGEX = r"^\d{5}$"


def in_germany() -> models.Q:
    """A generous frame: it catches swapped and shifted coordinates, not borders."""
    return models.Q(latitude__range=(47.0, 55.2), longitude__range=(5.5, 15.3))


class Place(models.Model):
    """A town. `sort_key` is derived from `name` on every save (`names.town_key`) and answers look-ups."""

    name = models.CharField(_("name"), max_length=100)
    sort_key = models.CharField(_("sort key"), max_length=120, db_index=True, editable=False)
    state = models.CharField(_("state"), max_length=2, choices=State.choices)
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))
    population = models.PositiveIntegerField(_("population"), default=0)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["sort_key", "name", "state"]
        constraints = [
            models.UniqueConstraint(fields=["name", "state"], name="place_once_per_state"),
            models.CheckConstraint(name="place_state_known", condition=models.Q(state__in=State.values)),
            models.CheckConstraint(name="place_in_germany", condition=in_germany()),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = town_key(self.name)
        super().save(*args, **kwargs)


class PostalCode(models.Model):
    """A PLZ in one town; a PLZ shared by several towns has a row for each."""

    plz = models.CharField(
        _("postal code"), max_length=5, validators=[RegexValidator(PLZ_REGEX, _("Five digits, please."))]
    )
    place_name = models.CharField(_("town"), max_length=100)
    state = models.CharField(_("state"), max_length=2, choices=State.choices)
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))

    class Meta:
        verbose_name = _("postal code")
        verbose_name_plural = _("postal codes")
        ordering = ["plz", "place_name"]
        constraints = [
            models.UniqueConstraint(fields=["plz", "place_name"], name="plz_once_per_place"),
            models.CheckConstraint(name="plz_five_digits", condition=models.Q(plz__regex=PLZ_REGEX)),
            models.CheckConstraint(name="plz_state_known", condition=models.Q(state__in=State.values)),
            models.CheckConstraint(name="plz_in_germany", condition=in_germany()),
        ]

    def __str__(self) -> str:
        return f"{self.plz} {self.place_name}"
