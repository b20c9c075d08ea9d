"""Patients who are on record twice: pairs, merging, undoing. Who was shown stands in the log of accesses."""

from collections.abc import Collection

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.permissions import working
from apps.core.audit import record_accesses
from apps.core.enums import MergeKind
from apps.core.merging import pages


def _note_seen(request: HttpRequest, ids: Collection[int]) -> None:
    assert request.resolver_match is not None  # a view runs only after its URL was resolved
    purpose = request.resolver_match.view_name
    record_accesses(actor=request.user, patient_ids=ids, purpose=purpose, at=timezone.now())


SITE = pages.Site(
    namespace="patients",
    title=_("Duplicate patients"),
    merge_pages={MergeKind.PATIENT: "merge"},
    note_seen=_note_seen,
)


@working
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return pages.list_page(request, SITE)


@working
@require_POST
def dismiss(request: HttpRequest, duplicate_pk: int) -> HttpResponse:
    return pages.dismiss_page(request, SITE, duplicate_pk)


@working
@require_POST
def reopen(request: HttpRequest, duplicate_pk: int) -> HttpResponse:
    return pages.reopen_page(request, SITE, duplicate_pk)


@working
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    return pages.merge_page(request, SITE, MergeKind.PATIENT, pk, other_pk)


@working
@require_GET
def merges(request: HttpRequest) -> HttpResponse:
    return pages.merges_page(request, SITE)


@working
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, merge_pk: int) -> HttpResponse:
    return pages.record_page(request, SITE, merge_pk)
