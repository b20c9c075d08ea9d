"""A small world with something on every page: two searches under way, a draft round, a call."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from apps.accounts.models import User
from apps.communication.enums import CallPurpose, InboundSource
from apps.communication.models import EmailMessage, InboundMessage, Note, PhoneCall, UndeliverableAddress
from apps.communication.services import addresses, calls, inbound, notes, sending
from apps.core import parameters
from apps.core.enums import MergeKind
from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport
from apps.core.imports.services import queue as file_queue
from apps.core.imports.services import working
from apps.core.merging import suggestions
from apps.core.merging.merge import merge
from apps.core.models import DuplicateSuggestion, MergeRecord
from apps.events import services as events
from apps.events.models import DomainEvent
from apps.gateway.enums import Scope
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import clients, webhooks
from apps.geocoding.models import GeocodingJob
from apps.geocoding.services import jobs
from apps.intake.models import Registration
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import PlacementRequest, RefusalEvidence, Round, SimulationRun, TrialSession
from apps.matching.reply_links import reply_token
from apps.matching.services import answers, evidence, release, rounds, searches, simulations, trial
from apps.matching.services.answers import Answer
from apps.matching.services.evidence import Stated
from apps.patients.models import Patient
from apps.therapists.models import ContactPause, Practice, Therapist
from tests.factories.import_world import Imported, with_everything
from tests.factories.patients import PatientFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.intake.samples import received
from tests.security.pages import Page


@dataclass(frozen=True)
class World:
    """What stands in the paths: the value that belongs behind each part of a path."""

    patient: Patient
    therapist: Therapist
    request: PlacementRequest
    round: Round
    session: TrialSession
    simulation: SimulationRun
    pause: ContactPause
    call: PhoneCall
    email: EmailMessage
    note: Note
    message: InboundMessage
    evidence: RefusalEvidence
    address: UndeliverableAddress
    manager: User
    imported: Imported
    registration: Registration
    webhook: WebhookSubscription
    merge_therapists: MergeRecord
    merge_patients: MergeRecord
    pairs: dict[str, DuplicateSuggestion]

    def path(self, page: Page) -> str | None:
        """The page's path with rows that exist; None if there is no row to show."""
        parts = page.path.split("/")
        for place in range(1, len(parts)):
            if parts[place] in ("987654", "x", "x-x"):
                value = self._value(parts[place - 1], page)
                if value is None:
                    return None
                parts[place] = str(value)
        return "/".join(parts)

    def _value(self, before: str, page: Page) -> object:
        if page.name.startswith("admin:"):
            return _first_of_admin(before)
        if before in ("merge", "merges", "duplicates"):
            return self._of_duplicates(before, page)
        return {
            "source": self.imported.run.source.key,
            "runs": self.imported.run.pk,
            "take": "new",
            "decisions": self.imported.run.decisions.get().pk,
            "records": self.imported.record.pk,
            "changes": self.imported.proposal.pk,
            "of": self.imported.therapist.pk,
            "patients": self.patient.pk,
            "open": self.patient.pk,
            "consents": "email",
            "therapy": "complete",
            "therapists": self.therapist.pk,
            "add": self.therapist.pk,
            "places": GeocodingJob.objects.get(kind="practice").pk,
            "check": "practice",
            "practice": self.therapist.practices.get().pk,
            "exclude": self.therapist.pk,
            "practices": self.therapist.practices.first().pk,
            "pauses": self.pause.pk,
            "searches": self.request.search_id,
            "rounds": self.round.pk,
            "inquiries": self.request.inquiry_id,
            "requests": self.request.pk,
            "sessions": self.session.pk,
            "simulations": self.simulation.pk,
            "calls": self.call.pk,
            "emails": self.email.pk,
            "addresses": self.address.pk,
            "notes": self.note.pk,
            "inbox": self.message.pk,
            "reply": reply_token(self.request.inquiry),
            "letters": "inquiry",
            "versions": 1,
            "identity": "x",
            "events": DomainEvent.objects.earliest("pk").pk,
            "identity-links": None,
            "evidence": self.evidence.pk,
            "importe": FileImport.objects.latest("pk").pk,
            "clients": self.webhook.client_id,
            "tokens": self.webhook.client.tokens.get().pk,
            "webhooks": self.webhook.pk,
            "deliveries": self.webhook.deliveries.get().pk,
            "confirm-email": "x",
            "confirm": "x",
            "registrierungen": self.registration.pk,
            "into": self.patient.pk,
            "key": "x-x",
            "keys": 1,
        }[before]

    def _of_duplicates(self, before: str, page: Page) -> object:
        """The second record of a pair, the pair, or a merge of the kind the page is about."""
        if before == "merges":
            return (self.merge_patients if page.namespace == "patients" else self.merge_therapists).pk
        if before == "duplicates":
            return self.pairs[page.namespace.removesuffix("s")].pk
        if page.name == "therapists:merge_practices":
            return Practice.objects.exclude(therapists=self.therapist).earliest("pk").pk
        own = self.patient if page.namespace == "patients" else self.therapist
        return type(own).objects.exclude(pk=own.pk).earliest("pk").pk


def build(*, coordinator: User, manager: User, at: datetime, today: date) -> World:
    """Needs a mail server (fixture `mailbox`): the letters of the first round really go out."""
    parameters.change(name="call_minutes", value=7, actor=manager, at=at, reason="longer talks")
    for _count in range(3):
        TherapistFactory()
    for _count in range(2):
        searches.open_search(patient=PatientFactory(), actor=coordinator, at=at, today=today)
    first = rounds.plan_round(actor=coordinator, at=at, today=today)
    assert release.release_round(round_=first, actor=coordinator, at=at, today=today).refused == []
    assert sending.send_queue(at=at) == 3
    events.dispatch(at=at)
    request = PlacementRequest.objects.earliest("id")
    others = list(request.search.requests.exclude(pk=request.pk).order_by("pk"))
    for row in (request, *others[:1]):
        _accept(row, coordinator, at, today)
    session = trial.plan_session(request=request, planned_at=at + timedelta(days=3))
    TherapistFactory()
    second = rounds.plan_round(actor=coordinator, at=at, today=today)
    therapist = Therapist.objects.latest("pk")
    _file_import(coordinator, at)
    jobs.queue(kind="practice", object_ids=[therapist.practices.get().pk], at=at)
    return World(
        patient=request.search.patient,
        therapist=therapist,
        request=PlacementRequest.objects.get(pk=request.pk),
        round=second,
        session=session,
        simulation=_simulation(coordinator, at),
        pause=ContactPauseFactory(therapist=therapist),
        call=calls.plan(
            therapist=therapist,
            purpose=CallPurpose.FIRST_CONTACT,
            not_before=at,
            minutes=5,
            actor=coordinator,
            at=at,
        ),
        email=EmailMessage.objects.earliest("pk"),
        note=notes.add(text="asks for letters only", therapist=therapist, actor=coordinator, at=at),
        message=_message(request, at),
        evidence=evidence.create(
            patient=request.search.patient,
            stated=Stated(period_from=today, period_to=today),
            actor=coordinator,
            at=at,
        ),
        address=addresses.mark_undeliverable(address="gone@practice.example", reply="550 5.1.1", at=at),
        manager=manager,
        imported=with_everything(actor=manager, at=at, today=today),
        registration=received(at=at),
        webhook=_webhook(manager, at),
        merge_therapists=_merged(
            MergeKind.THERAPIST, TherapistFactory(), TherapistFactory(), coordinator, at
        ),
        merge_patients=_merged(
            MergeKind.PATIENT, PatientFactory(searching=True), PatientFactory(), coordinator, at
        ),
        pairs={
            "therapist": _pair(MergeKind.THERAPIST, TherapistFactory(), TherapistFactory(), at),
            "patient": _pair(MergeKind.PATIENT, PatientFactory(), PatientFactory(), at),
        },
    )


def _merged(kind: str, kept: Model, other: Model, actor: User, at: datetime) -> MergeRecord:
    return merge(kind=kind, kept_id=kept.pk, dropped_id=other.pk, chosen={}, actor=actor, at=at)


def _pair(kind: str, one: Model, other: Model, at: datetime) -> DuplicateSuggestion:
    found = [suggestions.Found(one.pk, other.pk, 0.8, ("phone",))]
    suggestions.record(kind=kind, found=found, at=at, around={one.pk})
    return DuplicateSuggestion.objects.get(kind=kind, first_id=one.pk)


def _accept(request: PlacementRequest, actor: User, at: datetime, today: date) -> None:
    answers.record_answer(
        request=request,
        answer=Answer(outcome=RequestStatus.ACCEPTED),
        source=AnswerSource.PHONE,
        actor=actor,
        at=at,
        today=today,
    )


def _message(request: PlacementRequest, at: datetime) -> InboundMessage:
    """The therapist answers the letter by e-mail."""
    letter = EmailMessage.objects.filter(inquiry_contact__inquiry=request.inquiry).earliest("pk")
    raw = f"From: {letter.to_email}\r\nIn-Reply-To: {letter.message_id}\r\n\r\nLeider nein."
    return inbound.ingest(raw=raw.encode(), source=InboundSource.IMAP, received_at=at)[0]


def _simulation(actor: User, at: datetime) -> SimulationRun:
    wish = simulations.Wish(
        weeks=1,
        arrivals_per_week=1.0,
        contacts_per_week=1,
        policies=["planner", "oldest_first"],
        seeds=[1],
        therapists=20,
        waiting_at_start=5,
    )
    run = simulations.queue(wish=wish, is_own_world=False, changed={}, actor=actor, at=at)
    simulations.work(clock=lambda: at)
    return SimulationRun.objects.get(pk=run.pk)


def _webhook(actor: User, at: datetime) -> WebhookSubscription:
    """A client with a token, and one event on its way to a receiver."""
    client = clients.create(name="Website", scopes=[Scope.WEBHOOKS_WRITE])
    clients.issue_token(client=client, actor=actor, at=at, expires_at=at + timedelta(days=30))
    row = webhooks.create(client=client, url="https://8.8.8.8/hook", event_types=["therapist.moved"])
    WebhookDelivery.objects.create(
        subscription=row, event=DomainEvent.objects.earliest("pk"), subject="matching:1", next_attempt_at=at
    )
    return row


def _file_import(actor: User, at: datetime) -> None:
    """A file that has been tried out, with a row that was rejected."""
    content = b"Nachname;PLZ;Ort\nBeispiel;04103;Leipzig\nMuster;4103;Leipzig\n"
    row = file_queue.upload(
        kind=kind_of("therapists"), name="liste.csv", content=content, as_of=None, actor=actor, at=at
    )
    file_queue.choose(file_import=row, chosen=row.chosen, actor=actor, at=at)
    assert working.work(clock=lambda: at)


def _first_of_admin(before: str) -> object:
    """The first row of the model whose name stands in the path; the shortcut page has a content type."""
    if before == "r":
        return ContentType.objects.get_for_model(Patient).pk
    models: dict[str, type[Model]] = {model._meta.model_name: model for model in apps.get_models()}
    if before in models:
        return models[before]._base_manager.values_list("pk", flat=True).first()
    return Patient.objects.values_list("pk", flat=True).first()
