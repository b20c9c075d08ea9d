from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.test import RequestFactory

from apps.core.forms import add_errors, posted


class Town(forms.Form):
    city = forms.CharField(required=False)


class Reach(forms.Form):
    phone = forms.CharField(required=False)


def test_posted_is_the_data_of_a_post_even_an_empty_one() -> None:
    assert posted(RequestFactory().get("/?city=x")) is None
    assert posted(RequestFactory().post("/")) == {}


def test_add_errors_puts_unknown_names_on_top() -> None:
    form = Town({"city": "x"})
    assert form.is_valid()
    add_errors(ValidationError({"city": "wrong", "latitude": "half", NON_FIELD_ERRORS: ["both"]}), form)
    add_errors(ValidationError("plain"), form)
    assert form.errors["city"] == ["wrong"]
    assert form.non_field_errors() == ["half", "both", "plain"]


def test_add_errors_finds_the_form_that_has_the_field() -> None:
    first, second = Town({}), Reach({})
    add_errors(ValidationError({"phone": "wrong number", "practices": "none"}), first, second)
    assert second.errors == {"phone": ["wrong number"]}
    assert first.non_field_errors() == ["none"]
