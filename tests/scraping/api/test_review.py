"""Proposals and records: what of the sources waits for a word."""

from datetime import datetime

import pytest

from apps.scraping.enums import Standing
from apps.scraping.models import DirectoryRecord
from tests.factories.import_world import Imported, imported, known_entry, known_therapist, read
from tests.factories.scraping import entry
from tests.gateway.asking import get, ids, post

pytestmark = pytest.mark.django_db

READ, WRITE = "imports:read", "imports:write"
OLD, NEW = "+49341200200", "+49341300300"


@pytest.fixture
def world(at: datetime) -> Imported:
    return imported(at=at)


def practice_phone(world: Imported) -> str:
    return str(world.therapist.practices.get().phone)


def test_proposal_shows_what_is_on_record_and_what_the_source_says(calling, world):
    told = get(calling(READ), f"/proposals/{world.proposal.pk}").json()
    assert (told["field"], told["old"], told["new"], told["present"]) == ("phone", OLD, NEW, OLD)
    assert (told["status"], told["is_hand_kept"]) == ("open", True)
    assert (told["therapist_id"], told["source_id"]) == (world.therapist.pk, world.run.source_id)


def test_proposals_are_narrowed_down_by_each_filter(calling, world):
    client, phone = calling(READ), world.proposal.pk
    assert ids(get(client, "/proposals", field="phone")) == [phone]
    assert ids(get(client, "/proposals", field="fax")) == []
    assert phone in ids(get(client, "/proposals", status="open", run_id=world.run.pk))
    assert ids(get(client, "/proposals", status="accepted")) == []
    assert phone in ids(get(client, "/proposals", therapist_id=world.therapist.pk))
    assert ids(get(client, "/proposals", source_id=world.run.source_id + 1)) == []


def test_proposal_is_accepted_and_taken_back(calling, world):
    client = calling(WRITE, name="Website")
    told = post(client, f"/proposals/{world.proposal.pk}/accept").json()
    assert (told["status"], told["present"], practice_phone(world)) == ("accepted", NEW, NEW)
    world.proposal.refresh_from_db()
    assert world.proposal.decided_by.display_name == "Website"
    told = post(client, f"/proposals/{world.proposal.pk}/take-back").json()
    assert (told["status"], told["present"], practice_phone(world)) == ("open", OLD, OLD)


def test_proposal_is_refused_once(calling, world):
    client = calling(WRITE)
    assert post(client, f"/proposals/{world.proposal.pk}/refuse").json()["status"] == "refused"
    assert post(client, f"/proposals/{world.proposal.pk}/refuse").status_code == 409
    assert practice_phone(world) == OLD


def test_proposal_about_a_changed_record_is_accepted_by_who_has_seen_the_change(calling, world):
    client, path = calling(READ, WRITE), f"/proposals/{world.proposal.pk}"
    world.therapist.practices.update(phone="+49341999999")
    assert post(client, f"{path}/accept").status_code == 409
    assert post(client, f"{path}/accept", {"present": OLD}).status_code == 409
    assert practice_phone(world) == "+49341999999"
    seen = get(client, path).json()["present"]
    told = post(client, f"{path}/accept", {"present": seen}).json()
    assert (told["status"], told["old"], practice_phone(world)) == ("accepted", "+49341999999", NEW)


def test_list_of_proposals_costs_the_same_for_3_and_for_30(
    calling, at, django_assert_num_queries, django_assert_max_num_queries
):
    client = calling(READ)
    for number in range(20):
        known_therapist(number)
    read(*(known_entry(number) for number in range(3)), at=at)
    get(client, "/proposals", limit=200)  # the first look notes that the token is used
    with django_assert_max_num_queries(8) as few:
        few_rows = ids(get(client, "/proposals", limit=200))
    read(*(known_entry(number) for number in range(20)), at=at)
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/proposals", limit=200))) > 4 * len(few_rows) > 0


def test_records_that_wait_are_listed_by_name(calling, at, world):
    read(entry(external_id="2", first_name="Ada", last_name="Anders", plz="10115"), at=at, is_whole=False)
    ada = DirectoryRecord.objects.get(external_id="2")
    client = calling(READ)
    assert ids(get(client, "/records")) == [ada.pk, world.record.pk]
    assert ids(get(client, "/records", q="anders 10115")) == [ada.pk]
    assert ids(get(client, "/records", run_id=world.run.pk)) == [world.record.pk]
    assert ids(get(client, "/records", standing="unclear")) == []
    assert ids(get(client, "/records", source_id=world.run.source_id + 1)) == []
    assert ids(get(client, "/records", limit=1, sort="-name")) == [world.record.pk]


def test_record_is_shown_as_the_source_said_it(calling, world):
    told = get(calling(READ), f"/records/{world.record.pk}").json()
    assert (told["first_name"], told["last_name"], told["gender"]) == ("Mira", "Beispielhuber", "female")
    assert (told["approvals"], told["phone_hours"]) == (["VT adults individual"], ["0 720 770"])
    assert (told["standing"], told["seen_on"], told["payload"]) == ("new", "2026-11-23", {"id": "900001"})
    assert told["doubts"] == ["The fax number is too short."]


def test_record_that_waits_no_more_is_read_but_not_listed(calling, world):
    DirectoryRecord.objects.update(standing=Standing.DECLINED)
    client = calling(READ)
    assert ids(get(client, "/records")) == []
    assert get(client, f"/records/{world.record.pk}").json()["standing"] == "declined"


def test_list_of_records_costs_the_same_for_3_and_for_30(
    calling, at, django_assert_num_queries, django_assert_max_num_queries
):
    client = calling(READ)
    read(*(entry(external_id=str(n), last_name=f"Name {n}") for n in range(3)), at=at, is_whole=False)
    get(client, "/records")  # the first look notes that the token is used
    with django_assert_max_num_queries(8) as few:
        assert len(ids(get(client, "/records"))) == 3
    read(*(entry(external_id=str(n), last_name=f"Name {n}") for n in range(30)), at=at, is_whole=False)
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/records"))) == 30
