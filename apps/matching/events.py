"""Event types of matching."""

from apps.events.catalogue import declare

declare(
    "matching",
    search__active="A search runs: opened, resumed or gone on with",
    search__paused="A search pauses",
    search__trial="A therapist accepted; trial sessions follow",
    search__placed="The place is confirmed",
    search__cancelled="A search was cancelled",
    round__draft="A round was planned and waits for release",
    round__released="A round was released",
    round__discarded="A draft round was discarded",
    inquiry__released="A person released an inquiry",
    inquiry__sent="An inquiry reached the therapist",
    inquiry__answered="All requests of an inquiry have an answer",
    inquiry__expired="An inquiry ended without an answer",
    inquiry__cancelled="An inquiry was cancelled before it went out",
    inquiry__withdrawn="All requests of an inquiry were withdrawn before an answer",
    request__accepted="A therapist offers a place",
    request__conflict="A second acceptance for the same search",
    request__waitlisted="A therapist offers the waiting list",
    request__rejected="A therapist declined",
    request__withdrawn="A request was withdrawn",
    request__confirmed="Both sides continue after the trial sessions",
    request__not_fitting="The trial sessions did not fit",
    identity__handed_over="A link to a patient's identity was sent to the therapist who said yes",
    identity__opened="The therapist opened the link to the identity",
    identity__revoked="A link to an identity was revoked before it was opened",
    evidence__signed="A document of refusal evidence was signed off",
    evidence__void="A document of refusal evidence was declared void",
)
