from datetime import timedelta

import pytest

from apps.communication.enums import EmailStatus, LetterKind, Refusal
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from tests.communication.rows import AT, email_in, queued, steps
from tests.factories.therapists import TherapistFactory
from tests.gateway.asking import HEALTH, get, ids, looks, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "emails:read", "emails:write"


def to_therapist(text: str = "Anfrage") -> EmailMessage:
    therapist = TherapistFactory()
    letter = queue.Letter(kind=LetterKind.INQUIRY, subject="Anfrage", text=text)
    return queue.enqueue(
        letter=letter, to_email="p@example.org", to_name="P", therapist=therapist, actor=None, at=AT
    )


def test_list_shows_messages_without_texts(calling):
    email = queued("Geheimes")
    response = get(calling(READ, HEALTH), "/emails")
    (item,) = response.json()["items"]
    assert item["id"] == email.pk
    assert (item["status"], item["kind"], item["subject"]) == ("queued", "patient_place_found", "Ein Platz")
    assert (item["patient_id"], item["therapist_id"], item["inquiry_id"]) == (email.patient_id, None, None)
    assert "text" not in item
    assert "Geheimes" not in response.content.decode()


def test_list_is_narrowed_down_by_each_filter(calling):
    waiting, gone, inquiry = queued(), email_in(EmailStatus.SENT), to_therapist()
    client = calling(READ)
    assert ids(get(client, "/emails", status="sent")) == [gone.pk]
    assert ids(get(client, "/emails", patient_id=waiting.patient_id)) == [waiting.pk]
    assert ids(get(client, "/emails", therapist_id=inquiry.therapist_id)) == [inquiry.pk]
    assert ids(get(client, "/emails", kind="inquiry")) == [inquiry.pk]
    EmailMessage.objects.filter(pk=gone.pk).update(created_at=AT - timedelta(days=2))
    EmailMessage.objects.exclude(pk=gone.pk).update(created_at=AT)
    assert ids(get(client, "/emails", since=AT.isoformat())) == [waiting.pk, inquiry.pk]


def test_list_is_paged_and_sorted(calling):
    rows = [to_therapist().pk for _number in range(3)]
    client = calling(READ)
    first = get(client, "/emails", limit=2, sort="-created_at").json()
    second = get(client, "/emails", limit=2, sort="-created_at", cursor=first["next"]).json()
    assert [item["id"] for item in (*first["items"], *second["items"])] == rows[::-1]
    assert second["next"] == ""
    assert get(client, "/emails", sort="subject").status_code == 400


def test_list_costs_the_same_for_3_and_for_30(
    calling, django_assert_num_queries, django_assert_max_num_queries
):
    client = calling(READ)
    for _number in range(3):
        queued()
    get(client, "/emails")  # the first look notes that the token is used
    with django_assert_max_num_queries(10) as few:
        get(client, "/emails")
    for _number in range(27):
        queued()
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/emails"))) == 30


def test_list_notes_every_patient_in_it_once(calling):
    email = queued()
    queued(patient=email.patient)
    to_therapist()
    get(calling(READ, name="Website"), "/emails")
    assert looks() == [("Website", email.patient_id, "API: list_emails")]


def test_message_shows_its_text_to_who_may_read_health_data(calling):
    email = queued("Ihr Platz: https://x.example/reply/geheim/")
    response = get(calling(READ, HEALTH), f"/emails/{email.pk}")
    assert response.json()["text"] == "Ihr Platz: https://x.example/reply/…/"
    assert [(step["old"], step["new"]) for step in response.json()["history"]] == [("", "queued")]
    assert response["ETag"] == f'"{email.pk}-{EmailMessage.objects.get().updated_at.timestamp():.6f}"'


def test_message_hides_its_text_from_who_may_not(calling):
    email = queued("Geheimes")
    response = get(calling(READ), f"/emails/{email.pk}")
    assert response.json()["text"] is None
    assert "Geheimes" not in response.content.decode()


def test_message_notes_who_looked(calling):
    email = queued()
    get(calling(READ, name="Telephones"), f"/emails/{email.pk}")
    assert looks() == [("Telephones", email.patient_id, "API: read_email")]


def test_waiting_message_is_cancelled(calling):
    email = queued()
    response = post(calling(WRITE, name="Website"), f"/emails/{email.pk}/cancel", {"reason": "a mistake"})
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    last = email.history.order_by("-id").first()
    assert (last.actor.display_name, last.reason) == ("Website", "a mistake")


def test_message_in_the_hand_of_a_worker_is_not_cancelled(calling):
    email = email_in(EmailStatus.SENDING)
    response = post(calling(WRITE), f"/emails/{email.pk}/cancel", {"reason": "a mistake"})
    assert (response.status_code, response.json()["type"]) == (409, "urn:problem:stale")
    assert looks() == []


def test_cancelling_twice_with_one_key_is_cancelling_once(calling):
    email, client = queued(), calling(WRITE)
    asked = {"path": f"/emails/{email.pk}/cancel", "data": {"reason": "a mistake"}, "Idempotency-Key": "k1"}
    first, second = post(client, **asked), post(client, **asked)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert steps(email) == [("", "queued"), ("queued", "cancelled")]


@pytest.mark.parametrize("data", [{}, {"reason": ""}, {"reason": "x\x00"}, {"reason": "x" * 201}])
def test_act_needs_a_reason_that_can_be_kept(calling, data):
    assert paths(post(calling(WRITE), f"/emails/{queued().pk}/cancel", data)) == ["reason"]


def test_act_refuses_unknown_fields(calling):
    answer = post(calling(WRITE), f"/emails/{queued().pk}/cancel", {"reason": "x", "because": "y"})
    assert paths(answer) == ["because"]


def test_failed_message_is_sent_again(calling):
    email = email_in(EmailStatus.FAILED)
    response = post(calling(WRITE), f"/emails/{email.pk}/send-again", {"reason": "server repaired"})
    assert (response.status_code, response.json()["status"]) == (200, "queued")


def test_rule_that_nobody_may_set_aside_stays(calling):
    email = email_in(EmailStatus.REFUSED)
    data = {"reason": "all the same", "sets_refusal_aside": True}
    response = post(calling(WRITE), f"/emails/{email.pk}/send-again", data)
    assert (response.status_code, response.json()["type"]) == (409, "urn:problem:refused")
    assert EmailMessage.objects.get().status == EmailStatus.REFUSED


def test_rule_is_set_aside_for_one_message(calling):
    email = email_in(EmailStatus.REFUSED)
    EmailMessage.objects.update(refusal=Refusal.BOUNCED)
    data = {"reason": "the address works", "sets_refusal_aside": True}
    response = post(calling(WRITE), f"/emails/{email.pk}/send-again", data)
    assert (response.json()["status"], response.json()["overridden"]) == ("queued", ["bounced"])


def test_unclear_message_is_settled(calling):
    email = email_in(EmailStatus.UNCLEAR)
    response = post(calling(WRITE), f"/emails/{email.pk}/settle", {"reason": "they told us"})
    assert (response.status_code, response.json()["status"]) == (200, "sent")
    assert (
        post(calling(WRITE, name="Other"), f"/emails/{email.pk}/settle", {"reason": "x"}).status_code == 409
    )


@pytest.mark.parametrize("number", ["0", "-1", "x", str(10**30)])
def test_number_that_no_row_can_have_is_refused(calling, number):
    assert paths(get(calling(READ), f"/emails/{number}")) == ["email_id"]
    assert paths(get(calling(READ, name="Other"), "/emails", patient_id=number)) == ["patient_id"]


def test_message_nobody_has_is_not_found(calling):
    assert get(calling(READ), "/emails/999999").status_code == 404
