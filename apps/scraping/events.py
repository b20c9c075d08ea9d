"""Event types of imports."""

from apps.events.catalogue import declare

declare(
    "scraping",
    scraping__run_ended="A reading of a source has ended; the run itself tells how",
    scraping__record_accepted="A record of a source became a therapist on file",
    scraping__proposal_accepted="A value that a source says was taken over",
)
