"""The only reader of the process environment: every variable typed, in one place.

Settings call `read(profile)` once; the rest of the code asks `django.conf.settings`.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
Profile = Literal["dev", "test", "prod"]

# Development and tests work without any variable. These keys protect nothing but invented people.
DEV_SECRET_KEY = "development-only-" + "x" * 48
DEV_FIELD_KEY = "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMDAwMDA="
DEV_BLIND_INDEX_KEY = "development-only-blind-index-key"
KAFKA_PROTOCOLS = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")


@dataclass(frozen=True)
class Environment:
    secret_key: str
    field_encryption_keys: list[str]
    blind_index_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database_url: str | None
    redis_url: str | None
    email_url: str
    email_connections: int
    email_provider: str
    anymail: dict[str, str]
    inbound_imap_url: str
    archive_imap_url: str
    default_from_email: str
    office_phone: str
    site_url: str
    nominatim_url: str
    nominatim_is_own: bool
    nominatim_interval_seconds: float
    geocoder_contact: str
    scraper_contact: str
    routers: dict[str, Any]
    kafka: dict[str, Any]
    webhook_allowed_networks: list[str]
    require_second_factor: bool
    log_level: str
    health_token: str
    release: str
    test_database_name: str


def read(profile: Profile) -> Environment:
    """Read and check the environment. Raises ImproperlyConfigured naming what production lacks."""
    env = environ.Env()
    dotenv = BASE_DIR / ".env"
    if dotenv.is_file() and profile != "test":
        env.read_env(str(dotenv))
    if profile == "prod":
        _require(
            env,
            "SECRET_KEY",
            "FIELD_ENCRYPTION_KEYS",
            "BLIND_INDEX_KEY",
            "ALLOWED_HOSTS",
            "DATABASE_URL",
            "REDIS_URL",
            "EMAIL_URL",
            "SITE_URL",
        )
    return Environment(
        secret_key=env.str("SECRET_KEY", DEV_SECRET_KEY),
        field_encryption_keys=env.list("FIELD_ENCRYPTION_KEYS", default=[DEV_FIELD_KEY]),
        blind_index_key=env.str("BLIND_INDEX_KEY", DEV_BLIND_INDEX_KEY),
        allowed_hosts=env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]),
        csrf_trusted_origins=env.list("CSRF_TRUSTED_ORIGINS", default=[]),
        database_url=env.str("DATABASE_URL", "") or None,
        redis_url=env.str("REDIS_URL", "") or None,
        email_url=env.str("EMAIL_URL", "smtp://127.0.0.1:2525"),
        email_connections=env.int("EMAIL_CONNECTIONS", 8),
        email_provider=env.str("EMAIL_PROVIDER", ""),
        anymail=env.dict("ANYMAIL", default={}),
        inbound_imap_url=env.str("INBOUND_IMAP_URL", ""),
        archive_imap_url=env.str("ARCHIVE_IMAP_URL", ""),
        default_from_email=env.str(
            "DEFAULT_FROM_EMAIL", "Psychotherapie-Vermittlung <vermittlung@example.org>"
        ),
        office_phone=env.str("OFFICE_PHONE", ""),
        site_url=env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/"),
        **_geocoder(env),
        scraper_contact=env.str("SCRAPER_CONTACT", ""),
        routers=_routers(env),
        kafka=_kafka(env),
        webhook_allowed_networks=_networks(env, "WEBHOOK_ALLOWED_NETWORKS"),
        require_second_factor=env.bool("REQUIRE_SECOND_FACTOR", profile == "prod"),
        log_level=env.str("LOG_LEVEL", "INFO" if profile == "prod" else "WARNING"),
        health_token=env.str("HEALTH_TOKEN", ""),
        release=env.str("RELEASE", ""),
        test_database_name=env.str("TEST_DATABASE_NAME", "test_vermittlung"),
    )


def _geocoder(env: environ.Env) -> dict[str, Any]:
    """A public address server wants to know who asks, and never more than one request per second."""
    url, is_own = env.str("NOMINATIM_URL", "").rstrip("/"), env.bool("NOMINATIM_IS_OWN", False)
    contact = env.str("GEOCODER_CONTACT", "")
    if url and not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured("NOMINATIM_URL must begin with http:// or https://. See .env.example.")
    if url and not is_own and not contact:
        raise ImproperlyConfigured(
            "A public address server (NOMINATIM_URL) needs GEOCODER_CONTACT. See .env.example."
        )
    interval = env.float("NOMINATIM_INTERVAL_SECONDS", 1.0)
    return {
        "nominatim_url": url,
        "nominatim_is_own": is_own,
        "nominatim_interval_seconds": interval if is_own else max(interval, 1.0),
        "geocoder_contact": contact,
    }


def _routers(env: environ.Env) -> dict[str, Any]:
    """Route planners by the names of their settings; "" is none."""
    found: dict[str, Any] = {}
    for name in ("OSRM_CAR_URL", "OSRM_BICYCLE_URL", "OSRM_FOOT_URL", "TRANSIT_URL"):
        found[name] = env.str(name, "").rstrip("/")
        if found[name] and not found[name].startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"{name} must begin with http:// or https://. See .env.example.")
    coordinates = env.int("OSRM_COORDINATES", 100)
    if coordinates < 2:
        raise ImproperlyConfigured("OSRM_COORDINATES must be 2 at least. See .env.example.")
    return found | {
        "OSRM_IS_OWN": env.bool("OSRM_IS_OWN", False),
        "OSRM_COORDINATES": coordinates,
        "TRANSIT_IS_OWN": env.bool("TRANSIT_IS_OWN", False),
    }


def _networks(env: environ.Env, name: str) -> list[str]:
    """Networks as in 10.1.2.0/24, comma-separated."""
    found = [network.strip() for network in env.list(name, default=[])]
    try:
        return [str(ipaddress.ip_network(network)) for network in found]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must hold networks such as 10.1.2.0/24. See .env.example."
        ) from error


def _kafka(env: environ.Env) -> dict[str, Any]:
    """Servers of the relay, and how they let us in: only what is set, by the names of the client library."""
    names = (
        *("security.protocol", "sasl.mechanism", "sasl.username", "sasl.password"),
        *("ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password"),
    )
    values = {name: env.str(f"KAFKA_{name.replace('.', '_').upper()}", "") for name in names}
    security = {name: value for name, value in values.items() if value}
    protocol = security.get("security.protocol", "plaintext").lower()
    if protocol not in KAFKA_PROTOCOLS:
        raise ImproperlyConfigured(
            f"KAFKA_SECURITY_PROTOCOL must be one of {', '.join(KAFKA_PROTOCOLS)}. See .env.example."
        )
    return {"KAFKA_SERVERS": env.str("KAFKA_SERVERS", ""), "KAFKA_SECURITY": security}


def _require(env: environ.Env, *names: str) -> None:
    missing = [name for name in names if not env.str(name, "")]
    if missing:
        raise ImproperlyConfigured(
            f"Production needs these variables: {', '.join(missing)}. See .env.example."
        )
