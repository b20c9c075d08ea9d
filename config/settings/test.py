"""Tests: like development on its own database, fast hashes, no broker unless a test starts one."""

from config import devservices
from config.env import BASE_DIR, read
from config.settings import base
from config.settings.base import *

ENV = read("test")
globals().update(base.secrets(ENV), **base.email(ENV))
DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DATABASES = {
    "default": base.database(
        ENV.database_url or devservices.ensure_postgres(BASE_DIR), test_name=ENV.test_database_name
    )
}
REDIS_URL = None
CACHES = base.caches(None)
CELERY_BROKER_URL = None
SCRAPER_CONTACT = "tests@example.org"
SCRAPER_SECOND = 0.02
SCRAPER_TIMEOUT_SECONDS = 2.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING = base.logging_config("ERROR")
