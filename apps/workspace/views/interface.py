"""The documentation of the HTTP interface, from our own files only."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.gateway.document import document


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "interface/documentation.html")


@viewing
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())
