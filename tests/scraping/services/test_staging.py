import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.weekly import Interval
from apps.scraping.models import DirectoryRecord, ImportRun, RunProblem
from apps.scraping.records import DirectoryEntry, Rejected
from apps.scraping.services import staging
from tests.factories.scraping import again, entry, running, source, stage

pytestmark = pytest.mark.django_db


def counts(run: ImportRun) -> dict[str, int]:
    run.refresh_from_db()
    names = ("seen", "new", "changed", "unchanged", "rejected", "failed", "repeated")
    return {name: count for name in names if (count := getattr(run, name))}


def test_stage_keeps_everything_an_entry_says():
    said = entry(
        title="Dr. phil.",
        latitude=51.34,
        longitude=12.3875,
        languages=("de", "en"),
        phone_hours=(Interval(0, 720, 770), Interval(2, 965, 1015)),
        doubts=('He said: "maybe\\later", {or} not',),
    )
    stage(said)
    record = DirectoryRecord.objects.get()
    assert (record.external_id, record.title, record.last_name) == ("900001", "Dr. phil.", "Beispielhuber")
    assert (record.latitude, record.longitude) == (51.34, 12.3875)
    assert (record.languages, record.approvals) == (["de", "en"], ["VT adults individual"])
    assert record.phone_hours == ["0 720 770", "2 965 1015"]
    assert record.doubts == ['He said: "maybe\\later", {or} not']
    assert (record.payload, record.standing) == ({"id": "900001"}, "new")


def test_stage_counts_new_changed_unchanged():
    first = running()
    stage(entry(), entry(external_id="2"), run=first)
    assert counts(first) == {"seen": 2, "new": 2}
    second = again(first)
    stage(entry(), entry(external_id="2", phone="+49341999"), entry(external_id="3"), run=second)
    assert counts(second) == {"seen": 3, "new": 1, "changed": 1, "unchanged": 1}


def test_stage_second_identical_run_changes_nothing():
    first = running()
    stage(entry(), run=first)
    second = again(first)
    staged = stage(entry(), run=second)
    assert staged == staging.Staged(unchanged=1)
    assert DirectoryRecord.objects.get().unjudged == []


def test_stage_remembers_which_fields_are_new_until_they_are_compared():
    first = running()
    stage(entry(), run=first)
    second = again(first)
    stage(entry(phone="+49341999"), run=second)
    third = again(second)
    stage(entry(phone="+49341999", title="Dr."), run=third)
    assert sorted(DirectoryRecord.objects.get().unjudged) == ["phone", "title"]


def test_stage_same_batch_twice_counts_once():
    run = running()
    batch = staging.Batch(entries=[entry()], rejected=[Rejected("line 3", "no name")])
    staging.stage(run=run, batch=batch)
    staging.stage(run=run, batch=batch)
    assert counts(run) == {"seen": 2, "new": 1, "rejected": 1, "repeated": 1}


def test_stage_doubles_in_one_batch_count_once_and_the_first_stays():
    run = running()
    stage(entry(city="Leipzig"), entry(city="Halle"), run=run)
    assert counts(run) == {"seen": 1, "new": 1, "repeated": 1}
    assert DirectoryRecord.objects.get().city == "Leipzig"


def test_stage_twice_in_one_transaction():
    run = running()
    stage(entry(), run=run)
    stage(entry(external_id="2"), run=run)
    assert counts(run) == {"seen": 2, "new": 2}


def test_stage_rejects_what_the_columns_cannot_hold_and_takes_the_rest():
    run = running()
    stage(entry(external_id="1", plz="4103"), entry(external_id="2", last_name="x" * 81), entry(), run=run)
    assert counts(run) == {"seen": 3, "new": 1, "rejected": 2}
    reasons = sorted(RunProblem.objects.values_list("where", "reason"))
    assert [where for where, _reason in reasons] == ["1", "2"]
    assert "“4103”" in reasons[0][1]
    assert "80 characters" in reasons[1][1]


def test_stage_saves_progress_with_the_batch():
    run = running()
    staging.stage(run=run, batch=staging.Batch(entries=[entry()]), progress={"cursor": {"at": 7}, "done": 7})
    run.refresh_from_db()
    assert (run.cursor, run.done, run.new) == ({"at": 7}, 7, 1)


def test_stage_returned_record_has_not_vanished_any_more():
    first = running()
    stage(entry(), run=first)
    DirectoryRecord.objects.update(vanished_on=first.fetched_on)
    second = again(first)
    stage(entry(), run=second)
    assert counts(second) == {"seen": 1, "changed": 1}
    assert DirectoryRecord.objects.get().vanished_on is None


def test_stage_same_id_at_two_addresses_is_two_records():
    run = running()
    stage(entry(), entry(street="Zweitweg 9"), run=run)
    assert counts(run) == {"seen": 2, "new": 2}
    second = again(run)
    stage(entry(), entry(street="ZWEITWEG 9"), run=second)
    assert counts(second) == {"seen": 2, "unchanged": 1, "changed": 1}


def test_stage_other_source_has_its_own_records():
    stage(entry())
    stage(entry(), run=running(source=source(key="other", name="Other")))
    assert DirectoryRecord.objects.count() == 2


def test_stage_costs_the_same_for_many(django_assert_num_queries):
    run = running()
    with django_assert_num_queries(12) as one:
        stage(entry(), run=run)
    many = [entry(external_id=str(number)) for number in range(200)]
    with django_assert_num_queries(len(one.captured_queries)):
        stage(*many, run=run)


def test_external_id_without_one_is_of_name_and_address():
    one, other = entry(external_id=""), entry(external_id="", phone="", title="Dr.")
    assert staging.external_id(one) == staging.external_id(other)
    assert staging.external_id(entry(external_id="", plz="04109")) != staging.external_id(one)


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(name=texts, doubts=st.lists(texts, max_size=3), note=texts)
def test_stage_any_text_comes_back_as_it_was(name, doubts, note):
    said = entry(last_name=name, doubts=tuple(doubts), further_qualifications=note, payload={"x": note})
    run = running(source=source(key="any", name="Any"), status="done", ended_at="2026-11-23T10:00:00Z")
    DirectoryRecord.objects.all().delete()
    stage(said, run=run)
    record = DirectoryRecord.objects.get()
    found = (record.last_name, record.doubts, record.further_qualifications, record.payload)
    assert found == (name, doubts, note, {"x": note})


def test_all_of_makes_batches():
    items: list[DirectoryEntry | Rejected] = [entry(), Rejected("2", "no"), entry()]
    sizes = [(len(one.entries), len(one.rejected)) for one in staging.all_of(items, size=2)]
    assert sizes == [(1, 1), (1, 0)]
