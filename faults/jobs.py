"""Jobs of the suite: an event whose subscriber leaves one row, in the transaction of its delivery."""

import time
from collections import Counter
from datetime import datetime

from django.db import connection, transaction

from apps.events.catalogue import declare, subscribe
from apps.events.models import DomainEvent
from apps.events.services import publish
from faults.processes import kill_self

EVENT = "faults.job"
POISON = "poison"
SECONDS_A_JOB = 0.005

declare("faults", faults__job="A job of the fault suite")


@subscribe(EVENT)
def work(event: DomainEvent) -> None:
    if event.subject_id.startswith(POISON):
        kill_self()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO faults_effect (job) VALUES (%s)", [event.subject_id])
    time.sleep(SECONDS_A_JOB)


@transaction.atomic
def give(*names: str, at: datetime) -> None:
    for name in names:
        publish(type=EVENT, subject_id=name, at=at)


def effects() -> Counter[str]:
    """How often each job had its effect."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT job, count(*) FROM faults_effect GROUP BY job")
        return Counter(dict(cursor.fetchall()))
