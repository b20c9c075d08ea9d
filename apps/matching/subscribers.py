"""What matching does when others report something. Each runs once per event, in its own transaction."""

from django.utils import timezone

from apps.communication.enums import CallStatus, LetterKind, Refusal
from apps.communication.models import EmailMessage
from apps.communication.services import calls
from apps.events.catalogue import subscribe
from apps.events.models import DomainEvent
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.services import calling, inquiries, recheck, release, reminders, travel
from apps.therapists.models import Therapist

WAYS = ("search.active", "patient.moved", "patient.wishes_changed", "therapist.moved", "therapist.verified")
TOO_EARLY = (Refusal.CONTACT_PAUSE, Refusal.CONTACT_INTERVAL)


@subscribe("patient.moved", "patient.wishes_changed", "patient.consent_withdrawn")
def recheck_patient(event: DomainEvent) -> None:
    recheck.recheck_patient(
        patient_id=int(event.subject_id),
        at=event.occurred_at,
        today=timezone.localdate(event.occurred_at),
    )


@subscribe(
    "therapist.moved",
    "therapist.changed",
    "therapist.blocked",
    "therapist.inactive",
    "therapist.objected",
    "therapist.paused",
)
def recheck_therapist(event: DomainEvent) -> None:
    recheck.recheck_therapist(
        therapist_id=int(event.subject_id),
        at=event.occurred_at,
        today=timezone.localdate(event.occurred_at),
    )


@subscribe(*WAYS)
def ways_are_measured(event: DomainEvent) -> None:
    travel.ring()


@subscribe("email.sent")
def inquiry_sent(event: DomainEvent) -> None:
    for inquiry in _inquiries_of(event):
        inquiries.mark_sent(inquiry=inquiry, at=event.occurred_at)


@subscribe("email.failed", "email.refused")
def inquiry_not_sent(event: DomainEvent) -> None:
    """A call instead; but what was only too early is no reason to call, and a person may set it aside."""
    if EmailMessage.objects.filter(pk=int(event.subject_id), refusal__in=TOO_EARLY).exists():
        return
    for inquiry in _inquiries_of(event):
        release.after_failed_email(
            inquiry=inquiry,
            actor=None,
            at=event.occurred_at,
            today=timezone.localdate(event.occurred_at),
            reason="e-mail not sent",
        )


@subscribe("email.bounced")
def inquiry_came_back(event: DomainEvent) -> None:
    for inquiry in _inquiries_of(event):
        release.after_bounce(inquiry=inquiry, actor=None, at=event.occurred_at)


@subscribe("email.cancelled")
def inquiry_called_off(event: DomainEvent) -> None:
    """A person cancelled the letter. Where a call is planned instead, that one goes on."""
    for inquiry in _inquiries_of(event):
        if not inquiry.contacts.filter(call__status=CallStatus.PLANNED).exists():
            inquiries.end_unsent(inquiry=inquiry, actor=None, at=event.occurred_at, reason="e-mail cancelled")


@subscribe("email.queued")
def inquiry_queued_again(event: DomainEvent) -> None:
    """A failed letter is sent again after all: the call planned in its place would be a second contact."""
    for inquiry in _inquiries_of(event):
        inquiries.cancel_calls(inquiry=inquiry, actor=None, at=event.occurred_at, reason="e-mail sent again")


@subscribe("therapist.objected", "therapist.blocked", "therapist.inactive")
def therapist_gone(event: DomainEvent) -> None:
    """Nobody calls any more, neither about what was asked before nor to say thanks."""
    for therapist in Therapist.objects.filter(pk=int(event.subject_id)):
        calls.cancel_all(therapist=therapist, actor=None, at=event.occurred_at, reason=event.type)


def _inquiries_of(event: DomainEvent) -> list[Inquiry]:
    return list(
        Inquiry.objects.filter(
            contacts__email_id=int(event.subject_id), contacts__email__kind=LetterKind.INQUIRY
        )
    )


@subscribe("email.sent")
def reminder_sent(event: DomainEvent) -> None:
    reminded = Inquiry.objects.filter(
        contacts__email_id=int(event.subject_id), contacts__email__kind=LetterKind.REMINDER
    )
    for inquiry in reminded:
        reminders.note_sent(inquiry=inquiry, at=event.occurred_at)


@subscribe("search.paused", "search.trial", "search.cancelled")
def search_needs_no_reminder(event: DomainEvent) -> None:
    about = Inquiry.objects.filter(requests__search__patient=int(event.subject_id))
    for inquiry in reminders.still_waiting(about):
        reminders.bring_in_line(inquiry=inquiry, at=event.occurred_at, reason=event.type)


@subscribe(
    "request.accepted", "request.conflict", "request.waitlisted", "request.rejected", "request.withdrawn"
)
def request_needs_no_reminder(event: DomainEvent) -> None:
    about = Inquiry.objects.filter(requests=event.payload["request_id"])
    for inquiry in reminders.still_waiting(about):
        reminders.bring_in_line(inquiry=inquiry, at=event.occurred_at, reason=event.type)


@subscribe("search.paused")
def search_needs_no_call(event: DomainEvent) -> None:
    calling.cancel_paused(patient_id=int(event.subject_id), at=event.occurred_at)


@subscribe("request.withdrawn")
def asked_by_phone_is_thanked(event: DomainEvent) -> None:
    for request in PlacementRequest.objects.filter(pk=event.payload["request_id"]).select_related("inquiry"):
        calling.plan_thanks(request=request, at=event.occurred_at)
