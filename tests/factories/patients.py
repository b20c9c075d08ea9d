"""Patients for tests: complete, so that a search can begin, living in the middle of Leipzig."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import factory

from apps.core.encryption import blind_index
from apps.patients.enums import Purpose
from apps.patients.models import Availability, Consent, Insurer, Patient

Hours = tuple[int, int, int]
AVAILABILITY = tuple((day, 8 * 60, 13 * 60) for day in range(5))


class InsurerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Insurer
        django_get_or_create = ("name",)

    name = "Ahornkasse"
    kind = "gkv"


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent

    patient = factory.SubFactory("tests.factories.patients.PatientFactory", consents=())
    purpose = Purpose.HEALTH_DATA
    given_on = date(2026, 10, 1)
    proof = "contract, page 3"


class PatientFactory(factory.django.DjangoModelFactory):
    """`consents` are purposes, `availability` (weekday, start minute, end minute); `()` for none.

    A status other than open needs `started_on` (the default of the trait `searching`).
    """

    class Meta:
        model = Patient
        skip_postgeneration_save = True

    class Params:
        searching = factory.Trait(status="searching", started_on=date(2026, 11, 2))
        empty = factory.Trait(
            birth_date=None,
            insurance_kind="",
            insurer=None,
            kvnr="",
            plz="",
            city="",
            latitude=None,
            longitude=None,
            precision="none",
            diagnosis="",
            symptoms=factory.LazyFunction(list),
            contracts_signed_on=None,
            sprechstunde_on=None,
            ptv11_on=None,
            payment_received_on=None,
            email="",
            phone="",
            consents=(),
            availability=(),
        )

    salutation = "ms"
    gender = "female"
    first_name = factory.Sequence("Clara {}".format)
    last_name = factory.Sequence("Ahorn {:04d}".format)
    street = factory.Sequence("Ahornweg {}".format)
    plz = "04103"
    city = "Leipzig"
    email = factory.Sequence("clara-{}@example.org".format)
    phone = factory.Sequence("+49341000{:05d}".format)
    birth_date = date(1990, 5, 17)
    latitude = 51.3397
    longitude = 12.3913
    precision = "plz"
    insurance_kind = "gkv"
    insurer = factory.SubFactory(InsurerFactory)
    kvnr = "A123456780"
    kvnr_index = factory.LazyAttribute(lambda patient: blind_index(patient.kvnr))
    diagnosis = "F32.1"
    symptoms = factory.LazyFunction(lambda: ["depressed-mood", "sleep-problems"])
    complaints = "Seit dem Sommer kaum Antrieb."
    contracts_signed_on = date(2026, 10, 1)
    sprechstunde_on = date(2026, 9, 14)
    ptv11_on = date(2026, 9, 14)
    payment_reference = factory.Sequence("PV-{:05d}".format)
    payment_received_on = date(2026, 10, 5)
    languages = factory.LazyFunction(lambda: ["de"])
    max_distance_km = 25

    @factory.post_generation
    def consents(self, create: bool, given: Iterable[str] | None, **kwargs: Any) -> None:
        for purpose in Purpose if given is None else given:
            ConsentFactory(patient=self, purpose=purpose)

    @factory.post_generation
    def availability(self, create: bool, given: Iterable[Hours] | None, **kwargs: Any) -> None:
        hours = AVAILABILITY if given is None else tuple(given)
        for weekday, start, end in hours:
            Availability.objects.create(patient=self, weekday=weekday, start_minute=start, end_minute=end)
        self.is_availability_known = bool(hours)
        self.save(update_fields=["is_availability_known"])
