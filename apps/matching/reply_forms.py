"""The forms of the therapist's reply page, and all of them together as one sheet."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.matching import letters
from apps.matching.enums import RejectionReason, RequestStatus
from apps.matching.forms import NO_REASON, OutcomeForm
from apps.matching.models import PlacementRequest
from apps.matching.services.answers import Answer
from apps.matching.services.replies import News
from apps.patients.enums import Purpose
from apps.patients.selectors import patients_with_consent

R = RequestStatus
REPLIES = {
    R.ACCEPTED: _("Yes, I have a place"),
    R.WAITLISTED: _("Waiting list"),
    R.REJECTED: _("No"),
}
UNANSWERED = (R.RELEASED, R.SENT, R.EXPIRED)
ANSWERABLE = (*UNANSWERED, R.WAITLISTED)
MONTHS_OFFERED = 18  # of a waiting list
LATEST_PLACE = timedelta(days=2 * 365)  # later is a slip of the finger
LONGEST_PAUSE = timedelta(days=365)


def month_ends(today: date) -> list[tuple[str, str]]:
    """Choices of "until about": the last day of this month and of those that follow."""
    ends = []
    month = today.replace(day=1)
    for _count in range(MONTHS_OFFERED):
        month = (month + timedelta(days=31)).replace(day=1)
        ends.append(month - timedelta(days=1))
    return [(end.isoformat(), date_format(end, "F Y")) for end in ends]


def day_input(*, earliest: date, latest: date) -> forms.DateInput:
    limits = {"min": earliest.isoformat(), "max": latest.isoformat()}
    return forms.DateInput(attrs={"type": "date", "class": "form-control", **limits}, format="%Y-%m-%d")


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "form-control", "rows": rows})


class CaseForm(OutcomeForm):
    """The answer about one case; nothing chosen means that it stays open."""

    outcome = forms.ChoiceField(
        label=_("Your answer"),
        required=False,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    waitlist_until = forms.DateField(label=_("Until about"), required=False)
    reason = forms.ChoiceField(
        label=_("What is the reason?"),
        required=False,
        choices=[NO_REASON, *RejectionReason.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    note = forms.CharField(
        label=_("Anything else we should know (please no names)"),
        required=False,
        max_length=1000,
        widget=text_area(2),
    )

    def __init__(self, data: QueryDict | None, *, request: PlacementRequest, today: date) -> None:
        super().__init__(data, prefix=f"case-{request.pk}", today=today)
        self.offer(request, REPLIES)
        undecided = _("No change") if request.status == R.WAITLISTED else pgettext_lazy("case", "Still open")
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)
        answers: list[tuple[str, Any]] = list(outcome.choices)  # type: ignore[arg-type]  # never a callable
        outcome.choices = [*answers, ("", undecided)]
        months = [("", "—"), *month_ends(today)]
        self.fields["waitlist_until"].widget = forms.Select(choices=months, attrs={"class": "form-select"})

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "reason" in self.errors:  # what stands there speaks to a coordinator
            del self.errors["reason"]
            self.add_error("reason", ValidationError(_("Please choose a reason.")))
        return data


class PracticeForm(forms.Form):
    """News of the practice; every field may stay empty."""

    free_individual_from = forms.DateField(label=_("Individual place free from"), required=False)
    free_group_from = forms.DateField(label=_("Group place free from"), required=False)
    pause_until = forms.DateField(
        label=_("Please do not contact me until"),
        required=False,
        help_text=_("Afterwards we may ask again, at the latest in twelve months."),
    )
    words = forms.CharField(
        label=_("Wishes and remarks in your own words"),
        required=False,
        max_length=2000,
        widget=text_area(4),
        help_text=_("For instance which patients suit you or how you like to be reached. A person reads it."),
    )

    def __init__(self, data: QueryDict | None, *, today: date) -> None:
        super().__init__(data, prefix="practice")
        self.latest = {
            "free_individual_from": today + LATEST_PLACE,
            "free_group_from": today + LATEST_PLACE,
            "pause_until": today + LONGEST_PAUSE,
        }
        self.today = today
        for name, latest in self.latest.items():
            self.fields[name].widget = day_input(earliest=today, latest=latest)

    def clean(self) -> dict[str, Any]:
        for name, latest in self.latest.items():
            self._check_day(name, latest)
        return self.cleaned_data

    def _check_day(self, name: str, latest: date) -> None:
        day = self.cleaned_data.get(name)
        if day is None:
            return
        if day < self.today:
            self.add_error(name, ValidationError(_("This day has passed.")))
        elif day > latest:
            text = gettext("Please choose a day up to %(day)s.")
            self.add_error(name, ValidationError(text, params={"day": date_format(latest, "d.m.Y")}))

    @property
    def news(self) -> News:
        named = {name: self.cleaned_data[name] for name in ("free_individual_from", "free_group_from")}
        return News(
            free={name: day for name, day in named.items() if day is not None},
            pause_until=self.cleaned_data["pause_until"],
            words=self.cleaned_data["words"],
        )

    @property
    def is_touched(self) -> bool:
        """Something was typed: the page shows it unfolded."""
        return self.is_bound and self.has_changed()


@dataclass(frozen=True)
class Case:
    """One request as the page shows it: with facts where it may be answered, else by its code only."""

    request: PlacementRequest
    facts: letters.CaseFacts | None
    form: CaseForm | None

    @property
    def code(self) -> str:
        return self.request.search.patient.case_code

    @property
    def given(self) -> Answer | None:
        is_chosen = self.form is not None and bool(self.form.cleaned_data.get("outcome"))
        return self.form.answer if is_chosen and self.form is not None else None


@dataclass(frozen=True)
class Problem:
    """One line of the summary above the form: `anchor` is the id of the field."""

    anchor: str
    where: str | Promise
    text: str | Promise


class Sheet:
    """All forms of one visit. `data` None is a fresh page; else what was sent."""

    def __init__(self, data: QueryDict | None, *, requests: Iterable[PlacementRequest], today: date) -> None:
        self.data = data
        self.cases = _cases(data, list(requests), today)
        self.practice = PracticeForm(data, today=today)
        self.form_id = _form_id(data)

    @property
    def open_cases(self) -> list[Case]:
        return [case for case in self.cases if case.facts is not None]

    @property
    def has_unanswered(self) -> bool:
        return any(case.request.status in UNANSWERED for case in self.open_cases)

    @property
    def problems(self) -> list[Problem]:
        """What keeps the sheet from being booked; empty for a fresh page."""
        if self.data is None:
            return []
        found = [problem for case in self.cases for problem in _problems(case.form, self._name(case))]
        found += _problems(self.practice, _("Your practice"))
        return found or self._nothing_said()

    @property
    def answers(self) -> list[tuple[PlacementRequest, Answer]]:
        """Of a sheet without problems."""
        given = [(case.request, case.given) for case in self.cases]
        return [(request, answer) for request, answer in given if answer is not None]

    @property
    def submission_id(self) -> uuid.UUID:
        """Of this form with these very answers: sent twice it is the same one. A browser that goes back
        shows the old form again; an answer changed there is another sending."""
        assert self.data is not None
        said = sorted((name, value) for name, values in self.data.lists() for value in values)
        return uuid.uuid5(self.form_id, urlencode(said))

    def _name(self, case: Case) -> str:
        return gettext("Case %(code)s") % {"code": case.code}

    def _nothing_said(self) -> list[Problem]:
        if self.answers or self.practice.news:
            return []
        shown = [case.form for case in self.open_cases if case.form is not None]
        anchor = _anchor(shown[0]["outcome"]) if shown else "practice"
        return [Problem(anchor=anchor, where=_("Your answer"), text=_("Please choose at least one answer."))]


def _cases(data: QueryDict | None, requests: list[PlacementRequest], today: date) -> list[Case]:
    patients = [request.search.patient_id for request in requests]
    agreed = patients_with_consent(patient_ids=patients, purpose=Purpose.PSEUDONYMOUS, on=today)
    return [_case(data, row, today, is_agreed=row.search.patient_id in agreed) for row in requests]


def _case(data: QueryDict | None, request: PlacementRequest, today: date, *, is_agreed: bool) -> Case:
    """Sent forms are read for every case the page may have shown: a yes that comes too late counts."""
    is_open = request.status in ANSWERABLE and is_agreed
    has_form = is_open or (data is not None and request.status != R.RELEASED)
    return Case(
        request=request,
        facts=letters.case_facts(request=request, today=today) if is_open else None,
        form=CaseForm(data, request=request, today=today) if has_form else None,
    )


def _problems(form: forms.Form | None, where: str | Promise) -> Iterator[Problem]:
    if form is None:
        return
    for name, errors in form.errors.items():
        yield Problem(anchor=_anchor(form[name]), where=where, text=str(errors[0]))


def _anchor(field: forms.BoundField) -> str:
    """Of several buttons the first one: a link to it brings the focus there."""
    return field.id_for_label or field.subwidgets[0].id_for_label


def _form_id(data: Mapping[str, Any] | None) -> uuid.UUID:
    """Of a form that names none, or none that can be read, nothing can be recognised: a new one."""
    try:
        return uuid.UUID(str(data["form_id"])) if data else uuid.uuid4()
    except (KeyError, ValueError):
        return uuid.uuid4()
