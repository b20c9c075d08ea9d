"""Production: refuses to start without its variables, speaks HTTPS only."""

from config.env import read
from config.settings import base
from config.settings.base import *

ENV = read("prod")
assert ENV.database_url is not None  # read("prod") has checked it
globals().update(base.secrets(ENV), **base.email(ENV))
DEBUG = False
DATABASES = {"default": base.database(ENV.database_url, test_name=ENV.test_database_name)}
REDIS_URL = ENV.redis_url
CACHES = base.caches(REDIS_URL)
CELERY_BROKER_URL = base.broker(REDIS_URL)
LOGGING = base.logging_config(ENV.log_level)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^version$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = 1  # the proxy that ends TLS; else the log-in throttle takes all for one
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
