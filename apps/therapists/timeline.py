"""One therapist's story: states, contact pauses and changes of the record, newest first."""

from operator import itemgetter
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.timeline import THERAPIST, Entry, tells_of
from apps.therapists.enums import ReviewStatus, TherapistStatus
from apps.therapists.models import ContactPause, Therapist, TherapistHistory
from apps.therapists.selectors import CONTACT_STATES, OBJECTED, record_changes

ICONS = {
    TherapistStatus.BLOCKED: "lock",
    TherapistStatus.INACTIVE: "leave",
    ReviewStatus.VERIFIED: "check",
    ReviewStatus.UNREVIEWED: "undo",
    OBJECTED: "x",
}


@tells_of(THERAPIST)
def of_therapist(pk: int) -> list[Entry]:
    return entries(Therapist.objects.only("pk").get(pk=pk))


def entries(therapist: Therapist) -> list[dict[str, Any]]:
    """Entries as the component `timeline.html` takes them."""
    rows = [_state_entry(row) for row in therapist.history.select_related("actor")]
    for pause in therapist.pauses.all():
        rows += _pause_entries(pause)
    rows += _change_entries(therapist)
    return sorted(rows, key=itemgetter("at"), reverse=True)


def _state_entry(row: TherapistHistory) -> dict[str, Any]:
    actor = row.actor.display_name if row.actor else ""
    icon = ICONS.get(row.new, "therapists")
    return {"at": row.at, "actor": actor, "icon": icon, "text": _state_text(row), "reason": row.reason}


def _state_text(row: TherapistHistory) -> str:
    if not row.old:
        return _("Recorded")
    labels = {
        **dict(TherapistStatus.choices),
        **dict(ReviewStatus.choices),
        OBJECTED: CONTACT_STATES[OBJECTED],
    }
    return f"{labels.get(row.old, row.old)} → {labels.get(row.new, row.new)}"


def _pause_entries(pause: ContactPause) -> list[dict[str, Any]]:
    """A pause knows its days; only lifting it has a moment, which is why that alone is an entry."""
    if pause.lifted_at is None:
        return []
    until = date_format(pause.until, "SHORT_DATE_FORMAT")
    text = _("Contact pause until %(until)s lifted") % {"until": until}
    return [{"at": pause.lifted_at, "icon": "play", "text": text, "reason": pause.note}]


def _change_entries(therapist: Therapist) -> list[dict[str, Any]]:
    changes = record_changes(therapist)
    users = User.objects.in_bulk({change["user_id"] for change in changes if change["user_id"]})
    return [_change_entry(change, users) for change in changes]


def _change_entry(change: dict[str, Any], users: dict[int, User]) -> dict[str, Any]:
    user = users.get(change["user_id"])
    labels = {field.name: str(field.verbose_name) for field in Therapist._meta.concrete_fields}
    text = _("Changed: %(fields)s") % {"fields": ", ".join(labels[name] for name in change["fields"])}
    return {"at": change["at"], "actor": user.display_name if user else "", "icon": "edit", "text": text}
