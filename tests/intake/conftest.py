from collections.abc import Callable

import pytest

from apps.intake.models import Registration
from apps.patients.models import Insurer
from tests.factories.patients import InsurerFactory
from tests.gateway.conftest import calling, client_with  # noqa: F401  (fixtures)
from tests.intake.samples import received


@pytest.fixture
def insurer(db: None) -> Insurer:
    return InsurerFactory()


@pytest.fixture
def registration(insurer: Insurer) -> Registration:
    """One of which nothing has to be mended; the address is not confirmed yet."""
    return received()


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The token of the newest link, as it stands in the letter."""
    from apps.intake.models import Registration as Model

    def read() -> str:
        newest = Model.objects.exclude(email=None).latest("email_id")
        return newest.email.text.split("/confirm/")[1].split("/")[0]

    return read
