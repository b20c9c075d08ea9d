from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.events.models import Delivery, DomainEvent
from apps.events.services import Replayed, Wanted, dispatch, replay, replaying
from tests.events.services.acts import TYPE, happen, listen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]
LATER = timedelta(hours=1)


@pytest.fixture
def seen(registries: None) -> list[tuple[str, str]]:
    """What two subscribers heard: name and subject."""
    heard: list[tuple[str, str]] = []
    listen(lambda event: heard.append(("a", event.subject_id)), "a")
    listen(lambda event: heard.append(("b", event.subject_id)), "b")
    return heard


@pytest.fixture
def past(at: datetime, seen: list[tuple[str, str]]) -> list[int]:
    """Three events that both have handled; the numbers of the rows."""
    rows = [event.pk for event in happen(at, 3)]
    assert dispatch(at=at) == 3
    seen.clear()
    return rows


def again(at: datetime, subscribers: set[str], **options: Any) -> Replayed:
    bounds = {name: options.pop(name) for name in list(options) if name in Wanted.__dataclass_fields__}
    return replay(wanted=Wanted(**bounds), subscribers=subscribers, at=at + LATER, **options)


def test_replay_goes_to_the_named_subscriber_alone(
    at: datetime, past: list[int], seen: list[tuple[str, str]]
) -> None:
    result = again(at, {"a"}, from_id=past[1])
    assert seen == [("a", "1"), ("a", "2")]
    assert (result.events, result.delivered, result.failed_ids) == (2, {"a": 2}, [])
    rows = Delivery.objects.order_by("event", "subscriber").values_list("subscriber", "handled_at", "times")
    assert list(rows) == [
        *(("a", at, 1), ("b", at, 1)),
        *(("a", at + LATER, 2), ("b", at, 1)),
        *(("a", at + LATER, 2), ("b", at, 1)),
    ]
    assert DomainEvent.objects.filter(dispatched_at=at).count() == 3


@pytest.mark.parametrize(
    ("bounds", "subjects"),
    [
        ({"from_id": 1, "to_id": 1}, "1"),
        ({"to_id": 1}, "01"),
        ({"since": 1}, "12"),
        ({"since": 0, "until": 2}, "01"),
        ({"from_id": 0, "types": [TYPE]}, "012"),
    ],
)
def test_replay_keeps_to_its_bounds(
    bounds: dict[str, Any], subjects: str, at: datetime, past: list[int], seen: list[tuple[str, str]]
) -> None:
    for number, pk in enumerate(past):
        DomainEvent.objects.filter(pk=pk).update(occurred_at=at + timedelta(minutes=number))
    real = {
        name: past[value] if name.endswith("_id") else at + timedelta(minutes=value)
        for name, value in bounds.items()
        if name != "types"
    }
    again(at, {"b"}, **{**bounds, **real})
    assert seen == [("b", subject) for subject in subjects]


def test_replay_reaches_a_subscriber_that_came_later(at: datetime, past: list[int]) -> None:
    heard: list[str] = []
    listen(lambda event: heard.append(event.subject_id), "new")
    Delivery.objects.create(event_id=past[0], subscriber="new", handled_at=at)
    result = again(at, {"new"}, from_id=past[0], only_missing=True)
    assert heard == ["1", "2"]
    assert (result.events, result.delivered, result.skipped) == (3, {"new": 2}, {"new": 1})
    again(at, {"new"}, from_id=past[0], only_missing=True)
    assert heard == ["1", "2"]


def test_dry_run_only_counts(at: datetime, past: list[int], seen: list[tuple[str, str]]) -> None:
    result = again(at, {"a", "b"}, from_id=past[0], is_dry_run=True)
    assert (result.events, result.delivered) == (3, {"a": 3, "b": 3})
    assert seen == []
    assert set(Delivery.objects.values_list("times", flat=True)) == {1}


def test_failure_goes_back_and_the_others_follow(
    at: datetime, past: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(event: DomainEvent) -> None:
        DomainEvent.objects.filter(pk=event.pk).update(producer="spoilt")
        if event.subject_id == "1":
            raise KeyError("Kanarienvogel")

    listen(spoil, "c")
    result = again(at, {"a", "c"}, from_id=past[0])
    assert (result.delivered, result.failed, result.failed_ids) == ({"a": 3, "c": 2}, {"c": 1}, [past[1]])
    producers = DomainEvent.objects.order_by("pk").values_list("producer", flat=True)
    assert list(producers) == ["spoilt", "tests", "spoilt"]
    assert not Delivery.objects.filter(event=past[1], subscriber="c").exists()
    assert not DomainEvent.objects.filter(parked_at__isnull=False).exists()
    [record] = [record for record in caplog.records if record.name == replaying.__name__]
    assert (record.msg["error"], record.msg["subscriber"]) == ("KeyError", "c")


def test_waiting_events_are_left_to_the_dispatcher_parked_ones_are_not(
    at: datetime, past: list[int], seen: list[tuple[str, str]]
) -> None:
    DomainEvent.objects.filter(pk=past[0]).update(dispatched_at=None)
    DomainEvent.objects.filter(pk=past[1]).update(dispatched_at=None, parked_at=at)
    again(at, {"a"}, from_id=past[0])
    assert seen == [("a", "1"), ("a", "2")]


def test_batches_follow_one_another(
    at: datetime, past: list[int], seen: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH_ROWS", 2)
    again(at, {"a"}, from_id=past[0])
    assert seen == [("a", "0"), ("a", "1"), ("a", "2")]


@pytest.mark.usefixtures("past")
def test_replay_refuses_what_it_does_not_know(at: datetime) -> None:
    with pytest.raises(LookupError, match=r"No such subscriber: x. There are: a, b"):
        again(at, {"x"}, from_id=1)
    with pytest.raises(LookupError, match=r"hears patient\.lost"):
        again(at, {"a"}, from_id=1, types=["patient.lost"])
    for options in ({}, {"types": [TYPE]}):
        with pytest.raises(ValueError, match="from where or to where"):
            again(at, {"a"}, **options)
    with pytest.raises(ValueError, match="Name a subscriber"):
        again(at, set(), from_id=1)
