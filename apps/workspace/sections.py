"""What waits for a person: one function per kind of thing, one query each, oldest rows first.

Patients appear by case code only: whoever needs the person opens the record, and that is logged.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.communication.enums import CallStatus
from apps.communication.models import PhoneCall
from apps.matching.enums import (
    RUNNING_SEARCHES,
    InquiryStatus,
    RequestStatus,
    RoundStatus,
    SearchStatus,
    SessionOutcome,
)
from apps.matching.models import (
    Inquiry,
    InquiryContact,
    PlacementRequest,
    PlacementSearch,
    Round,
    TrialSession,
)
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient
from apps.patients.selectors import missing_prerequisites, patient_list
from apps.therapists.selectors import unreviewed
from apps.workspace.import_sections import import_reviews, import_runs
from apps.workspace.intake_sections import registrations
from apps.workspace.mail_sections import addresses, emails, incoming, mail_rest
from apps.workspace.worklist import ROWS, Kind, Moment, Section, Task, section

LOOKED_AT = 100  # open patients whose prerequisites are checked
RESUMING_DAYS = 3


# Answers and contacts


def conflicts(moment: Moment) -> Section:
    rows = _requests().filter(status=RequestStatus.CONFLICT, conflict_resolved_at__isnull=True)
    kind = Kind(
        "conflicts", _("Second acceptances"), _("Decide"), "warning", "danger", reverse("matching:conflicts")
    )
    return section(
        kind, (_request(row, row.answered_at, moment) for row in rows.order_by("answered_at")[: ROWS + 1])
    )


def acceptances(moment: Moment) -> Section:
    """Accepted, and the next step is ours: release the identity, agree on, record or conclude sessions."""
    coming = TrialSession.objects.filter(
        request=OuterRef("pk"), outcome=SessionOutcome.PLANNED, planned_at__gt=moment.at
    )
    rows = _requests().filter(~Exists(coming), status=RequestStatus.ACCEPTED).order_by("answered_at")
    kind = Kind(
        "acceptances",
        _("Acceptances: our next step"),
        _("Continue"),
        "check",
        "success",
        reverse("matching:searches"),
    )
    tasks = (_request(row, row.answered_at, moment, _next_step(row)) for row in _with_sessions(rows))
    return section(kind, tasks)


def waitlists(moment: Moment) -> Section:
    rows = _requests().filter(
        status=RequestStatus.WAITLISTED,
        waitlist_until__lte=moment.today,
        search__status__in=RUNNING_SEARCHES,
    )
    kind = Kind(
        "waitlists",
        _("Waiting lists that are due"),
        _("Ask"),
        "clock",
        "warning",
        reverse("matching:searches"),
    )
    due = rows.order_by("waitlist_until")[: ROWS + 1]
    return section(kind, (_request(row, row.waitlist_until, moment) for row in due))


def unanswered(moment: Moment) -> Section:
    """Sent, the follow-up is due, and no call is planned."""
    planned = InquiryContact.objects.filter(inquiry=OuterRef("pk"), call__status=CallStatus.PLANNED)
    due = moment.at - timedelta(days=moment.parameters.follow_up_days)
    rows = Inquiry.objects.filter(~Exists(planned), status=InquiryStatus.SENT, last_contact_at__lte=due)
    rows = rows.select_related("therapist").order_by("last_contact_at")[: ROWS + 1]
    kind = Kind(
        "unanswered",
        _("Inquiries without an answer"),
        _("Follow up"),
        "inquiries",
        "warning",
        reverse("matching:inquiries"),
    )
    return section(kind, (_inquiry(row, moment) for row in rows))


def calls_due(moment: Moment) -> Section:
    kind = Kind("calls", _("Calls due now"), _("Call"), "calls", "warning", reverse("communication:calls"))
    return section(
        kind, (_call(row, moment) for row in _calls().filter(starts_at__lte=moment.at)[: ROWS + 1])
    )


def calls_later(moment: Moment) -> Section:
    rows = _calls().filter(starts_at__gt=moment.at, starts_at__lte=moment.end_of_day)
    kind = Kind(
        "calls_later",
        _("Calls later today"),
        _("Prepare"),
        "calls",
        "secondary",
        reverse("communication:calls"),
    )
    return section(kind, (_call(row, moment) for row in rows[: ROWS + 1]))


# Searches, rounds, records


def draft_rounds(moment: Moment) -> Section:
    rows = Round.objects.filter(status=RoundStatus.DRAFT)
    rows = rows.annotate(drafts=Count("inquiries", filter=Q(inquiries__status=InquiryStatus.DRAFT)))
    kind = Kind(
        "rounds",
        _("Rounds to release"),
        _("Read and release"),
        "rounds",
        "primary",
        reverse("matching:rounds"),
    )
    return section(kind, (_round(row, moment) for row in rows))


def resuming(moment: Moment) -> Section:
    soon = moment.today + timedelta(days=RESUMING_DAYS)
    rows = PlacementSearch.objects.filter(status=SearchStatus.PAUSED, paused_until__lte=soon)
    rows = rows.select_related("patient").only("paused_until", "pause_reason", "patient__case_code")
    kind = Kind(
        "resuming",
        _("Searches that resume soon"),
        _("Look"),
        "pause",
        "secondary",
        reverse("matching:searches"),
    )
    return section(kind, (_paused(row) for row in rows.order_by("paused_until")[: ROWS + 1]))


def almost_ready(moment: Moment) -> Section:
    """New patients whose search could begin if just one thing were there."""
    waiting = patient_list().filter(status=PatientStatus.OPEN).order_by("created_at", "pk")[:LOOKED_AT]
    kind = Kind(
        "almost_ready",
        _("Patients who lack just one thing"),
        _("Complete"),
        "patients",
        "primary",
        reverse("patients:list"),
    )
    return section(kind, (task for patient in waiting if (task := _lacking(patient, moment))))


def unreviewed_therapists(moment: Moment) -> Section:
    waiting = unreviewed().aggregate(number=Count("pk"), oldest=Min("created_at"))
    number = waiting["number"]
    url = reverse("therapists:list") + "?review_status=unreviewed"
    text = ngettext("%(number)s therapist waits for review", "%(number)s therapists wait for review", number)
    tasks = [Task(text % {"number": number}, url, moment.days_since(waiting["oldest"]))] if number else []
    return section(
        Kind("unreviewed", _("Records to review"), _("Look at them"), "therapists", "secondary", url), tasks
    )


# The most urgent first
SECTIONS: tuple[Callable[[Moment], Section], ...] = (
    conflicts,
    acceptances,
    incoming,
    registrations,
    calls_due,
    mail_rest,
    emails,
    addresses,
    import_runs,
    waitlists,
    unanswered,
    draft_rounds,
    calls_later,
    almost_ready,
    resuming,
    import_reviews,
    unreviewed_therapists,
)


# Rows: only the columns that are shown; encrypted ones stay in the database


def _requests() -> QuerySet[PlacementRequest]:
    shown = [
        "search__patient__case_code",
        "therapist__title",
        "therapist__first_name",
        "therapist__last_name",
    ]
    own = ["answered_at", "waitlist_until", "identity_released_at", "search", "inquiry_id"]
    return PlacementRequest.objects.select_related("search__patient", "therapist").only(*own, *shown)


def _calls() -> QuerySet[PhoneCall]:
    shown = ["therapist__title", "therapist__first_name", "therapist__last_name"]
    rows = PhoneCall.objects.filter(status=CallStatus.PLANNED).select_related("therapist")
    return rows.only("purpose", "starts_at", *shown).order_by("starts_at")


def _with_sessions(rows: QuerySet[PlacementRequest]) -> QuerySet[PlacementRequest]:
    of_outcome = "trial_sessions__outcome"
    return rows.annotate(
        held=Count("trial_sessions", filter=Q(**{of_outcome: SessionOutcome.HELD})),
        unrecorded=Count("trial_sessions", filter=Q(**{of_outcome: SessionOutcome.PLANNED})),
    )[: ROWS + 1]


def _next_step(row: Any) -> str:
    if row.identity_released_at is None:
        return _("release the identity")
    if row.unrecorded:
        return _("record how the trial session went")
    return (
        _("confirm the place or plan another session") if row.held else _("agree on the first trial session")
    )


def _request(row: PlacementRequest, since: date | datetime | None, moment: Moment, step: str = "") -> Task:
    text = f"{row.search.patient.case_code} · {row.therapist.full_name}"
    url = reverse("matching:inquiry", args=[row.inquiry_id]) + f"#request-{row.pk}"
    return Task(f"{text}: {step}" if step else text, url, moment.days_since(since))


def _inquiry(row: Inquiry, moment: Moment) -> Task:
    text = f"{row.reference} · {row.therapist.full_name}"
    return Task(text, row.get_absolute_url(), moment.days_since(row.last_contact_at))


def _call(row: PhoneCall, moment: Moment) -> Task:
    days = moment.days_since(row.starts_at)
    clock = timezone.localtime(row.starts_at).strftime("%H:%M") if days == 0 else ""
    text = f"{row.therapist.full_name}: {row.get_purpose_display()}"
    return Task(text, reverse("matching:call", args=[row.pk]), days, when=clock)


def _round(row: Any, moment: Moment) -> Task:
    text = ngettext("%(number)s inquiry planned", "%(number)s inquiries planned", row.drafts)
    return Task(text % {"number": row.drafts}, row.get_absolute_url(), moment.days_since(row.created_at))


def _paused(row: PlacementSearch) -> Task:
    assert row.paused_until is not None  # the query asks for it
    last_day = date_format(row.paused_until, "SHORT_DATE_FORMAT")
    return Task(
        f"{row.patient.case_code}: {row.pause_reason}",
        row.get_absolute_url(),
        when=_("until %(day)s") % {"day": last_day},
    )


def _lacking(patient: Patient, moment: Moment) -> Task | None:
    missing = missing_prerequisites(patient=patient, today=moment.today, parameters=moment.parameters)
    blocking = [row for row in missing if row.is_blocking]
    if len(blocking) != 1:
        return None
    text = f"{patient.case_code}: {blocking[0].label}"
    return Task(text, patient.get_absolute_url(), moment.days_since(patient.created_at))
