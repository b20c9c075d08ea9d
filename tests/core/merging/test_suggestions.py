from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.core.merging import suggestions
from apps.core.merging.suggestions import Found
from apps.core.models import AccessEntry, DuplicateSuggestion, MergeRecord
from apps.events import services as events
from apps.patients.models import Patient
from apps.patients.services import duplicates as patient_duplicates
from apps.therapists.models import Therapist
from apps.therapists.services import duplicates, records
from tests.factories.patients import PatientFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def pairs(status: str = "open") -> list[tuple[int, int]]:
    return list(DuplicateSuggestion.objects.filter(status=status).values_list("first_id", "second_id"))


@pytest.fixture
def doubles(db: None) -> tuple[Therapist, Therapist]:
    one = TherapistFactory(first_name="Anna", last_name="Linde", practice__phone="+493411234567")
    other = TherapistFactory(first_name="Anna", last_name="Buche", practice__phone="+493411234567")
    TherapistFactory(first_name="Karl", last_name="Linde")
    return one, other


def test_scan_finds_the_pair_and_again_changes_nothing(doubles: Any, at: datetime) -> None:
    assert [duplicates.scan_therapists(at=at), duplicates.scan_therapists(at=at)] == [1, 0]
    assert pairs() == [(doubles[0].pk, doubles[1].pk)]


def test_dismissed_pair_never_comes_back(doubles: Any, coordinator: User, at: datetime) -> None:
    duplicates.scan_therapists(at=at)
    row = DuplicateSuggestion.objects.get()
    suggestions.dismiss(suggestion=row, reason="Schwestern", actor=coordinator, at=at)
    duplicates.scan_therapists(at=at)
    duplicates.look_around(therapist_ids=[doubles[0].pk], at=at)
    assert (pairs(), pairs("dismissed")) == ([], [(doubles[0].pk, doubles[1].pk)])
    history = row.history.get()
    assert (history.old, history.new, history.reason) == ("open", "dismissed", "Schwestern")


def test_dismissing_needs_a_reason(at: datetime) -> None:
    suggestions.record(kind="therapist", found=[Found(1, 2, 0.8, ())], at=at)
    with pytest.raises(ValidationError):
        suggestions.dismiss(suggestion=DuplicateSuggestion.objects.get(), reason=" ", actor=None, at=at)


def test_dismissed_once_more_is_stale(at: datetime) -> None:
    suggestions.record(kind="therapist", found=[Found(1, 2, 0.8, ())], at=at)
    row = DuplicateSuggestion.objects.get()
    suggestions.dismiss(suggestion=row, reason="x", actor=None, at=at)
    with pytest.raises(StaleState):
        suggestions.dismiss(suggestion=row, reason="x", actor=None, at=at)


def test_pair_that_no_longer_agrees_disappears(doubles: Any, at: datetime) -> None:
    duplicates.scan_therapists(at=at)
    practice = doubles[1].practices.get()
    practice.phone = ""
    practice.save()
    duplicates.scan_therapists(at=at)
    assert pairs() == []


def test_new_therapist_is_compared_at_once(coordinator: User, at: datetime) -> None:
    known = TherapistFactory(first_name="Anna", last_name="Linde", practice__plz="04109")
    new = records.create(
        data={"first_name": "Anna", "last_name": "Linde"},
        practices=[{"plz": "04109", "city": "Leipzig", "street": "Am Ring 3"}],
        approvals=[],
        actor=coordinator,
        at=at,
    )
    events.dispatch(at=at)
    assert pairs() == [(known.pk, new.pk)]


def test_practices_at_one_address_are_found(at: datetime) -> None:
    one, other = (PracticeFactory(street=text, phone="+493411") for text in ("Weg 4", "Weg 4 "))
    assert duplicates.scan_practices(at=at) == 1
    assert pairs() == [(one.pk, other.pk)]


def test_patients_are_found_by_their_blind_index(at: datetime) -> None:
    one, other = PatientFactory(), PatientFactory(first_name="C.", email="", phone="", birth_date=None)
    patient_duplicates.scan(at=at)
    assert pairs() == [(one.pk, other.pk)]
    DuplicateSuggestion.objects.all().delete()
    patient_duplicates.look_around(patient_id=other.pk, at=at)
    assert pairs() == [(one.pk, other.pk)]


class TestPages:
    def test_from_the_pair_to_the_merge_and_back(
        self, doubles: Any, coordinator_client: Client, at: datetime
    ) -> None:
        duplicates.scan_therapists(at=at)
        page = coordinator_client.get(reverse("therapists:duplicates"), headers=ENGLISH)
        url = reverse("therapists:merge", args=[doubles[0].pk, doubles[1].pk])
        assert f'href="{url}"' in page.text
        assert "perhaps a changed name" in page.text
        side_by_side = coordinator_client.get(url, headers=ENGLISH)
        assert "Linde" in side_by_side.text
        seen = coordinator_client.post(url, {"step": "preview", "last_name": "other"}, headers=ENGLISH)
        assert Therapist.objects.count() == 3
        assert 'name="last_name" value="other"' in seen.text
        done = coordinator_client.post(url, {"step": "merge", "last_name": "other"}, headers=ENGLISH)
        record = MergeRecord.objects.get()
        assert done.headers["Location"] == reverse("therapists:merge_record", args=[record.pk])
        assert Therapist.objects.get(pk=doubles[0].pk).last_name == "Buche"
        moved = coordinator_client.get(doubles[1].get_absolute_url())
        assert moved.headers["Location"] == doubles[0].get_absolute_url()
        assert coordinator_client.get(reverse("therapists:merges")).status_code == 200
        coordinator_client.post(done.headers["Location"], {"reason": "two people"})
        assert set(Therapist.objects.filter(last_name__in=["Linde", "Buche"])) >= set(doubles)

    def test_post_to_a_merged_record_saves_nothing(
        self, doubles: Any, coordinator_client: Client, at: datetime
    ) -> None:
        url = reverse("therapists:merge", args=[doubles[0].pk, doubles[1].pk])
        coordinator_client.post(url, {"step": "merge"})
        response = coordinator_client.post(
            reverse("therapists:verify", args=[doubles[1].pk]), headers=ENGLISH
        )
        assert response.headers["Location"] == doubles[0].get_absolute_url()

    def test_never_merged_is_not_found(self, coordinator_client: Client) -> None:
        assert coordinator_client.get("/therapists/987654/").status_code == 404

    def test_empty_list_says_so(self, coordinator_client: Client) -> None:
        for app in ("therapists", "patients"):
            page = coordinator_client.get(reverse(f"{app}:duplicates"), headers=ENGLISH)
            assert "No duplicates found." in page.text

    @pytest.mark.parametrize("count", [1, 3])
    def test_list_needs_the_same_queries(
        self, coordinator_client: Client, at: datetime, django_assert_num_queries: Any, count: int
    ) -> None:
        for _number in range(count):
            one, other = TherapistFactory(), TherapistFactory()
            found = [Found(one.pk, other.pk, 0.8, ("phone",))]
            suggestions.record(kind="therapist", found=found, at=at, around={one.pk})
        with django_assert_num_queries(14):
            coordinator_client.get(reverse("therapists:duplicates"))

    def test_patients_shown_are_in_the_log_of_accesses(
        self, coordinator_client: Client, at: datetime
    ) -> None:
        one, other = PatientFactory(), PatientFactory()
        suggestions.record(kind="patient", found=[Found(one.pk, other.pk, 0.8, ())], at=at)
        coordinator_client.get(reverse("patients:duplicates"))
        coordinator_client.get(reverse("patients:merge", args=[one.pk, other.pk]))
        seen = AccessEntry.objects.values_list("purpose", "patient_id")
        assert set(seen) == {
            (purpose, pk)
            for purpose in ("patients:duplicates", "patients:merge")
            for pk in (one.pk, other.pk)
        }

    def test_refusal_stands_on_the_page_before_the_act(
        self, coordinator_client: Client, at: datetime
    ) -> None:
        one, other = PatientFactory(), PatientFactory(kvnr="X987654326", kvnr_index="other")
        url = reverse("patients:merge", args=[one.pk, other.pk])
        assert "different KVNRs" in coordinator_client.get(url, headers=ENGLISH).text
        page = coordinator_client.post(url, {"step": "preview"}, headers=ENGLISH)
        assert "Merge now" not in page.text
        coordinator_client.post(url, {"step": "merge"}, headers=ENGLISH)
        assert Patient.objects.count() == 2
