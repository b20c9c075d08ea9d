"""Three answers for the machine room; no detail for strangers."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """The process can work: the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return HttpResponse("database", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")
