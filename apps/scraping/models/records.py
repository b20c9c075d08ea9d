"""What a source says, kept beside the therapists on file, and what of it is proposed for them."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.enums import Language, Salutation
from apps.scraping.enums import ProposalStatus, Standing
from apps.scraping.models.runs import ImportRun
from apps.scraping.models.sources import Source
from apps.therapists.enums import Gender, Seat
from apps.therapists.models import Practice, Therapist


class DirectoryRecord(models.Model):
    """One therapist at one address as the source showed it last: `records.DirectoryEntry` as a row.

    Written by `services.staging` in bulk. `payload` is the source's own record as of the last change.
    `approvals` are "method age_group setting", `phone_hours` "weekday start end" in minutes of the day.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="records", verbose_name=_("source"))
    external_id = models.CharField(_("id at the source"), max_length=200)
    address_key = models.CharField(
        _("address for comparison"),
        max_length=170,
        editable=False,
        help_text=_("A register shows a person once per practice, under the same id."),
    )
    salutation = models.CharField(_("salutation"), max_length=8, choices=Salutation.choices)
    gender = models.CharField(_("gender"), max_length=8, choices=Gender.choices)
    title = models.CharField(_("title"), max_length=60, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    practice_name = models.CharField(_("practice"), max_length=160, blank=True)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    plz = models.CharField(_("PLZ"), max_length=5)
    city = models.CharField(_("city"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    fax = models.CharField(_("fax"), max_length=40, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    seat = models.CharField(_("statutory seat"), max_length=4, choices=Seat.choices, blank=True)
    languages = ArrayField(
        models.CharField(max_length=3, choices=Language.choices), verbose_name=_("languages")
    )
    further_qualifications = models.TextField(_("further qualifications"), blank=True)
    special_offers = models.TextField(_("special offers"), blank=True)
    accessibility = models.CharField(_("accessibility"), max_length=200, blank=True)
    approvals = ArrayField(models.CharField(max_length=40), verbose_name=_("approvals"))
    phone_hours = ArrayField(models.CharField(max_length=12), verbose_name=_("phone hours"))
    doubts = ArrayField(models.TextField(), verbose_name=_("needs a look"))
    payload: Any = models.JSONField(_("as it came"))

    unjudged = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("to be compared"),
        default=list,
        blank=True,
        editable=False,
        help_text=_("Fields that say something new and were not compared with the therapist yet."),
    )
    first_run = models.ForeignKey(ImportRun, models.PROTECT, related_name="+", verbose_name=_("first run"))
    changed_on = models.DateField(_("changed on"))
    vanished_on = models.DateField(_("vanished on"), null=True, blank=True)

    standing = models.CharField(_("standing"), max_length=8, choices=Standing.choices, default=Standing.NEW)
    therapist = models.ForeignKey(
        Therapist,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="directory_records",
        verbose_name=_("therapist"),
    )
    practice = models.ForeignKey(
        Practice,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="directory_records",
        verbose_name=_("practice"),
    )
    matched_by = models.CharField(_("recognised by"), max_length=40, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("record of a source")
        verbose_name_plural = _("records of sources")
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            models.Index(
                fields=["last_name", "first_name", "id"],
                name="record_waiting",
                condition=Q(standing__in=[Standing.NEW, Standing.UNCLEAR]),
            ),
            models.Index(fields=["source", "id"], name="record_unjudged", condition=~Q(unjudged=[])),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "address_key"], name="record_once_per_source"
            ),
            models.CheckConstraint(name="record_standing_known", condition=Q(standing__in=Standing.values)),
            models.CheckConstraint(name="record_plz_form", condition=Q(plz__regex=r"^\d{5}$")),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.last_name, self.first_name, f"{self.plz} {self.city}")))


class Sighting(models.Model):
    """When a record was seen last. Apart, and narrow: it changes with every run, the record hardly ever."""

    record = models.OneToOneField(
        DirectoryRecord,
        models.CASCADE,
        primary_key=True,
        related_name="sighting",
        verbose_name=_("record of a source"),
    )
    run = models.ForeignKey(
        ImportRun,
        models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,  # runs are never deleted, and a check per row would double the cost
        verbose_name=_("last run"),
    )
    on = models.DateField(_("seen on"))

    class Meta:
        verbose_name = _("last sighting")
        verbose_name_plural = _("last sightings")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.record_id} {self.on}"


class ChangeProposal(models.Model):
    """A source says something about a known therapist that the record does not: one row per field.

    `field` is a name of `proposing.FIELDS`. `old` and `new` are as JSON; `is_hand_kept`: the value on record
    does not come from a source.
    """

    record = models.ForeignKey(
        DirectoryRecord, models.CASCADE, related_name="proposals", verbose_name=_("record of a source")
    )
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="proposed", verbose_name=_("run"))
    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="change_proposals", verbose_name=_("therapist")
    )
    practice = models.ForeignKey(
        Practice,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="change_proposals",
        verbose_name=_("practice"),
    )
    field = models.CharField(_("field"), max_length=40)
    old: Any = models.JSONField(_("on record"), null=True)
    new: Any = models.JSONField(_("the source says"))
    is_hand_kept = models.BooleanField(_("kept by hand"), default=False)
    status = models.CharField(
        _("status"), max_length=8, choices=ProposalStatus.choices, default=ProposalStatus.OPEN
    )
    said_on = models.DateField(_("said on"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering = ["therapist_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "field"],
                name="proposal_one_open",
                condition=Q(status=ProposalStatus.OPEN),
            ),
            models.CheckConstraint(
                name="proposal_status_known", condition=Q(status__in=ProposalStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.therapist}: {self.field}"


class FieldOrigin(models.Model):
    """Where the present value of a field came from. No row, or another `value`: it was set by hand."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, null=True, blank=True, related_name="origins", verbose_name=_("therapist")
    )
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="origins", verbose_name=_("practice")
    )
    field = models.CharField(_("field"), max_length=40)
    value: Any = models.JSONField(_("value"), null=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    said_on = models.DateField(_("said on"))
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("origin of a value")
        verbose_name_plural = _("origins of values")
        constraints = [
            models.UniqueConstraint(
                fields=["therapist", "field"],
                name="origin_once_per_therapist_field",
                condition=Q(therapist__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["practice", "field"],
                name="origin_once_per_practice_field",
                condition=Q(practice__isnull=False),
            ),
            models.CheckConstraint(
                name="origin_of_one",
                condition=Q(therapist__isnull=True, practice__isnull=False)
                | Q(therapist__isnull=False, practice__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.source}"
