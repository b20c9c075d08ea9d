"""Settings: the helpers, and production as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as project_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from config.env import read
from config.settings import base

PROJECT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "k7" * 40 + "abcdefghijklm",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "BLIND_INDEX_KEY": "b" * 48,
    "ALLOWED_HOSTS": "vermittlung.example.org",
    "DATABASE_URL": "postgresql://user:secret@127.0.0.1:1/vermittlung",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
    "SITE_URL": "https://vermittlung.example.org",
}


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """manage.py with production settings; nothing of it talks to a server."""
    only_for_tests = {*PRODUCTION, "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = {key: value for key, value in os.environ.items() if key not in only_for_tests}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        cwd=PROJECT,
        env={**environment, **PRODUCTION, **changes},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_deploy_check_of_production_is_clean() -> None:
    done = manage("check", "--deploy", "--fail-level", "INFO")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_does_not_start_without_its_variables() -> None:
    done = manage("check", DATABASE_URL="", REDIS_URL="")
    assert done.returncode != 0
    assert "Production needs these variables: DATABASE_URL, REDIS_URL. See .env.example." in done.stderr


def test_production_does_not_start_on_sqlite() -> None:
    done = manage("check", DATABASE_URL="sqlite:///db.sqlite3")
    assert done.returncode != 0
    assert "DATABASE_URL must name a PostgreSQL server" in done.stderr


def test_production_speaks_https_only_and_hides_its_cookies() -> None:
    names = (
        *("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"),
        *("CSRF_COOKIE_HTTPONLY", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "REQUIRE_SECOND_FACTOR"),
    )
    code = (
        "from django.conf import settings as s; "
        f"print([getattr(s, name) for name in {names}], s.DEBUG, s.SECURE_HSTS_SECONDS, "
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SAMESITE)"
    )
    done = manage("shell", "--no-imports", "-c", code)
    assert done.stdout.strip() == (f"{[True] * 7} False 31536000 __Host-sessionid __Host-csrftoken Lax"), (
        done.stderr
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_database_takes_a_postgresql_address(scheme: str) -> None:
    found = base.database(f"{scheme}://user:p%40ss@db.example.org:5433/name", test_name="test_x")
    assert (
        found["ENGINE"],
        found["HOST"],
        found["PORT"],
        found["NAME"],
        found["USER"],
        found["PASSWORD"],
    ) == (
        "django.db.backends.postgresql",
        "db.example.org",
        5433,
        "name",
        "user",
        "p@ss",
    )
    assert found["TEST"] == {"NAME": "test_x"}


def test_database_is_safe_behind_transaction_pooling() -> None:
    found = base.database("postgresql://user@db.example.org/name", test_name="x")
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert found["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    "url", ["sqlite:///db.sqlite3", "mysql://u:p@h/n", "postgis://u:p@h/n", "sqlite://:memory:"]
)
def test_database_refuses_other_kinds_of_servers(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must name a PostgreSQL server"):
        base.database(url, test_name="x")


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://:secret@redis.example.org:6379/0", "redis://:secret@redis.example.org:6379/0"),
        ("rediss://redis.example.org:6379/0", "rediss://redis.example.org:6379/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/unix://x.sock", "redis+socket:///run/unix://x.sock"),
        (None, None),
    ],
)
def test_broker_has_celerys_form_of_the_address(redis_url: str | None, broker_url: str | None) -> None:
    assert base.broker(redis_url) == broker_url


def test_cache_is_shared_where_there_is_redis() -> None:
    url = "redis://redis.example.org:6379/0"
    shared, own = base.caches(url)["default"], base.caches(None)["default"]
    assert shared == {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    assert own == {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls", "is_ssl"),
    [
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, False, False),
        ("smtp+tls://user:secret@mail.example.org:587", "mail.example.org", 587, True, False),
        ("smtp+ssl://user:secret@mail.example.org:465", "mail.example.org", 465, False, True),
    ],
)
def test_email_comes_from_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: int, is_tls: bool, is_ssl: bool
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    found = base.email(read("test"))
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found.get("EMAIL_USE_TLS", False), found.get("EMAIL_USE_SSL", False)) == (is_tls, is_ssl)
    assert found["EMAIL_TIMEOUT"] == 30


def test_content_policy_allows_only_our_own_host() -> None:
    directives = project_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'self'"]
    sources = {source for values in directives.values() for source in values}
    assert sources == {"'self'", "'none'", "data:"}
    assert [name for name, values in directives.items() if "data:" in values] == ["img-src"]


def test_every_middleware_and_context_processor_exists() -> None:
    processors = project_settings.TEMPLATES[0]["OPTIONS"]["context_processors"]
    for path in (*project_settings.MIDDLEWARE, *processors, *project_settings.AUTHENTICATION_BACKENDS):
        assert import_string(path)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ),
        (
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ),
        (
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "apps.accounts.middleware.SessionLimitMiddleware",
        ),
        ("django_htmx.middleware.HtmxMiddleware", "apps.core.middleware.DomainErrorMiddleware"),
        (
            "django.contrib.messages.middleware.MessageMiddleware",
            "apps.core.middleware.DomainErrorMiddleware",
        ),
    ],
)
def test_middleware_stands_in_its_order(first: str, second: str) -> None:
    assert project_settings.MIDDLEWARE.index(first) < project_settings.MIDDLEWARE.index(second)


def test_worker_logs_through_the_formatter_that_leaves_words_out() -> None:
    """Celery would otherwise put its own handlers in place of ours."""
    from config.celery import app

    assert app.conf.worker_hijack_root_logger is False


def test_tasks_are_not_lost_with_their_worker() -> None:
    from config.celery import app

    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert app.conf.accept_content == ["json"]
