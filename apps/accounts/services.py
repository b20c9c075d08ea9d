from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction

from apps.accounts.enums import Role
from apps.accounts.models import User


@transaction.atomic
def create_staff(
    *,
    username: str,
    email: str,
    password: str,
    roles: Iterable[Role],
    first_name: str = "",
    last_name: str = "",
) -> User:
    """A member of staff with roles; everybody may see the admin, the roles say what is in it."""
    user = User.objects.create_user(
        username=username,
        email=email,
        password=password,
        first_name=first_name,
        last_name=last_name,
        is_staff=True,
    )
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return user
