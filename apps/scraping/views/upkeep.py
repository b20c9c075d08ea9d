"""What the management sets: new sources, settings, permissions to fetch, the end of a rest."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import managing
from apps.core.forms import add_errors, posted
from apps.scraping.forms import NewSourceForm, PermissionForm, ReasonForm, SourceForm
from apps.scraping.models import FetchPermission, Source
from apps.scraping.selectors.sources import permission_in_force
from apps.scraping.services import permissions, upkeep
from apps.scraping.views.shared import done, reads_and_writes


@managing
@reads_and_writes
def create(request: HttpRequest) -> HttpResponse:
    form, saved = NewSourceForm(posted(request)), []

    def save() -> None:
        values = {**form.changes, "key": form.cleaned_data["key"]}
        saved.append(upkeep.create(values=values, actor=request.user))

    if form.is_valid() and _succeeds(save, form):
        return done(request, _("The source is set up. Files of it can be uploaded now."), saved[0])
    return render(request, "scraping/source_form.html", {"form": form})


@managing
@reads_and_writes
def settings(request: HttpRequest, key: str) -> HttpResponse:
    source = get_object_or_404(Source, key=key)
    form = SourceForm(posted(request), instance=source)
    if form.is_valid() and _succeeds(
        lambda: upkeep.update(source=source, changes=form.changes, actor=request.user), form
    ):
        return done(request, _("Saved."), source)
    return render(request, "scraping/source_form.html", {"form": form, "source": source})


@managing
@reads_and_writes
def record_permission(request: HttpRequest, key: str) -> HttpResponse:
    source, now = get_object_or_404(Source, key=key), timezone.now()
    today = timezone.localdate(now)
    form = PermissionForm(posted(request), initial={"given_on": today})
    if form.is_valid():
        if not _is_recorded(source, form.cleaned_data, today):  # clicked twice
            permissions.record(source=source, actor=request.user, at=now, today=today, **form.cleaned_data)
        return done(request, _("The permission is recorded."), source)
    context = {"form": form, "source": source, "before": permission_in_force(source=source, today=today)}
    return render(request, "scraping/permission.html", context)


def _is_recorded(source: Source, data: dict[str, Any], today: Any) -> bool:
    present = permission_in_force(source=source, today=today)
    return present is not None and all(getattr(present, name) == value for name, value in data.items())


@managing
@reads_and_writes
def withdraw_permission(request: HttpRequest, key: str) -> HttpResponse:
    source = get_object_or_404(Source, key=key)
    permission = get_object_or_404(FetchPermission, source=source, withdrawn_at__isnull=True)
    form = ReasonForm(posted(request))
    if form.is_valid():
        permissions.withdraw(
            permission=permission,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return done(request, _("The permission is withdrawn; nothing is fetched any more."), source)
    context = {
        "source": source,
        "form": form,
        "title": _("Withdraw the permission"),
        "text": _("Nothing is fetched from %(source)s any more.") % {"source": source},
        "consequences": [
            _("A run under way stops before its next request; what has come in is kept."),
            _("Files of this source can still be read."),
        ],
        "button": _("Withdraw the permission"),
        "tone": "danger",
    }
    return render(request, "scraping/act.html", context)


@managing
@require_POST
def end_rest(request: HttpRequest, key: str) -> HttpResponse:
    source = get_object_or_404(Source, key=key)
    permissions.end_rest(source=source, actor=request.user, at=timezone.now())
    return done(request, _("The source may be fetched from again."), source)


def _succeeds(act: Callable[[], Any], form: BaseForm) -> bool:
    """Whether it was saved; what stands against it is shown at its field."""
    try:
        act()
    except ValidationError as error:
        add_errors(error, form)
        return False
    return True
