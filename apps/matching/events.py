"""Event types of matching."""

from apps.events.catalogue import Told, declare, declare_states
from apps.events.schema import row_id
from apps.matching.enums import RoundStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, RefusalEvidence, Round

SEARCH_ID = row_id("The search", example=2311)

declare_states(
    "matching",
    PlacementSearch,
    subject="the patient whose search it is",
    ids={"search_id": SEARCH_ID},
    version=2,
    starts=[SearchStatus.ACTIVE],
    active="A search runs: opened, resumed or gone on with",
    paused="A search pauses",
    trial="A therapist accepted; trial sessions follow",
    placed="The place is confirmed",
    cancelled="A search was cancelled",
)

declare_states(
    "matching",
    Round,
    subject="the round",
    starts=[RoundStatus.DRAFT],
    draft="A round was planned and waits for release",
    released="A round was released",
    discarded="A draft round was discarded",
)

declare_states(
    "matching",
    Inquiry,
    subject="the therapist who is asked",
    ids={
        "inquiry_id": row_id("The inquiry", example=5120),
        "round_id": row_id("The round it was planned in", example=17, is_required=False),
    },
    version=2,
    released="A person released an inquiry",
    sent="An inquiry reached the therapist",
    answered="All requests of an inquiry have an answer",
    expired="An inquiry ended without an answer",
    cancelled="An inquiry was cancelled before it went out",
    withdrawn="All requests of an inquiry were withdrawn before an answer",
)

declare_states(
    "matching",
    PlacementRequest,
    subject="the patient who is asked for",
    ids={
        "request_id": row_id("The request: one search asked of one therapist", example=90210),
        "search_id": SEARCH_ID,
        "inquiry_id": row_id("The inquiry that carried it", example=5120),
        "therapist_id": row_id("The therapist who was asked", example=93),
    },
    version=2,
    accepted="A therapist offers a place",
    conflict="A second acceptance for the same search",
    waitlisted="A therapist offers the waiting list",
    rejected="A therapist declined",
    withdrawn="A request was withdrawn",
    confirmed="Both sides continue after the trial sessions",
    not_fitting="The trial sessions did not fit",
)

declare_states(
    "matching",
    RefusalEvidence,
    subject="the patient",
    ids={"evidence_id": row_id("The document", example=31)},
    version=2,
    signed="A document of refusal evidence was signed off",
    void="A document of refusal evidence was declared void",
)

BOTH_SIDES = {
    "request_id": row_id("The request that was accepted", example=90210),
    "patient_id": row_id("The patient whose identity it is", example=815),
    "therapist_id": row_id("The therapist who said yes", example=93),
}

declare(
    "matching",
    subject="the patient whose identity it is",
    identity__handed_over=Told(
        "A link to a patient's identity was sent to the therapist who said yes", BOTH_SIDES, version=2
    ),
    identity__opened=Told("The therapist opened the link to the identity", BOTH_SIDES, version=2),
    identity__revoked=Told("A link to an identity was revoked before it was opened", BOTH_SIDES, version=2),
)
