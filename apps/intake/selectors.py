"""Reading registrations."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet

from apps.core import contacts
from apps.core.encryption import blind_index
from apps.intake import reading
from apps.intake.enums import OPEN
from apps.intake.models import Registration
from apps.intake.schema import ConsentIn
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.services.duplicates import Double, in_form

ONE_DAY = timedelta(days=1)


def registrations() -> QuerySet[Registration]:
    """Rows of the list with their source: one query."""
    return Registration.objects.select_related("client").order_by("received_at", "pk")


def detail_rows() -> QuerySet[Registration]:
    return Registration.objects.select_related("client", "patient", "email")


def waiting_by_source() -> Iterator[tuple[str | None, int, datetime]]:
    """(client's name or None, how many wait, since when)."""
    rows = Registration.objects.filter(status__in=OPEN).order_by().values_list("client__name")
    counted = rows.annotate(number=Count("pk"), oldest=Min("received_at")).order_by("client__name")
    return ((name, number, oldest) for name, number, oldest in counted)  # type: ignore[misc]


def doubles(said: reading.Values) -> list[Double]:
    """Who on record may be this person; by the rules of the patients' own form."""
    return in_form(said)


def index_of(email: str) -> str:
    """The blind index under which an address is compared."""
    return blind_index(contacts.email(email))


def is_confirmed(registration: Registration, email: str) -> bool:
    """Whether this very address was confirmed: one that staff have changed since was not."""
    return registration.is_email_confirmed and registration.email_index == index_of(email)


def counting_consents(registration: Registration, *, email: str) -> list[ConsentIn]:
    """Those that may be recorded: contact by e-mail only where the address is confirmed."""
    is_ours = is_confirmed(registration, email)
    return [one for one in reading.consents(registration) if is_ours or one.purpose != Purpose.EMAIL]


def new_consents(registration: Registration, patient: Patient, *, email: str) -> list[ConsentIn]:
    """Without those in force, and without those the patient has withdrawn since."""
    past = list(patient.consents.all())
    return [
        one
        for one in counting_consents(registration, email=email)
        if not any(
            row.purpose == one.purpose
            and (row.withdrawn_on is None or row.withdrawn_on >= reading.given_on(one))
            for row in past
        )
    ]


def letters_today(email_index: str, *, at: datetime) -> int:
    """How many registrations have had a letter sent to this address within a day."""
    rows = Registration.objects.filter(email_index=email_index, link_sent_at__gt=at - ONE_DAY)
    return rows.count()
