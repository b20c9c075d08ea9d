import pytest

from apps.core.errors import Refused, StaleState
from apps.scraping.models import ChangeProposal, DirectoryRecord, FieldOrigin
from apps.scraping.services import decisions
from apps.therapists.models import Practice, Therapist
from tests.factories.scraping import AT, entry, running, taken_in
from tests.factories.therapists import TherapistFactory
from tests.scraping.services.conftest import proposed

pytestmark = pytest.mark.django_db


def only_proposal() -> ChangeProposal:
    return ChangeProposal.objects.get(status="open")


def test_accept_takes_the_value_and_notes_where_it_came_from(mira, coordinator):
    taken_in(entry(phone="+493419999999"))
    decisions.accept(proposal=only_proposal(), actor=coordinator, at=AT)
    assert Practice.objects.get().phone == "+493419999999"
    origin = FieldOrigin.objects.get()
    assert (origin.field, origin.value, origin.taken_by) == ("phone", "+493419999999", coordinator)
    assert proposed() == []


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"title": "Dr."}, lambda one: one.title == "Dr."),
        ({"languages": ("de", "tr")}, lambda one: sorted(one.languages) == ["de", "tr"]),
        ({"approvals": (("TP", "adults", "group"),)}, lambda one: str(one.approvals.get()).startswith("TP")),
        ({"phone_hours": ()}, lambda one: one.hours.filter(kind="phone").count() == 1),
        ({"website": "https://www.example.org"}, lambda one: one.practices.get().website),
        ({"street": "Neuer Weg 1"}, lambda one: one.practices.filter(street="Neuer Weg 1").count() == 1),
    ],
)
def test_accept_every_kind_of_field(mira, coordinator, said, read):
    taken_in(entry())
    taken_in(entry(**said), run=running())
    for proposal in ChangeProposal.objects.filter(status="open"):
        decisions.accept(proposal=proposal, actor=coordinator, at=AT)
    assert read(Therapist.objects.get())


def test_accept_twice_is_stale(mira, coordinator):
    taken_in(entry(title="Dr."))
    proposal = only_proposal()
    decisions.accept(proposal=proposal, actor=coordinator, at=AT)
    with pytest.raises(StaleState):
        decisions.accept(proposal=proposal, actor=coordinator, at=AT)


def test_accept_after_a_hand_edit_asks_again_with_the_present_value(mira, coordinator):
    taken_in(entry(title="Dr."))
    Therapist.objects.update(title="Dipl.-Psych.")
    with pytest.raises(StaleState):
        decisions.accept(proposal=only_proposal(), actor=coordinator, at=AT)
    fresh = only_proposal()
    assert (fresh.old, fresh.new, fresh.is_hand_kept) == ("Dipl.-Psych.", "Dr.", True)
    decisions.accept(proposal=fresh, actor=coordinator, at=AT)
    assert Therapist.objects.get().title == "Dr."


def test_accept_workplace_keeps_the_other_one(mira, coordinator):
    taken_in(entry(external_id="2", street="Zweitweg 9", plz="04109"))
    decisions.accept(proposal=only_proposal(), actor=coordinator, at=AT)
    streets = list(mira.workplaces.values_list("practice__street", "is_main"))
    assert streets == [("Musterweg 4a", True), ("Zweitweg 9", False)]
    assert DirectoryRecord.objects.get().practice.street == "Zweitweg 9"


def test_accept_settles_the_same_change_of_colleagues(mira, coordinator):
    other = TherapistFactory(practice=mira.practices.get())
    colleague = entry(external_id="2", first_name=other.first_name, last_name=other.last_name)
    run = taken_in(entry(), colleague)
    changed = [
        entry(email="neu@example.org"),
        entry(
            external_id="2", first_name=other.first_name, last_name=other.last_name, email="neu@example.org"
        ),
    ]
    taken_in(*changed, run=running(source=run.source))
    first = ChangeProposal.objects.filter(status="open", field="email").order_by("pk").first()
    decisions.accept(proposal=first, actor=coordinator, at=AT)
    assert not ChangeProposal.objects.filter(status="open", field="email").exists()


def test_take_back_an_acceptance(mira, coordinator):
    taken_in(entry(title="Dr."))
    proposal = only_proposal()
    decisions.accept(proposal=proposal, actor=coordinator, at=AT)
    decisions.take_back(proposal=proposal, actor=coordinator, at=AT)
    assert (Therapist.objects.get().title, FieldOrigin.objects.count()) == ("", 0)
    assert proposed() == [("title", "", "Dr.")]


def test_take_back_after_another_change_is_stale(mira, coordinator):
    taken_in(entry(title="Dr."))
    proposal = only_proposal()
    decisions.accept(proposal=proposal, actor=coordinator, at=AT)
    Therapist.objects.update(title="Prof.")
    with pytest.raises(StaleState):
        decisions.take_back(proposal=proposal, actor=coordinator, at=AT)


def test_take_new_is_unreviewed_and_complete(coordinator):
    taken_in(entry(title="Dr.", languages=("de", "en"), latitude=51.34, longitude=12.38))
    therapist = decisions.take_new(record=DirectoryRecord.objects.get(), actor=coordinator, at=AT)
    assert (therapist.full_name, therapist.seat) == ("Dr. Mira Beispielhuber", "full")
    assert (therapist.review_status, therapist.languages) == ("unreviewed", ["de", "en"])
    practice = therapist.practices.get()
    assert (practice.street, practice.precision) == ("Musterweg 4a", "house")
    record = DirectoryRecord.objects.get()
    assert (record.standing, record.therapist, record.decided_by) == ("linked", therapist, coordinator)
    fields = set(FieldOrigin.objects.values_list("field", flat=True))
    assert {"title", "last_name", "approvals", "phone_hours", "address", "phone", "place"} <= fields


def test_take_new_and_checked_is_verified(coordinator):
    taken_in(entry())
    record = DirectoryRecord.objects.get()
    therapist = decisions.take_new(record=record, actor=coordinator, at=AT, is_checked=True)
    therapist.refresh_from_db()
    assert therapist.review_status == "verified"


def test_take_new_twice_is_stale(coordinator):
    taken_in(entry())
    record = DirectoryRecord.objects.get()
    decisions.take_new(record=record, actor=coordinator, at=AT)
    with pytest.raises(StaleState):
        decisions.take_new(record=record, actor=coordinator, at=AT)
    assert Therapist.objects.count() == 1


def test_take_new_then_the_same_again_proposes_nothing(coordinator):
    taken_in(entry(title="Dr.", latitude=51.34, longitude=12.38))
    decisions.take_new(record=DirectoryRecord.objects.get(), actor=coordinator, at=AT)
    taken_in(entry(title="Dr.", latitude=51.34, longitude=12.38), run=running())
    assert proposed() == []


def test_take_new_then_a_change_is_not_kept_by_hand(coordinator):
    taken_in(entry(title="Dr."))
    decisions.take_new(record=DirectoryRecord.objects.get(), actor=coordinator, at=AT)
    taken_in(entry(title="Prof. Dr.", phone="+493411"), run=running())
    assert list(ChangeProposal.objects.values_list("is_hand_kept", flat=True)) == [False, False]


def test_take_new_without_a_first_name_is_refused(coordinator):
    taken_in(entry(first_name=""))
    with pytest.raises(Refused):
        decisions.take_new(record=DirectoryRecord.objects.get(), actor=coordinator, at=AT)


def test_decline_and_reopen(coordinator):
    taken_in(entry())
    record = DirectoryRecord.objects.get()
    decisions.decline(record=record, actor=coordinator, at=AT)
    taken_in(entry(title="Dr."), run=running())
    record.refresh_from_db()
    assert record.standing == "declined"
    decisions.reopen(record=record, actor=coordinator, at=AT)
    record.refresh_from_db()
    assert record.standing == "unclear"


def test_link_by_hand_compares_with_the_chosen_one(mira, coordinator):
    taken_in(entry(last_name="Neumann", phone="", street="Anderswo 1"))
    record = DirectoryRecord.objects.get()
    decisions.link(record=record, therapist=mira, actor=coordinator, at=AT)
    taken_in(run=running())
    record.refresh_from_db()
    assert (record.standing, record.therapist) == ("linked", mira)
    assert ("last_name", "Beispielhuber", "Neumann") in proposed()
