from dataclasses import asdict
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.engine import fitting
from apps.matching.engine.acceptance_model import NO_FIT
from apps.matching.models import AcceptanceFit
from benchmarks.acceptance_life import simulate

pytestmark = pytest.mark.django_db

URL = "/acceptance/"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def learnt(at: datetime) -> AcceptanceFit:
    """A fit on an invented year."""
    past, _chance = simulate(6, therapists=200, weeks=52, contacts=20)
    return stored(fitting.fit(past, 0.08, 8), at, len(past), int(past.is_accepted.sum()))


def stored(result: fitting.Fit, at: datetime, asked: int, accepted: int) -> AcceptanceFit:
    return AcceptanceFit.objects.create(
        fitted_at=at,
        asked_count=asked,
        accepted_count=accepted,
        is_estimated=result.is_estimated,
        model=asdict(result.model),
        evaluation=asdict(result.evaluation) if result.evaluation else None,
    )


def text_of(client: Client) -> str:
    return " ".join(client.get(URL, headers=ENGLISH).content.decode().split())


def test_page_is_where_its_name_says() -> None:
    assert reverse("matching:acceptance") == URL


@pytest.mark.parametrize("role", ["viewer", "coordinator", "manager"])
def test_every_role_may_read(role: str, request: pytest.FixtureRequest, learnt: AcceptanceFit) -> None:
    client: Client = request.getfixturevalue(f"{role}_client")
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 405


def test_page_is_closed_without_a_role(client: Client, outsider_client: Client) -> None:
    assert client.get(URL).headers["Location"].startswith("/accounts/login/")
    assert outsider_client.get(URL).status_code == 403


def test_before_the_first_fit_the_page_says_so_and_shows_the_usual_figures(viewer_client: Client) -> None:
    text = text_of(viewer_client)
    assert "Nothing has been learnt yet" in text
    assert "Too few answers yet" in text
    assert "On average 8.0 % of the requests are accepted." in text
    assert "against 8 imagined requests" in text
    assert text.count("× 3.00") == 2  # in force and usual
    assert "<figure>" not in text


def test_few_answers_are_told_with_the_number_needed(viewer_client: Client, at: datetime) -> None:
    stored(fitting.Fit(NO_FIT, False, None), at, 41, 3)
    assert "41 answered requests so far. From 200 on the factors are learnt" in text_of(viewer_client)


def test_fitted_page_shows_factors_in_words_scores_plot_and_table(
    viewer_client: Client, learnt: AcceptanceFit
) -> None:
    response = viewer_client.get(URL, headers=ENGLISH)
    context, text = response.context, response.content.decode()
    model, found = learnt.model, learnt.evaluation
    assert f"× {model['free_place_odds']:.2f}" in text
    assert f"{found['brier']:.4f}" in text
    assert f"{found['brier_plain_average']:.4f}" in text
    assert text.count("<circle") == len(context["plot"].dots) == 10
    assert [row.count for row in context["bins"]] == [row["count"] for row in found["bins"]]
    assert [region for region, _rate in context["regions"]][:2] == ["00", "01"]
    assert "Last contact 31 to 90 days ago" in text


def test_example_shows_what_a_sign_makes_of_the_average(viewer_client: Client) -> None:
    (free, *_others) = viewer_client.get(URL).context["terms"]
    assert free.percent_with == pytest.approx(100 * 0.24 / 1.16)  # 8 %: odds 0.08 / 0.92, times three


def test_german_page_writes_figures_with_a_comma(viewer_client: Client, learnt: AcceptanceFit) -> None:
    text = viewer_client.get(URL, headers={"Accept-Language": "de"}).content.decode()
    assert f"{learnt.evaluation['brier']:.4f}".replace(".", ",") in text


def test_figures_of_the_picture_are_whole(viewer_client: Client, learnt: AcceptanceFit) -> None:
    """A decimal comma in an attribute would break the picture in German."""
    wrong: list[str] = []

    class Circles(HTMLParser):
        def handle_startendtag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
            if tag == "circle":
                wrong.extend(value for name, value in attrs if name in ("cx", "cy", "r") and "," in value)

    parser = Circles()
    parser.feed(viewer_client.get(URL, headers={"Accept-Language": "de"}).content.decode())
    assert wrong == []


def test_page_needs_few_queries(
    viewer_client: Client, learnt: AcceptanceFit, django_assert_num_queries: Any
) -> None:
    viewer_client.get(URL)
    with django_assert_num_queries(8):
        viewer_client.get(URL)


def test_admin_shows_fits_and_changes_none(
    viewer_client: Client, manager_client: Client, outsider_client: Client, learnt: AcceptanceFit
) -> None:
    changelist = reverse("admin:matching_acceptancefit_changelist")
    row = reverse("admin:matching_acceptancefit_change", args=[learnt.pk])
    assert viewer_client.get(changelist).context["cl"].result_count == 1
    assert viewer_client.get(row).status_code == 200
    assert outsider_client.get(changelist).status_code == 403
    assert manager_client.get(reverse("admin:matching_acceptancefit_add")).status_code == 403
    assert manager_client.post(row, {"asked_count": 1}).status_code == 403
