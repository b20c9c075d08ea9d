from datetime import datetime

import pytest

from apps.matching import timeline
from apps.matching.models import InquiryHistory, RequestHistory
from tests.factories.matching import RequestFactory

pytestmark = pytest.mark.django_db

OPERATION = "6f1f3f0e-1111-4000-8000-000000000001"


def test_last_of_several_steps_at_one_moment_is_on_top(at: datetime) -> None:
    """An acceptance withdraws the others within one moment; the story still reads from the bottom up."""
    request = RequestFactory()
    steps = [("sent", "withdrawn"), ("withdrawn", "conflict")]
    for old, new in steps:
        RequestHistory.objects.create(subject=request, old=old, new=new, at=at, operation=OPERATION)
    InquiryHistory.objects.create(
        subject=request.inquiry, old="sent", new="withdrawn", at=at, operation=OPERATION
    )
    found = [entry["text"].split(" → ")[1] for entry in timeline.of_inquiry(request.inquiry)]
    assert found == ["weitere Zusage", "zurückgezogen", "zurückgezogen"]
