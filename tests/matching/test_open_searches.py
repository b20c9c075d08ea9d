"""The command that opens searches for imported patients."""

from io import StringIO

import pytest
from django.core.management import call_command

from apps.matching.enums import SearchStatus
from apps.matching.models import PlacementSearch
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db


def open_searches() -> list[str]:
    out = StringIO()
    call_command("open_searches", stdout=out)
    return out.getvalue().splitlines()


def test_complete_patients_search_and_others_are_told_what_they_lack() -> None:
    ready, lacking = PatientFactory(), PatientFactory(payment_received_on=None)
    lines = open_searches()
    assert lines[-1] == "opened=1 lacking=1"
    assert lines[0].startswith(lacking.case_code)
    assert PlacementSearch.objects.get().patient == ready
    assert PlacementSearch.objects.get().status == SearchStatus.ACTIVE


def test_second_run_opens_nothing() -> None:
    PatientFactory()
    open_searches()
    assert open_searches() == ["opened=0 lacking=0"]
