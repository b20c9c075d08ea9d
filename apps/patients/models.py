"""Patients with what decides about a place: identity, insurance, clinical facts, wishes, consents."""

import secrets
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.changes import tracked
from apps.core.encryption import (
    EncryptedBooleanField,
    EncryptedDateField,
    EncryptedJSONField,
    EncryptedTextField,
)
from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.models import HistoryRow, StatefulModel
from apps.core.weekly import WeeklyInterval, interval_constraints
from apps.geocoding.enums import Precision
from apps.patients.enums import (
    Channel,
    Gender,
    GroupWish,
    InsuranceKind,
    MaritalStatus,
    PatientStatus,
    Purpose,
    TravelMode,
)

S = PatientStatus
CASE_CODE_LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"  # nothing that is misheard or misread on the phone

CLINICAL_FIELDS = [
    "diagnosis",
    "symptoms",
    "complaints",
    "complaints_since",
    "reason_now",
    "previous_treatments",
    "has_previous_therapy",
    "previous_therapy_last_session_on",
    "previous_therapy_method",
    "inpatient_treatment",
    "physical_illnesses",
    "medication",
    "stressors",
    "support_systems",
    "expectations",
    "therapy_goals",
    "occupation",
    "marital_status",
]
SECRET_FIELDS = [*CLINICAL_FIELDS, "kvnr", "kvnr_index", "referral_code"]


def new_case_code() -> str:
    """Pseudonym for first contacts, e.g. K7M-4QX: random, says nothing about the person."""
    letters = "".join(secrets.choice(CASE_CODE_LETTERS) for _position in range(6))
    return f"{letters[:3]}-{letters[3:]}"


class Insurer(models.Model):
    """Krankenkasse or private insurer."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(
        _("kind"), max_length=12, choices=InsuranceKind.choices, default=InsuranceKind.STATUTORY
    )

    class Meta:
        verbose_name = _("insurer")
        verbose_name_plural = _("insurers")

    def __str__(self) -> str:
        return self.name


class Symptom(models.Model):
    """The maintained list of about thirty symptoms; patients carry the codes, encrypted."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_de = models.CharField(_("German name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("symptom")
        verbose_name_plural = _("symptoms")

    def __str__(self) -> str:
        return self.name_de


@pghistory.track(exclude=SECRET_FIELDS)
class Patient(StatefulModel):
    """A person looking for a place. Status changes: `core.transitions.move`, used by `services.status`.

    Clinical fields, KVNR and Vermittlungscode are encrypted; the audit trail leaves them out.
    """

    TRANSITIONS: ClassVar = {
        S.OPEN: frozenset({S.SEARCHING}),
        S.SEARCHING: frozenset({S.IN_THERAPY, S.SEARCH_CANCELLED}),
        S.IN_THERAPY: frozenset({S.THERAPY_COMPLETED, S.THERAPY_DISCONTINUED}),
        S.THERAPY_COMPLETED: frozenset({S.SEARCHING}),
        S.THERAPY_DISCONTINUED: frozenset({S.SEARCHING}),
        S.SEARCH_CANCELLED: frozenset({S.SEARCHING}),
    }
    UNDO: ClassVar = {
        S.SEARCHING: frozenset({S.OPEN}),
        S.IN_THERAPY: frozenset({S.SEARCHING}),
        S.SEARCH_CANCELLED: frozenset({S.SEARCHING}),
        S.THERAPY_COMPLETED: frozenset({S.IN_THERAPY}),
        S.THERAPY_DISCONTINUED: frozenset({S.IN_THERAPY}),
    }
    EVENTS: ClassVar = {status: f"patient.{status}" for status in S if status != S.OPEN}

    case_code = models.CharField(
        _("case code"), max_length=7, unique=True, default=new_case_code, editable=False
    )
    status = models.CharField(_("status"), max_length=24, choices=S.choices, default=S.OPEN, editable=False)

    # identity
    salutation = models.CharField(
        _("salutation"), max_length=8, choices=Salutation.choices, default=Salutation.NONE
    )
    gender = models.CharField(_("gender"), max_length=12, choices=Gender.choices, default=Gender.NOT_STATED)
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    plz = models.CharField(_("PLZ"), max_length=5, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    preferred_channel = models.CharField(
        _("preferred contact"), max_length=8, choices=Channel.choices, default=Channel.EMAIL
    )
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    precision = models.CharField(
        _("precision of the place"), max_length=8, choices=Precision.choices, default=Precision.NONE
    )

    # insurance and doctors
    insurance_kind = models.CharField(
        _("insurance"), max_length=12, choices=InsuranceKind.choices, blank=True
    )
    insurer = models.ForeignKey(Insurer, models.PROTECT, null=True, blank=True, verbose_name=_("insurer"))
    kvnr = EncryptedTextField(_("KVNR"), blank=True)
    kvnr_index = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    gp_name = models.CharField(_("GP (Hausarzt)"), max_length=120, blank=True)
    gp_contact = models.CharField(_("GP: phone or place"), max_length=160, blank=True)
    referrer = models.CharField(_("referrer"), max_length=160, blank=True)

    # clinical, encrypted
    diagnosis = EncryptedTextField(_("diagnosis (ICD-10-GM)"), blank=True)
    symptoms = EncryptedJSONField(_("symptoms"), default=list, blank=True)
    complaints = EncryptedTextField(_("current complaints"), blank=True)
    complaints_since = EncryptedTextField(_("since when"), blank=True)
    reason_now = EncryptedTextField(_("reason for seeking therapy now"), blank=True)
    previous_treatments = EncryptedTextField(_("previous treatments"), blank=True)
    has_previous_therapy = EncryptedBooleanField(_("previous therapy"), null=True, blank=True)
    previous_therapy_last_session_on = EncryptedDateField(_("last session on"), null=True, blank=True)
    previous_therapy_method = EncryptedTextField(_("method of the previous therapy"), blank=True)
    inpatient_treatment = EncryptedTextField(_("inpatient treatment"), blank=True)
    physical_illnesses = EncryptedTextField(_("physical illnesses"), blank=True)
    medication = EncryptedTextField(_("medication"), blank=True)
    stressors = EncryptedTextField(_("stressors"), blank=True)
    support_systems = EncryptedTextField(_("support systems"), blank=True)
    expectations = EncryptedTextField(_("expectations"), blank=True)
    therapy_goals = EncryptedTextField(_("therapy goals"), blank=True)
    occupation = EncryptedTextField(_("occupation"), blank=True)
    marital_status = EncryptedTextField(_("marital status"), blank=True, choices=MaritalStatus.choices)

    # process
    contracts_signed_on = models.DateField(_("contracts signed on"), null=True, blank=True)
    sprechstunde_on = models.DateField(_("Sprechstunde held on"), null=True, blank=True)
    ptv11_on = models.DateField(_("PTV 11 dated"), null=True, blank=True)
    is_ptv11_urgent = models.BooleanField(_("PTV 11: urgent"), null=True, blank=True)
    referral_code = EncryptedTextField(_("Vermittlungscode"), blank=True)
    payment_reference = models.CharField(_("payment reference"), max_length=40, blank=True)
    payment_received_on = models.DateField(_("payment received on"), null=True, blank=True)
    started_on = models.DateField(_("start date"), null=True, blank=True, editable=False)
    first_place_on = models.DateField(_("first place on"), null=True, blank=True, editable=False)
    place_confirmed_on = models.DateField(_("place confirmed on"), null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)

    # wishes
    wished_gender = models.CharField(
        _("wished gender of the therapist"),
        max_length=8,
        choices=WishedGender.choices,
        default=WishedGender.ANY,
    )
    wished_methods = ArrayField(
        models.CharField(max_length=2, choices=Method.choices),
        verbose_name=_("methods wished"),
        default=list,
        blank=True,
    )
    group_wish = models.CharField(
        _("group therapy"), max_length=8, choices=GroupWish.choices, default=GroupWish.NO
    )
    is_diga_accepted = models.BooleanField(_("DiGA accepted"), default=False)
    languages = ArrayField(
        models.CharField(max_length=3, choices=Language.choices),
        verbose_name=_("languages"),
        default=list,
        blank=True,
        help_text=_("Empty means German."),
    )
    travel_mode = models.CharField(
        _("travels by"), max_length=16, choices=TravelMode.choices, default=TravelMode.CAR
    )
    max_distance_km = models.PositiveSmallIntegerField(_("longest distance (km)"), null=True, blank=True)
    max_travel_minutes = models.PositiveSmallIntegerField(_("longest way (minutes)"), null=True, blank=True)
    is_availability_known = models.BooleanField(_("weekly availability known"), default=False, editable=False)

    class Meta:
        triggers = [tracked("patient")]
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="patient_by_name"),
            models.Index(fields=["status", "id"], name="patient_by_status"),
            models.Index(fields=["created_at", "id"], name="patient_by_creation"),
            models.Index(fields=["updated_at", "id"], name="patient_by_change"),
            models.Index(fields=["plz"], name="patient_by_plz", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.CheckConstraint(name="patient_status_known", condition=Q(status__in=S.values)),
            models.CheckConstraint(name="patient_gender_known", condition=Q(gender__in=Gender.values)),
            models.CheckConstraint(
                name="patient_insurance_known",
                condition=Q(insurance_kind="") | Q(insurance_kind__in=InsuranceKind.values),
            ),
            models.CheckConstraint(name="patient_plz_form", condition=Q(plz="") | Q(plz__regex=r"^\d{5}$")),
            models.CheckConstraint(
                name="patient_methods_known", condition=Q(wished_methods__contained_by=Method.values)
            ),
            models.CheckConstraint(
                name="patient_place_whole",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
            ),
            models.CheckConstraint(
                name="patient_limits_positive",
                condition=(Q(max_distance_km__isnull=True) | Q(max_distance_km__gte=1))
                & (Q(max_travel_minutes__isnull=True) | Q(max_travel_minutes__gte=1)),
            ),
            models.CheckConstraint(
                name="patient_confirmed_after_first_place",
                condition=Q(place_confirmed_on__isnull=True)
                | Q(first_place_on__isnull=False, place_confirmed_on__gte=F("first_place_on")),
            ),
            models.CheckConstraint(
                name="patient_started_before_searching",
                condition=Q(status=S.OPEN) | Q(started_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.first_name}"

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("patients:detail", args=[self.pk])

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class PatientHistory(HistoryRow):
    subject = models.ForeignKey(Patient, models.CASCADE, related_name="history", verbose_name=_("patient"))

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a patient")
        verbose_name_plural = _("histories of patients")


class Availability(WeeklyInterval):
    """When a patient can come; several intervals a day."""

    patient = models.ForeignKey(
        Patient, models.CASCADE, related_name="availability", verbose_name=_("patient")
    )

    class Meta:
        triggers = [tracked("patient", "patient_id")]
        verbose_name = _("weekly availability")
        verbose_name_plural = _("weekly availability")
        ordering = ["weekday", "start_minute"]
        constraints = interval_constraints("availability", "patient_id")


class Consent(models.Model):
    """One consent for one purpose. Withdrawn ones stay; at most one per purpose is in force."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="consents", verbose_name=_("patient"))
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    given_on = models.DateField(_("given on"))
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    proof = models.CharField(_("proof"), max_length=200)

    class Meta:
        triggers = [tracked("patient", "patient_id")]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["purpose", "-given_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "purpose"],
                name="consent_one_in_force",
                condition=Q(withdrawn_on__isnull=True),
            ),
            models.CheckConstraint(name="consent_purpose_known", condition=Q(purpose__in=Purpose.values)),
            models.CheckConstraint(name="consent_has_proof", condition=~Q(proof="")),
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("given_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.get_purpose_display()
