"""The result of a simulation in words, figures and pictures: for the page, the command and the CSV."""

from collections.abc import Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.matching.models.simulation import SimulationPolicy
from apps.matching.simulation import charts
from apps.matching.simulation.compare import MEDIANS
from apps.matching.simulation.settings import POLICIES

Result = dict[str, Any]

# the colours of the theme, and the same for a picture that stands alone
PAGE_COLOURS = {
    "lines": ["var(--petrol)", "var(--bs-warning)", "var(--bs-info)", "var(--bs-danger)"],
    "ink": "var(--ink-soft)",
    "grid": "var(--line)",
    "ground": "none",
}
FILE_COLOURS = {
    "lines": ["#1b5e66", "#8a5a00", "#345f8c", "#a5332c"],
    "ink": "#526065",
    "grid": "#dcd8ce",
    "ground": "#ffffff",
}
# name of the figure, wording, kind
FIGURES: list[tuple[str, str | Promise, str]] = [
    ("weeks_to_acceptance", gettext_lazy("Weeks to the first acceptance (median)"), "weeks"),
    ("weeks_to_place", gettext_lazy("Weeks to the confirmed place (median)"), "weeks"),
    ("placed_share.4", gettext_lazy("Confirmed place after 4 weeks"), "percent"),
    ("placed_share.8", gettext_lazy("Confirmed place after 8 weeks"), "percent"),
    ("placed_share.12", gettext_lazy("Confirmed place after 12 weeks"), "percent"),
    ("placed_share.26", gettext_lazy("Confirmed place after 26 weeks"), "percent"),
    ("contacts", gettext_lazy("Contacts (inquiries)"), "count"),
    ("requests", gettext_lazy("Requests"), "count"),
    ("acceptance_rate", gettext_lazy("Acceptances per answered request"), "percent"),
    ("first_acceptances", gettext_lazy("Patients with an acceptance"), "count"),
    ("places", gettext_lazy("Patients with a confirmed place"), "count"),
    ("gave_up", gettext_lazy("Patients who gave up"), "count"),
    ("waiting_at_end", gettext_lazy("Patients waiting at the end"), "count"),
    ("starved", gettext_lazy("Waiting over 8 weeks, never asked although somebody fitted"), "count"),
    ("conflicts", gettext_lazy("Second acceptances (conflicts)"), "count"),
    ("requests_per_therapist.p50", gettext_lazy("Requests per therapist asked: median"), "count"),
    ("requests_per_therapist.p90", gettext_lazy("Requests per therapist asked: 90th percentile"), "count"),
    ("requests_per_therapist.most", gettext_lazy("Requests per therapist asked: most"), "count"),
    ("requests_per_therapist.never_asked_share", gettext_lazy("Therapists never asked"), "percent"),
]
CURVES: list[tuple[str, str | Promise, str | Promise, bool]] = [
    (
        "accepted_curve",
        gettext_lazy("Patients with an acceptance"),
        gettext_lazy("weeks since the search began"),
        True,
    ),
    (
        "placed_curve",
        gettext_lazy("Patients with a confirmed place"),
        gettext_lazy("weeks since the search began"),
        True,
    ),
    ("waiting_by_week", gettext_lazy("Patients waiting"), gettext_lazy("weeks of the simulation"), False),
]


def policy_label(policy: str) -> str:
    return str(SimulationPolicy(policy).label)


def policies(result: Result) -> dict[str, dict[str, Any]]:
    """Name and outcome of every policy, ours first: the database does not keep the order of keys."""
    return {policy: result["policies"][policy] for policy in POLICIES if policy in result["policies"]}


def heading(result: Result) -> list[str]:
    return [policy_label(policy) for policy in policies(result)]


def rows(result: Result) -> list[tuple[str, list[str]]]:
    """Wording of a figure and its value for every policy, formatted for the reader's language."""
    return [
        (str(wording), [written(_value(one["figures"], name), kind) for one in policies(result).values()])
        for name, wording, kind in FIGURES
    ]


def conclusions(result: Result) -> list[str]:
    """How much sooner patients get an acceptance and a place with the planner, against each other policy."""
    return [
        sentence
        for policy in policies(result)
        for name in MEDIANS
        if policy in result["sooner"]
        and (sentence := _sentence(policy, name, result["sooner"][policy][name]))
    ]


def csv_lines(result: Result) -> Iterator[list[Any]]:
    yield [_("Figure"), *heading(result)]
    for wording, values in rows(result):
        yield [wording, *values]


def pictures(result: Result) -> list[dict[str, Any]]:
    """Every chart with its title, the name of its curve, and the values behind it."""
    return [
        {
            "name": name,
            "title": str(title),
            "x_label": str(x_label),
            "chart": charts.draw(_series(result, name), str(x_label), is_share),
            "table": _points(result, name, is_share),
        }
        for name, title, x_label, is_share in CURVES
    ]


def svg_file(picture: dict[str, Any]) -> str:
    """A picture that stands alone, with its own colours and ground."""
    context = {**picture, "colours": FILE_COLOURS, "is_file": True}
    return render_to_string("matching/simulation_chart.svg.html", context)


def text_table(result: Result) -> str:
    """The figures as plain text, one column for each policy."""
    wide = max(len(wording) for wording, _values in rows(result)) + 2
    columns = [max(len(label), 12) + 2 for label in policies(result)]
    lines = [
        " " * wide + "".join(name.rjust(size) for name, size in zip(policies(result), columns, strict=True))
    ]
    for wording, values in rows(result):
        cells = "".join(value.rjust(size) for value, size in zip(values, columns, strict=True))
        lines.append(wording.ljust(wide) + cells)
    return "\n".join([*lines, "", *conclusions(result)])


def written(value: float | None, kind: str) -> str:
    if value is None:
        return _("not reached")
    if kind == "percent":
        return f"{number_format(value * 100, 0)} %"
    return number_format(value, 1 if kind == "weeks" else 0, force_grouping=True)


def _sentence(policy: str, name: str, gain: dict[str, Any]) -> str:
    if gain["median"] is None:
        return ""
    wordings = {
        ("weeks_to_acceptance", False): _("First acceptance %(percent)s sooner than “%(policy)s”."),
        ("weeks_to_acceptance", True): _("First acceptance %(percent)s later than “%(policy)s”."),
        ("weeks_to_place", False): _("Confirmed place %(percent)s sooner than “%(policy)s”."),
        ("weeks_to_place", True): _("Confirmed place %(percent)s later than “%(policy)s”."),
    }
    is_later = gain["median"] < 0
    percent = written(abs(gain["median"]), "percent")
    if gain["is_lower_bound"]:
        percent = _("at least %(percent)s") % {"percent": percent}
    return wordings[name, is_later] % {"percent": percent, "policy": policy_label(policy)}


def _series(result: Result, name: str) -> list[charts.Series]:
    return [
        charts.Series(policy_label(policy), one["figures"][name]) for policy, one in policies(result).items()
    ]


def _points(result: Result, name: str, is_share: bool) -> list[tuple[int, list[str]]]:
    """Week and value of every policy."""
    columns = [one["figures"][name] for one in policies(result).values()]
    kind = "percent" if is_share else "count"
    return [
        (week, ["" if value is None else written(value, kind) for value in values])
        for week, values in enumerate(zip(*columns, strict=True))
    ]


def _value(figures: dict[str, Any], name: str) -> Any:
    value: Any = figures
    for part in name.split("."):
        value = value[part]
    return value
