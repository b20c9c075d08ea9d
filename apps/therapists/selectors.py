"""Reading therapists. On rows of `therapist_list`, the functions of one therapist need no query."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.weekly import Interval, total_minutes
from apps.therapists import names
from apps.therapists.enums import HoursKind, ReviewStatus, TherapistStatus
from apps.therapists.models import LAST_CONTACT, Approval, ContactPause, Practice, Therapist, Workplace

PUBLISHED, PERMISSION = "published", "permission"
LEAST_PHONE_MINUTES = (
    100  # a half seat must be reachable so long a week (Bundesmantelvertrag); less is stale data
)

CONTACTABLE, PAUSED, NOT_REVIEWED, BLOCKED = "contactable", "paused", "unreviewed", "blocked"
INACTIVE, OBJECTED = "inactive", "objected"
CONTACT_STATES: dict[str, str | Promise] = {
    CONTACTABLE: _("may be contacted"),
    PAUSED: _("contact pause"),
    NOT_REVIEWED: _("not reviewed"),
    BLOCKED: _("blocked"),
    INACTIVE: _("inactive"),
    OBJECTED: _("objected to contact"),
}
_PLACE = ("name", "plz", "city", "state", "phone", "email")
_STANDING = Q(do_not_contact_since__isnull=True)
_ACTIVE = _STANDING & Q(status=TherapistStatus.ACTIVE)
_REVIEWED = _ACTIVE & Q(review_status=ReviewStatus.VERIFIED)
_IN_STATE = {  # the same order of precedence as in `contact_state`; needs the annotation `paused_until`
    OBJECTED: ~_STANDING,
    INACTIVE: _STANDING & Q(status=TherapistStatus.INACTIVE),
    BLOCKED: _STANDING & Q(status=TherapistStatus.BLOCKED),
    NOT_REVIEWED: _ACTIVE & Q(review_status=ReviewStatus.UNREVIEWED),
    PAUSED: _REVIEWED & Q(paused_until__isnull=False),
    CONTACTABLE: _REVIEWED & Q(paused_until__isnull=True),
}


@dataclass(frozen=True)
class ContactState:
    """Whether a therapist may be contacted, else the strongest reason why not; `until` is a last day."""

    code: str
    until: date | None = None

    @property
    def label(self) -> str | Promise:
        return CONTACT_STATES[self.code]


def therapist_list(today: date) -> QuerySet[Therapist]:
    """Every therapist with approvals, practices, `main_plz`, `main_city` and `paused_until` of that day."""
    return with_offer(with_pause(Therapist.objects.all(), today)).annotate(
        main_plz=Subquery(_main_place().values("practice__plz")[:1]),
        main_city=Subquery(_main_place().values("practice__city")[:1]),
    )


def with_pause(therapists: QuerySet[Therapist], today: date) -> QuerySet[Therapist]:
    """Annotates `paused_until`: last day of the longest pause of anybody in the contact group, or None."""
    pauses = pauses_in_force(today).filter(therapist__contact_group=OuterRef("contact_group"))
    return therapists.annotate(paused_until=Subquery(pauses.order_by("-until").values("until")[:1]))


def with_last_contact(therapists: QuerySet[Therapist]) -> QuerySet[Therapist]:
    """Annotates `last_contact`: the latest of e-mail, call and talk; `NEVER` where there was none."""
    return therapists.annotate(last_contact=LAST_CONTACT)


def with_rows_around(therapists: QuerySet[Therapist]) -> QuerySet[Therapist]:
    """Annotates `approval_rows` and `main_place` as JSON: for long lists, at a third of the cost of rows."""
    approvals = Approval.objects.filter(therapist=OuterRef("pk")).order_by("method", "age_group", "setting")
    approval = JSONObject(method="method", age_group="age_group", setting="setting")
    place = JSONObject(id="practice_id", **{name: f"practice__{name}" for name in _PLACE})
    return therapists.annotate(
        approval_rows=ArraySubquery(approvals.values(row=approval)),
        main_place=Subquery(_main_place().values(row=place)[:1]),
    )


def with_offer(therapists: QuerySet[Therapist]) -> QuerySet[Therapist]:
    workplaces = Workplace.objects.select_related("practice").order_by("-is_main", "pk")
    return therapists.prefetch_related("approvals", Prefetch("workplaces", queryset=workplaces))


def in_contact_state(therapists: QuerySet[Therapist], state: str) -> QuerySet[Therapist]:
    """Those of a queryset `with_pause` whose `contact_state` has that code."""
    return therapists.filter(_IN_STATE[state])


def matching_text(therapists: QuerySet[Therapist], text: str) -> QuerySet[Therapist]:
    """Those for whom every word is in the name or in name, PLZ or town of one practice."""
    for word in text.split():
        places = Workplace.objects.filter(
            Q(practice__name__icontains=word)
            | Q(practice__plz__startswith=word)
            | Q(practice__city__icontains=word),
            therapist=OuterRef("pk"),
        )
        therapists = therapists.filter(
            Q(last_name__icontains=word) | Q(first_name__icontains=word) | Q(Exists(places))
        )
    return therapists


def unreviewed() -> QuerySet[Therapist]:
    """The review queue, oldest first: active, and nobody may contact them before somebody has looked."""
    return Therapist.objects.filter(_IN_STATE[NOT_REVIEWED]).order_by("created_at", "pk")


def pauses_in_force(today: date) -> QuerySet[ContactPause]:
    """Pauses that hold on that day. They hold for the whole contact group of their therapist."""
    return ContactPause.objects.filter(starts_on__lte=today, until__gte=today, lifted_at__isnull=True)


def paused_until(therapist: Therapist, today: date) -> date | None:
    """Last day of the longest pause of anybody in the contact group; one query unless annotated."""
    if "paused_until" in therapist.__dict__:
        return therapist.paused_until  # type: ignore[attr-defined]
    pauses = pauses_in_force(today).filter(therapist__contact_group=therapist.contact_group_id)
    return pauses.order_by("-until").values_list("until", flat=True).first()


def contact_state(therapist: Therapist, today: date) -> ContactState:
    if therapist.do_not_contact_since is not None:
        return ContactState(OBJECTED)
    if therapist.status == TherapistStatus.INACTIVE:
        return ContactState(INACTIVE)
    if therapist.status == TherapistStatus.BLOCKED:
        return ContactState(BLOCKED, until=therapist.blocked_until)
    if therapist.review_status != ReviewStatus.VERIFIED:
        return ContactState(NOT_REVIEWED)
    until = paused_until(therapist, today)
    return ContactState(PAUSED, until=until) if until else ContactState(CONTACTABLE)


def main_practice(therapist: Therapist) -> Practice | None:
    """The main practice, else any; None for a record without one."""
    workplaces = list(_workplaces(therapist))
    main = next((place for place in workplaces if place.is_main), None) or next(iter(workplaces), None)
    return main.practice if main else None


def may_be_emailed(*, therapist: Therapist, policy: str) -> str | None:
    """The address of the main practice, if there is one and the e-mail policy allows to use it.

    `policy` is the operating parameter `email_policy`; any other word is a ValueError. An objection forbids
    it under either.
    """
    if policy not in {PUBLISHED, PERMISSION}:
        raise ValueError(f"{policy!r} is no e-mail policy")
    is_allowed = policy == PUBLISHED or therapist.email_permission_since is not None
    practice = main_practice(therapist)
    if therapist.do_not_contact_since is not None or practice is None or not is_allowed:
        return None
    return practice.email or None


def phone_of(therapist: Therapist) -> str:
    """E.164 number of the main practice, else of another one; "" if none is known."""
    return next((place.practice.phone for place in _workplaces(therapist) if place.practice.phone), "")


def ids_with_phone() -> set[int]:
    """Ids of the therapists for whom `phone_of` knows a number."""
    with_phone = Workplace.objects.exclude(practice__phone="")
    return set(with_phone.order_by().values_list("therapist_id", flat=True))


def salutation_line(therapist: Therapist) -> str:
    """German greeting of a letter, without comma; see `names.greeting`."""
    return names.greeting(
        salutation=therapist.salutation,
        title=therapist.title,
        first_name=therapist.first_name,
        last_name=therapist.last_name,
    )


def hours(therapist: Therapist, kind: str) -> list[Interval]:
    """Weekly intervals in order; no rows and unknown look the same here (see `is_working_hours_known`)."""
    return sorted(row.interval for row in therapist.hours.all() if row.kind == kind)


def is_phone_time_doubtful(therapist: Therapist) -> bool:
    """Fewer phone minutes a week than a seat demands: probably stale data. No hours at all say nothing."""
    minutes = total_minutes(hours(therapist, HoursKind.PHONE))
    return 0 < minutes < LEAST_PHONE_MINUTES


def colleagues(therapist: Therapist) -> QuerySet[Therapist]:
    """The others behind the same mailbox or number: pauses and limits hold for all of them."""
    others = Therapist.objects.filter(contact_group=therapist.contact_group_id).exclude(pk=therapist.pk)
    return others.order_by("last_name", "first_name", "pk")


def pauses_of_group(therapist: Therapist) -> QuerySet[ContactPause]:
    """All pauses, past and lifted ones too, of everybody behind the same mailbox or number; latest first."""
    pauses = ContactPause.objects.filter(therapist__contact_group=therapist.contact_group_id)
    return pauses.select_related("therapist").order_by("-until", "-pk")


def record_changes(therapist: Therapist) -> list[dict[str, Any]]:
    """Changes of the record, newest first: {"at", "user_id", "fields"} from the audit trail, no values."""
    events = therapist.events.select_related("pgh_context").order_by("pgh_id")  # type: ignore[attr-defined]
    return [row for row in reversed(list(_differences(events))) if row["fields"]]


def _differences(events: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    before = None
    for event in events:
        if before is not None:
            yield {
                "at": event.pgh_created_at,
                "user_id": (event.pgh_context.metadata if event.pgh_context else {}).get("user"),
                "fields": [name for name in _SHOWN if getattr(event, name) != getattr(before, name)],
            }
        before = event


def _main_place() -> QuerySet[Workplace]:
    return Workplace.objects.filter(therapist=OuterRef("pk")).order_by("-is_main", "pk")


def _workplaces(therapist: Therapist) -> Any:
    if "workplaces" in getattr(therapist, "_prefetched_objects_cache", {}):
        return therapist.workplaces.all()
    return therapist.workplaces.select_related("practice").order_by("-is_main", "pk")


_SHOWN = [field.name for field in Therapist._meta.concrete_fields if field.editable and not field.primary_key]
