import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_no_network_of_our_own_is_open_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBHOOK_ALLOWED_NETWORKS", raising=False)
    assert env.read("test").webhook_allowed_networks == []


def test_networks_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "10.1.2.0/24, fd00::/8")
    assert env.read("test").webhook_allowed_networks == ["10.1.2.0/24", "fd00::/8"]


@pytest.mark.parametrize("wrong", ["everything", "10.1.2.3/8"])
def test_what_is_no_network_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", wrong)
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_ALLOWED_NETWORKS"):
        env.read("test")
