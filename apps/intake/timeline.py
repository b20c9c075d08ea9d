"""What registrations tell of a patient: where the record, or a part of it, came from."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.core.timeline import PATIENT, Entry, tells_of
from apps.intake.enums import RegistrationStatus
from apps.intake.models import Registration, RegistrationHistory

TAKEN = (RegistrationStatus.ACCEPTED, RegistrationStatus.MERGED)


@tells_of(PATIENT)
def of_patient(pk: int) -> list[Entry]:
    rows = Registration.objects.filter(patient=pk).defer("payload", "corrected").select_related("client")
    ends = RegistrationHistory.objects.filter(subject__patient=pk, new__in=TAKEN).select_related("actor")
    actors = {row.subject_id: row.actor.display_name if row.actor else "" for row in ends}
    return [entry for row in rows for entry in _entries(row, actors.get(row.pk, ""))]


def _entries(row: Registration, actor: str) -> Iterator[Entry]:
    url, named = row.get_absolute_url(), {"number": row.pk, "source": row.source}
    yield {
        "at": row.received_at,
        "icon": "inbox",
        "text": _("Registration #%(number)s came in (%(source)s)") % named,
        "url": url,
        "is_from_outside": True,
    }
    is_new = row.status == RegistrationStatus.ACCEPTED
    text = _("Registration #%(number)s accepted") if is_new else _("Registration #%(number)s added")
    yield {"at": row.decided_at, "icon": "check", "text": text % named, "url": url, "actor": actor}
