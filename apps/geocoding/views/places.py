"""What could not be placed, or only roughly: the list, another try, and one point looked at on a map."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.audit import record_access
from apps.geocoding import overview, point_map, targets
from apps.geocoding.distance import haversine_km
from apps.geocoding.models import GeocodingJob
from apps.geocoding.point_map import Neighbour
from apps.geocoding.selectors import locate, postal_codes_around
from apps.geocoding.services import jobs, lookup
from apps.geocoding.tables import PlacesTable
from apps.geocoding.targets import Spot, Target

ROWS_A_PAGE = 50
NEIGHBOURS_KM = 15.0
PATIENCE_SECONDS = 3.0  # of a person at the page


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    tab, at = overview.tab_named(request.GET.get("tab", "")), timezone.now()
    table = PlacesTable(overview.jobs(tab))
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    table.request = request
    table.spots = overview.spots_of(row.record for row in table.page.object_list)
    context = {
        "table": table,
        "tabs": _tabs(tab),
        "tab": tab,
        "progress": overview.progress(at=at),
        "has_server": overview.has_server(),
        "resting": overview.resting_server(at=at),
    }
    return render(request, "geocoding/places.html", context)


@working
@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(GeocodingJob, pk=pk)
    jobs.try_again(jobs=GeocodingJob.objects.filter(pk=job.pk), at=timezone.now())
    messages.success(request, _("The address is tried again; the result appears here within minutes."))
    return redirect(_list_url(job.outcome or overview.WAITING))


@working
@require_POST
def try_all_again(request: HttpRequest) -> HttpResponse:
    tab = overview.tab_named(request.POST.get("tab", ""))
    rows = GeocodingJob.objects.filter(pk__in=overview.jobs(tab).order_by().values("pk"))
    count = jobs.try_again(jobs=rows, at=timezone.now())
    text = ngettext("%(count)s address is tried again.", "%(count)s addresses are tried again.", count)
    messages.success(request, text % {"count": count})
    return redirect(_list_url(overview.WAITING))


@viewing
@require_GET
def check(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One record's point among the postal codes around it; of a patient the look is noted."""
    target, spot = _spot_or_404(kind, pk)
    _note_look(request, target, pk)
    job = GeocodingJob.objects.filter(kind=kind, object_id=pk).first()
    context = {
        "kind": kind,
        "pk": pk,
        "spot": spot,
        "target": target,
        "job": job,
        "reason": lookup.sentence(job.reason, job.distance_km) if job else "",
        "map": _map(spot),
        "nearest": _nearest(spot),
        "has_server": overview.has_server(),
    }
    return render(request, "geocoding/check.html", context)


@working
@require_POST
def ask(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """What lies at the point, by the address server where it is our own, else by the own table."""
    target, spot = _spot_or_404(kind, pk)
    _note_look(request, target, pk)
    if spot.latitude is None or spot.longitude is None:
        messages.warning(request, _("There is no point to look at."))
    else:
        nearby = lookup.reverse(
            latitude=spot.latitude,
            longitude=spot.longitude,
            at=timezone.now(),
            patience_seconds=PATIENCE_SECONDS,
        )
        _say(request, nearby)
    return redirect("geocoding:check", kind, pk)


def _say(request: HttpRequest, nearby: lookup.Nearby | None) -> None:
    if nearby is None:
        messages.warning(request, _("No known postal code lies near this point."))
        return
    where = ", ".join(part for part in (nearby.street, f"{nearby.plz} {nearby.city}".strip()) if part)
    text = _("At this point lies: %(where)s (%(origin)s).")
    said = text % {"where": where, "origin": nearby.provenance.label}
    messages.info(request, f"{said} {nearby.note}".strip())


def _spot_or_404(kind: str, pk: int) -> tuple[Target, Spot]:
    try:
        target = targets.target(kind)
    except LookupError as error:
        raise Http404 from error
    spot = target.spots([pk]).get(pk)
    if spot is None:
        raise Http404
    return target, spot


def _note_look(request: HttpRequest, target: Target, pk: int) -> None:
    if target.is_person:
        record_access(actor=request.user, patient_id=pk, purpose="geocoding:check", at=timezone.now())


def _map(spot: Spot) -> point_map.Map | None:
    if spot.latitude is None or spot.longitude is None:
        return None
    return point_map.draw(
        latitude=spot.latitude, longitude=spot.longitude, neighbours=_neighbours(spot, NEIGHBOURS_KM)
    )


def _neighbours(spot: Spot, km: float) -> list[Neighbour]:
    """Around the point; the middle of its own PLZ is among them however far it lies."""
    assert spot.latitude is not None
    assert spot.longitude is not None
    own = locate(plz=spot.address.plz, city=spot.address.city)
    around = postal_codes_around(latitude=spot.latitude, longitude=spot.longitude, km=km)
    found = [
        Neighbour(row.plz, row.place_name, row.latitude, row.longitude, distance, row.plz == spot.address.plz)
        for row, distance in around
    ]
    if own.latitude is not None and own.longitude is not None and not any(one.is_own for one in found):
        distance = haversine_km(spot.latitude, spot.longitude, own.latitude, own.longitude)
        found.append(
            Neighbour(spot.address.plz, spot.address.city, own.latitude, own.longitude, distance, True)
        )
    return found


def _nearest(spot: Spot) -> Neighbour | None:
    if spot.latitude is None or spot.longitude is None:
        return None
    return min(_neighbours(spot, NEIGHBOURS_KM), key=lambda one: (one.km, one.plz), default=None)


def _tabs(current: str) -> list[dict[str, Any]]:
    counts = overview.counts()
    return [
        {"url": _list_url(name), "label": label, "is_current": name == current, "count": counts[name]}
        for name, label in overview.TABS.items()
    ]


def _list_url(tab: str) -> str:
    return f"{reverse('geocoding:places')}?tab={tab}"
