import django_filters
from django.utils.translation import gettext_lazy as _

from apps.matching.models import SimulationRun
from apps.matching.models.simulation import SimulationStatus

WORLDS = [("true", _("our own records")), ("false", _("invented world"))]


class SimulationFilter(django_filters.FilterSet):
    """Over `simulations.run_list`."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=SimulationStatus.choices)
    is_own_world = django_filters.TypedChoiceFilter(
        label=_("Starts with"), choices=WORLDS, coerce=lambda value: value == "true"
    )

    class Meta:
        model = SimulationRun
        fields: list[str] = []
