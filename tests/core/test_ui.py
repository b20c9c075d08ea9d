from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils import translation
from lxml import html

from apps.communication.enums import EmailStatus, InboundStatus
from apps.core.enums import Method
from apps.core.templatetags import ui
from apps.core.weekly import Interval
from apps.matching.enums import EvidenceStatus, InquiryStatus, RequestStatus, SearchStatus
from apps.patients.enums import PatientStatus


def render(source: str, **values: object) -> str:
    with translation.override("en"):
        return Template(source).render(Context(values))


def text_of(source: str) -> str:
    return " ".join(html.fromstring(source).text_content().split())


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        (RequestStatus.ACCEPTED, "success"),
        (SearchStatus.TRIAL, "primary"),
        (SearchStatus.PAUSED, "warning"),
        (RequestStatus.CONFLICT, "warning"),
        (RequestStatus.REJECTED, "danger"),
        (PatientStatus.IN_THERAPY, "success"),
        (InquiryStatus.CANCELLED, "secondary"),
        (EmailStatus.BOUNCED, "danger"),
        (InboundStatus.WAITING, "warning"),
        (InboundStatus.UNMATCHED, "warning"),
        (InboundStatus.PARKED, "secondary"),
        (EvidenceStatus.SIGNED, "success"),
        (EvidenceStatus.VOID, "secondary"),
    ],
)
def test_tone_says_the_meaning(state, tone):
    assert ui.tone(state) == tone


def test_tone_is_one_for_every_state():
    names = [state for states in ui.TONES.values() for state in states]

    assert len(names) == len(set(names))


def test_state_shows_text_and_tone():
    row = SimpleNamespace(review_status="unreviewed", get_review_status_display=lambda: "not reviewed")

    badge = html.fromstring(render('{% state row "review_status" %}', row=row))

    assert (badge.text, badge.get("class")) == ("not reviewed", "state state-warning")


@pytest.mark.parametrize(
    ("level", "tone", "role"),
    [
        ("error", "danger", "alert"),
        ("warning", "warning", "alert"),
        ("success", "success", "status"),
        ("", "info", "status"),
    ],
)
def test_alert_speaks_up_only_for_trouble(level, tone, role):
    source = render('{% include "components/alert.html" %}', message="Saved <b>", level=level)
    box = html.fromstring(source)

    assert (box.get("class"), box.get("role")) == (f"alert alert-{tone}", role)
    assert "Saved &lt;b&gt;" in source


def test_icon_is_silent():
    drawing = html.fromstring(render('{% icon "plus" "big" %}'))

    assert (drawing.get("class"), drawing.get("aria-hidden")) == ("icon big", "true")
    assert drawing.find("use").get("href") == "/static/icons.svg#plus"


def test_page_header_puts_its_content_into_the_actions():
    source = '{% page_header name subtitle="since May" %}<a href="/x">Edit</a>{% endpage_header %}'
    header = html.fromstring(render(source, name="<Klein>"))

    assert header.find(".//h1").text == "<Klein>"
    assert header.find_class("page-subtitle")[0].text == "since May"
    assert header.find_class("page-actions")[0].find("a").get("href") == "/x"


def test_page_header_without_actions_leaves_no_empty_box():
    header = html.fromstring(render('{% page_header "Mail" %} {% endpage_header %}'))

    assert header.find_class("page-actions") == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("K7M-4QX", "K7M-4QX"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (None, "not stated"),
        ("", "not stated"),
    ],
)
def test_fact_tells_missing_from_no(value, shown):
    assert html.fromstring(render('{% fact "X" value %}', value=value)).find("dd").text_content() == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 22), "1 day"),
        (date(2026, 11, 3), "20 days"),
        (date(2026, 12, 1), "today"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "today"),  # half past midnight in Berlin
        (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), "1 day"),
    ],
)
def test_days_ago_counts_local_days(value, shown):
    with translation.override("en"):
        assert ui.days_ago(value, date(2026, 11, 23)) == shown


def test_labels_keeps_an_unknown_value():
    with translation.override("en"):
        assert ui.labels(["VT", "XX"], Method) == "behavioural (VT), XX"


def test_labels_of_nothing_is_empty():
    assert ui.labels(None, Method) == ""


@pytest.mark.parametrize(("value", "shown"), [(0.234, "23 %"), (0, "0 %"), (None, "")])
def test_percent_is_whole(value, shown):
    assert ui.percent(value) == shown


@pytest.mark.parametrize(("name", "shown"), [("Mara Klein", "MK"), ("anna maria lang", "AM"), ("", "")])
def test_initials_are_two_at_most(name, shown):
    assert ui.initials(name) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+493411234567", "0341 1234567"),
        ("+431234567890", "+43 1 234567890"),
        ("ask Ms Weber", "ask Ms Weber"),
    ],
)
def test_phone_reads_as_in_german_offices(stored, shown):
    assert ui.phone(stored) == shown


def test_score_bar_names_every_part():
    parts = {"acceptance": 0.5, "distance": 1.2, "new_part": 0}
    drawing = html.fromstring(render("{% score_bar 0.72 parts %}", parts=parts)).find("svg")
    bars = [(bar.get("x"), bar.get("y"), bar.get("height")) for bar in drawing.find_class("score-fill")]

    assert drawing.get("aria-label") == "expected acceptance 50 %, distance 120 %, new_part 0 %"
    assert bars == [("0", "10", "10"), ("10", "0", "20"), ("20", "20", "0")]


def test_score_bar_survives_missing_parts():
    assert text_of(render("{% score_bar 0.5 parts %}", parts=None)) == "Score 50 %"


def test_score_parts_is_a_table_with_the_total_below():
    source = render("{% score_parts 0.72 parts %}", parts={"hours": 0.5, "email": 1})

    assert text_of(source) == "Parts of the score common hours 50 % e-mail available 100 % Score 72 %"


MORNING, NOON = Interval(0, 8 * 60, 12 * 60), Interval(0, 10 * 60, 14 * 60)


def bars_of(figure: html.HtmlElement, kind: str) -> list[tuple[str | None, ...]]:
    bars = figure.find("svg").find_class(f"hours-{kind}")
    return [tuple(bar.get(name) for name in ("x", "y", "width", "height")) for bar in bars]


def test_hours_grid_frames_the_common_time():
    source = '{% hours_grid mine "Patient" theirs "Therapist" %}'
    figure = html.fromstring(render(source, mine=[MORNING], theirs=[NOON]))

    assert bars_of(figure, "first") == [("60", "18", "120", "8")]
    assert bars_of(figure, "second") == [("120", "26", "120", "8")]
    assert bars_of(figure, "common") == [("120", "18", "60", "16")]


def test_hours_grid_says_in_words_what_it_shows():
    source = '{% hours_grid mine "Patient" theirs "Therapist" %}'
    figure = html.fromstring(render(source, mine=[Interval(1, 360, 420), MORNING], theirs=[NOON]))

    assert [line.text for line in figure.find("ul")] == [
        "Patient: Monday 08:00–12:00",
        "Patient: Tuesday 06:00–07:00",
        "Therapist: Monday 10:00–14:00",
        "common time: Monday 10:00–12:00",
    ]


def test_hours_grid_cuts_what_lies_outside_the_day():
    early, late = Interval(2, 5 * 60, 8 * 60), Interval(3, 21 * 60, 23 * 60)
    figure = html.fromstring(render('{% hours_grid mine "Patient" %}', mine=[early, late]))

    assert bars_of(figure, "first") == [("30", "56", "30", "16")]


def test_hours_grid_tells_unknown_hours():
    figure = html.fromstring(
        render('{% hours_grid mine "Patient" theirs "Therapist" %}', mine=[MORNING], theirs=[])
    )
    keys = [key.text_content() for key in figure.find_class("hours-key")]

    assert keys == ["Patient", "Therapist (unknown)", "common time (none)"]
