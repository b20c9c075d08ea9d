"""Second factors at rest."""

from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.db import connection

from apps.accounts.models import User


def test_totp_secret_is_not_readable_in_the_database(coordinator: User) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    factor = TOTP.activate(coordinator, secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE id = %s", [factor.instance.pk])
        assert secret not in cursor.fetchone()[0]
    assert decrypt(factor.instance.data["secret"]) == secret
