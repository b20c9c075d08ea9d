"""Reading for the home page and the search box. Sees every app, owns nothing."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.parameters import current
from apps.matching.enums import OPEN_REQUESTS, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.patients import selectors as patients
from apps.patients.models import Patient
from apps.therapists import selectors as therapists
from apps.therapists.models import Therapist, Workplace
from apps.workspace.sections import SECTIONS
from apps.workspace.worklist import Look, Moment, Section

SHORTEST_QUERY = 2
LONGEST_QUERY = 80
FEW, MANY = 5, 30  # hits of one kind while typing and on the page


@dataclass(frozen=True)
class Figure:
    label: str | Promise
    value: int | None
    url: str
    unit: str | Promise = ""


def work_list(*, at: datetime, today: date, also: tuple[Look, ...] = ()) -> list[Section]:
    """Every section with something in it, the most urgent first; `also` those not everybody sees."""
    moment = Moment(at=at, today=today, parameters=current(at=at))
    return [found for look in (*SECTIONS, *also) if (found := look(moment)).tasks]


def figures(*, today: date) -> list[Figure]:
    """Where the agency stands: three queries."""
    active = PlacementSearch.objects.filter(status=SearchStatus.ACTIVE)
    starts = list(active.values_list("started_on", flat=True))
    requests = _request_figures(today)
    confirmed = Patient.objects.filter(place_confirmed_on__gte=today.replace(day=1)).count()
    searches, inquiries = reverse("matching:searches"), reverse("matching:inquiries")
    return [
        Figure(_("active searches"), len(starts), f"{searches}?status={SearchStatus.ACTIVE}"),
        Figure(_("open requests"), requests["open"], inquiries),
        Figure(_("acceptances this week"), requests["accepted"], inquiries),
        Figure(_("confirmed this month"), confirmed, reverse("patients:list")),
        Figure(_("waiting, median"), _median_days(starts, today), searches, unit=_("days")),
    ]


def _request_figures(today: date) -> dict[str, int]:
    monday = today - timedelta(days=today.weekday())
    since = timezone.make_aware(datetime.combine(monday, time.min))
    said_yes = Q(status__in=[RequestStatus.ACCEPTED, RequestStatus.CONFIRMED, RequestStatus.NOT_FITTING])
    return PlacementRequest.objects.aggregate(
        open=Count("pk", filter=Q(status__in=OPEN_REQUESTS)),
        accepted=Count("pk", filter=said_yes & Q(answered_at__gte=since)),
    )


def _median_days(starts: list[date], today: date) -> int | None:
    return round(median((today - start).days for start in starts)) if starts else None


# The search box


@dataclass(frozen=True)
class Hit:
    """One person or inquiry found. `detail` tells two of the same name apart."""

    name: str
    detail: str
    url: str


@dataclass(frozen=True)
class HitGroup:
    title: str | Promise
    icon: str
    hits: list[Hit]
    is_cut: bool


def find_anybody(*, query: str, most: int) -> list[HitGroup]:
    """Patients, therapists and inquiries, at most `most` of each; kinds without a hit are left out.

    Patients: name, case code, place, e-mail, phone. Therapists: name, practice, e-mail, phone. Inquiries:
    reference.
    """
    text = " ".join(query[:LONGEST_QUERY].split())
    if len(text) < SHORTEST_QUERY:
        return []
    groups = [
        _group(_("Patients"), "patients", _patients(text, most + 1), most),
        _group(_("Therapists"), "therapists", _therapists(text, most + 1), most),
        _group(_("Inquiries"), "inquiries", _inquiries(text, most + 1), most),
    ]
    return [group for group in groups if group.hits]


def _group(title: str, icon: str, hits: list[Hit], most: int) -> HitGroup:
    return HitGroup(title, icon, hits[:most], is_cut=len(hits) > most)


def _patients(text: str, most: int) -> list[Hit]:
    shown = Patient.objects.only("case_code", "first_name", "last_name", "plz", "city")
    rows = patients.find(text=text, patients=shown).order_by("last_name", "first_name", "pk")[:most]
    return [
        Hit(str(row), f"{row.case_code} · {row.plz} {row.city}".strip(" ·"), row.get_absolute_url())
        for row in rows
    ]


def _therapists(text: str, most: int) -> list[Hit]:
    by_words = therapists.matching_text(Therapist.objects.all(), text)
    by_contact = Workplace.objects.filter(_contact(text)).values("therapist")
    rows = Therapist.objects.filter(Q(pk__in=by_words.values("pk")) | Q(pk__in=by_contact))
    listed = therapists.with_offer(rows).order_by("last_name", "first_name", "pk")[:most]
    return [
        Hit(row.full_name, str(therapists.main_practice(row) or ""), row.get_absolute_url()) for row in listed
    ]


def _contact(text: str) -> Q:
    """E-mail or phone of a practice; numbers match from four digits on, with or without 0 or +49."""
    digits = re.sub(r"^(0049|\+?49|0)", "", re.sub(r"[^\d+]", "", text))
    is_number = len(digits) >= 4 and not re.search(r"[^\d\s+/().-]", text)
    by_email = Q(practice__email__icontains=text) if "@" in text else Q(pk__in=[])
    return by_email | (Q(practice__phone__contains=digits) if is_number else Q(pk__in=[]))


def _inquiries(text: str, most: int) -> list[Hit]:
    rows = (
        Inquiry.objects.filter(reference__icontains=text).select_related("therapist").order_by("-pk")[:most]
    )
    return [
        Hit(row.reference, f"{row.therapist.full_name} · {row.get_status_display()}", row.get_absolute_url())
        for row in rows
    ]
