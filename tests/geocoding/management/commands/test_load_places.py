from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.geocoding.models import PostalCode

pytestmark = pytest.mark.django_db


def test_load_places_says_how_many() -> None:
    out = StringIO()
    call_command("load_places", stdout=out)
    assert out.getvalue() == f"268 places, {PostalCode.objects.count()} postal codes\n"


def test_load_places_bad_file_is_a_command_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.csv"):
        call_command("load_places", places=tmp_path / "absent.csv")
