"""The fields a table or a JSON file of our own may fill, and the headings by which lists name them."""

from collections.abc import Mapping, Sequence

from apps.core.imports.columns import fold
from apps.scraping.records import SAID

ALSO = ("external_id", "house_number", "phone_prefix", "foreign_languages")
"""What is no field of an entry but part of one: the number is put behind the street, and so on."""

FIELDS = (*SAID, *ALSO)

HEADINGS = {
    "external_id": "id|nr|mitgliedsnummer|kennung|external_id|arztnummer|lanr",
    "salutation": "Anrede|salutation",
    "gender": "Geschlecht|gender|sex",
    "title": "Titel|akademischer Titel|akad. Grad|title|Vortitel|Titel/Grad",
    "first_name": "Vorname|Vornamen|first name|Rufname",
    "last_name": "Nachname|Name|Familienname|last name|surname|Zuname|Name, Vorname|Therapeut|Therapeutin"
    "|Behandler",
    "practice_name": "Praxis|Praxisname|practice name|practice|Einrichtung|Institution|Firma",
    "street": "Straße|Strasse|Anschrift|Straße und Hausnummer|Straße/Nr.|Straße Nr.|street|Adresse"
    "|Praxisanschrift",
    "house_number": "Hausnummer|Hausnr.|Hnr.|house number",
    "plz": "PLZ|Postleitzahl|zip|postal code|PLZ Ort|PLZ/Ort|Postleitzahl und Ort",
    "city": "Ort|Stadt|city|town|Praxisort|Wohnort",
    "phone": "Telefon|Telefonnummer|Tel.|phone|Tel. Praxis|Rufnummer|Fon|Telefon Praxis",
    "phone_prefix": "Vorwahl|Telefonvorwahl|area code",
    "fax": "Fax|Telefax|Faxnummer|fax number",
    "email": "E-Mail|E-Mail-Adresse|Mail|email|E-Mail Praxis",
    "website": "Internetseite|Homepage|Website|Web|URL|Internet|Webseite|www",
    "latitude": "Breitengrad|lat|latitude|Breite",
    "longitude": "Längengrad|lon|lng|longitude|Länge",
    "seat": "Kassensitz|Sitz|statutory seat|seat|Zulassung Kasse|Kassenzulassung|Versorgungsauftrag",
    "languages": "Sprachen|Sprache|languages|Therapiesprachen",
    "foreign_languages": "Fremdsprachen|foreign languages|Fremdsprache",
    "further_qualifications": "Zusatzqualifikationen|Qualifikationen|further qualifications|Fachgebiet"
    "|Zusatzbezeichnungen|Schwerpunkte|Berufsbezeichnung",
    "special_offers": "Besondere Angebote|special offers|Angebote",
    "accessibility": "Barrierefreiheit|accessibility|barrierefrei",
    "approvals": "Zulassungen|Verfahren|approvals|Therapieverfahren|Richtlinienverfahren|Fachkunde"
    "|Abrechnungsgenehmigung",
    "phone_hours": "Telefonzeiten|Telefonische Erreichbarkeit|phone hours|Telefonsprechzeiten|Erreichbarkeit"
    "|Telefonische Sprechzeiten",
}


def suggest_mapping(header: Sequence[str]) -> dict[str, str]:
    """Field → heading for the headings we know; the first fitting one, every heading once.

    A heading of two words in one, "Name, Vorname", is taken for the last name: names are taken apart anyway.
    """
    known = {
        fold(word): field for field, spellings in HEADINGS.items() for word in (*spellings.split("|"), field)
    }
    found: dict[str, str] = {}
    for heading in header:
        if field := known.get(fold(heading)):
            found.setdefault(field, heading)
    return found


def unknown_fields(mapping: Mapping[str, str]) -> list[str]:
    return [field for field in mapping if field not in FIELDS]
