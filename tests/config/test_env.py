"""The reader of the environment, fed with environments of the tests' own."""

import os

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.env import DEV_BLIND_INDEX_KEY, DEV_FIELD_KEY, DEV_SECRET_KEY, read

PRODUCTION = {
    "SECRET_KEY": "s" * 64,
    "FIELD_ENCRYPTION_KEYS": DEV_FIELD_KEY,
    "BLIND_INDEX_KEY": "b" * 48,
    "ALLOWED_HOSTS": "vermittlung.example.org,www.example.org",
    "DATABASE_URL": "postgresql://user:secret@db.example.org:5432/vermittlung",
    "REDIS_URL": "redis://:secret@redis.example.org:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
    "SITE_URL": "https://vermittlung.example.org/",
}
OTHERS = [
    "CSRF_TRUSTED_ORIGINS",
    "DEFAULT_FROM_EMAIL",
    "REQUIRE_SECOND_FACTOR",
    "LOG_LEVEL",
    "TEST_DATABASE_NAME",
    "NOMINATIM_URL",
    "NOMINATIM_IS_OWN",
    "NOMINATIM_INTERVAL_SECONDS",
    "GEOCODER_CONTACT",
]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in (*PRODUCTION, *OTHERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)  # no .env of the person at the keyboard


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("profile", ["dev", "test"])
def test_development_needs_no_variable(profile: env.Profile) -> None:
    found = read(profile)
    assert (found.database_url, found.redis_url) == (None, None)
    assert found.secret_key == DEV_SECRET_KEY
    assert found.field_encryption_keys == [DEV_FIELD_KEY]
    assert found.blind_index_key == DEV_BLIND_INDEX_KEY
    assert found.allowed_hosts == ["127.0.0.1", "localhost", "[::1]"]
    assert found.csrf_trusted_origins == []
    assert found.email_url == "smtp://127.0.0.1:2525"
    assert found.site_url == "http://127.0.0.1:8000"
    assert (found.require_second_factor, found.log_level) == (False, "WARNING")
    assert found.test_database_name == "test_vermittlung"


def test_key_of_development_is_a_valid_key() -> None:
    Fernet(DEV_FIELD_KEY)


@pytest.mark.usefixtures("production")
def test_production_reads_its_variables() -> None:
    found = read("prod")
    assert found.allowed_hosts == ["vermittlung.example.org", "www.example.org"]
    assert found.database_url == PRODUCTION["DATABASE_URL"]
    assert found.redis_url == PRODUCTION["REDIS_URL"]
    assert found.site_url == "https://vermittlung.example.org"
    assert (found.require_second_factor, found.log_level) == (True, "INFO")


def test_production_names_everything_it_lacks() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read("prod")
    assert (
        str(caught.value) == f"Production needs these variables: {', '.join(PRODUCTION)}. See .env.example."
    )


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("name", PRODUCTION)
@pytest.mark.parametrize("value", [None, ""])
def test_production_refuses_to_start_without_any_of_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=rf"variables: {name}\. See"):
        read("prod")


def test_several_keys_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELD_ENCRYPTION_KEYS", "new,old")
    assert read("dev").field_encryption_keys == ["new", "old"]


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_second_factor_is_a_choice_in_every_profile(
    production: None, monkeypatch: pytest.MonkeyPatch, text: str, value: bool
) -> None:
    monkeypatch.setenv("REQUIRE_SECOND_FACTOR", text)
    assert {read(profile).require_second_factor for profile in ("dev", "test", "prod")} == {value}


def test_empty_address_means_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("REDIS_URL", "")
    assert (read("dev").database_url, read("dev").redis_url) == (None, None)


def test_file_fills_gaps_but_not_for_tests(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SITE_URL=https://file.example.org\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setattr(os, "environ", {**os.environ, "LOG_LEVEL": "ERROR"})
    monkeypatch.setattr(env.environ.Env, "ENVIRON", os.environ)
    assert read("test").site_url == "http://127.0.0.1:8000"
    found = read("dev")
    assert (found.site_url, found.log_level) == ("https://file.example.org", "ERROR")


ROUTERS = ("OSRM_CAR_URL", "OSRM_BICYCLE_URL", "OSRM_FOOT_URL", "TRANSIT_URL")


def test_route_planners_are_off_and_foreign_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ROUTERS, "OSRM_IS_OWN", "TRANSIT_IS_OWN", "OSRM_COORDINATES"):
        monkeypatch.delenv(name, raising=False)
    assert read("dev").routers == dict.fromkeys(ROUTERS, "") | {
        "OSRM_IS_OWN": False,
        "OSRM_COORDINATES": 100,
        "TRANSIT_IS_OWN": False,
    }


def test_address_of_a_route_planner_has_no_slash_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSRM_FOOT_URL", "http://osrm:5000/")
    assert read("dev").routers["OSRM_FOOT_URL"] == "http://osrm:5000"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *((name, "osrm:5000", f"{name} must begin with http") for name in ROUTERS),
        ("OSRM_COORDINATES", "1", "OSRM_COORDINATES must be 2 at least"),
    ],
)
def test_route_planner_that_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=message):
        read("dev")


def test_public_address_server_needs_a_contact_and_never_more_than_one_request_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read("dev").nominatim_url == ""
    monkeypatch.setenv("NOMINATIM_URL", "https://nominatim.example.org/")
    monkeypatch.setenv("NOMINATIM_INTERVAL_SECONDS", "0.1")
    with pytest.raises(ImproperlyConfigured, match="GEOCODER_CONTACT"):
        read("dev")
    monkeypatch.setenv("GEOCODER_CONTACT", "it@example.org")
    found = read("dev")
    assert (found.nominatim_url, found.nominatim_interval_seconds) == ("https://nominatim.example.org", 1.0)
    monkeypatch.setenv("NOMINATIM_IS_OWN", "true")
    assert read("dev").nominatim_interval_seconds == 0.1


def test_address_server_must_be_a_web_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMINATIM_URL", "nominatim.example.org")
    with pytest.raises(ImproperlyConfigured, match="http:// or https://"):
        read("dev")


def test_kafka_is_named_by_its_servers_and_what_they_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("dev").kafka == {"KAFKA_SERVERS": "", "KAFKA_SECURITY": {}}
    monkeypatch.setenv("KAFKA_SERVERS", "a.example.org:9093,b.example.org:9093")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "relay")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "secret")
    monkeypatch.setenv("KAFKA_SSL_CA_LOCATION", "/run/secrets/ca.pem")
    monkeypatch.setenv("KAFKA_SSL_KEY_LOCATION", "")
    assert read("dev").kafka == {
        "KAFKA_SERVERS": "a.example.org:9093,b.example.org:9093",
        "KAFKA_SECURITY": {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "relay",
            "sasl.password": "secret",
            "ssl.ca.location": "/run/secrets/ca.pem",
        },
    }


def test_unknown_protocol_of_kafka_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "TLS")
    with pytest.raises(ImproperlyConfigured, match="plaintext, ssl, sasl_plaintext, sasl_ssl"):
        read("dev")
