"""Run every check that is not a test, show what the failing ones say, and sum up.

scripts/check.py            all of them
scripts/check.py lint types only these
"""

import base64
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = [sys.executable, "-m"]
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "lint": [*MODULE, "ruff", "check", "."],
    "format": [*MODULE, "ruff", "format", "--check", "."],
    "types": [*MODULE, "mypy"],
    "imports": [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ],
    "templates-lint": [*MODULE, "djlint", "--lint", "templates"],
    "templates-format": [*MODULE, "djlint", "--check", "templates"],
    "system": [*MANAGE, "check"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deploy": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "events": [*MANAGE, "event_catalogue", "--check"],
    "openapi": [*MANAGE, "openapi", "--check"],
    "translations": [*MANAGE, "messages", "--check"],
    "requirements": [sys.executable, "scripts/lock.py", "--check"],
}


def production_environment() -> dict[str, str]:
    """Made-up production variables with fresh keys: `check` opens no connection."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "BLIND_INDEX_KEY": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": "vermittlung.example.org",
        "SITE_URL": "https://vermittlung.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://vermittlung.example.org",
        "DATABASE_URL": "postgresql://check@localhost/check",
        "REDIS_URL": "redis://localhost/0",
        "EMAIL_URL": "smtp+tls://check:check@localhost:587",
    }


def main(names: list[str]) -> int:
    unknown = set(names) - set(CHECKS)
    if unknown:
        sys.exit(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(CHECKS)}")
    results = {name: passes(name) for name in names or CHECKS}
    print("\n".join(["", *(f"{name:18}{'ok' if is_ok else 'FAILED'}" for name, is_ok in results.items())]))
    return 0 if all(results.values()) else 1


def passes(name: str) -> bool:
    """Run one check; what it says is shown only if it fails."""
    environment = dict(os.environ) | (production_environment() if name == "deploy" else {})
    started_at = time.monotonic()
    result = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    is_ok = result.returncode == 0
    print(f"{name} … {'ok' if is_ok else 'FAILED'} ({time.monotonic() - started_at:.1f} s)", flush=True)
    if not is_ok:
        print(f"$ {' '.join(CHECKS[name])}\n{result.stdout}", flush=True)
    return is_ok


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
