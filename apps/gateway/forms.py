"""What the management types about clients and tokens."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.forms import SeenAtForm, day_input
from apps.gateway.enums import Scope
from apps.gateway.models import ApiClient

USUAL_LIFE = timedelta(days=365)
RESOURCES = {
    "patients": _("Patients"),
    "health": _("Health data of patients"),
    "therapists": _("Therapists and practices"),
    "searches": _("Searches and candidates"),
    "inquiries": _("Rounds, inquiries and answers"),
    "emails": _("E-mails"),
    "calls": _("Calls"),
    "imports": _("Imports"),
    "geocoding": _("Places and distances"),
    "registrations": _("Registrations"),
    "events": _("Events"),
    "webhooks": _("Own webhooks"),
}


@dataclass
class ScopeRow:
    """One resource with its boxes to tick; None where there is no such right."""

    label: str | Promise
    read: BoundWidget | None = None
    write: BoundWidget | None = None

    @property
    def boxes(self) -> list[BoundWidget | None]:
        return [self.read, self.write]


class ClientForm(SeenAtForm, forms.ModelForm):
    """`rows` are the boxes of the rights, by resource."""

    scopes = forms.MultipleChoiceField(
        label=_("Rights"),
        choices=Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiClient
        fields: tuple[str, ...] = ("requests_per_minute", "note", "scopes", "is_active")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    @property
    def rows(self) -> list[ScopeRow]:
        found: dict[str, ScopeRow] = {}
        for box in self["scopes"].subwidgets:
            resource, _colon, verb = str(box.data["value"]).partition(":")
            row = found.setdefault(resource, ScopeRow(RESOURCES.get(resource, resource)))
            setattr(row, verb, box)
        return list(found.values())


class NewClientForm(ClientForm):
    """With the name, which stays as it is. A new client is active."""

    class Meta(ClientForm.Meta):
        fields = ("name", "requests_per_minute", "note", "scopes")


class TokenForm(forms.Form):
    """`once_key` belongs to the form: the same form sent twice is one token."""

    expires_on = forms.DateField(
        label=_("Valid until"),
        widget=day_input(),
        help_text=_("The token works until the end of this day, two years at most."),
    )
    once_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"expires_on": today + USUAL_LIFE, "once_key": uuid.uuid4()}

    @property
    def expires_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["expires_on"], time(23, 59, 59)))
