"""Errors as problem details (RFC 9457): type, title, status, detail, and for wrong fields their paths."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as SchemaError
from pydantic import Field

from apps.core.errors import DomainError, NotAllowed, StaleState
from apps.gateway.enums import Scope

CONTENT_TYPE = "application/problem+json"


class FieldProblem(Schema):
    """What is wrong with one field."""

    path: str = Field(description="Where: names and positions, joined by dots, as in `wishes.0.method`")
    message: str


class Problem(Schema):
    """An error, for programs (`type`, `status`) and people (`title`, `detail`, in the language asked for)."""

    type: str = Field(description="`urn:problem:` and a word that does not change")
    title: str
    status: int
    detail: str = ""
    errors: list[FieldProblem] = []
    request_id: str = ""


class Forbidden(Exception):
    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.scope = scope


class TooMany(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Precondition(Exception):
    """412 where the row is another version than the client saw, 428 where it did not say which it saw."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Unusable(Exception):
    """400: a header or cursor that cannot be understood."""


def problem(
    request: HttpRequest, *, kind: str, title: str, status: int, detail: str = "", errors: Any = ()
) -> HttpResponse:
    body = {
        "type": f"urn:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": [{"path": path, "message": message} for path, message in errors],
        "request_id": getattr(request, "request_id", "") or request.headers.get("X-Request-ID", ""),
    }
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def install(api: NinjaAPI) -> None:
    """Every error of the interface answers as a problem; nothing inner is told."""
    for error, handler in _HANDLERS.items():
        api.add_exception_handler(error, handler)


def told_to_programs(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A method that a path does not have is told as a problem, too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        title = _("This cannot be done here.")
        told = problem(request, kind="method-not-allowed", title=title, status=405)
        told["Allow"] = response["Allow"]
        return told

    return wrapped


@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    title = _("There is no such thing.")
    return problem(request, kind="not-found", title=title, status=404)


def _of_schema(request: HttpRequest, error: SchemaError) -> HttpResponse:
    errors = [(_path(one["loc"]), str(one["msg"])) for one in error.errors]
    return _invalid(request, errors)


def _of_model(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if not hasattr(error, "error_dict"):
        return _invalid(request, [("", " ".join(error.messages))])
    found = error.message_dict.items()
    return _invalid(
        request, [("" if name == NON_FIELD_ERRORS else name, text) for name, texts in found for text in texts]
    )


def _invalid(request: HttpRequest, errors: list[tuple[str, str]]) -> HttpResponse:
    title = _("Something in the request is wrong.")
    return problem(request, kind="invalid", title=title, status=422, errors=errors)


def _path(location: tuple[Any, ...]) -> str:
    """("body", "data", "wishes", 0) → "wishes.0": where the client wrote it, without our own names."""
    place, *parts = location
    if place in ("body", "form") or (place == "query" and len(parts) > 1):
        parts = parts[1:]  # the name of our parameter
    return ".".join(map(str, parts))


def _of_domain(request: HttpRequest, error: DomainError) -> HttpResponse:
    kind = (
        "stale"
        if isinstance(error, StaleState)
        else "forbidden"
        if isinstance(error, NotAllowed)
        else "refused"
    )
    title = _("This cannot be done.")
    return problem(request, kind=kind, title=title, status=error.status, detail=str(error.message))


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, kind="not-found", title=_("There is no such thing."), status=404)


def _anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(
        request,
        kind="unauthenticated",
        title=_("Please say who you are."),
        status=401,
        detail=_("A valid token or session is missing."),
    )
    response["WWW-Authenticate"] = "Bearer"
    return response


def _forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
    detail = _("This needs the scope %(scope)s.") % {"scope": error.scope.value}
    return problem(request, kind="forbidden", title=_("This is not allowed."), status=403, detail=detail)


def _too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    response = problem(request, kind="too-many", title=_("Too many requests; please wait."), status=429)
    response["Retry-After"] = str(error.seconds)
    return response


def _precondition(request: HttpRequest, error: Precondition) -> HttpResponse:
    if error.status == 428:
        title, detail = _("Please send If-Match."), _("It holds the ETag of the version you have read.")
        return problem(request, kind="precondition-required", title=title, status=428, detail=detail)
    title = _("This has changed meanwhile.")
    detail = _("Please read it again and send your change with its new ETag.")
    return problem(request, kind="changed", title=title, status=412, detail=detail)


def _unusable(request: HttpRequest, error: Unusable) -> HttpResponse:
    title = _("The request cannot be understood.")
    return problem(request, kind="bad-request", title=title, status=400, detail=str(error))


def _of_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    kind = "forbidden" if error.status_code == 403 else "bad-request"
    return problem(request, kind=kind, title=str(error), status=error.status_code)


_HANDLERS: dict[Any, Any] = {
    SchemaError: _of_schema,
    ValidationError: _of_model,
    DomainError: _of_domain,
    Http404: _not_found,
    AuthenticationError: _anonymous,
    Forbidden: _forbidden,
    TooMany: _too_many,
    Precondition: _precondition,
    Unusable: _unusable,
    HttpError: _of_ninja,
}
