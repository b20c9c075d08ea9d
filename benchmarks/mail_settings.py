"""The settings of the tests, with the rivals of the e-mail queue installed (requirements/bench.txt)."""

from config.settings.test import *

INSTALLED_APPS = [*INSTALLED_APPS, "post_office", "mailer"]  # type: ignore[name-defined]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAILER_EMAIL_BACKEND = EMAIL_BACKEND
POST_OFFICE = {
    "BACKENDS": {"default": EMAIL_BACKEND},
    "BATCH_SIZE": 5000,
    "CELERY_ENABLED": False,
    "LOG_LEVEL": 1,  # failures only, as its manual advises for many messages
    "THREADS_PER_PROCESS": 5,  # its default
}
