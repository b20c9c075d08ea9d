"""What staff ask of a simulation."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.models.simulation import SimulationPolicy
from apps.matching.services.simulations import Wish

OWN, INVENTED = "own", "invented"
MOST_WEEKS = 52
CHANGEABLE = (
    "max_requests_per_inquiry",
    "min_requests_per_inquiry",
    "contact_interval_days",
    "contact_pause_days",
    "pair_lock_days",
    "follow_up_days",
    "expire_days",
    "open_requests_per_search",
    "default_max_distance_km",
    "least_common_minutes",
    "weight_acceptance",
    "weight_distance",
    "weight_hours",
    "weight_email",
    "acceptance_smoothing",
)


class SimulationForm(forms.Form):
    """`wish`, `is_own_world` and `changed` when valid."""

    world = forms.ChoiceField(
        label=_("Start with"),
        choices=[
            (OWN, _("our own therapists and waiting patients")),
            (INVENTED, _("an invented world")),
        ],
        widget=forms.RadioSelect,
        help_text=_("New patients resemble those who wait now. No record is changed, nobody is contacted."),
    )
    weeks = forms.IntegerField(label=_("Weeks"), min_value=4, max_value=MOST_WEEKS, initial=26)
    arrivals_per_week = forms.FloatField(
        label=_("New patients per week"), min_value=0.5, max_value=200, localize=True
    )
    contacts_per_week = forms.IntegerField(
        label=_("Contacts per week"),
        min_value=1,
        max_value=1000,
        help_text=_("Inquiries to therapists, the same number for every way of choosing."),
    )
    seeds = forms.IntegerField(
        label=_("Repetitions"),
        min_value=1,
        max_value=5,
        initial=3,
        help_text=_("Each with other chances; shown is the middle one."),
    )
    therapists = forms.IntegerField(
        label=_("Therapists (invented world)"), min_value=20, max_value=5000, initial=2000
    )
    waiting_at_start = forms.IntegerField(
        label=_("Waiting at the start (invented world)"), min_value=0, max_value=2000, initial=150
    )
    policies = forms.MultipleChoiceField(
        label=_("Ways of choosing to compare"),
        choices=SimulationPolicy.choices,
        initial=SimulationPolicy.values,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, parameters: Parameters, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parameters = parameters
        for name in CHANGEABLE:
            self.fields[name] = _parameter_field(name, parameters.values[name])
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = _layout(is_open=self.is_bound and bool(set(CHANGEABLE) & set(self.errors)))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in CHANGEABLE:
            if name in data:
                self._check(name, data)
        return data

    @property
    def is_own_world(self) -> bool:
        return self.cleaned_data["world"] == OWN

    @property
    def changed(self) -> dict[str, Any]:
        """The operating parameters that differ from those in force."""
        values = self.parameters.values
        return {
            name: self.cleaned_data[name] for name in CHANGEABLE if self.cleaned_data[name] != values[name]
        }

    @property
    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(
            weeks=data["weeks"],
            arrivals_per_week=data["arrivals_per_week"],
            contacts_per_week=data["contacts_per_week"],
            policies=data["policies"],
            seeds=list(range(1, data["seeds"] + 1)),
            therapists=data["therapists"],
            waiting_at_start=data["waiting_at_start"],
        )

    def _check(self, name: str, data: dict[str, Any]) -> None:
        try:
            data[name] = operating.check(name, data[name])
        except ValidationError as error:
            self.add_error(name, ValidationError(error.message_dict["value"]))


def _parameter_field(name: str, value: Any) -> forms.Field:
    definition = operating.DEFINITIONS[name]
    kind = forms.IntegerField if isinstance(definition.default, int) else forms.FloatField
    texts: dict[str, Any] = {"label": definition.label, "help_text": definition.unit}
    return kind(initial=value, localize=True, **texts)


def _layout(is_open: bool) -> Layout:
    numbers = ("weeks", "arrivals_per_week", "contacts_per_week", "seeds", "therapists", "waiting_at_start")
    opening = '<details class="card mb-3"{}><summary class="card-body">{{{{ parameters_title }}}}</summary>'
    return Layout(
        "world",
        Div(*(Div(name, css_class="col-sm-6 col-lg-4") for name in numbers), css_class="row"),
        "policies",
        HTML(opening.format(" open" if is_open else "") + '<div class="card-body row">'),
        *(Div(name, css_class="col-sm-6 col-lg-4") for name in CHANGEABLE),
        HTML("</div></details>"),
    )
