"""Two records of one therapist: what moves, what protects, and that undoing leaves nothing behind."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.accounts.models import User
from apps.communication.enums import CallPurpose, LetterKind
from apps.communication.models import EmailMessage, InboundMessage, Note, PhoneCall
from apps.core.errors import Refused, StaleState
from apps.core.merging import merge as merging
from apps.core.merging import suggestions
from apps.core.merging.suggestions import Found
from apps.core.merging.undo import outlook, undo
from apps.core.models import DuplicateSuggestion, MergeRecord
from apps.core.transitions import write_history
from apps.matching.models import Inquiry, TherapistExclusion
from apps.therapists.models import ContactGroup, Practice, Therapist, Workplace
from apps.therapists.services import contact_groups, status
from tests.core.merging.dump import different, dump
from tests.factories.matching import ASKED_AT, InquiryFactory, RequestFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import (
    ContactPauseFactory,
    PracticeFactory,
    TherapistFactory,
    WorkplaceFactory,
)

pytestmark = pytest.mark.django_db


def merge(kept: Therapist, other: Therapist, at: datetime, actor: Any = None, **chosen: str) -> MergeRecord:
    return merging.merge(
        kind="therapist", kept_id=kept.pk, dropped_id=other.pk, chosen=chosen, actor=actor, at=at
    )


def email(therapist: Therapist, **values: Any) -> EmailMessage:
    return EmailMessage.objects.create(
        therapist=therapist,
        kind=LetterKind.INQUIRY,
        to_email="praxis@example.org",
        subject="Anfrage",
        text="Guten Tag",
        message_id=f"<{EmailMessage.objects.count()}@example.org>",
        status="sent",
        sent_at=ASKED_AT,
        **values,
    )


def call(therapist: Therapist, starts_at: datetime, **values: Any) -> PhoneCall:
    return PhoneCall.objects.create(
        therapist=therapist,
        practice=therapist.practices.first(),
        purpose=CallPurpose.FIRST_CONTACT,
        phone="+493410001",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=5),
        **values,
    )


@pytest.fixture
def pair(coordinator: User, at: datetime) -> tuple[Therapist, Therapist]:
    """Two records with everything around them, and a colleague behind the number of the second."""
    kept = TherapistFactory(
        first_name="Anna",
        last_name="Linde",
        approvals=[("VT", "adults", "individual")],
        practice__phone="",
        practice__email="",
    )
    other = TherapistFactory(
        first_name="Anna",
        last_name="Linde-Maier",
        title="Dr. phil.",
        review_status="unreviewed",
        reviewed_at=None,
        internal_note="Rückruf nur mittwochs",
        approvals=[("VT", "adults", "individual"), ("TP", "adults", "group")],
        phone_hours=((0, 8 * 60 + 30, 10 * 60), (4, 600, 660)),
        last_call_at=ASKED_AT,
    )
    colleague = TherapistFactory(practice=other.practices.get(), contact_group=other.contact_group)
    WorkplaceFactory(therapist=other, practice=kept.practices.get(), is_main=False)
    contact_groups.regroup(practices=Practice.objects.all())
    for therapist in (kept, other):
        therapist.refresh_from_db()
        ContactPauseFactory(therapist=therapist)
        Note.objects.create(therapist=therapist, text="Notiz", written_at=at, author=coordinator)
        write_history(therapist, old="", new="active", actor=coordinator, at=at)
    InquiryFactory(therapist=kept, status="expired")
    window = DateTimeTZRange(at - timedelta(days=2), at + timedelta(days=5))
    request = RequestFactory(inquiry=InquiryFactory(therapist=other, status="sent", contact_window=window))
    email(other)
    email(kept)
    call(other, at + timedelta(days=1))
    call(kept, at + timedelta(days=2))
    call(
        other,
        at - timedelta(days=9),
        status="done",
        done_at=at - timedelta(days=9),
        outcome="not_reached",
        note="keiner da",
    )
    InboundMessage.objects.create(
        therapist=other, kind="answer", source="imap", fingerprint="f", received_at=at, text="Leider nein"
    )
    for therapist in (kept, other):
        TherapistExclusion.objects.create(patient=request.search.patient, therapist=therapist, reason="x")
    TherapistExclusion.objects.create(patient=PatientFactory(), therapist=other, reason="y")
    found = [
        Found(kept.pk, other.pk, 0.9, ("phone",)),
        Found(other.pk, colleague.pk, 0.8, ("phone",)),
    ]
    suggestions.record(kind="therapist", found=found, at=at)
    return kept, other


CHOSEN = [
    {},
    {"title": "other", "last_name": "other", "approvals": "other", "phone_hours": "both"},
    {"approvals": "kept", "phone_hours": "other", "working_hours": "both", "main_practice": "other"},
]


@pytest.mark.parametrize("chosen", CHOSEN)
def test_merge_then_undo_leaves_the_database_equal(
    pair: Any, coordinator: User, at: datetime, chosen: dict[str, str]
) -> None:
    kept, other = pair
    before = dump()
    record = merge(kept, other, at, coordinator, **chosen)
    assert not Therapist.objects.filter(pk=other.pk).exists()
    assert different(before, dump()) != {}
    undo(record=record, actor=coordinator, at=at, reason="two people after all")
    assert different(before, dump()) == {}


def test_the_other_way_round_leaves_the_database_equal(pair: Any, coordinator: User, at: datetime) -> None:
    kept, other = pair
    before = dump()
    record = merge(other, kept, at, coordinator)
    undo(record=record, actor=coordinator, at=at, reason="two people after all")
    assert different(before, dump()) == {}


def test_everything_moves_and_the_kept_record_says_what_was_chosen(
    pair: Any, coordinator: User, at: datetime
) -> None:
    kept, other = pair
    record = merge(kept, other, at, coordinator, title="other", approvals="both")
    kept.refresh_from_db()
    assert (kept.title, kept.last_name, kept.review_status) == ("Dr. phil.", "Linde", "verified")
    assert kept.internal_note == "Rückruf nur mittwochs"
    assert {kept.emails.count(), kept.notes.count(), kept.pauses.count(), kept.history.count()} == {2}
    assert (kept.calls.count(), kept.inquiries.count(), kept.requests.count()) == (3, 2, 1)
    assert kept.inbound_messages.count() == 1
    assert sorted(kept.approvals.values_list("method", "setting")) == [("TP", "group"), ("VT", "individual")]
    assert kept.exclusions.count() == 2
    assert Workplace.objects.filter(therapist=kept, is_main=True).count() == 1
    assert Workplace.objects.filter(therapist=kept).count() == 2
    assert record.moved["moved"]["communication.PhoneCall"] == 2
    assert record.moved["folded"]["matching.TherapistExclusion"] == 1


def test_suggestion_is_done_and_the_others_follow(pair: Any, coordinator: User, at: datetime) -> None:
    kept, other = pair
    record = merge(kept, other, at, coordinator)
    rows = DuplicateSuggestion.objects.order_by("-score").values_list("status", "merge_id")
    assert list(rows) == [("merged", record.pk), ("open", None)]
    colleague = DuplicateSuggestion.objects.get(status="open")
    assert kept.pk in (colleague.first_id, colleague.second_id)


@pytest.mark.parametrize("is_kept", [True, False])
def test_stricter_protection_wins(coordinator: User, at: datetime, today: date, is_kept: bool) -> None:
    free, strict = TherapistFactory(), TherapistFactory()
    status.block(therapist=strict, reason="Beschwerde", until=None, actor=coordinator, at=at)
    status.object_to_contact(therapist=strict, on=today, actor=coordinator, at=at, reason="Anruf")
    kept, other = (free, strict) if is_kept else (strict, free)
    merge(kept, other, at, coordinator)
    kept.refresh_from_db()
    assert (kept.status, kept.blocked_reason, kept.do_not_contact_since) == ("blocked", "Beschwerde", today)


def test_pause_of_one_holds_for_the_merged(at: datetime, today: date) -> None:
    from apps.therapists.selectors import paused_until

    kept, other = TherapistFactory(), TherapistFactory()
    pause = ContactPauseFactory(therapist=other)
    merge(kept, other, at)
    kept.refresh_from_db()
    assert paused_until(kept, today) == pause.until


def test_contact_groups_of_both_become_one(at: datetime) -> None:
    kept, other = TherapistFactory(), TherapistFactory()
    colleague = TherapistFactory(practice=other.practices.get(), contact_group=other.contact_group)
    merge(kept, other, at)
    groups = Therapist.objects.filter(pk__in=[kept.pk, colleague.pk]).values_list("contact_group", flat=True)
    assert len(set(groups)) == 1
    assert ContactGroup.objects.count() == 1


def test_intervals_of_both_protect_the_group_together(at: datetime) -> None:
    """Asked under either record within the last week: nobody is asked before the later interval is over."""
    kept, other = TherapistFactory(), TherapistFactory()
    windows = [DateTimeTZRange(at - timedelta(days=5), at + timedelta(days=2))]
    windows.append(DateTimeTZRange(at - timedelta(days=1), at + timedelta(days=6)))
    for therapist, window in zip((kept, other), windows, strict=True):
        InquiryFactory(therapist=therapist, status="answered", contact_window=window)
    record = merge(kept, other, at)
    kept.refresh_from_db()
    rows = Inquiry.objects.order_by("contact_window")
    assert {row.contact_group_id for row in rows} == {kept.contact_group_id}
    spans = [(row.contact_window.lower, row.contact_window.upper) for row in rows]
    assert spans == [
        (at - timedelta(days=5), at - timedelta(days=1)),
        (at - timedelta(days=1), at + timedelta(days=6)),
    ]
    undo(record=record, actor=None, at=at, reason="x")
    assert [row.contact_window for row in Inquiry.objects.order_by("pk")] == windows


def test_two_open_inquiries_are_refused_by_their_references(at: datetime) -> None:
    kept, other = TherapistFactory(), TherapistFactory()
    references = sorted(InquiryFactory(therapist=one, status="sent").reference for one in (kept, other))
    before = dump()
    with pytest.raises(Refused, match=references[0]):
        merge(kept, other, at)
    assert different(before, dump()) == {}


def test_calls_planned_at_the_same_time_are_refused(at: datetime) -> None:
    kept, other = TherapistFactory(), TherapistFactory()
    for therapist in (kept, other):
        call(therapist, at + timedelta(days=1))
    with pytest.raises(Refused, match=r"24\.11\.2026"):
        merge(kept, other, at)


def test_second_click_is_told_that_the_record_is_gone(at: datetime) -> None:
    kept, other = TherapistFactory(), TherapistFactory()
    merge(kept, other, at)
    with pytest.raises(StaleState):
        merge(kept, other, at)


def test_preview_tells_the_same_and_changes_nothing(pair: Any, at: datetime) -> None:
    kept, other = pair
    before = dump()
    values = {"kind": "therapist", "kept_id": kept.pk, "dropped_id": other.pk, "chosen": {}}
    seen = merging.preview(**values, at=at)
    assert different(before, dump()) == {}
    assert (seen.refusal, MergeRecord.objects.count()) == ("", 0)
    assert sum(number for _name, number in seen.moved) == sum(merge(kept, other, at).moved["moved"].values())


def test_default_is_the_better_known_value(at: datetime) -> None:
    kept = TherapistFactory(
        review_status="unreviewed", reviewed_at=None, accessibility="", special_offers="a"
    )
    other = TherapistFactory(accessibility="Aufzug", special_offers="b")
    merge(kept, other, at)
    kept.refresh_from_db()
    assert (kept.accessibility, kept.special_offers) == ("Aufzug", "b")  # not empty; verified


class TestUndo:
    def test_names_the_row_that_changed_since(self, pair: Any, coordinator: User, at: datetime) -> None:
        kept, other = pair
        record = merge(kept, other, at, coordinator)
        message = kept.emails.latest("pk")
        moved = EmailMessage.objects.filter(therapist=kept).exclude(pk=message.pk).get()
        moved.subject = "Anderes"
        moved.save(update_fields=["subject"])
        before = dump()
        with pytest.raises(Refused, match=f"#{moved.pk} wurde geändert|#{moved.pk} was changed"):
            undo(record=record, actor=coordinator, at=at, reason="x")
        assert different(before, dump()) == {}

    def test_names_the_field_that_changed_since(self, pair: Any, at: datetime) -> None:
        kept, other = pair
        record = merge(kept, other, at, title="other")
        Therapist.objects.filter(pk=kept.pk).update(title="Prof.")
        assert len(outlook(record).obstacles) == 1
        with pytest.raises(Refused, match=f"#{kept.pk}"):
            undo(record=record, actor=None, at=at, reason="x")

    def test_later_change_of_another_field_stays(self, pair: Any, at: datetime) -> None:
        kept, other = pair
        record = merge(kept, other, at, title="other")
        Therapist.objects.filter(pk=kept.pk).update(accessibility="Aufzug")
        undo(record=record, actor=None, at=at, reason="x")
        kept.refresh_from_db()
        assert (kept.accessibility, kept.title) == ("Aufzug", "Dipl.-Psych.")

    def test_row_that_is_gone_forbids_it(self, pair: Any, at: datetime) -> None:
        kept, other = pair
        record = merge(kept, other, at)
        Note.objects.filter(therapist=kept).delete()
        with pytest.raises(Refused):
            undo(record=record, actor=None, at=at, reason="x")

    def test_what_came_since_stays_with_the_kept_record(
        self, pair: Any, coordinator: User, at: datetime
    ) -> None:
        kept, other = pair
        record = merge(kept, other, at)
        Note.objects.create(therapist=kept, text="neu", written_at=at, author=coordinator)
        assert [number for _name, number in outlook(record).newcomers] == [1]
        undo(record=record, actor=None, at=at, reason="x")
        assert (kept.notes.count(), Note.objects.filter(therapist=other).count()) == (2, 1)

    def test_only_once(self, pair: Any, at: datetime) -> None:
        record = merge(*pair, at)
        undo(record=record, actor=None, at=at, reason="x")
        with pytest.raises(StaleState):
            undo(record=record, actor=None, at=at, reason="x")

    def test_later_merge_first(self, pair: Any, at: datetime) -> None:
        kept, other = pair
        third = TherapistFactory()
        first = merge(kept, other, at)
        second = merge(third, kept, at)
        with pytest.raises(Refused):
            undo(record=first, actor=None, at=at, reason="x")
        undo(record=second, actor=None, at=at, reason="x")
        undo(record=first, actor=None, at=at, reason="x")
        assert Therapist.objects.filter(pk__in=[kept.pk, other.pk, third.pk]).count() == 3

    def test_encrypted_values_come_back_under_a_new_key(
        self, pair: Any, coordinator: User, at: datetime, settings: Any
    ) -> None:
        """The notes of a deleted twin are in the log: keys may be changed before the undo."""
        from cryptography.fernet import Fernet
        from django.core.management import call_command

        kept, other = PatientFactory(complaints="Schlaflos"), PatientFactory(complaints="Antriebslos")
        values = {"kind": "patient", "kept_id": kept.pk, "dropped_id": other.pk}
        record = merging.merge(**values, chosen={}, actor=None, at=at)
        new = Fernet.generate_key().decode()
        settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
        call_command("rotate_field_keys", stdout=open("/dev/null", "w"))  # noqa: PTH123, SIM115
        settings.FIELD_ENCRYPTION_KEYS = [new]
        record = MergeRecord.objects.get(pk=record.pk)
        undo(record=record, actor=None, at=at, reason="x")
        assert type(other).objects.get(pk=other.pk).complaints == "Antriebslos"


class TestPractices:
    def test_merge_then_undo_leaves_the_database_equal(self, coordinator: User, at: datetime) -> None:
        kept, other = PracticeFactory(email=""), PracticeFactory()
        for practice in (kept, other):
            TherapistFactory(practice=practice)
        both = TherapistFactory(practice=kept)
        WorkplaceFactory(therapist=both, practice=other, is_main=False)
        contact_groups.regroup(practices=[kept, other])
        before = dump()
        values = {"kind": "practice", "kept_id": kept.pk, "dropped_id": other.pk}
        record = merging.merge(**values, chosen={}, actor=coordinator, at=at)
        fresh = Practice.objects.get(pk=kept.pk)
        assert (fresh.email, fresh.workplaces.count()) == (other.email, 3)
        assert Therapist.objects.values("contact_group").distinct().count() == 1
        undo(record=record, actor=coordinator, at=at, reason="x")
        assert different(before, dump()) == {}

    def test_main_practice_stays_the_main_one(self, at: datetime) -> None:
        kept, other = PracticeFactory(), PracticeFactory()
        therapist = TherapistFactory(practice=other)
        WorkplaceFactory(therapist=therapist, practice=kept, is_main=False)
        merging.merge(kind="practice", kept_id=kept.pk, dropped_id=other.pk, chosen={}, actor=None, at=at)
        assert list(therapist.workplaces.values_list("practice", "is_main")) == [(kept.pk, True)]
