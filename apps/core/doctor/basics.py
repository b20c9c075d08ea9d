"""Database, migrations, clock, broker, workers."""

from collections.abc import Iterable
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from kombu.exceptions import OperationalError

from apps.core.doctor import Finding, error, good, looks_at, warning
from apps.core.doctor.probes import broker, broker_failure, missing_migrations

OLDEST_POSTGRESQL = 15
HOME = "Europe/Berlin"  # phone and working hours are kept as wall time there
GREATEST_DRIFT_SECONDS = 10.0
WORKER_PATIENCE_SECONDS = 2.0


@looks_at("database", gettext_lazy("Database"), needs_database=False)
def look_at_database(at: datetime) -> Iterable[Finding]:
    try:
        return [_about_database()]
    except Error as failure:
        text = _("PostgreSQL does not answer (%(error)s).") % {"error": type(failure).__name__}
        return [error(text, _("Start the server that DATABASE_URL names and check address and password."))]


def _about_database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery(), "
            "pg_database_size(current_database())"
        )
        version, is_copy, size = cursor.fetchone()
    if is_copy:
        return error(
            _("PostgreSQL is a read-only copy."), _("Point DATABASE_URL at the server that takes writes.")
        )
    if version < OLDEST_POSTGRESQL:
        return error(
            _("PostgreSQL %(version)s is too old.") % {"version": version},
            _("Move to PostgreSQL %(version)s or newer (docs/operations.md, back-up and restore).")
            % {"version": OLDEST_POSTGRESQL},
        )
    return good(_("PostgreSQL %(version)s, %(size)s.") % {"version": version, "size": filesizeformat(size)})


@looks_at("migrations", gettext_lazy("Migrations"))
def look_at_migrations(at: datetime) -> Iterable[Finding]:
    missing = missing_migrations()
    if not missing:
        return [good(_("All are applied."))]
    text = ngettext(
        "%(count)s is missing, first %(first)s.", "%(count)s are missing, first %(first)s.", len(missing)
    )
    values = {"count": len(missing), "first": missing[0]}
    return [error(text % values, _("Take a backup, then run manage.py migrate."))]


@looks_at("clock", gettext_lazy("Time zone and clock"))
def look_at_clock(at: datetime) -> Iterable[Finding]:
    if settings.TIME_ZONE != HOME:
        text = _("The time zone is %(zone)s.") % {"zone": settings.TIME_ZONE}
        remedy = _("Set TIME_ZONE to %(zone)s: phone hours are kept as wall time there.") % {"zone": HOME}
        yield error(text, remedy)
    drift = _drift_seconds()
    if abs(drift) > GREATEST_DRIFT_SECONDS:
        text = _("The clocks of this machine and of the database differ by %(seconds)d seconds.")
        yield error(text % {"seconds": abs(drift)}, _("Let both machines set their clocks by NTP."))
    elif settings.TIME_ZONE == HOME:
        yield good(_("%(zone)s; the clock agrees with the database's.") % {"zone": HOME})


def _drift_seconds() -> float:
    """How far the database's clock is ahead of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return (theirs - timezone.now()).total_seconds()


@looks_at("broker", gettext_lazy("Broker"), needs_database=False)
def look_at_broker(at: datetime) -> Iterable[Finding]:
    if settings.REDIS_URL is None:
        return [good(_("None is set up: manage.py run_jobs does the work."))]
    if failure := broker_failure():
        text = _("Redis does not answer (%(error)s).") % {"error": failure}
        return [error(text, _("Start the server that REDIS_URL names and check address and password."))]
    policy = _eviction_policy()
    if policy != "noeviction":
        return [
            warning(
                _("Redis may throw jobs out when its memory is full (%(policy)s).") % {"policy": policy},
                _("Start it with --maxmemory-policy noeviction."),
            )
        ]
    return [good(_("Redis answers."))]


def _eviction_policy() -> str:
    with broker() as server:
        return str(server.info("memory").get("maxmemory_policy", "noeviction"))


@looks_at("workers", gettext_lazy("Workers"), needs_database=False)
def look_at_workers(at: datetime) -> Iterable[Finding]:
    """Whether beat is alive shows in the queues: the sweeps it calls for leave nothing waiting."""
    if settings.REDIS_URL is None:
        return [good(_("None is needed without a broker."))]
    count = _workers()
    if not count:
        return [
            error(
                _("No worker answers."),
                _("Start one (docker compose up --detach worker beat); its log tells why it ended."),
            )
        ]
    text = ngettext("%(count)s worker answers.", "%(count)s workers answer.", count)
    return [good(text % {"count": count})]


def _workers() -> int:
    try:
        return len(current_app.control.ping(timeout=WORKER_PATIENCE_SECONDS) or [])
    except (OperationalError, OSError):
        return 0
