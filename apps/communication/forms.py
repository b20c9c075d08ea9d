from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Why a person decides about a message; kept in its history."""

    reason = forms.CharField(label=_("Why"), max_length=300)
