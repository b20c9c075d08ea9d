"""The small worlds the browser looks at: practices in Leipzig, patients nearby, work in every state."""

from dataclasses import dataclass
from datetime import date, datetime

from apps.accounts.models import User
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.services import sending
from apps.events import services as events
from apps.geocoding.models import PostalCode
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.services import answers, release, rounds, searches
from apps.matching.services.answers import Answer
from apps.patients.models import Patient, Symptom
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import Therapist
from tests.factories.patients import InsurerFactory, PatientFactory
from tests.factories.therapists import TherapistFactory

SYMPTOMS = (
    ("depressed-mood", "gedrückte Stimmung", "low mood"),
    ("sleep-problems", "Schlafstörungen", "sleep problems"),
    ("anxiety", "anhaltende Angst und Sorgen", "persistent anxiety and worry"),
)


def work_off(at: datetime) -> int:
    """What worker and timetable do: news, letters, news of the letters. Returns how many were sent."""
    events.dispatch(at=at)
    sent = sending.send_queue(at=at)
    events.dispatch(at=at)
    return sent


def settle_facts() -> None:
    """The facts a registration looks up; a test with real transactions begins with empty tables."""
    for code, name_de, name_en in SYMPTOMS:
        Symptom.objects.get_or_create(code=code, defaults={"name_de": name_de, "name_en": name_en})
    PostalCode.objects.get_or_create(
        plz="04103",
        place_name="Leipzig",
        defaults={"state": "SN", "latitude": 51.3397, "longitude": 12.3913},
    )
    InsurerFactory()


@dataclass(frozen=True)
class Office:
    """One row of everything a page can show."""

    patient: Patient
    incomplete: Patient
    therapist: Therapist
    search: PlacementSearch
    waiting_search: PlacementSearch
    accepted: PlacementRequest
    conflict: PlacementRequest
    draft_round: Round
    old_round: Round
    draft: Inquiry
    sent: Inquiry
    call: PhoneCall
    email: EmailMessage


def furnish(*, actor: User, at: datetime, today: date) -> Office:
    """A released round with two acceptances for one patient and a call, then the draft of the next round."""
    settle_facts()
    _therapists()
    search, _second = (_search(actor, at, today) for _count in range(2))
    old_round = rounds.plan_round(actor=actor, at=at, today=today)
    release.release_round(round_=old_round, actor=actor, at=at, today=today)
    work_off(at)
    accepted, conflict = _said_yes(search, actor, at, today)
    waiting_search = _search(actor, at, today)
    TherapistFactory(is_possibly_free=True, knows_agency=True, working_hours=False)
    draft_round = rounds.plan_round(actor=actor, at=at, today=today)
    TherapistFactory(review_status=ReviewStatus.UNREVIEWED, reviewed_at=None)
    TherapistFactory(seat="half", free_individual_from=date(2026, 12, 1), free_group_from=date(2027, 2, 1))
    return Office(
        patient=search.patient,
        incomplete=PatientFactory(payment_received_on=None, consents=()),
        therapist=accepted.therapist,
        search=search,
        waiting_search=waiting_search,
        accepted=accepted,
        conflict=conflict,
        draft_round=draft_round,
        old_round=old_round,
        draft=draft_round.inquiries.earliest("id"),
        sent=Inquiry.objects.filter(status="sent").earliest("id"),
        call=PhoneCall.objects.earliest("id"),
        email=EmailMessage.objects.earliest("id"),
    )


def _therapists() -> None:
    """Two by e-mail, one with a long name and many approvals, one by phone."""
    TherapistFactory()
    TherapistFactory(
        title="Dr. phil. Dipl.-Psych.",
        first_name="Wilhelmine-Charlotte",
        last_name="von der Heydebreck-Sonnenschein",
        practice__name="Gemeinschaftspraxis für Psychotherapie und Psychosomatik am Johannisplatz",
        approvals=[
            (method, age_group, setting)
            for method in ("VT", "TP")
            for age_group in ("adults", "minors")
            for setting in ("individual", "group")
        ],
        languages=["de", "en", "fr", "ar"],
    )
    TherapistFactory(practice__email="")


def _search(actor: User, at: datetime, today: date) -> PlacementSearch:
    return searches.open_search(patient=PatientFactory(), actor=actor, at=at, today=today)


def _said_yes(
    search: PlacementSearch, actor: User, at: datetime, today: date
) -> tuple[PlacementRequest, PlacementRequest]:
    first, second = search.requests.filter(status=RequestStatus.SENT).order_by("id")[:2]
    for request in (first, second):
        answers.record_answer(
            request=request,
            answer=Answer(outcome=RequestStatus.ACCEPTED),
            source=AnswerSource.PHONE,
            actor=actor,
            at=at,
            today=today,
        )
    for request in (first, second):
        request.refresh_from_db()
    return first, second
