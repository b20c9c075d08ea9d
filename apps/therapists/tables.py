from datetime import date
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.enums import Language
from apps.core.templatetags.ui import labels
from apps.therapists.enums import AgeGroup, Setting
from apps.therapists.models import Therapist
from apps.therapists.selectors import contact_state

BY_NAME = ("last_name", "first_name", "pk")


class TherapistTable(tables.Table):
    """Over `selectors.therapist_list`: no query per row. Orders end with the key: pages never overlap."""

    name = tables.Column(gettext_lazy("Name"), accessor="pk", order_by=BY_NAME)
    place = tables.TemplateColumn(
        verbose_name=gettext_lazy("Place"),
        template_name="therapists/columns/place.html",
        order_by=("main_plz", *BY_NAME),
    )
    approvals = tables.Column(gettext_lazy("Approvals"), accessor="pk", orderable=False)
    seat = tables.Column(gettext_lazy("Seat"), order_by=("seat", *BY_NAME))
    free = tables.Column(
        gettext_lazy("Free places"),
        empty_values=(),
        order_by=("free_individual_from", "free_group_from", "pk"),
    )
    contact = tables.Column(gettext_lazy("Contact"), empty_values=(), orderable=False)
    review = tables.TemplateColumn(
        verbose_name=gettext_lazy("Review"),
        template_name="therapists/columns/review.html",
        order_by=("review_status", "created_at", "pk"),
        attrs={"td": {"class": "review-cell"}},
    )

    caption = gettext_lazy("Therapists")

    class Meta:
        empty_text = gettext_lazy("No therapist fits. Change the filter or record somebody new.")

    def __init__(self, *args: Any, today: date, can_work: bool, **kwargs: Any) -> None:
        self.today, self.can_work = today, can_work
        super().__init__(*args, **kwargs)

    def render_name(self, record: Therapist) -> str:
        """With the languages, where there are others than German."""
        languages = labels(record.languages, Language) if set(record.languages) - {Language.DE} else ""
        return render_to_string("therapists/columns/name.html", {"record": record, "languages": languages})

    def render_approvals(self, record: Therapist) -> str:
        return render_to_string("therapists/columns/approvals.html", {"lines": approval_lines(record)})

    def render_seat(self, record: Therapist) -> str:
        return record.get_seat_display()

    def render_free(self, record: Therapist) -> str:
        return free_places(record) or "—"

    def render_contact(self, record: Therapist) -> str:
        return render_to_string(
            "therapists/columns/contact_cell.html",
            {"record": record, "contact": contact_state(record, self.today)},
        )


def approval_lines(therapist: Therapist) -> list[tuple[str, str]]:
    """Methods and whom they are for, e.g. ("TP, VT", "adults") and ("VT", "adults, group").

    Individual therapy is the rule and goes without saying.
    """
    methods: dict[tuple[bool, bool], list[str]] = {}
    for approval in therapist.approvals.all():
        key = (approval.age_group == AgeGroup.MINORS, approval.setting == Setting.GROUP)
        methods.setdefault(key, []).append(approval.method)
    return [(", ".join(found), _whom(*key)) for key, found in sorted(methods.items())]


def _whom(is_for_minors: bool, is_group: bool) -> str:
    age = AgeGroup.MINORS if is_for_minors else AgeGroup.ADULTS
    return f"{age.label}, {Setting.GROUP.label}" if is_group else str(age.label)


def free_places(therapist: Therapist) -> str:
    """ "individual from 01.12.2026, group from 01.02.2027", "possibly" or ""."""
    dates = [
        (_("individual from %(day)s"), therapist.free_individual_from),
        (_("group from %(day)s"), therapist.free_group_from),
    ]
    known = [text % {"day": date_format(day, "SHORT_DATE_FORMAT")} for text, day in dates if day]
    return ", ".join(known) or (_("possibly") if therapist.is_possibly_free else "")
