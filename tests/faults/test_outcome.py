from faults.outcome import Outcome, total


def test_line_of_an_outcome_that_is_ok() -> None:
    outcome = Outcome("F1", 200, unclear=12, more={"messages": 345})
    outcome.count([1, 1, 1])
    assert outcome.line() == "F1 faults=200 lost=0 double=0 unclear=12 messages=345 verdict=ok"


def test_count_tells_lost_from_double() -> None:
    outcome = Outcome("F4", 50)
    outcome.count([0, 1, 2, 3, 0, 0])
    assert outcome.line() == "F4 faults=50 lost=3 double=2 unclear=0 verdict=BROKEN"


def test_promise_that_was_not_kept_breaks_the_verdict() -> None:
    outcome = Outcome("F2", 120)
    outcome.promise(True, "never read")
    outcome.promise(False, "address not marked")
    assert outcome.line() == "F2 faults=120 lost=0 double=0 unclear=0 verdict=BROKEN (address not marked)"


def test_skipped_kind_is_named_and_is_no_failure() -> None:
    outcome = Outcome("F5", 0, skipped="no Redis program here")
    assert outcome.verdict == "skipped (no Redis program here)"
    assert outcome.is_ok


def test_total_adds_up_and_tells_the_worst() -> None:
    fine, bad = Outcome("F1", 200, unclear=3), Outcome("F2", 120, lost=1, unclear=4)
    assert total([fine]) == "total faults=200 lost=0 double=0 unclear=3 verdict=ok"
    assert total([fine, bad]) == "total faults=320 lost=1 double=0 unclear=7 verdict=BROKEN"
