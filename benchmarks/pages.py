"""The main pages at full size, through the test client with all middleware, in process.

A list is put beside a plain Django ListView over the same rows: as many rows a page, six columns, a bare
template, no middleware, no rights, no filter, no counters.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import time_machine
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.generic import ListView

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.matching.models import PlacementSearch
from apps.matching.services.rounds import plan_round
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from benchmarks import fill
from benchmarks.sizes import AT, SEED, SIZES, TODAY, Size
from benchmarks.timing import latency, timed

VISITS = 60
WARM_UP = 3
ROWS_A_PAGE = 50
PLAIN = (
    "<table>{% for row in object_list %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>"
    "{% endfor %}</table>{{ page_obj.number }}/{{ paginator.num_pages }}"
)
LISTS: dict[str, tuple[str, type[Model], Sequence[str], Sequence[str]]] = {
    # name: address, rows, columns, order
    "patients": (
        "patients:list",
        Patient,
        ("case_code", "last_name", "first_name", "status", "plz", "started_on"),
        ("last_name", "first_name", "id"),
    ),
    "therapists": (
        "therapists:list",
        Therapist,
        ("last_name", "first_name", "status", "review_status", "seat", "last_email_at"),
        ("last_name", "first_name", "id"),
    ),
    "searches": (
        "matching:searches",
        PlacementSearch,
        ("id", "patient__case_code", "patient__last_name", "status", "started_on", "patient__plz"),
        ("started_on", "id"),
    ),
}


def run(size: Size) -> dict[str, float]:
    """The round is planned in the small world, and rolled back."""
    fill.ensure(size)
    figures: dict[str, float] = {}
    with browser() as client:
        figures |= latency("pages.today", visits(client, [reverse("workspace:today")] * VISITS))
        for name in LISTS:
            figures |= _list(client, name)
    fill.ensure(SIZES["small"])
    with transaction.atomic():
        figures |= _round()
        transaction.set_rollback(True)
    return figures


@contextmanager
def browser() -> Iterator[Client]:
    """A coordinator on the day of the world."""
    with time_machine.travel(AT, tick=True):
        client = Client()
        client.force_login(_coordinator(), backend="apps.accounts.permissions.RoleBackend")
        yield client


def visits(client: Client, addresses: Sequence[str]) -> list[float]:
    """Seconds per page; the first ones are repeated before the clock starts."""
    for address in addresses[:WARM_UP]:
        _visit(client, address)
    return [timed(partial(_visit, client, address))[0] for address in addresses]


def _visit(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answers {response.status_code}")


def _list(client: Client, name: str) -> dict[str, float]:
    """Random pages, the product and the plain view in turns."""
    address, model, columns, order = LISTS[name]
    numbers = _page_numbers(model.objects.count())
    plain = PlainView.as_view(queryset=model.objects.order_by(*order).values_list(*columns))
    requests = [RequestFactory().get("/", {"page": number}) for number in numbers]
    own = visits(client, [f"{reverse(address)}?page={number}" for number in numbers])
    theirs = [timed(partial(_render, plain, request))[0] for request in requests]
    figures = latency(f"pages.{name}", own) | latency(f"pages.{name}.plain", theirs)
    ratio = figures[f"pages.{name}.p95_ms"] / figures[f"pages.{name}.plain.p95_ms"]
    return figures | {f"pages.{name}.over_plain_p95": ratio}


def _render(view: Callable[[HttpRequest], Any], request: HttpRequest) -> None:
    view(request).render()


class PlainView(ListView):
    paginate_by = ROWS_A_PAGE

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        template = engines["django"].from_string(PLAIN)
        return self.response_class(request=self.request, template=template, context=context)


def _page_numbers(rows: int) -> list[int]:
    pages = -(-rows // ROWS_A_PAGE)
    return np.random.default_rng(SEED + 3).integers(1, pages + 1, VISITS).tolist()


def _round() -> dict[str, float]:
    planned = plan_round(actor=_coordinator(), at=AT, today=TODAY)
    with browser() as client:
        return latency("pages.round_of_500_searches", visits(client, [planned.get_absolute_url()] * 20))


def _coordinator() -> User:
    found = User.objects.filter(username="benchmark").first()
    return found or create_staff(
        username="benchmark",
        email="benchmark@example.org",
        password=secrets.token_urlsafe(24),
        roles=[Role.COORDINATOR],
        first_name="Bench",
    )
