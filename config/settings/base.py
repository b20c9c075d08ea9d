"""What all profiles share. A profile sets `ENV = read(...)`-dependent values through `configure()`."""

from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from config.env import BASE_DIR, Environment

# Set by every profile from the environment (`secrets` below).
FIELD_ENCRYPTION_KEYS: list[str]
BLIND_INDEX_KEY: str
SITE_URL: str
EMAIL_CONNECTIONS: int
EMAIL_PROVIDER: str
ANYMAIL: dict[str, str]
INBOUND_IMAP_URL: str
ARCHIVE_IMAP_URL: str
OFFICE_PHONE: str
NOMINATIM_URL: str
NOMINATIM_IS_OWN: bool
NOMINATIM_INTERVAL_SECONDS: float
GEOCODER_CONTACT: str
SCRAPER_CONTACT: str
OSRM_CAR_URL: str
OSRM_BICYCLE_URL: str
OSRM_FOOT_URL: str
OSRM_IS_OWN: bool
OSRM_COORDINATES: int
TRANSIT_URL: str
TRANSIT_IS_OWN: bool
KAFKA_SERVERS: str
KAFKA_SECURITY: dict[str, str]
WEBHOOK_ALLOWED_NETWORKS: list[str]
REQUIRE_SECOND_FACTOR: bool
HEALTH_TOKEN: str
RELEASE: str

INSTALLED_APPS = [
    "apps.events",
    "apps.core",
    "apps.core.imports",
    "apps.accounts",
    "apps.gateway",
    "apps.geocoding",
    "apps.patients",
    "apps.therapists",
    "apps.communication",
    "apps.scraping",
    "apps.intake",
    "apps.matching",
    "apps.workspace",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "js_lib_bootstrap5",
    "csp",
    "pgtrigger",
    "pghistory",
    "django_structlog",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.core.middleware.ProbeMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "apps.accounts.middleware.SessionLimitMiddleware",
    "apps.accounts.middleware.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "apps.core.middleware.ActorMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
    "apps.core.merging.middleware.MergedRecordMiddleware",
    "apps.core.middleware.NoStoreMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.workspace.context.navigation",
            ],
            "builtins": ["apps.core.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "components/table.html"

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "apps.accounts.permissions.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workspace:today"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "apps.accounts.adapter.StaffAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False  # idle sessions end anyway
MFA_ADAPTER = "apps.accounts.adapter.EncryptedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]

# Browser: cookies, headers, content policy
SESSION_COOKIE_AGE = 30 * 60  # seconds without a click
SESSION_ABSOLUTE_AGE = 10 * 60 * 60  # seconds after the login, whatever happens
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = False
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# The HTTP interface, by name: its document is kept in docs/openapi.json.
API = "config.api.api"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "microphone": [], "geolocation": [], "payment": []}

# Files that staff upload are about people: up to this size they never touch the disk unencrypted.
FILE_UPLOAD_MAX_MEMORY_SIZE = 21 * 1024 * 1024

# Language and time: German first
LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Europe/Berlin"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"

# Celery only rings the bell; PostgreSQL holds the truth (docs/architecture.md).
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 540
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    # Ringing without a broker gives up at once: nobody's click waits for it, the sweep finds the row.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 2,
}
CELERY_VISIBILITY_TIMEOUT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # our formatter leaves out what people typed
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE

# Fetching from sources (docs/sources.md): the length of a second in all pauses (the tests' is shorter), and
# how long an answer may take.
SCRAPER_SECOND = 1.0
SCRAPER_TIMEOUT_SECONDS = 30.0


def database(url: str, *, test_name: str) -> dict[str, Any]:
    """Django's settings of one PostgreSQL, safe behind PgBouncer's transaction pooling."""
    parsed: dict[str, Any] = environ.Env.db_url_config(url)
    if parsed["ENGINE"] != "django.db.backends.postgresql":
        raise environ.ImproperlyConfigured("DATABASE_URL must name a PostgreSQL server (postgresql://…).")
    parsed |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
    parsed["TEST"] = {"NAME": test_name}
    return parsed


def caches(redis_url: str | None) -> dict[str, Any]:
    """Redis where there is one (login throttling is shared), else the memory of the process."""
    if redis_url is None:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}}


def broker(redis_url: str | None) -> str | None:
    """Celery's form of a Redis address: unix sockets have a scheme of their own."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url else None


def email(env: Environment) -> dict[str, Any]:
    """Django's EMAIL_* settings from EMAIL_URL (smtp://, smtp+tls://, smtp+ssl://)."""
    return {
        **environ.Env.email_url_config(env.email_url),
        "EMAIL_TIMEOUT": 30,
        "EMAIL_CONNECTIONS": env.email_connections,
        **_provider(env.email_provider),
        "ANYMAIL": env.anymail,
        "INBOUND_IMAP_URL": env.inbound_imap_url,
        "ARCHIVE_IMAP_URL": env.archive_imap_url,
        "DEFAULT_FROM_EMAIL": env.default_from_email,
        "SERVER_EMAIL": env.default_from_email,
    }


def _provider(name: str) -> dict[str, str]:
    """With a provider, what Django itself sends (a forgotten password) goes the same way as the letters."""
    backend = f"anymail.backends.{name}.EmailBackend" if name else ""
    return {"EMAIL_PROVIDER": backend, **({"EMAIL_BACKEND": backend} if backend else {})}


def secrets(env: Environment) -> dict[str, Any]:
    """Keys and addresses every profile takes from the environment."""
    return {
        "SECRET_KEY": env.secret_key,
        "FIELD_ENCRYPTION_KEYS": env.field_encryption_keys,
        "BLIND_INDEX_KEY": env.blind_index_key,
        "ALLOWED_HOSTS": env.allowed_hosts,
        "CSRF_TRUSTED_ORIGINS": env.csrf_trusted_origins,
        "SITE_URL": env.site_url,
        "OFFICE_PHONE": env.office_phone,
        "NOMINATIM_URL": env.nominatim_url,
        "NOMINATIM_IS_OWN": env.nominatim_is_own,
        "NOMINATIM_INTERVAL_SECONDS": env.nominatim_interval_seconds,
        "GEOCODER_CONTACT": env.geocoder_contact,
        "SCRAPER_CONTACT": env.scraper_contact,
        **env.routers,
        **env.kafka,
        "WEBHOOK_ALLOWED_NETWORKS": env.webhook_allowed_networks,
        "REQUIRE_SECOND_FACTOR": env.require_second_factor,
        "HEALTH_TOKEN": env.health_token,
        "RELEASE": env.release,
    }


def logging_config(level: str) -> dict[str, Any]:
    """Structured lines on standard error; django-structlog adds request ids, never bodies or queries."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "apps.core.logs.line_formatter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        # below WARNING these write the addresses they ask for
        "loggers": {name: {"level": "WARNING"} for name in ("geopy", "urllib3")},
    }
