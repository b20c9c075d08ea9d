"""Therapists as the engine's columns: a fixed number of queries, no object per row."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import Count, F, FilteredRelation, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, Left, TruncDate

from apps.core import icd
from apps.matching.engine import columns as engine
from apps.matching.engine.columns import TherapistColumns
from apps.matching.engine.hours import HoursColumns, hours_columns
from apps.matching.engine.ragged import Ragged
from apps.matching.enums import OPEN_INQUIRIES, YES_REQUESTS
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.selectors import bulk
from apps.matching.selectors.acceptance import ASKED_REQUESTS
from apps.matching.selectors.bulk import (
    BIGINT,
    BOOLEAN,
    DAY,
    FLOAT,
    INTEGER,
    SMALLINT,
    Initial,
    Part,
    part,
)
from apps.matching.selectors.owners import Owners
from apps.therapists.enums import HoursKind, ReviewStatus, Seat, TherapistStatus
from apps.therapists.models import Approval, ContactPause, Therapist, WeeklyHours

_CODE_LENGTH = 9  # of a wished diagnosis, e.g. F40.1-F48
_LANGUAGE_LENGTH = 3


def read_therapists(
    *, today: date, email_policy: str, ids: Collection[int] | None = None
) -> TherapistColumns:
    """All therapists, or those of `ids` (name everybody of a contact group together), ordered by id."""
    return therapists_of(bulk.read(parts(today, email_policy, ids is not None), ids or ()))


def therapists_of(found: dict[str, dict[str, Any]]) -> TherapistColumns:
    """Build the columns from what was read of all `parts`."""
    own = _own_columns(found["own"])
    owners = Owners(own["id"])
    last_inquiry = owners.spread(found["asked_on"]["owner"], bulk.days(found["asked_on"]["day"]))
    own["last_contact_on"] = np.maximum(own["last_contact_on"], last_inquiry)
    paused_until = owners.spread(found["pauses"]["owner"], bulk.days(found["pauses"]["day"]))
    history = found["history"]
    return TherapistColumns(
        hours=_working_hours(owners, found["hours"], own.pop("is_working_hours_known")),
        approvals=_approvals(owners, found["approvals"]),
        languages=_languages(owners, found["languages"]),
        paused_until=paused_until,
        has_open_inquiry=owners.marked(found["open_inquiries"]["owner"]),
        asked_count=owners.spread(history["owner"], history["asked"].astype(np.int32)),
        accepted_count=owners.spread(history["owner"], history["accepted"].astype(np.int32)),
        **_wishes(owners, found["wishes"]),
        **own,
    )


@lru_cache(maxsize=4)
def parts(today: date, email_policy: str, is_subset: bool) -> dict[str, Part]:
    def of(rows: QuerySet[Any], owner: str = "therapist_id") -> QuerySet[Any]:
        return rows.filter(bulk.Among(F(owner), bulk.IDS)) if is_subset else rows

    pauses = ContactPause.objects.filter(lifted_at__isnull=True, starts_on__lte=today, until__gte=today)
    contacted = Inquiry.objects.filter(last_contact_at__isnull=False)
    asked = PlacementRequest.objects.filter(status__in=ASKED_REQUESTS)
    return {
        "own": _own_part(of(Therapist.objects.all(), "pk"), email_policy),
        "wishes": _entries_part(of(Therapist.objects.all(), "pk"), "wished_diagnoses", _CODE_LENGTH),
        "languages": _entries_part(of(Therapist.objects.all(), "pk"), "languages", _LANGUAGE_LENGTH),
        "approvals": part(
            of(Approval.objects.all()),
            owner=("therapist_id", BIGINT),
            method=(Initial("method"), INTEGER),
            age_group=(Initial("age_group"), INTEGER),
            setting=(Initial("setting"), INTEGER),
        ),
        "hours": part(
            of(WeeklyHours.objects.filter(kind=HoursKind.WORKING)),
            owner=("therapist_id", BIGINT),
            weekday=("weekday", SMALLINT),
            start=("start_minute", SMALLINT),
            end=("end_minute", SMALLINT),
        ),
        "pauses": part(
            of(pauses).values("therapist_id").annotate(last=Max("until")),
            owner=("therapist_id", BIGINT),
            day=("last", DAY),
        ),
        "asked_on": part(
            of(contacted).values("therapist_id").annotate(last=Max("last_contact_at")),
            owner=("therapist_id", BIGINT),
            day=(TruncDate("last"), DAY),
        ),
        "open_inquiries": part(
            of(Inquiry.objects.filter(status__in=OPEN_INQUIRIES)), owner=("therapist_id", BIGINT)
        ),
        "history": part(
            of(asked)
            .values("therapist_id")
            .annotate(asked=Count("id"), accepted=Count("id", filter=Q(status__in=YES_REQUESTS))),
            owner=("therapist_id", BIGINT),
            asked=("asked", INTEGER),
            accepted=("accepted", INTEGER),
        ),
    }


def _own_part(therapists: QuerySet[Therapist], email_policy: str) -> Part:
    main = FilteredRelation("workplaces", condition=Q(workplaces__is_main=True))
    may_write = Q(main__practice__email__gt="")
    if email_policy != "published":
        may_write &= Q(email_permission_since__isnull=False)
    last_contact = Greatest("last_email_at", "last_call_at", "last_talk_at")
    return part(
        therapists.annotate(main=main),
        id=("pk", BIGINT),
        latitude=(bulk.known_number("main__practice__latitude"), FLOAT),
        longitude=(bulk.known_number("main__practice__longitude"), FLOAT),
        practice=(Coalesce("main__practice_id", 0), BIGINT),
        region=(Coalesce(Left("main__practice__plz", 2), Value("")), bulk.text(2)),
        has_email=(bulk.truth(may_write), BOOLEAN),
        gender=(Initial("gender"), INTEGER),
        status=(Initial("status"), INTEGER),
        is_verified=(bulk.truth(Q(review_status=ReviewStatus.VERIFIED)), BOOLEAN),
        do_not_contact=(bulk.truth(Q(do_not_contact_since__isnull=False)), BOOLEAN),
        contact_group=("contact_group_id", BIGINT),
        last_contact_on=(bulk.known_day(TruncDate(last_contact)), DAY),
        has_seat=(bulk.truth(~Q(seat=Seat.NONE)), BOOLEAN),
        is_licensed=("is_licensed", BOOLEAN),
        is_working_hours_known=("is_working_hours_known", BOOLEAN),
        wished_age_from=("wished_age_from", SMALLINT),
        wished_age_to=("wished_age_to", SMALLINT),
        wished_gender=(Initial("wished_gender"), INTEGER),
        prefers_group=("prefers_group", BOOLEAN),
        has_free_individual=(bulk.truth(Q(free_individual_from__isnull=False)), BOOLEAN),
        has_free_group=(bulk.truth(Q(free_group_from__isnull=False)), BOOLEAN),
        possibly_has_places=("is_possibly_free", BOOLEAN),
        knows_agency=("knows_agency", BOOLEAN),
    )


def _own_columns(rows: dict[str, np.ndarray]) -> dict[str, Any]:
    order = np.argsort(rows["id"], kind="stable")
    return _coded({name: column[order] for name, column in rows.items()})


def _coded(rows: dict[str, np.ndarray]) -> dict[str, Any]:
    status = rows.pop("status")
    return rows | {
        "region": _regions(rows["region"]),
        "gender": bulk.coded(rows["gender"], engine.GENDERS),
        "wished_gender": bulk.coded(rows["wished_gender"], engine.GENDER_WISHES),
        "is_active": status != ord(TherapistStatus.INACTIVE[0]),
        "is_blocked": status == ord(TherapistStatus.BLOCKED[0]),
        "last_contact_on": bulk.days(rows["last_contact_on"]),
    }


def _regions(plz_prefix: np.ndarray) -> np.ndarray:
    is_known = np.char.isdigit(plz_prefix) if len(plz_prefix) else np.zeros(0, dtype=bool)
    region = np.full(len(plz_prefix), engine.UNKNOWN_REGION, dtype=np.int16)
    region[is_known] = plz_prefix[is_known].astype(np.int16)
    return region


def _entries_part(therapists: QuerySet[Therapist], field: str, length: int) -> Part:
    filled = therapists.exclude(**{field: []})
    return part(filled, owner=("pk", BIGINT), code=(bulk.AsciiEntries(field), bulk.text(length)))


def _wishes(owners: Owners, entries: dict[str, np.ndarray]) -> dict[str, Any]:
    """A wish nobody can read remains a wish, one that nothing meets; blank entries are none."""
    codes, place = np.unique(entries["code"], return_inverse=True)
    texts = [code.decode().strip() for code in codes]
    canonical = [icd.normalise(code) for code in texts]
    ranges = np.array([icd.code_range(code) if code else engine.UNKNOWN_CODE for code in canonical], np.int32)
    is_wish = np.array([bool(code) for code in texts], dtype=bool)[place]
    is_readable = np.array([code is not None for code in canonical], dtype=bool)[place]
    is_known, row = owners.rows(entries["owner"])
    has_wish = np.zeros(owners.count, dtype=bool)
    has_wish[row[is_wish[is_known]]] = True
    readable = is_readable[is_known]
    values = ranges.reshape(-1, 2)[place[is_known][readable]]
    return {"has_wish": has_wish, "wishes": Ragged.group(owners.count, row[readable], values)}


def _languages(owners: Owners, entries: dict[str, np.ndarray]) -> np.ndarray:
    codes, place = np.unique(entries["code"], return_inverse=True)
    bit = np.array([engine.language_bits([code.decode().strip()]) for code in codes], dtype=np.uint32)
    is_known, row = owners.rows(entries["owner"])
    spoken = np.zeros(owners.count, dtype=np.uint32)
    np.bitwise_or.at(spoken, row, bit[place[is_known]])
    return np.where(spoken == 0, np.uint32(engine.ASSUMED_LANGUAGES), spoken)


def _approvals(owners: Owners, rows: dict[str, np.ndarray]) -> np.ndarray:
    place = bulk.coded(rows["method"], engine.METHODS).astype(np.uint16)
    place += 4 * bulk.coded(rows["age_group"], engine.AGE_GROUPS).astype(np.uint16)
    place += 8 * bulk.coded(rows["setting"], engine.SETTINGS).astype(np.uint16)
    is_known, row = owners.rows(rows["owner"])
    approvals = np.zeros(owners.count, dtype=np.uint16)
    np.bitwise_or.at(approvals, row, np.uint16(1) << place[is_known])
    return approvals


def _working_hours(owners: Owners, rows: dict[str, np.ndarray], is_stated: np.ndarray) -> HoursColumns:
    is_known, row = owners.rows(rows.pop("owner"))
    stated = is_stated[row]
    return hours_columns(owners.count, row[stated], *(column[is_known][stated] for column in rows.values()))
