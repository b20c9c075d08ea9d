"""Event types of imports."""

from apps.events.catalogue import Told, declare
from apps.events.schema import one_of
from apps.scraping.enums import ENDED

declare(
    "scraping",
    subject="the run",
    scraping__run_ended=Told(
        "A reading of a source has ended; the run itself tells more", {"to": one_of(ENDED, "How it ended")}
    ),
)
declare(
    "scraping",
    subject="the therapist",
    scraping__record_accepted="A record of a source became a therapist on file",
    scraping__proposal_accepted="A value that a source says was taken over",
)
