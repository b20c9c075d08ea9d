import pytest

from apps.scraping.enums import ProposalStatus
from apps.scraping.models import ChangeProposal
from apps.therapists.models import Therapist
from tests.factories.therapists import PracticeFactory, TherapistFactory


@pytest.fixture
def mira() -> Therapist:
    """On file exactly as the register shows her."""
    practice = PracticeFactory(
        name="", street="Musterweg 4a", plz="04103", city="Leipzig", phone="+493410000000", email=""
    )
    return TherapistFactory(
        first_name="Mira",
        last_name="Beispielhuber",
        title="",
        practice=practice,
        phone_hours=[(0, 720, 770)],
    )


def proposed() -> list[tuple[str, object, object]]:
    rows = ChangeProposal.objects.filter(status=ProposalStatus.OPEN).order_by("field")
    return [(row.field, row.old, row.new) for row in rows]
