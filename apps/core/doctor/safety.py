"""Settings that an installation with real people must not have, and room on the disks."""

import base64
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, error, good, looks_at, warning

MADE_UP = "development-only"  # how the keys of config/env.py begin
SHORTEST_TOKEN = 20
LITTLE_BYTES, HARDLY_ANY_BYTES = 2 * 1024**3, 500 * 1024**2


@looks_at("settings", gettext_lazy("Settings"), needs_database=False)
def look_at_settings(at: datetime) -> Iterable[Finding]:
    found = [*_dangers(), *_deployment(), *_token()]
    return found or [good(_("Django's deployment checks and ours are content."))]


def _dangers() -> Iterator[Finding]:
    """Grave where the site is reached by https: there it is not a trial on one's own machine."""
    grave = error if settings.SITE_URL.startswith("https://") else warning
    if made_up := _made_up_keys():
        text = _("Made up for development, known to everybody: %(names)s.") % {"names": ", ".join(made_up)}
        yield grave(text, _("Make keys of your own as .env.example shows, before the first real person."))
    if settings.DEBUG:
        yield grave(_("DEBUG is on: error pages show data."), _("Use config.settings.prod, where it is off."))
    if "*" in settings.ALLOWED_HOSTS:
        yield grave(
            _("ALLOWED_HOSTS takes any name."), _("List the names of the site in ALLOWED_HOSTS, no “*”.")
        )


def _made_up_keys() -> list[str]:
    field_key = base64.urlsafe_b64decode(settings.FIELD_ENCRYPTION_KEYS[0])
    keys: dict[str, str] = {
        "SECRET_KEY": str(settings.SECRET_KEY),
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
        "FIELD_ENCRYPTION_KEYS": field_key.decode("latin-1"),
    }
    return [name for name, key in keys.items() if key.startswith(MADE_UP)]


def _deployment() -> Iterator[Finding]:
    """What `check --deploy` says about security, in one finding; it explains each itself."""
    messages = run_checks(tags=[Tags.security], include_deployment_checks=True)
    ids = sorted({str(message.id) for message in messages if not message.is_silenced()})
    if ids:
        yield warning(
            _("Not fit for production by Django's own checks: %(ids)s.") % {"ids": ", ".join(ids)},
            _("Set DJANGO_SETTINGS_MODULE=config.settings.prod; manage.py check --deploy explains each."),
        )


def _token() -> Iterator[Finding]:
    if 0 < len(settings.HEALTH_TOKEN) < SHORTEST_TOKEN:
        remedy = _("Choose %(count)s random characters or more, as .env.example shows.")
        yield warning(_("HEALTH_TOKEN can be guessed."), remedy % {"count": SHORTEST_TOKEN})


@looks_at("disk", gettext_lazy("Disk space"), needs_database=False)
def look_at_disks(at: datetime) -> Iterable[Finding]:
    """Only of this machine: a database elsewhere has its own monitoring."""
    return [_room(folder) for folder in _folders()]


def _folders() -> list[Path]:
    embedded = Path(settings.BASE_DIR) / ".local"
    return [embedded if embedded.is_dir() else Path(settings.BASE_DIR), Path(tempfile.gettempdir())]


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = _("%(size)s free for %(folder)s.") % {"size": filesizeformat(free), "folder": folder}
    if free >= LITTLE_BYTES:
        return good(text)
    level = error if free < HARDLY_ANY_BYTES else warning
    return level(text, _("Make room or enlarge the disk: a full one stops the database and the sending."))
