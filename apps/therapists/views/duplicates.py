"""Therapists and practices that are on record twice: pairs, merging, undoing."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import working
from apps.core.enums import MergeKind
from apps.core.merging import pages
from apps.therapists.views.edit import reads_and_writes

SITE = pages.Site(
    namespace="therapists",
    title=_("Duplicate therapists and practices"),
    merge_pages={MergeKind.THERAPIST: "merge", MergeKind.PRACTICE: "merge_practices"},
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
@reads_and_writes
def merge(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    return pages.merge_page(request, SITE, MergeKind.THERAPIST, pk, other_pk)


@working
@reads_and_writes
def merge_practices(request: HttpRequest, practice_pk: int, other_pk: int) -> HttpResponse:
    return pages.merge_page(request, SITE, MergeKind.PRACTICE, practice_pk, other_pk)


@working
@require_GET
def merges(request: HttpRequest) -> HttpResponse:
    return pages.merges_page(request, SITE)


@working
@reads_and_writes
def record(request: HttpRequest, merge_pk: int) -> HttpResponse:
    return pages.record_page(request, SITE, merge_pk)
