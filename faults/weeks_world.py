"""The world of the eight weeks: so many therapists and searches in one region, some behind one mailbox.

Drawn and written by the benchmarks (every constraint and trigger in force). Nothing has been asked yet, but
some therapists were written to in the days before.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.patients.enums import Purpose
from apps.patients.models import Consent, Patient
from apps.therapists.models import Practice
from apps.therapists.services import contact_groups
from benchmarks import fill, sizes
from faults import ground

COUNTRY_THERAPISTS = 40_000  # of the whole country: fewer live in a smaller one, as close to each other
MIDDLE = (51.0, 10.0)
SHARED_MAILBOX, SHARED_PHONE, NO_PHONE = 9, 11, 7  # every so many practices
FIRST_DAY = sizes.TODAY  # a Monday

SQUEEZE = """
    UPDATE {table} SET latitude = %(north)s + (latitude - %(north)s) * %(by)s,
                       longitude = %(east)s + (longitude - %(east)s) * %(by)s
    WHERE latitude IS NOT NULL
"""
# A practice gets mailbox or number of one further on; addresses are the same in capitals as well.
SHARE_MAILBOX = """
    UPDATE therapists_practice p SET email = upper(other.email) FROM therapists_practice other
    WHERE p.id %% %(every)s = 0 AND other.id = p.id + 2 AND other.email <> ''
"""
SHARE_PHONE = """
    UPDATE therapists_practice p SET phone = other.phone FROM therapists_practice other
    WHERE p.id %% %(every)s = 0 AND other.id = p.id + 4 AND other.phone <> ''
"""
FORGET_PHONE = "UPDATE therapists_practice SET phone = '' WHERE id %% %(every)s = 3 AND email <> ''"
# Who was contacted before the first day, by whom no longer matters; read by the checker.
CONTACTED_BEFORE = """
    DROP TABLE IF EXISTS faults_contacted;
    CREATE TABLE faults_contacted AS
    SELECT id AS therapist_id, last_email_at AS at FROM therapists_therapist WHERE last_email_at IS NOT NULL
"""


@dataclass(frozen=True)
class World:
    therapists: int
    searches: int
    workers: int

    def make(self) -> list[User]:
        """Returns the coordinators, one for each worker."""
        ground.empty()
        fill.fill(sizes.Size("weeks", self.therapists, self.searches))
        with transaction.atomic():
            self._shape()
            _agree_to_emails()
        contact_groups.regroup(practices=Practice.objects.all())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return [_coordinator(number) for number in range(self.workers)]

    def _shape(self) -> None:
        by = (self.therapists / COUNTRY_THERAPISTS) ** 0.5
        place = {"north": MIDDLE[0], "east": MIDDLE[1], "by": by}
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE matching_inquiry CASCADE")
            for table in ("therapists_practice", "patients_patient"):
                cursor.execute(SQUEEZE.format(table=table), place)
            cursor.execute(SHARE_MAILBOX, {"every": SHARED_MAILBOX})
            cursor.execute(SHARE_PHONE, {"every": SHARED_PHONE})
            cursor.execute(FORGET_PHONE, {"every": NO_PHONE})
            cursor.execute(CONTACTED_BEFORE)


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def moment(number: int, hour: float) -> datetime:
    """So many hours into a day by the clock; it is not changed in these weeks."""
    return sizes.AT.replace(hour=0) + timedelta(days=number, hours=hour)


def _agree_to_emails() -> None:
    """Every second patient."""
    rows = Patient.objects.order_by("pk").values_list("pk", flat=True)
    given_on = FIRST_DAY - timedelta(days=300)
    Consent.objects.bulk_create(
        Consent(patient_id=pk, purpose=Purpose.EMAIL, given_on=given_on, proof="contract")
        for pk in rows
        if pk % 2
    )


def _coordinator(number: int) -> User:
    name = f"worker-{number}"
    return create_staff(
        username=name, email=f"{name}@example.org", password="x" * 16, roles=[Role.COORDINATOR]
    )
