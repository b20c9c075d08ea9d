"""Development and demo: embedded servers unless DATABASE_URL / REDIS_URL name real ones."""

from config import devservices
from config.env import BASE_DIR, read
from config.settings import base
from config.settings.base import *

ENV = read("dev")
globals().update(base.secrets(ENV), **base.email(ENV))
DEBUG = False  # error pages as coordinators see them; `DEBUG` would also keep every query in memory
DATABASES = {
    "default": base.database(
        ENV.database_url or devservices.ensure_postgres(BASE_DIR), test_name=ENV.test_database_name
    )
}
REDIS_URL = ENV.redis_url or devservices.ensure_redis(BASE_DIR)
CACHES = base.caches(REDIS_URL)
CELERY_BROKER_URL = base.broker(REDIS_URL)
LOGGING = base.logging_config(ENV.log_level)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
