"""The demonstration: sets an agency up, lets some weeks pass, and tells what happened."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from threading import Barrier

from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Count
from django.utils import translation

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.core import parameters
from apps.core.errors import Refused
from apps.geocoding.models import Place
from apps.matching.enums import AnswerSource, Channel, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.selectors.overview import overview
from apps.matching.services import answers, rounds
from apps.matching.services.answers import Answer
from apps.patients.models import Patient
from apps.therapists.models import Practice, Therapist
from apps.workspace.demo import inhabitants, register, registrations
from apps.workspace.demo.desk import Desk
from apps.workspace.demo.life import Life, working_days
from apps.workspace.demo.mailserver import CatchingHandler

SEED = 20_26
WEEKS = 3
KEPT_TABLES = (
    "django_",
    "auth_group",
    "auth_permission",
    "patients_symptom",
    "patients_insurer",
    "geocoding_",
)
TAKEN_BY_THE_SERVER = [EmailStatus.SENT, EmailStatus.BOUNCED]  # what came back had gone out before
Say = Callable[[str], None]


@dataclass(frozen=True)
class Figures:
    """The last line of the story."""

    placed: int
    withdrawn: int
    conflicts: int
    mails_sent: int
    mails_received: int
    double_mails: int

    def __str__(self) -> str:
        return (
            f"demo ok: placed={self.placed} withdrawn={self.withdrawn} conflicts={self.conflicts} "
            f"mails_sent={self.mails_sent} mails_received={self.mails_received} "
            f"double_mails={self.double_mails}"
        )


def require_own_data() -> None:
    """The demo starts afresh each time; raises Refused rather than delete anybody else's work."""
    is_demo = User.objects.filter(username="anna", email="anna@example.org").exists()
    if Patient.objects.exists() and not is_demo:
        raise Refused("This database holds other data than the demo's. Use an empty one (DATABASE_URL).")


def wipe() -> None:
    """Empty all tables but the lists that migrations fill."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith(KEPT_TABLES)]
    quoted = ", ".join(connection.ops.quote_name(name) for name in sorted(tables))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")
        cursor.execute("SET synchronous_commit = off")  # invented people may be lost in a power cut


def tell(*, say: Say, now: datetime, mailbox: CatchingHandler) -> Figures:
    """Run the whole story and return its figures. `mailbox` is what the real SMTP server received."""
    rng = random.Random(SEED)
    with translation.override("de"):
        staff = _set_up(rng, say, start=_first_monday(now) - timedelta(days=5))
        life = Life(rng=rng, coordinator=staff["anna"], waiting_list=list(Patient.objects.order_by("id")))
        _let_weeks_pass(life, say, now=now)
        _two_yes_at_once(life, say, now=now)
        _clear_the_desk(life, say, now=now)
        _plan_next(life, say, now=now)
        return _sum_up(say, mailbox)


def _set_up(rng: random.Random, say: Say, *, start: datetime) -> dict[str, User]:
    say("1. Einrichten")
    call_command("load_places", verbosity=0)
    staff = inhabitants.hire_staff()
    inhabitants.settle_therapists(rng, actor=staff["leitung"], at=start)
    inhabitants.register_patients(rng, actor=staff["anna"], at=start)
    say(f"   {Place.objects.count()} Orte, {len(staff)} Mitarbeitende")
    say(f"   {Therapist.objects.count()} Therapeut:innen in {Practice.objects.count()} Praxen, drei Regionen")
    say(f"   {Patient.objects.count()} Patient:innen")
    return staff


def _let_weeks_pass(life: Life, say: Say, *, now: datetime) -> None:
    first, today = _first_monday(now).date(), now.date()
    say(f"2. {WEEKS} Wochen Vermittlung ab {first:%d.%m.%Y}")
    for day in working_days(first, today - timedelta(days=1)):
        life.day(day)
        if day.weekday() == 0:
            _say_round(say, day)
    life.deliver(now)
    if life.waiting_list:
        life.begin_searches(now, share=1)


def _first_monday(now: datetime) -> datetime:
    return now - timedelta(days=now.weekday(), weeks=WEEKS)


def _say_round(say: Say, day: date) -> None:
    round_ = Round.objects.latest("id")
    requests = PlacementRequest.objects.filter(inquiry__round=round_).count()
    inquiries = round_.inquiries.count()
    by_mail = round_.inquiries.filter(channel=Channel.EMAIL).count()
    say(
        f"   Runde vom {day:%d.%m.}: {round_.searches_count} Suchen, {round_.candidates_count} Vorschläge → "
        f"{requests} Anfragen in {inquiries} Sammelanfragen "
        f"({by_mail} per E-Mail, {inquiries - by_mail} per Telefon)"
    )


def _two_yes_at_once(life: Life, say: Say, *, now: datetime) -> None:
    """Two therapists accept the same patient at the same moment, on two connections."""
    say("3. Zwei Zusagen für dieselbe Person im selben Augenblick")
    for search in _searches_asked_twice(limit=2):
        rivals = list(search.requests.filter(status=RequestStatus.SENT).order_by("id")[:2])
        accept = partial(_accept, barrier=Barrier(len(rivals)), now=now)
        with ThreadPoolExecutor(len(rivals)) as pool:
            states = sorted(pool.map(accept, rivals))
        labels = dict(RequestStatus.choices)
        say(f"   Fall {search.patient.case_code}: {' und '.join(str(labels[state]) for state in states)}")
    resolved = PlacementRequest.objects.filter(status=RequestStatus.CONFLICT).earliest("id")
    answers.resolve_conflict(request=resolved, take=False, actor=life.coordinator, at=now, today=now.date())
    say(f"   Konflikt {resolved.inquiry.reference} gelöst: freundlich gedankt")
    life.deliver(now)


def _searches_asked_twice(*, limit: int) -> list[PlacementSearch]:
    searches = PlacementSearch.objects.filter(
        status=SearchStatus.ACTIVE, requests__status=RequestStatus.SENT
    ).annotate(asked=Count("requests"))
    return list(searches.filter(asked__gte=2).order_by("id")[:limit])


def _accept(request: PlacementRequest, *, barrier: Barrier, now: datetime) -> str:
    try:
        barrier.wait(timeout=30)
        booked = answers.record_answer(
            request=request,
            answer=Answer(outcome=RequestStatus.ACCEPTED),
            source=AnswerSource.PORTAL,
            actor=None,
            at=now,
            today=now.date(),
        )
        return str(booked.status)
    finally:
        connections.close_all()


def _clear_the_desk(life: Life, say: Say, *, now: datetime) -> None:
    say("4. Auf dem Schreibtisch")
    Desk(coordinator=life.coordinator, now=now, deliver=partial(life.deliver, now), say=say).fill()
    register.take_in(life.rng, coordinator=life.coordinator, now=now, say=say)
    registrations.hand_in(life.rng, now=now, deliver=partial(life.deliver, now), say=say)
    weekly = EmailMessage.objects.filter(kind=LetterKind.PATIENT_STATUS).count()
    say(f"   {weekly} wöchentliche Nachrichten an Patient:innen")


def _plan_next(life: Life, say: Say, *, now: datetime) -> None:
    """What the coordinator finds in the morning: searches that are blocked, and a draft to read."""
    result = overview(today=now.date(), parameters=parameters.current(at=now), top=0)
    say("5. Heute")
    say(
        f"   {len(result.searches)} aktive Suchen, {result.candidate_count} Vorschläge, "
        f"{result.without_candidates} Suchen ohne Vorschlag"
    )
    for wish, count in result.blocking:
        say(f"   blockiert durch {wish}: {count}")
    round_ = rounds.plan_round(actor=life.coordinator, at=now, today=now.date())
    say(f"   Entwurf der nächsten Runde: {round_.inquiries.count()} Sammelanfragen warten auf Freigabe")


def _sum_up(say: Say, mailbox: CatchingHandler) -> Figures:
    counts = dict(PlacementRequest.objects.values_list("status").annotate(count=Count("id")))
    labels = dict(RequestStatus.choices)
    say("6. Ergebnis")
    say("   " + ", ".join(f"{labels[state]} {count}" for state, count in sorted(counts.items())))
    figures = Figures(
        placed=PlacementSearch.objects.filter(status=SearchStatus.PLACED).count(),
        withdrawn=counts.get(RequestStatus.WITHDRAWN, 0),
        conflicts=PlacementRequest.objects.filter(history__new=RequestStatus.CONFLICT).distinct().count(),
        mails_sent=EmailMessage.objects.filter(status__in=TAKEN_BY_THE_SERVER).count(),
        mails_received=len(mailbox.messages),
        double_mails=mailbox.doubles,
    )
    say(f"   {figures.placed} Plätze bestätigt, {Inquiry.objects.count()} Sammelanfragen insgesamt")
    say(f"   E-Mails: {figures.mails_sent} gesendet, {figures.mails_received} beim Mailserver angekommen")
    return figures
