"""The pages of the review: what is shown, mended and decided."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import AccessEntry
from apps.intake.models import Registration
from apps.intake.services import review
from apps.patients.models import Insurer, Patient
from tests.factories.patients import PatientFactory
from tests.intake.samples import AT, received

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(coordinator_client: Client) -> Client:
    return coordinator_client


def url(name: str, registration: Registration, *args: Any) -> str:
    return reverse(f"intake:{name}", args=[registration.pk, *args])


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    from lxml import html

    form = html.fromstring(page).xpath("//form[contains(@action, '/decide/')]")[0]
    sent: dict[str, Any] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return sent


def post(client: Client, registration: Registration, act: str, **changes: Any) -> Any:
    page = client.get(url("detail", registration)).content.decode()
    return client.post(url("decide", registration), fields_of(page) | {"act": act} | changes)


def test_list_shows_what_waits_with_filters(
    client: Client, insurer: Insurer, django_assert_max_num_queries: Any
) -> None:
    good = received()
    odd = received(external_reference="web-2", patient__phone="12", patient__last_name="Other")
    review.reject(registration=received(external_reference="web-3"), actor=None, at=AT, reason="test")

    def shown(**query: str) -> set[int]:
        page = client.get(reverse("intake:list"), query).content.decode()
        return {int(found) for found in re.findall(r'href="/registrierungen/(\d+)/"', page)}

    assert shown() == {good.pk, odd.pk}
    assert shown(problems="with") == {odd.pk}
    assert shown(problems="without") == {good.pk}
    assert shown(confirmed="yes") == set()
    assert len(shown(status="rejected")) == 1
    assert len(shown(status="all")) == 3
    assert shown(age="7") == set()


@pytest.mark.parametrize("count", [3, 12])
def test_list_costs_the_same_for_many_rows(
    client: Client, insurer: Insurer, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        received(external_reference=f"web-{number}")
    with django_assert_num_queries(8):
        client.get(reverse("intake:list"))


def test_page_lays_out_form_and_who_is_alike(client: Client, registration: Registration) -> None:
    known = PatientFactory(first_name="Mira", last_name="Sample", birth_date=None, kvnr="", kvnr_index="")
    page = client.get(url("detail", registration)).content.decode()
    assert url("merge", registration, known.pk) in page
    sent = fields_of(page)
    assert (sent["first_name"], sent["phone"], sent["day_0"]) == (["Mira"], ["0341 1234567"], ["08:00–12:00"])
    assert AccessEntry.objects.filter(patient_id=known.pk, purpose="intake:detail").count() == 1


def test_problem_is_named_beside_what_came_in(client: Client, insurer: Insurer) -> None:
    page = client.get(url("detail", received(patient__insurer="Kasse Nirgends"))).content.decode()
    assert "Kasse Nirgends" in page


def test_accept_makes_a_patient_with_everything(client: Client, registration: Registration) -> None:
    answer = post(client, registration, "accept")
    patient = Patient.objects.get()
    assert answer["Location"] == patient.get_absolute_url()
    registration.refresh_from_db()
    assert (registration.status, registration.patient) == ("accepted", patient)
    assert (patient.last_name, patient.diagnosis, patient.insurer.name) == ("Sample", "F32.1", "Ahornkasse")
    assert [row.weekday for row in patient.availability.all()] == [0, 3]
    proofs = {row.purpose: row.proof for row in patient.consents.all()}
    assert proofs.keys() == {"health_data", "pseudonymous", "identity"}
    assert proofs["identity"] == (f"form 4711 · 2026-03 · 2026-11-22T20:15:00+01:00 · SHA-256 {'ab' * 32}")
    assert registration.history.latest("pk").actor.username == "coordinator"


def test_second_click_on_accept_leads_to_the_patient(client: Client, registration: Registration) -> None:
    sent = fields_of(client.get(url("detail", registration)).content.decode()) | {"act": "accept"}
    answers = [client.post(url("decide", registration), sent) for _click in range(2)]
    patient = Patient.objects.get()
    assert [answer["Location"] for answer in answers] == [patient.get_absolute_url()] * 2


def test_what_cannot_be_used_is_not_accepted(client: Client, insurer: Insurer) -> None:
    registration = received(patient__phone="12")
    answer = post(client, registration, "accept")
    assert (answer.status_code, Patient.objects.count()) == (200, 0)
    assert answer.context["forms"][0].errors.keys() == {"phone"}
    registration.refresh_from_db()
    assert registration.status == "waiting_for_confirmation"


def test_corrected_field_is_kept_and_the_problem_gone(client: Client, insurer: Insurer) -> None:
    registration = received(patient__phone="12", patient__insurer="Ahornkasse (Leipzig)")
    assert len(registration.problems) == 2
    post(client, registration, "save", phone="0341 7654321", insurer=str(insurer.pk))
    registration.refresh_from_db()
    assert (registration.problems, registration.corrections) == ([], 1)
    assert registration.payload["patient"]["phone"] == "12"
    post(client, registration, "accept")
    assert Patient.objects.get().phone == "+493417654321"


def test_accept_on_top_of_somebody_elses_correction_is_refused(
    client: Client, registration: Registration
) -> None:
    sent = fields_of(client.get(url("detail", registration)).content.decode()) | {"act": "accept"}
    post(client, registration, "save", city="Halle")
    client.post(url("decide", registration), sent)
    assert Patient.objects.count() == 0


def test_person_alike_must_be_told_apart_first(client: Client, registration: Registration) -> None:
    PatientFactory(first_name="Mira", last_name="Sample", birth_date=None, kvnr="", kvnr_index="")
    answer = post(client, registration, "accept")
    assert (answer.status_code, Patient.objects.count()) == (200, 1)
    post(client, registration, "accept", create_anyway="1", create_anyway_reason="mother and daughter")
    assert Patient.objects.count() == 2


def test_merge_takes_over_what_is_ticked_and_adds_consents(
    client: Client, registration: Registration
) -> None:
    known = PatientFactory(
        first_name="Mira", last_name="Sample", city="Halle", phone="", consents=("health_data",)
    )
    page = client.get(url("merge", registration, known.pk))
    ticked = {one.key for one, field in page.context["lines"] if field.value()}
    assert "phone" in ticked
    assert "place" not in ticked
    client.post(
        url("merge", registration, known.pk), {"seen": "0", "take_phone": "on", "take_availability": "on"}
    )
    known.refresh_from_db()
    assert (known.phone, known.city) == ("+493411234567", "Halle")
    assert [row.weekday for row in known.availability.all()] == [0, 3]
    assert {row.purpose for row in known.consents.all()} == {"health_data", "pseudonymous", "identity"}
    registration.refresh_from_db()
    assert (registration.status, registration.patient) == ("merged", known)


def test_merge_tells_what_a_record_does_not_take(client: Client, insurer: Insurer) -> None:
    registration, known = received(patient__phone="12"), PatientFactory(phone="")
    answer = client.post(url("merge", registration, known.pk), {"seen": "0", "take_phone": "on"})
    assert answer.status_code == 200
    registration.refresh_from_db()
    assert registration.is_open


def test_what_cannot_be_used_is_shown_as_typed_and_not_ticked(client: Client, insurer: Insurer) -> None:
    registration, known = received(patient__phone="0341-12"), PatientFactory(phone="")
    assert fields_of(client.get(url("detail", registration)).content.decode())["phone"] == ["0341-12"]
    lines = client.get(url("merge", registration, known.pk)).context["lines"]
    assert [field.value() for one, field in lines if one.key == "phone"] == [False]


def test_reject_needs_a_reason_and_can_be_undone(client: Client, registration: Registration) -> None:
    assert client.post(url("reject", registration), {"reason": ""}).status_code == 200
    client.post(url("reject", registration), {"reason": "a test of the website"})
    registration.refresh_from_db()
    assert registration.status == "rejected"
    assert registration.history.latest("pk").reason == "a test of the website"
    client.post(url("undo", registration))
    registration.refresh_from_db()
    assert (registration.status, registration.decided_at) == ("waiting_for_confirmation", None)


def test_viewer_sees_but_has_no_form(viewer_client: Client, registration: Registration) -> None:
    page = viewer_client.get(url("detail", registration)).content.decode()
    assert "Musterweg 4" in page
    assert "/decide/" not in page


def test_story_of_the_patient_tells_where_it_came_from(client: Client, registration: Registration) -> None:
    post(client, registration, "accept")
    page = client.get(reverse("patients:history", args=[Patient.objects.get().pk])).content.decode()
    assert page.count(registration.get_absolute_url()) == 2
