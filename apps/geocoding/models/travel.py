"""Travel times that were measured, so that nobody is asked twice."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.geocoding.enums import TravelMode, TravelSource


class TravelTime(models.Model):
    """One way by one means, as a route planner told it. Whose way it is stands nowhere.

    Points are the numbers of `travel.point_keys` (degrees rounded to four digits). No seconds: there is no
    way, or, with the source "unplaced", the route planner does not know one of the places and the estimate
    remains. After `expires_on` it is asked anew and counts no more.
    """

    origin = models.BigIntegerField(_("from"))
    destination = models.BigIntegerField(_("to"))
    mode = models.CharField(_("travels by"), max_length=16, choices=TravelMode.choices)
    seconds = models.PositiveIntegerField(_("seconds"), null=True, blank=True)
    metres = models.PositiveIntegerField(_("metres"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=12, choices=TravelSource.choices)
    fetched_at = models.DateTimeField(_("fetched at"))
    expires_on = models.DateField(_("counts up to"), db_index=True)

    class Meta:
        verbose_name = _("travel time")
        verbose_name_plural = _("travel times")
        constraints = [
            models.UniqueConstraint(fields=["origin", "mode", "destination"], name="travel_time_once"),
            models.CheckConstraint(name="travel_time_mode_known", condition=Q(mode__in=TravelMode.values)),
            models.CheckConstraint(
                name="travel_time_source_known", condition=Q(source__in=TravelSource.values)
            ),
            models.CheckConstraint(
                name="travel_time_unplaced_has_none",
                condition=~Q(source=TravelSource.UNPLACED) | Q(seconds__isnull=True, metres__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode}, {self.seconds} s"
