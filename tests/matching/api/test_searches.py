from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.gateway import versions
from apps.matching.models import PlacementSearch
from tests.factories.matching import RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.matching.acts import fresh
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def ids(answer):
    return [row["id"] for row in answer.json()["items"]]


def test_list_tells_cases_without_names(caller):
    search = SearchFactory(note="speaks softly")
    (row,) = caller.get("/searches").json()["items"]
    assert row["case_code"] == search.patient.case_code
    assert search.patient.last_name not in str(row)
    assert set(row) == {
        *("id", "patient_id", "case_code", "status", "is_kostenerstattung", "started_on", "ended_on"),
        *("paused_from", "paused_until", "created_at", "updated_at"),
    }


def test_list_notes_who_was_looked_at(caller):
    search = SearchFactory()
    caller.get("/searches")
    assert seen() == [(search.patient_id, "API: list_searches", "api:Website")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "paused"}, ["paused"]),
        ({"is_open": "true"}, ["active", "paused"]),
        ({"is_open": "false"}, ["ended"]),
        ({"started_until": "2026-10-01"}, ["ended"]),
        ({"started_from": "2026-10-02"}, ["active", "paused"]),
        ({"updated_since": "2026-11-23T09:00:00+01:00"}, ["active", "paused", "ended"]),
        ({"updated_since": "2026-11-23T09:00:01+01:00"}, []),
        ({"sort": "-id"}, ["ended", "paused", "active"]),
        ({"sort": "started_on"}, ["ended", "active", "paused"]),
        ({"sort": "-updated_at", "limit": 2}, ["ended", "paused"]),
    ],
)
def test_list_filters_and_sorts(caller, query, expected):
    rows = {
        "active": SearchFactory(),
        "paused": SearchFactory(paused=True),
        "ended": SearchFactory(ended=True, started_on=date(2026, 9, 1)),
    }
    names = {row.pk: name for name, row in rows.items()}
    assert [names[pk] for pk in ids(caller.get("/searches", **query))] == expected


def test_list_of_one_patient(caller):
    search, _other = SearchFactory(), SearchFactory()
    assert ids(caller.get("/searches", patient_id=search.patient_id)) == [search.pk]


def test_list_pages_by_cursor(caller):
    rows = [SearchFactory() for _count in range(3)]
    first = caller.get("/searches", limit=2, sort="started_on")
    second = caller.get("/searches", limit=2, sort="started_on", cursor=first.json()["next"])
    assert ids(first) + ids(second) == [row.pk for row in rows]
    assert second.json()["next"] == ""


@pytest.mark.parametrize(
    "query", [{"patient_id": 10**30}, {"status": "\x00"}, {"started_from": "0001-01-01"}]
)
def test_list_refuses_what_no_row_can_have(caller, query):
    answer = caller.get("/searches", **query)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == list(query)


def test_list_costs_the_same_for_many_rows(caller, django_assert_num_queries):
    for count in (3, 27):
        for _count in range(count):
            SearchFactory()
        caller.get("/searches")  # the use of the token is noted once a minute
        with django_assert_num_queries(3):  # token, rows, accesses
            caller.get("/searches")


def test_open_needs_prerequisites(caller):
    patient = PatientFactory(sprechstunde_on=None)
    answer = caller.post("/searches", {"patient_id": patient.pk})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:refused")
    assert not PlacementSearch.objects.exists()


def test_open_twice_is_refused(caller):
    search = SearchFactory()
    assert caller.post("/searches", {"patient_id": search.patient_id}).status_code == 409


def test_open_for_nobody_names_the_field(caller):
    answer = caller.post("/searches", {"patient_id": 999_999})
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == ["patient_id"]


def test_open_refuses_unknown_fields(caller):
    answer = caller.post("/searches", {"patient_id": PatientFactory().pk, "priority": 1})
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == ["priority"]


def test_read_tells_etag_and_open_requests(caller):
    request = RequestFactory(search__note="calls in the evening")
    answer = caller.get(f"/searches/{request.search_id}")
    assert answer["ETag"] == versions.etag(request.search)
    assert answer.json()["open_request_count"] == 1
    assert answer.json()["note"] == "calls in the evening"
    assert seen() == [(request.patient_id, "API: read_search", "api:Website")]


def test_free_text_is_empty_without_health(plain_caller):
    search = SearchFactory(paused=True, note="in hospital", pause_reason="in hospital")
    told = plain_caller.get(f"/searches/{search.pk}").json()
    assert (told["note"], told["pause_reason"], told["status"]) == ("", "", "paused")
    assert "in hospital" not in str(plain_caller.get(f"/searches/{search.pk}/history").json())


def test_unknown_search_is_404(caller):
    assert caller.get("/searches/999999").status_code == 404
    assert caller.get(f"/searches/{10**30}").status_code == 422


def test_change_needs_the_version_read(caller, clock):
    search = SearchFactory()
    tag = caller.get(f"/searches/{search.pk}")["ETag"]
    assert caller.patch(f"/searches/{search.pk}", {"note": "new"}).status_code == 428
    clock.shift(timedelta(seconds=1))
    changed = caller.patch(f"/searches/{search.pk}", {"note": "new"}, If_Match=tag)
    assert (changed.status_code, changed.json()["note"]) == (200, "new")
    assert changed["ETag"] == versions.etag(fresh(search))
    stale = caller.patch(f"/searches/{search.pk}", {"note": "newer"}, If_Match=tag)
    assert (stale.status_code, fresh(search).note) == (412, "new")


def test_change_leaves_out_what_is_not_sent(caller):
    search = SearchFactory(note="kept")
    tag = versions.etag(search)
    caller.patch(f"/searches/{search.pk}", {"is_kostenerstattung": True}, If_Match=tag)
    assert (fresh(search).note, fresh(search).is_kostenerstattung) == ("kept", True)


def test_kostenerstattung_stays_while_somebody_is_asked(caller):
    search = RequestFactory().search
    body = {"is_kostenerstattung": True}
    answer = caller.patch(f"/searches/{search.pk}", body, If_Match=versions.etag(search))
    assert (answer.status_code, fresh(search).is_kostenerstattung) == (409, False)


@pytest.mark.parametrize(("old", "new"), [("", "in hospital"), ("in hospital", "")])
def test_note_needs_the_scope_of_health(plain_caller, old, new):
    search = SearchFactory(note=old)
    answer = plain_caller.patch(f"/searches/{search.pk}", {"note": new}, If_Match=versions.etag(search))
    assert (answer.status_code, fresh(search).note) == (403, old)
    assert "health:write" in answer.json()["detail"]


def test_note_that_no_text_may_have_is_refused(caller):
    search = SearchFactory()
    answer = caller.patch(f"/searches/{search.pk}", {"note": "a\x00b"}, If_Match=versions.etag(search))
    assert answer.status_code == 422


def test_history_tells_steps_oldest_first(caller):
    opened = caller.post("/searches", {"patient_id": PatientFactory().pk}).json()
    caller.post(f"/searches/{opened['id']}/pause", {"reason": "on holiday"})
    steps = caller.get(f"/searches/{opened['id']}/history").json()["steps"]
    assert [(step["old"], step["new"], step["reason"], step["actor"]) for step in steps] == [
        ("", "active", "", "Website"),
        ("active", "paused", "on holiday", "Website"),
    ]
    assert {step["at"] for step in steps} == {timezone.now().isoformat().replace("+00:00", "Z")}
