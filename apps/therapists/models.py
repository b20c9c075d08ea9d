"""Therapists, their practices, approvals and hours, and what protects them from too many contacts."""

from datetime import UTC, datetime
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.changes import tracked, tracked_through
from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.models import HistoryRow, StatefulModel, TimestampedModel
from apps.core.weekly import WeeklyInterval, interval_constraints
from apps.geocoding.enums import Precision, State
from apps.therapists.enums import (
    AgeGroup,
    EmailPermission,
    Gender,
    HoursKind,
    PauseReason,
    ReviewStatus,
    Seat,
    Setting,
    TherapistStatus,
)

S = TherapistStatus
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an order needs an instant where there is none
LAST_CONTACT = Coalesce(Greatest("last_email_at", "last_call_at", "last_talk_at"), Value(NEVER))
WORKING_THERE = "SELECT therapist_id AS subject FROM therapists_workplace WHERE practice_id = {value}"


class ContactGroup(models.Model):
    """Therapists behind one mailbox or phone number: pauses and limits hold for all of them.

    Kept by `services.contact_groups.regroup`. Releasing an inquiry locks this row.
    """

    class Meta:
        verbose_name = _("contact group")
        verbose_name_plural = _("contact groups")

    def __str__(self) -> str:
        return f"#{self.pk}"


@pghistory.track()
class Practice(TimestampedModel):
    """An address at which one or more therapists work; phone and e-mail may be shared."""

    name = models.CharField(_("name"), max_length=160, blank=True)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    plz = models.CharField(_("PLZ"), max_length=5)
    city = models.CharField(_("city"), max_length=80)
    state = models.CharField(_("state"), max_length=2, choices=State.choices, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    fax = models.CharField(_("fax"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    precision = models.CharField(
        _("precision of the place"), max_length=8, choices=Precision.choices, default=Precision.NONE
    )

    class Meta:
        triggers = [tracked_through("therapist", WORKING_THERE, "id")]
        verbose_name = _("practice")
        verbose_name_plural = _("practices")
        indexes = [
            models.Index(fields=["plz"], name="practice_plz"),
            models.Index(fields=["email"], name="practice_email", condition=~Q(email="")),
            models.Index(fields=["phone"], name="practice_phone", condition=~Q(phone="")),
            models.Index(fields=["name", "id"], name="practice_by_name"),
            models.Index(fields=["updated_at", "id"], name="practice_by_change"),
        ]
        constraints = [
            models.CheckConstraint(name="practice_plz_form", condition=Q(plz__regex=r"^\d{5}$")),
            models.CheckConstraint(
                name="practice_place_whole",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.street}, {self.plz} {self.city}"


@pghistory.track()
class Therapist(StatefulModel):
    """A person with a licence. Status changes: `core.transitions.move`, used by `services.status`."""

    TRANSITIONS: ClassVar = {
        S.ACTIVE: frozenset({S.BLOCKED, S.INACTIVE}),
        S.BLOCKED: frozenset({S.ACTIVE, S.INACTIVE}),
        S.INACTIVE: frozenset({S.ACTIVE}),
    }
    EVENTS: ClassVar = {status: f"therapist.{status}" for status in S}

    status = models.CharField(_("status"), max_length=12, choices=S.choices, default=S.ACTIVE, editable=False)
    blocked_reason = models.CharField(_("why blocked"), max_length=300, blank=True, editable=False)
    blocked_since = models.DateField(_("blocked since"), null=True, blank=True, editable=False)
    blocked_until = models.DateField(_("blocked until"), null=True, blank=True, editable=False)
    review_status = models.CharField(
        _("review"),
        max_length=12,
        choices=ReviewStatus.choices,
        default=ReviewStatus.UNREVIEWED,
        editable=False,
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True, editable=False)

    # identity
    salutation = models.CharField(
        _("salutation"), max_length=8, choices=Salutation.choices, default=Salutation.NONE
    )
    gender = models.CharField(_("gender"), max_length=8, choices=Gender.choices, default=Gender.UNKNOWN)
    title = models.CharField(
        _("title"), max_length=60, blank=True, help_text=_("As printed, e.g. Dr. phil. Dipl.-Psych.")
    )
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    practices = models.ManyToManyField(
        Practice, through="Workplace", related_name="therapists", verbose_name=_("practices")
    )
    contact_group = models.ForeignKey(
        ContactGroup,
        models.PROTECT,
        related_name="therapists",
        editable=False,
        verbose_name=_("contact group"),
    )

    # licence and offer
    seat = models.CharField(_("statutory seat"), max_length=4, choices=Seat.choices, default=Seat.NONE)
    is_licensed = models.BooleanField(_("licensed (approbiert)"), default=True)
    languages = ArrayField(
        models.CharField(max_length=3, choices=Language.choices),
        verbose_name=_("languages"),
        default=list,
        blank=True,
        help_text=_("Empty means German."),
    )
    further_qualifications = models.TextField(_("further qualifications"), blank=True)
    special_offers = models.TextField(_("special offers"), blank=True)
    accessibility = models.CharField(_("accessibility"), max_length=200, blank=True)
    is_working_hours_known = models.BooleanField(_("working hours known"), default=False, editable=False)
    free_individual_from = models.DateField(_("individual place free from"), null=True, blank=True)
    free_group_from = models.DateField(_("group place free from"), null=True, blank=True)
    free_places_note = models.CharField(_("note on free places"), max_length=200, blank=True)
    is_possibly_free = models.BooleanField(_("possibly has places"), default=False)
    knows_agency = models.BooleanField(_("knows the agency"), default=False)

    # wishes about patients
    wished_diagnoses = ArrayField(
        models.CharField(max_length=9),
        verbose_name=_("diagnoses"),
        default=list,
        blank=True,
        help_text=_("ICD-10 codes or blocks such as F32, F40-F48; empty means any."),
    )
    wished_age_from = models.PositiveSmallIntegerField(_("age from"), default=0, help_text=_("0 means none."))
    wished_age_to = models.PositiveSmallIntegerField(_("age to"), default=0, help_text=_("0 means none."))
    wished_gender = models.CharField(
        _("gender of patients"), max_length=8, choices=WishedGender.choices, default=WishedGender.ANY
    )
    prefers_group = models.BooleanField(_("prefers group"), default=False)

    # contact
    last_email_at = models.DateTimeField(_("last e-mail"), null=True, blank=True, editable=False)
    last_call_at = models.DateTimeField(_("last call"), null=True, blank=True, editable=False)
    last_talk_at = models.DateTimeField(_("last talk in person"), null=True, blank=True, editable=False)
    do_not_contact_since = models.DateField(_("do not contact since"), null=True, blank=True, editable=False)
    email_permission_since = models.DateField(_("e-mail permitted since"), null=True, blank=True)
    email_permission_how = models.CharField(
        _("e-mail permitted how"), max_length=8, choices=EmailPermission.choices, blank=True
    )
    internal_note = models.TextField(_("internal note"), blank=True)

    class Meta:
        triggers = [tracked("therapist")]
        verbose_name = _("therapist")
        verbose_name_plural = _("therapists")
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="therapist_by_name"),
            models.Index(fields=["status", "review_status", "id"], name="therapist_by_status"),
            models.Index(fields=["created_at", "id"], name="therapist_by_creation"),
            models.Index(fields=["updated_at", "id"], name="therapist_by_change"),
            models.Index(LAST_CONTACT, "id", name="therapist_by_last_contact"),
        ]
        constraints = [
            models.CheckConstraint(name="therapist_status_known", condition=Q(status__in=S.values)),
            models.CheckConstraint(
                name="therapist_review_known", condition=Q(review_status__in=ReviewStatus.values)
            ),
            models.CheckConstraint(name="therapist_gender_known", condition=Q(gender__in=Gender.values)),
            models.CheckConstraint(name="therapist_seat_known", condition=Q(seat__in=Seat.values)),
            models.CheckConstraint(
                name="therapist_blocked_with_reason",
                condition=~Q(status=S.BLOCKED) | (~Q(blocked_reason="") & Q(blocked_since__isnull=False)),
            ),
            models.CheckConstraint(
                name="therapist_blocked_in_order",
                condition=Q(blocked_until__isnull=True)
                | Q(blocked_since__isnull=False, blocked_until__gte=F("blocked_since")),
            ),
            models.CheckConstraint(
                name="therapist_age_wish_in_order",
                condition=Q(wished_age_to=0) | Q(wished_age_to__gte=F("wished_age_from")),
            ),
            models.CheckConstraint(
                name="therapist_permission_whole",
                condition=Q(email_permission_since__isnull=True, email_permission_how="")
                | (Q(email_permission_since__isnull=False) & ~Q(email_permission_how="")),
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.last_name, self.first_name) if part)

    def get_absolute_url(self) -> str:
        return reverse("therapists:detail", args=[self.pk])

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name) if part)


class TherapistHistory(HistoryRow):
    subject = models.ForeignKey(
        Therapist, models.CASCADE, related_name="history", verbose_name=_("therapist")
    )

    class Meta(HistoryRow.Meta):
        verbose_name = _("history of a therapist")
        verbose_name_plural = _("histories of therapists")


class Workplace(models.Model):
    """A therapist works at a practice; exactly one is the main one."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="workplaces", verbose_name=_("therapist")
    )
    practice = models.ForeignKey(
        Practice, models.PROTECT, related_name="workplaces", verbose_name=_("practice")
    )
    is_main = models.BooleanField(_("main practice"), default=True)

    class Meta:
        triggers = [tracked("therapist", "therapist_id")]
        verbose_name = _("workplace")
        verbose_name_plural = _("workplaces")
        ordering = ["-is_main", "id"]
        constraints = [
            models.UniqueConstraint(fields=["therapist", "practice"], name="workplace_once"),
            models.UniqueConstraint(
                fields=["therapist"], name="workplace_one_main", condition=Q(is_main=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.practice)


class Approval(models.Model):
    """What a therapist may do: one row per method, age group and setting."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="approvals", verbose_name=_("therapist")
    )
    method = models.CharField(_("method"), max_length=2, choices=Method.choices)
    age_group = models.CharField(_("age group"), max_length=8, choices=AgeGroup.choices)
    setting = models.CharField(_("setting"), max_length=12, choices=Setting.choices)

    class Meta:
        triggers = [tracked("therapist", "therapist_id")]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["method", "age_group", "setting"]
        constraints = [
            models.UniqueConstraint(
                fields=["therapist", "method", "age_group", "setting"], name="approval_once"
            ),
            models.CheckConstraint(
                name="approval_known",
                condition=Q(
                    method__in=Method.values, age_group__in=AgeGroup.values, setting__in=Setting.values
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} · {self.get_age_group_display()} · {self.get_setting_display()}"


class WeeklyHours(WeeklyInterval):
    """Phone hours or working hours of a therapist."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="hours", verbose_name=_("therapist")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=HoursKind.choices)

    class Meta:
        triggers = [tracked("therapist", "therapist_id")]
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        ordering = ["kind", "weekday", "start_minute"]
        constraints = [
            models.CheckConstraint(name="hours_kind_known", condition=Q(kind__in=HoursKind.values)),
            *interval_constraints("phone_hours", "therapist_id", Q(kind=HoursKind.PHONE)),
            *interval_constraints("working_hours", "therapist_id", Q(kind=HoursKind.WORKING))[1:],
        ]


class ContactPause(models.Model):
    """Until when a therapist (and everybody behind the same mailbox or phone) must not be contacted."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="pauses", verbose_name=_("therapist")
    )
    starts_on = models.DateField(_("from"))
    until = models.DateField(_("until (last day)"))
    reason = models.CharField(_("reason"), max_length=12, choices=PauseReason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)

    class Meta:
        triggers = [tracked("therapist", "therapist_id")]
        verbose_name = _("contact pause")
        verbose_name_plural = _("contact pauses")
        ordering = ["-until"]
        indexes = [
            models.Index(fields=["until"], name="pause_in_force", condition=Q(lifted_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(name="pause_in_order", condition=Q(until__gte=F("starts_on"))),
            models.CheckConstraint(name="pause_reason_known", condition=Q(reason__in=PauseReason.values)),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.until}"
