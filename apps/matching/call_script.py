"""What to say on the phone, in German: who we are, what it is about. Pseudonymous like the first letter."""

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils import translation

from apps.communication.models import PhoneCall
from apps.core.enums import Salutation
from apps.matching.models import Inquiry, PlacementRequest
from apps.therapists.models import Therapist
from apps.therapists.names import spoken_title

ADDRESSES: dict[str, str] = {Salutation.MS: "Frau", Salutation.MR: "Herr"}


def spoken_greeting(therapist: Therapist) -> str:
    """As one says it: "Guten Tag, Frau Doktor Linde". Nothing is guessed, degrees are not spoken."""
    address = ADDRESSES.get(therapist.salutation)
    if address is None:
        name = f"{therapist.first_name} {therapist.last_name}".strip() if therapist.first_name else ""
        return f"Guten Tag, {name}" if name else "Guten Tag"
    title = spoken_title(therapist.title, is_woman=therapist.salutation == Salutation.MS)
    spoken = title.replace("Dr.", "Doktor")
    return "Guten Tag, " + " ".join(part for part in (address, spoken, therapist.last_name) if part)


def script(
    *,
    call: PhoneCall,
    inquiry: Inquiry | None,
    requests: Sequence[PlacementRequest],
    caller: str,
) -> list[str]:
    """Paragraphs to read out."""
    with translation.override("de"):
        text = render_to_string(
            "matching/call_script.txt",
            {
                "greeting": spoken_greeting(call.therapist),
                "caller": caller,
                "call": call,
                "inquiry": inquiry,
                "count": len(requests),
                "is_sprechstunde_held": all(row.search.patient.sprechstunde_on for row in requests),
            },
        )
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
