"""Therapists for tests: complete, active, verified, with approvals, hours and one workplace."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import factory

from apps.therapists.enums import (
    AgeGroup,
    EmailPermission,
    Gender,
    HoursKind,
    PauseReason,
    ReviewStatus,
    Seat,
    Setting,
)
from apps.therapists.models import (
    Approval,
    ContactGroup,
    ContactPause,
    Practice,
    Therapist,
    WeeklyHours,
    Workplace,
)

Hours = tuple[int, int, int]
REVIEWED_AT = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
APPROVALS = (("VT", AgeGroup.ADULTS, Setting.INDIVIDUAL),)
PHONE_HOURS = ((0, 8 * 60, 9 * 60), (2, 12 * 60, 13 * 60))
WORKING_HOURS = tuple((day, 8 * 60, 18 * 60) for day in range(5))


class PracticeFactory(factory.django.DjangoModelFactory):
    """In the middle of Leipzig; mailbox and number are nobody else's."""

    class Meta:
        model = Practice

    name = factory.Sequence("Praxis {}".format)
    street = factory.Sequence("Lindenstraße {}".format)
    plz = "04109"
    city = "Leipzig"
    state = "SN"
    phone = factory.Sequence("+49341000{:04d}".format)
    email = factory.Sequence("praxis-{}@example.org".format)
    latitude = 51.3406
    longitude = 12.3747
    precision = "street"


class ContactGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ContactGroup


class WorkplaceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Workplace

    practice = factory.SubFactory(PracticeFactory)
    is_main = True


class ApprovalFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Approval

    method = "VT"
    age_group = AgeGroup.ADULTS
    setting = Setting.INDIVIDUAL


class TherapistFactory(factory.django.DjangoModelFactory):
    """`practice` may be a row or False for none, `practice__email=…` shapes the one made here.

    `approvals` are (method, age group, setting), `phone_hours` and `working_hours` (weekday, start minute,
    end minute). `working_hours=False` means unknown. Two therapists at one practice get one contact group
    only if `contact_group` says so (or `services.contact_groups.regroup` is called).
    """

    class Meta:
        model = Therapist
        skip_postgeneration_save = True

    salutation = "ms"
    gender = Gender.FEMALE
    title = "Dipl.-Psych."
    first_name = factory.Sequence("Anna {}".format)
    last_name = factory.Sequence("Linde {:04d}".format)
    contact_group = factory.SubFactory(ContactGroupFactory)
    seat = Seat.FULL
    is_licensed = True
    languages = factory.LazyFunction(lambda: ["de"])
    review_status = ReviewStatus.VERIFIED
    reviewed_at = REVIEWED_AT
    is_working_hours_known = True
    email_permission_since = REVIEWED_AT.date()
    email_permission_how = EmailPermission.ORAL

    @factory.post_generation
    def practice(self, create: bool, given: Practice | bool | None, **kwargs: Any) -> None:
        if create and given is not False:
            WorkplaceFactory(therapist=self, practice=given or PracticeFactory(**kwargs))

    @factory.post_generation
    def approvals(self, create: bool, given: Iterable[tuple[str, str, str]] | None, **kwargs: Any) -> None:
        for method, age_group, setting in APPROVALS if given is None else given:
            ApprovalFactory(therapist=self, method=method, age_group=age_group, setting=setting)

    @factory.post_generation
    def phone_hours(self, create: bool, given: Iterable[Hours] | None, **kwargs: Any) -> None:
        _add_hours(self, HoursKind.PHONE, PHONE_HOURS if given is None else given)

    @factory.post_generation
    def working_hours(self, create: bool, given: Iterable[Hours] | bool | None, **kwargs: Any) -> None:
        if given is False:
            self.is_working_hours_known = False
            self.save(update_fields=["is_working_hours_known"])
        else:
            _add_hours(self, HoursKind.WORKING, WORKING_HOURS if given is None else given)


class ContactPauseFactory(factory.django.DjangoModelFactory):
    """Four weeks from the Monday the tests live in."""

    class Meta:
        model = ContactPause

    therapist = factory.SubFactory(TherapistFactory)
    starts_on = date(2026, 11, 23)
    until = date(2026, 12, 21)
    reason = PauseReason.STAFF


def _add_hours(therapist: Therapist, kind: str, hours: Iterable[Hours]) -> None:
    for weekday, start, end in hours:
        WeeklyHours.objects.create(
            therapist=therapist, kind=kind, weekday=weekday, start_minute=start, end_minute=end
        )
