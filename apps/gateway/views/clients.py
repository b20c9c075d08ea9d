"""Programs that may come in: who they are, what they may do, their tokens."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django_tables2 import RequestConfig

from apps.accounts.permissions import managing
from apps.core.forms import add_errors, posted
from apps.gateway import selectors
from apps.gateway.forms import ClientForm, NewClientForm, TokenForm
from apps.gateway.models import ApiClient, ApiToken
from apps.gateway.services import clients
from apps.gateway.tables import ClientTable

ROWS_A_PAGE = 50
reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@managing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    table = ClientTable(selectors.clients(at=timezone.now()))
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "gateway/clients.html", {"table": table})


@managing
@require_GET
def client(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ApiClient, pk=pk)
    context = {
        "client": row,
        "scopes": [label for scope, label in _scope_labels() if scope in row.scopes],
        "tokens": row.tokens.select_related("created_by"),
        "webhooks": selectors.webhooks_of(client=row),
        "now": timezone.now(),
    }
    return render(request, "gateway/client.html", context)


@managing
@reads_and_writes
def create(request: HttpRequest) -> HttpResponse:
    form = NewClientForm(posted(request))
    if form.is_valid():
        data = form.cleaned_data
        row = clients.create(
            name=data["name"],
            scopes=data["scopes"],
            requests_per_minute=data["requests_per_minute"],
            note=data["note"],
        )
        messages.success(request, _("The client may come in as soon as it has a token."))
        return redirect("gateway:client", row.pk)
    return render(request, "gateway/client_form.html", {"form": form})


@managing
@reads_and_writes
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ApiClient, pk=pk)
    form = ClientForm(posted(request), instance=row)
    if form.is_valid():
        names = ("scopes", "requests_per_minute", "is_active", "note")
        clients.update(client=row, **{name: form.cleaned_data[name] for name in names})
        messages.success(request, _("Saved."))
        return redirect("gateway:client", row.pk)
    return render(request, "gateway/client_form.html", {"form": form, "client": row})


@managing
@reads_and_writes
@never_cache
def issue_token(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer to the POST itself shows the secret: it is nowhere else, not even in the session."""
    row, now = get_object_or_404(ApiClient, pk=pk), timezone.now()
    form = TokenForm(posted(request), today=timezone.localdate(now))
    if form.is_valid():
        try:
            token, secret = clients.issue_token(
                client=row,
                actor=request.user,
                at=now,
                expires_at=form.expires_at,
                once_key=form.cleaned_data["once_key"],
            )
        except ValidationError as error:
            add_errors(ValidationError({"expires_on": error.messages}), form)
        else:
            context = {"client": row, "token": token, "secret": secret}
            return render(request, "gateway/token_issued.html", context)
    return render(request, "gateway/token_form.html", {"client": row, "form": form})


@managing
@reads_and_writes
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.select_related("client"), pk=pk)
    if request.method == "POST":
        clients.revoke(token=token, at=timezone.now(), actor=request.user)
        messages.success(request, _("The token does not work any more."))
        return redirect("gateway:client", token.client_id)
    context = {
        "client": token.client,
        "title": _("Revoke a token"),
        "text": _("Revoke the token %(shown)s… of %(client)s?")
        % {"shown": token.shown, "client": token.client},
        "consequences": [
            _("Requests with this token are refused from now on."),
            _("Other tokens of the client go on working."),
            _("This cannot be taken back; a new token can be issued."),
        ],
        "button": _("Revoke the token"),
        "tone": "danger",
    }
    return render(request, "gateway/act.html", context)


def _scope_labels() -> list[tuple[str, str]]:
    return [(scope.value, str(scope.label)) for scope in clients.Scope]
