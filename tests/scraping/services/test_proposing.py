import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.weekly import Interval
from apps.scraping.models import ChangeProposal, DirectoryRecord, FieldOrigin
from apps.scraping.records import DirectoryEntry
from apps.scraping.services import decisions, runs, working_up
from apps.therapists.models import Therapist
from tests.factories.scraping import AT, entry, running, stage, taken_in
from tests.factories.therapists import TherapistFactory
from tests.scraping.services.conftest import proposed

pytestmark = pytest.mark.django_db


def test_propose_nothing_where_all_is_the_same(mira):
    run = taken_in(entry())
    record = DirectoryRecord.objects.get()
    assert (record.standing, record.therapist, record.matched_by) == ("linked", mira, "name_contact")
    assert (proposed(), run.proposals, record.unjudged) == ([], 0, [])


def test_propose_each_field_that_differs(mira):
    run = taken_in(
        entry(
            title="Dr. phil.",
            phone="+493419999999",
            phone_hours=(Interval(1, 540, 600),),
            approvals=(("TP", "adults", "individual"),),
        )
    )
    assert proposed() == [
        ("approvals", ["VT adults individual"], ["TP adults individual"]),
        ("phone", "+493410000000", "+493419999999"),
        ("phone_hours", ["0 720 770"], ["1 540 600"]),
        ("title", "", "Dr. phil."),
    ]
    assert run.proposals == 4


def test_propose_empty_never_replaces(mira):
    taken_in(entry(phone="", gender="unknown", seat="", approvals=(), phone_hours=()))
    assert proposed() == []


def test_propose_a_listed_seat_says_nothing_against_a_half_one(mira):
    Therapist.objects.update(seat="half")
    taken_in(entry(seat="full"))
    assert proposed() == []


def test_propose_spelling_of_a_street_is_no_change(mira):
    taken_in(entry(street="MUSTERWEG 4 A"))
    assert proposed() == []


def test_propose_marks_values_kept_by_hand(mira):
    taken_in(entry(phone="+493419999999", title="Dr."))
    marks = dict(ChangeProposal.objects.values_list("field", "is_hand_kept"))
    assert marks == {"phone": True, "title": False}


def test_propose_value_from_a_source_is_not_kept_by_hand(mira):
    run = running()
    FieldOrigin.objects.create(
        practice=mira.practices.get(),
        field="phone",
        value="+493410000000",
        source=run.source,
        said_on=AT.date(),
        taken_at=AT,
    )
    taken_in(entry(phone="+493419999999"), run=run)
    assert ChangeProposal.objects.get().is_hand_kept is False


def test_propose_second_identical_run_proposes_nothing(mira):
    first = taken_in(entry(title="Dr."))
    second = taken_in(entry(title="Dr."), run=running(source=first.source))
    assert (first.proposals, second.proposals, len(proposed())) == (1, 0, 1)


def test_propose_new_word_of_the_source_replaces_its_older_one(mira):
    taken_in(entry(title="Dr."))
    taken_in(entry(title="Prof. Dr."), run=running())
    assert proposed() == [("title", "", "Prof. Dr.")]
    assert list(ChangeProposal.objects.order_by("pk").values_list("status", flat=True)) == [
        "outdated",
        "open",
    ]


def test_propose_source_goes_back_to_what_is_on_record(mira):
    taken_in(entry(phone="+493419999999"))
    taken_in(entry(), run=running())
    assert proposed() == []


def test_propose_refused_value_does_not_come_back(mira, coordinator):
    taken_in(entry(title="Dr."))
    decisions.refuse(proposal=ChangeProposal.objects.get(), actor=coordinator, at=AT)
    taken_in(entry(title=""), run=running())
    taken_in(entry(title="Dr."), run=running())
    assert proposed() == []
    taken_in(entry(title="Prof."), run=running())
    assert proposed() == [("title", "", "Prof.")]


def test_propose_hand_edit_after_acceptance_is_not_disputed(mira, coordinator):
    taken_in(entry(title="Dr."))
    decisions.accept(proposal=ChangeProposal.objects.get(), actor=coordinator, at=AT)
    Therapist.objects.filter(pk=mira.pk).update(title="Dr. med.")
    taken_in(entry(title="Dr.", fax="+493411"), run=running())
    assert proposed() == [("fax", "", "+493411")]


def test_propose_other_address_is_a_workplace(mira):
    taken_in(entry(external_id="2", street="Zweitweg 9", plz="04109"))
    [(field, old, new)] = proposed()
    assert (field, old) == ("workplace", None)
    assert new == {"street": "Zweitweg 9", "plz": "04109", "city": "Leipzig", "phone": "+493410000000"}


def moved(*entries: DirectoryEntry) -> None:
    """A whole run after which an entry stands at another address and no longer at the old one."""
    run = running(is_whole=True)
    stage(*entries, run=run)
    runs.finish(run=run, at=AT)
    working_up.work_up(run=run, at=AT)


def test_propose_move_of_a_practice_of_one(mira):
    taken_in(entry())
    moved(entry(street="Neuer Weg 1"))
    address = {"street": "Musterweg 4a", "plz": "04103", "city": "Leipzig"}
    assert proposed() == [("address", address, {**address, "street": "Neuer Weg 1"})]
    old, new = DirectoryRecord.objects.order_by("pk")
    assert (new.matched_by, new.practice, old.practice) == ("source_id", mira.practices.get(), None)


def test_propose_second_address_while_the_first_stays_is_a_workplace(mira):
    taken_in(entry())
    moved(entry(), entry(street="Neuer Weg 1"))
    assert [field for field, _old, _new in proposed()] == ["workplace"]


def test_propose_move_out_of_a_shared_practice_is_a_workplace(mira):
    TherapistFactory(practice=mira.practices.get())
    taken_in(entry())
    moved(entry(street="Neuer Weg 1"))
    assert [field for field, _old, _new in proposed()] == ["workplace"]


def test_propose_point_only_where_the_known_one_is_coarse_and_it_is_plausible(mira):
    mira.practices.update(precision="plz")
    taken_in(entry(latitude=51.3406, longitude=12.3875))
    assert [(field, new) for field, _old, new in proposed()] == [
        ("place", {"latitude": 51.3406, "longitude": 12.3875})
    ]
    taken_in(entry(latitude=48.1, longitude=11.5), run=running())
    assert proposed() == []


def test_propose_costs_the_same_for_many():
    people = [
        TherapistFactory(practice__street=f"Weg {number}", practice__plz="04103") for number in range(12)
    ]
    entries = [
        entry(
            external_id=str(one.pk),
            first_name=one.first_name,
            last_name=one.last_name,
            street=one.practices.get().street,
        )
        for one in people
    ]
    with CaptureQueriesContext(connection) as few:
        taken_in(*entries[:2])
    with CaptureQueriesContext(connection) as many:
        taken_in(*entries[2:], run=running())
    assert len(many) <= len(few)
    assert ChangeProposal.objects.count() > 12
