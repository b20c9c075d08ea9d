from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.accounts.permissions import viewing


@viewing
def pending(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(status=501)
