from datetime import timedelta
from typing import Any

import pytest

from apps.communication.enums import InboundKind, InboundSource, InboundStatus, MatchedBy
from apps.communication.models import InboundMessage
from tests.communication.rows import AT, queued, steps
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.gateway.asking import HEALTH, get, ids, looks, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "emails:read", "emails:write"
SECRETS = ("subject", "text", "quoted", "attachments", "suggestion")


def message(number: int = 0, **fields: Any) -> InboundMessage:
    values = {
        "status": InboundStatus.WAITING,
        "kind": InboundKind.ANSWER,
        "source": InboundSource.IMAP,
        "fingerprint": f"f{number}",
        "received_at": AT + timedelta(minutes=number),
        "from_email": "praxis@example.org",
        "subject": "Re: Anfrage",
        "text": "Leider kein Platz",
        "quoted": "> Ihre Anfrage",
        "raw": "Ym9keQ==",
        "suggestion": {"why": "no place"},
        "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 3}],
        "matched_by": MatchedBy.SENDER,
    }
    return InboundMessage.objects.create(**{**values, **fields})


def test_list_shows_messages_without_their_words(calling):
    row = message()
    response = get(calling(READ, HEALTH), "/incoming-messages")
    (item,) = response.json()["items"]
    assert (item["id"], item["status"], item["matched_by"]) == (row.pk, "waiting", "sender")
    assert not set(SECRETS) & set(item)


def test_list_is_narrowed_down_by_each_filter(calling):
    therapist, patient = TherapistFactory(), PatientFactory()
    first = message(1, therapist=therapist)
    second = message(2, patient=patient, status=InboundStatus.PARKED, kind=InboundKind.AUTO_REPLY)
    client = calling(READ)
    assert ids(get(client, "/incoming-messages", status="parked")) == [second.pk]
    assert ids(get(client, "/incoming-messages", kind="auto_reply")) == [second.pk]
    assert ids(get(client, "/incoming-messages", therapist_id=therapist.pk)) == [first.pk]
    assert ids(get(client, "/incoming-messages", patient_id=patient.pk)) == [second.pk]
    since = (AT + timedelta(minutes=2)).isoformat()
    assert ids(get(client, "/incoming-messages", since=since)) == [second.pk]
    assert ids(get(client, "/incoming-messages", sort="-received_at")) == [second.pk, first.pk]


def test_list_notes_the_patients_in_it(calling):
    patient = PatientFactory()
    message(1, patient=patient)
    message(2)
    get(calling(READ), "/incoming-messages")
    assert looks() == [("Website", patient.pk, "API: list_incoming_messages")]


def test_list_costs_the_same_for_3_and_for_30(
    calling, django_assert_num_queries, django_assert_max_num_queries
):
    client, patient = calling(READ), PatientFactory()
    for number in range(3):
        message(number, patient=patient)
    get(client, "/incoming-messages")  # the first look notes that the token is used
    with django_assert_max_num_queries(10) as few:
        get(client, "/incoming-messages")
    for number in range(3, 30):
        message(number, patient=patient)
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/incoming-messages"))) == 30


def test_message_shows_its_words_to_who_may_read_health_data(calling):
    row = message()
    told = get(calling(READ, HEALTH), f"/incoming-messages/{row.pk}").json()
    assert {name: told[name] for name in SECRETS} == {
        "subject": "Re: Anfrage",
        "text": "Leider kein Platz",
        "quoted": "> Ihre Anfrage",
        "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 3}],
        "suggestion": {"why": "no place"},
    }


def test_message_hides_its_words_from_who_may_not(calling):
    told = get(calling(READ), f"/incoming-messages/{message().pk}").json()
    assert {told[name] for name in SECRETS} == {None}


def test_message_notes_whose_it_is(calling):
    row = message(email=queued(), patient=PatientFactory())
    get(calling(READ), f"/incoming-messages/{row.pk}")
    assert looks() == [("Website", row.patient_id, "API: read_incoming_message")]


def test_message_is_dismissed_with_a_reason(calling):
    row, client = message(), calling(WRITE)
    response = post(client, f"/incoming-messages/{row.pk}/dismiss", {"reason": "advertising"})
    assert (response.status_code, response.json()["status"]) == (200, "dismissed")
    assert post(client, f"/incoming-messages/{row.pk}/dismiss", {"reason": "again"}).status_code == 409
    assert paths(post(client, f"/incoming-messages/{row.pk}/dismiss")) == ["reason"]
    row.refresh_from_db()
    assert row.handled_by.display_name == "Website"


@pytest.mark.parametrize(("act", "status"), [("finish", "done"), ("park", "parked")])
def test_message_is_settled_and_taken_back(calling, act, status):
    row, client = message(), calling(WRITE)
    assert post(client, f"/incoming-messages/{row.pk}/{act}").json()["status"] == status
    assert post(client, f"/incoming-messages/{row.pk}/take-back").json()["status"] == "waiting"
    assert steps(row) == [("waiting", status), (status, "waiting")]


def test_message_nobody_has_is_not_found(calling):
    assert get(calling(READ), "/incoming-messages/999999").status_code == 404
