"""The history read from the rows, the nightly fit, the command, and the model in force."""

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command

from apps.core import parameters
from apps.matching.engine.acceptance import NEVER
from apps.matching.engine.acceptance_model import NO_FIT
from apps.matching.enums import RequestStatus
from apps.matching.models import AcceptanceFit, PlacementRequest
from apps.matching.selectors import acceptance as selectors
from apps.matching.selectors.acceptance import TherapistVersion
from apps.matching.services import acceptance
from apps.matching.tasks import fit_acceptance
from apps.therapists.models import Therapist
from tests.factories.matching import ASKED_AT, InquiryFactory, RequestFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT

pytestmark = pytest.mark.django_db

R = RequestStatus
BERLIN = ZoneInfo("Europe/Berlin")


def fit(at: datetime = AT) -> AcceptanceFit:
    return acceptance.fit(at=at, smoothing=8)


def asked_on(moment: datetime, therapist: Therapist, **fields: Any) -> PlacementRequest:
    """A declined request asked at this moment, a week after which the contact ended."""
    inquiry = InquiryFactory(
        therapist=therapist,
        status="answered",
        released_at=moment,
        contact_window=(moment, moment + timedelta(days=7)),
        sent_at=moment,
    )
    fields.setdefault("status", R.REJECTED)
    return RequestFactory(inquiry=inquiry, answered_at=moment + timedelta(days=2), **fields)


def version_of(therapist: Therapist, at: datetime) -> None:
    """Date the versions that the audit trail has taken of a therapist so far."""
    TherapistVersion.objects.filter(pgh_obj_id=therapist.pk).update(pgh_created_at=at)


@pytest.mark.parametrize(
    ("status", "is_accepted"),
    [
        (R.ACCEPTED, True),
        (R.CONFIRMED, True),
        (R.NOT_FITTING, True),
        (R.CONFLICT, True),
        (R.WAITLISTED, False),
        (R.REJECTED, False),
        (R.EXPIRED, False),
    ],
)
def test_history_has_every_request_with_an_outcome(status: str, is_accepted: bool) -> None:
    RequestFactory(status=status, ended_at=AT if status == R.EXPIRED else None)
    assert selectors.history().is_accepted.tolist() == [is_accepted]


@pytest.mark.parametrize("status", [R.PLANNED, R.RELEASED, R.SENT, R.WITHDRAWN, R.DROPPED])
def test_history_leaves_out_what_nobody_answered(status: str) -> None:
    RequestFactory(status=status)
    assert len(selectors.history()) == 0


def test_history_knows_place_and_days() -> None:
    request = RequestFactory(status=R.REJECTED, inquiry__status="answered")
    practice = request.therapist.practices.get()
    past = selectors.history()
    assert past.therapist.tolist() == [request.therapist_id]
    assert (past.practice.tolist(), past.region.tolist()) == ([practice.pk], [int(practice.plz[:2])])
    asked = date(2026, 11, 16).toordinal()
    assert (past.asked_on.tolist(), past.known_on.tolist()) == ([asked], [asked + 2])
    assert past.days_since_contact.tolist() == [NEVER]


def test_history_of_a_therapist_without_practice_has_neither_practice_nor_region() -> None:
    request = RequestFactory(status=R.REJECTED, inquiry__status="answered")
    request.therapist.workplaces.all().delete()
    past = selectors.history()
    assert (past.practice.tolist(), past.region.tolist()) == ([0], [-1])


def test_history_counts_the_days_since_the_contact_before() -> None:
    therapist = TherapistFactory()
    for days in (60, 20, 0):
        asked_on(ASKED_AT - timedelta(days=days), therapist)
    asked_on(ASKED_AT, TherapistFactory())
    assert selectors.history().days_since_contact.tolist() == [NEVER, 40, 20, NEVER]


@pytest.mark.parametrize(
    ("wish", "place", "has_place"),
    [
        ("no", "free_individual_from", True),
        ("no", "free_group_from", False),
        ("also", "free_group_from", True),
        ("only", "free_individual_from", False),
        ("only", "free_group_from", True),
    ],
)
def test_free_place_counts_in_the_settings_the_patient_takes(wish: str, place: str, has_place: bool) -> None:
    therapist = TherapistFactory(**{place: date(2026, 1, 1)})
    asked_on(ASKED_AT, therapist, search__patient__group_wish=wish)
    assert selectors.history().has_free_place.tolist() == [has_place]


def test_signs_are_those_of_the_day_of_asking() -> None:
    therapist = TherapistFactory(knows_agency=False, free_individual_from=date(2026, 1, 1))
    version_of(therapist, ASKED_AT - timedelta(days=1))
    therapist.knows_agency, therapist.free_individual_from = True, None
    therapist.save(update_fields=["knows_agency", "free_individual_from"])
    asked_on(ASKED_AT, therapist)
    TherapistVersion.objects.filter(pgh_obj_id=therapist.pk, knows_agency=True).update(
        pgh_created_at=ASKED_AT + timedelta(days=1)
    )
    past = selectors.history()
    assert (past.knows_agency.tolist(), past.has_free_place.tolist()) == ([False], [True])


def test_signs_without_an_old_version_are_todays() -> None:
    therapist = TherapistFactory(knows_agency=True, is_possibly_free=True)
    version_of(therapist, ASKED_AT + timedelta(days=1))
    asked_on(ASKED_AT, therapist)
    past = selectors.history()
    assert (past.knows_agency.tolist(), past.is_possibly_free.tolist()) == ([True], [True])


@pytest.mark.parametrize("count", [1, 3])
def test_history_needs_the_same_queries_for_any_number_of_requests(
    django_assert_num_queries: Any, count: int
) -> None:
    for _row in range(count):
        asked_on(ASKED_AT, TherapistFactory())
    with django_assert_num_queries(4):
        selectors.history()


def test_model_before_the_first_fit_is_that_without_fit() -> None:
    assert selectors.current_model() == NO_FIT
    assert selectors.newest_fit() is None


def test_fit_stores_counts_and_the_model_is_in_force() -> None:
    for status in (R.ACCEPTED, R.REJECTED):
        RequestFactory(status=status)
    stored = fit()
    assert (stored.asked_count, stored.accepted_count, stored.is_estimated) == (2, 1, False)
    assert stored.fitted_at == AT
    assert stored.evaluation is None
    model = selectors.current_model()
    assert model.overall_rate == stored.model["overall_rate"]
    assert {practice for practice, _rate in model.practice_rates} == set(
        Therapist.objects.values_list("practices", flat=True)
    )


def test_newest_fit_is_in_force_and_is_read_once(django_assert_num_queries: Any) -> None:
    fit()
    before = selectors.current_model()
    RequestFactory(status=R.REJECTED, inquiry__status="answered")
    fit(AT + timedelta(days=1))
    assert selectors.current_model() != before
    with django_assert_num_queries(1):
        selectors.current_model()


def test_fit_without_any_answer_is_no_model() -> None:
    assert fit().asked_count == 0
    assert selectors.current_model() == NO_FIT


def test_old_fits_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "KEPT_FITS", 2)
    kept = [fit(AT + timedelta(days=day)).pk for day in range(4)][2:]
    assert sorted(AcceptanceFit.objects.values_list("pk", flat=True)) == kept


def many_answers(count: int) -> None:
    """As many declined or accepted requests, cheaply: copies of one row, a day apart."""
    first = asked_on(datetime(2024, 1, 1, 9, tzinfo=BERLIN), TherapistFactory())
    rows = []
    for number in range(count - 1):
        row = PlacementRequest.objects.get(pk=first.pk)
        asked = first.sent_at + timedelta(days=number)
        row.pk, row.sent_at, row.answered_at = None, asked, asked + timedelta(days=2)
        row.inquiry = InquiryFactory.build(therapist=first.therapist, status="cancelled", round=None)
        row.inquiry.contact_group = first.therapist.contact_group
        row.inquiry.save()
        row.status = R.NOT_FITTING if number % 5 == 0 else R.REJECTED
        rows.append(row)
    PlacementRequest.objects.bulk_create(rows)


def test_command_tells_what_was_learnt_and_how_right_it_was() -> None:
    many_answers(240)
    out = StringIO()
    with time_machine.travel(AT, tick=False):
        call_command("fit_acceptance", stdout=out)
    answers, factors, evaluation = out.getvalue().splitlines()
    assert answers == "answered=240 accepted=48"
    assert factors.startswith("level_odds=")
    assert evaluation.startswith("held_out=6")
    stored = AcceptanceFit.objects.get()
    assert (stored.is_estimated, stored.fitted_at) == (True, AT)
    assert stored.evaluation["bins"][0]["count"] in (6, 7)


def test_command_says_that_the_answers_are_too_few() -> None:
    out = StringIO()
    call_command("fit_acceptance", stdout=out)
    assert out.getvalue().splitlines()[:2] == [
        "answered=0 accepted=0",
        "fewer than 200 answers: the usual factors hold",
    ]


def test_task_fits_with_the_operating_parameter_in_force() -> None:
    RequestFactory(status=R.ACCEPTED)
    with time_machine.travel(AT, tick=False):
        fit_acceptance()
        parameters.change(name="acceptance_smoothing", value=1, actor=None, at=AT, reason="a test")
        fit_acceptance()
    strong, weak = AcceptanceFit.objects.order_by("id")
    assert strong.model["overall_rate"] < weak.model["overall_rate"]
