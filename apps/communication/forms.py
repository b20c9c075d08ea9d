from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User


class ReasonForm(forms.Form):
    """Why a person decides about a message; kept in its history."""

    reason = forms.CharField(label=_("Why"), max_length=300)


class NoteForm(forms.Form):
    """A note about a patient or therapist."""

    text = forms.CharField(label=_("Note"), max_length=4000, widget=forms.Textarea)


class WhoseForm(forms.Form):
    """Whose calls a list shows. `choice` is "" for everybody's, "mine", or the number of a coordinator."""

    whose = forms.ChoiceField(label=_("Whose calls"), required=False)

    def __init__(self, *args: Any, coordinators: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["whose"]
        assert isinstance(field, forms.ChoiceField)
        names = [(str(user.pk), user.display_name) for user in coordinators]
        field.choices = [("", _("everybody's")), ("mine", _("mine")), *names]
        self.choice: str = self.cleaned_data["whose"] if self.is_valid() else ""
