"""Where a therapist works: add, change, make the main one, remove."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.core.errors import Refused
from apps.core.forms import posted
from apps.therapists.forms import PracticeForm
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import records
from apps.therapists.views.edit import reads_and_writes, succeeds


@working
@reads_and_writes
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The practices with a form for one more; a known practice is found again by name, street and PLZ."""
    therapist = get_object_or_404(Therapist, pk=pk)
    form = PracticeForm(posted(request))
    if form.is_valid() and succeeds(lambda: _add(therapist, form), form):
        messages.success(request, _("Added."))
        return redirect("therapists:practices", pk)
    workplaces = therapist.workplaces.select_related("practice")
    context = {"therapist": therapist, "form": form, "workplaces": workplaces}
    return render(request, "therapists/practices.html", context)


@working
@reads_and_writes
def edit(request: HttpRequest, pk: int, practice_pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    practice = get_object_or_404(therapist.practices, pk=practice_pk)
    form = PracticeForm(posted(request), instance=practice)
    if form.is_valid() and succeeds(lambda: _update(request, form), form):
        messages.success(request, _("Saved."))
        return redirect("therapists:practices", pk)
    others = practice.therapists.exclude(pk=pk)
    context = {"therapist": therapist, "practice": practice, "form": form, "others": others}
    return render(request, "therapists/edit_practice.html", context)


@working
@require_POST
def make_main(request: HttpRequest, pk: int, practice_pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    main = get_object_or_404(therapist.practices, pk=practice_pk)
    others = [practice for practice in _practices(therapist) if practice != main]
    records.set_workplaces(therapist=therapist, practices=[main, *others], at=timezone.now())
    return redirect("therapists:practices", pk)


@working
@require_POST
def remove(request: HttpRequest, pk: int, practice_pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    others = [practice for practice in _practices(therapist) if practice.pk != practice_pk]
    if not others:
        raise Refused(_("A therapist needs at least one practice. Please add the new one first."))
    records.set_workplaces(therapist=therapist, practices=others, at=timezone.now())
    return redirect("therapists:practices", pk)


def _practices(therapist: Therapist) -> list[Practice]:
    return [place.practice for place in therapist.workplaces.select_related("practice")]


def _add(therapist: Therapist, form: PracticeForm) -> None:
    records.set_workplaces(
        therapist=therapist, practices=[*_practices(therapist), form.cleaned_data], at=timezone.now()
    )


def _update(request: HttpRequest, form: PracticeForm) -> None:
    records.update_practice(
        practice=form.instance,
        changes=form.changes,
        actor=request.user,
        at=timezone.now(),
        seen_at=form.instance.updated_at,
    )
