import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.therapists.models import ContactGroup, Therapist
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db

LIST, EXPORT = reverse("therapists:list"), reverse("therapists:export")
QUERIES = 11  # session (1, saving it 3), user, roles, two counts, rows, approvals, practices


def names(response: Any) -> list[str]:
    return [row.record.last_name for row in response.context["table"].paginated_rows]


def found(client: Client, **query: Any) -> list[str]:
    return names(client.get(LIST, query))


def rows(response: Any) -> list[list[str]]:
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    viewer_client: Client, django_assert_num_queries: Any, count: int
) -> None:
    for therapist in TherapistFactory.create_batch(count):
        ContactPauseFactory(
            therapist=therapist,
            starts_on=timezone.localdate(),
            until=timezone.localdate() + timedelta(days=9),
        )
    viewer_client.get(LIST)
    with django_assert_num_queries(QUERIES):
        response = viewer_client.get(LIST)
    assert len(names(response)) == count


def test_list_is_in_order_of_names(viewer_client: Client) -> None:
    for last, first in [("Linde", "Eva"), ("Buche", "Jan"), ("Linde", "Ada")]:
        TherapistFactory(last_name=last, first_name=first)
    page = viewer_client.get(LIST).context["table"].page
    assert [row.record.first_name for row in page] == ["Jan", "Ada", "Eva"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-name", ["C", "B", "A"]),
        ("place", ["B", "C", "A"]),
        ("-place", ["A", "C", "B"]),
        ("free", ["C", "A", "B"]),
        ("nonsense", ["A", "B", "C"]),
    ],
)
def test_list_sorts(viewer_client: Client, sort: str, order: list[str]) -> None:
    TherapistFactory(last_name="A", practice__plz="99084", free_individual_from=date(2027, 1, 2))
    TherapistFactory(last_name="B", practice__plz="01067")
    TherapistFactory(last_name="C", practice__plz="50667", free_individual_from=date(2027, 1, 1))
    assert found(viewer_client, sort=sort) == order


def test_list_has_pages_of_fifty(viewer_client: Client) -> None:
    group = ContactGroup.objects.create()
    Therapist.objects.bulk_create(
        Therapist(last_name=f"N{number:03d}", contact_group=group) for number in range(51)
    )
    assert len(found(viewer_client)) == 50
    assert found(viewer_client, page=2) == ["N050"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "heilraum"}, ["Wanted"]),
        ({"q": "99084"}, ["Wanted"]),
        ({"method": "ST"}, ["Wanted"]),
        ({"age_group": "minors"}, ["Wanted"]),
        ({"setting": "group"}, ["Wanted"]),
        ({"method": "ST", "age_group": "minors", "setting": "group"}, ["Wanted"]),
        ({"method": "VT", "setting": "group"}, []),
        ({"seat": "half"}, ["Wanted"]),
        ({"language": "tr"}, ["Wanted"]),
        ({"language": "de"}, ["Other"]),
        ({"free": "individual"}, ["Wanted"]),
        ({"free": "group"}, ["Wanted"]),
        ({"free": "possibly"}, ["Wanted"]),
        ({"contact": "unreviewed"}, ["Wanted"]),
        ({"contact": "contactable"}, ["Other"]),
        ({"status": "active"}, ["Other", "Wanted"]),
        ({"status": "inactive"}, []),
        ({"review_status": "unreviewed"}, ["Wanted"]),
        ({"method": "XX"}, []),
    ],
)
def test_list_filters(viewer_client: Client, query: dict[str, str], expected: list[str]) -> None:
    TherapistFactory(last_name="Other", languages=[])
    TherapistFactory(
        last_name="Wanted",
        practice__name="Heilraum",
        practice__plz="99084",
        approvals=[("ST", "minors", "group"), ("VT", "adults", "individual")],
        seat="half",
        languages=["tr"],
        free_individual_from=date(2027, 1, 1),
        free_group_from=date(2027, 1, 1),
        is_possibly_free=True,
        review_status="unreviewed",
    )
    if query == {"method": "XX"}:
        assert viewer_client.get(LIST, query).context["filter"].form.errors.keys() == {"method"}
    else:
        assert found(viewer_client, **query) == expected


def test_list_filters_paused_ones_of_today(viewer_client: Client) -> None:
    therapist = TherapistFactory(last_name="Paused")
    TherapistFactory()
    today = timezone.localdate()
    ContactPauseFactory(therapist=therapist, starts_on=today, until=today)
    assert found(viewer_client, contact="paused") == ["Paused"]


def test_list_offers_verifying_to_those_who_work(coordinator_client: Client, viewer_client: Client) -> None:
    therapist = TherapistFactory(review_status="unreviewed")
    button = f'hx-post="{reverse("therapists:verify", args=[therapist.pk])}"'
    assert button in coordinator_client.get(LIST).content.decode()
    assert button not in viewer_client.get(LIST).content.decode()


def test_list_links_to_the_queue_with_its_length(viewer_client: Client) -> None:
    assert viewer_client.get(LIST).context["waiting"] == 0
    TherapistFactory.create_batch(2, review_status="unreviewed")
    assert viewer_client.get(LIST).context["waiting"] == 2


def test_empty_list_says_what_to_do(viewer_client: Client) -> None:
    response = viewer_client.get(LIST)
    assert str(response.context["table"].empty_text) in response.content.decode()


def test_export_has_exactly_the_filtered_rows_in_the_same_order(coordinator_client: Client) -> None:
    for name, seat in [("A", "half"), ("B", "full"), ("C", "half")]:
        TherapistFactory(last_name=name, seat=seat)
    query = {"seat": "half", "sort": "-name"}
    exported = [line[0] for line in rows(coordinator_client.get(EXPORT, query))[1:]]
    assert exported == found(coordinator_client, **query) == ["C", "A"]


def test_export_is_not_cut_into_pages(coordinator_client: Client) -> None:
    group = ContactGroup.objects.create()
    Therapist.objects.bulk_create(Therapist(last_name=f"N{i}", contact_group=group) for i in range(60))
    assert len(rows(coordinator_client.get(EXPORT, {"page": 2}))) == 61


def test_export_tells_the_whole_row(coordinator_client: Client) -> None:
    TherapistFactory(
        first_name="Eva",
        last_name="Linde",
        practice__name="Heilraum",
        practice__street="Lindenstraße 1",
        practice__phone="+493411234567",
        practice__email="a@example.org",
    )
    response = coordinator_client.get(EXPORT)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    head, line = rows(response)
    assert line[:7] == ["Linde", "Eva", "Dipl.-Psych.", "Heilraum", "Lindenstraße 1", "04109", "Leipzig"]
    assert line[7:9] == ["0341 1234567", "a@example.org"]
    assert len(line) == len(head)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_export_disarms_formulas(coordinator_client: Client, start: str) -> None:
    TherapistFactory(last_name=f"{start}SUM(A1)")
    assert rows(coordinator_client.get(EXPORT))[1][0] == f"'{start}SUM(A1)"
