"""The German words of the document: an insurer reads them, whatever the language of the screen."""

from datetime import date, datetime

from django.utils import timezone

from apps.core.enums import Method
from apps.matching.enums import AnswerSource, RejectionReason
from apps.therapists.enums import AgeGroup, Seat

TITLE = "Nachweis der Suche nach einem Therapieplatz"
SUBTITLE = "Unterlage zum Antrag auf Kostenerstattung nach § 13 Abs. 3 SGB V"
AGENCY = "Psychotherapie-Vermittlung"
NOTHING = "–"
NOT_STATED = "nicht angegeben"
DRAFT, VOID = "ENTWURF", "UNGÜLTIG"

SEATS = {
    Seat.FULL: "voller Kassensitz",
    Seat.HALF: "halber Kassensitz",
    Seat.NONE: "kein Kassensitz",
}
METHODS = {Method.VT: "VT", Method.TP: "TP", Method.AP: "AP", Method.ST: "ST"}
AGE_GROUPS = {AgeGroup.ADULTS: "Erwachsene", AgeGroup.MINORS: "Kinder und Jugendliche"}
REASONS = {
    RejectionReason.CAPACITY: "kein freier Platz",
    RejectionReason.NOT_SUITABLE: "Anfrage nicht passend",
    RejectionReason.OTHER: "anderer Grund",
}
SOURCES = {
    AnswerSource.PORTAL: "Antwortseite",
    AnswerSource.EMAIL: "E-Mail",
    AnswerSource.PHONE: "Telefon",
}

# why a contact or an answer proves nothing
NOT_SENT = "E-Mail wurde nicht versandt"
UNCLEAR = "Zustellung der E-Mail ungeklärt"
BOUNCED = "E-Mail kam als unzustellbar zurück"
NOT_TAKEN = "Annahme durch den Mailserver nicht belegt"
NO_CALLER = "Anruf ohne Namen der anrufenden Person"
NO_ANSWER_PROOF = "Antwort ohne Beleg"
NO_CONTACT = "Antwort ohne belegten Kontakt"

# why a line is listed and not counted
NO_SEAT = "kein Kassensitz"
REASONABLE_WAIT = "Wartezeit zumutbar"
STILL_OPEN = "noch offen"
WITHDRAWN = "zurückgezogen"
OFFERED = "Platz angeboten"
OFFERED_LATER = "später Platz angeboten"
SAME_REQUEST = "weiterer Kontakt folgte"


def day(value: date | None) -> str:
    return value.strftime("%d.%m.%Y") if value else NOT_STATED


def moment(value: datetime) -> str:
    return f"{timezone.localtime(value):%d.%m.%Y, %H:%M} Uhr"


def clock(value: datetime) -> str:
    return f"{timezone.localtime(value):%H:%M}"


def decimal(value: float) -> str:
    """One decimal place where it is not whole: 2.44 → "2,4", 12.0 → "12"."""
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")


def weeks(days: int) -> str:
    number = decimal(days / 7)
    return f"{number} Woche" if number == "1" else f"{number} Wochen"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
