"""The story of a search or an inquiry, newest first, as the component `timeline.html` takes it."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from apps.communication.stories import contacts_since
from apps.core.models import HistoryRow
from apps.core.templatetags.ui import tone
from apps.matching.enums import InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, InquiryHistory, PlacementSearch, RequestHistory, SearchHistory
from apps.matching.reply_links import LINK_REVOKED


def of_search(search: PlacementSearch) -> list[dict[str, Any]]:
    own = SearchHistory.objects.filter(subject=search).select_related("actor")
    requests = RequestHistory.objects.filter(subject__search=search).select_related(
        "actor", "subject__therapist", "subject__inquiry"
    )
    entries = [entry_of(row, SearchStatus, "searches") for row in own]
    return _newest_first([*entries, *(_request_entry(row) for row in _without_notes(requests))])


def of_inquiry(inquiry: Inquiry) -> list[dict[str, Any]]:
    own = InquiryHistory.objects.filter(subject=inquiry).select_related("actor")
    requests = RequestHistory.objects.filter(subject__inquiry=inquiry).select_related(
        "actor", "subject__search__patient"
    )
    rows = _without_notes(requests).only(
        "old", "new", "at", "reason", "actor", "subject__status", "subject__search__patient__case_code"
    )
    entries = [entry_of(row, InquiryStatus, "inquiries") for row in own]
    begun = min(inquiry.created_at, inquiry.released_at or inquiry.created_at)
    contacts = contacts_since(therapist_id=inquiry.therapist_id, since=begun)
    return _newest_first([*reversed(contacts), *entries, *(_case_entry(row) for row in rows)])


def _without_notes(rows: Any) -> Any:
    return rows.defer("subject__answer_note")


def _request_entry(row: RequestHistory) -> dict[str, Any]:
    request = row.subject
    entry = entry_of(row, RequestStatus, "therapists", about=request.therapist.full_name)
    return {**entry, "url": request.inquiry.get_absolute_url()}


def _case_entry(row: RequestHistory) -> dict[str, Any]:
    return entry_of(row, RequestStatus, "patients", about=row.subject.search.patient.case_code)


def entry_of(row: HistoryRow, states: type[TextChoices], icon: str, about: str = "") -> dict[str, Any]:
    """One change of state; `about` says of whom or what."""
    text = _change(row, {**dict(states.choices), LINK_REVOKED: _("reply link revoked")})
    return {
        "at": row.at,
        "text": f"{about}: {text}" if about else text,
        "actor": row.actor.display_name if row.actor else "",
        "icon": icon,
        "reason": row.reason,
        "tone": tone(row.new),
    }


def _change(row: HistoryRow, labels: dict[str, Any]) -> str:
    new = labels.get(row.new, row.new)
    return f"{labels.get(row.old, row.old)} → {new}" if row.old else _("begun: %(state)s") % {"state": new}


def _newest_first(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`entries` of one source oldest first: of several steps at the same moment the last one is on top."""
    return sorted(entries, key=itemgetter("at"))[::-1]
