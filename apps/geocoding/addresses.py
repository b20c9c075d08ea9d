"""An address as it may be asked for: where, never who."""

import re
from dataclasses import dataclass, replace

from apps.core.encryption import blind_index

PARTS = re.compile(r"\s*[,;\n(]\s*")
# Never a street: whose door it is, and which storey or wing.
BESIDE = re.compile(
    r"^(?:(?:c/o|bei|z\.\s?h(?:d|nd)?\.|hinterhaus|vorderhaus|seitenflügel|etage|hh|vh|eg|og|ug|dg)(?:\s|$)|"
    r"\d+\.?\s?(?:og|stock|etage|obergeschoss)\b)",
    re.IGNORECASE,
)
# Whose it is; but there are streets named after a doctor, and those have a house number.
PERSON = re.compile(r"^(?:(?:praxis|frau|herr|familie)\s|dr\.|prof\.|dipl)", re.IGNORECASE)
CARE_OF = re.compile(r"\s*\bc/o\b.*", re.IGNORECASE)
HOUSE_NUMBER = re.compile(r"\d+\s?[a-zA-Z]?(?:\s?[-–/+]\s?\d+\s?[a-zA-Z]?)*\s*$")


@dataclass(frozen=True, slots=True)
class Address:
    """Street and number, PLZ and town in Germany. `is_private`: somebody lives there (a patient)."""

    street: str
    plz: str
    city: str
    is_private: bool = False

    @property
    def has_house_number(self) -> bool:
        return bool(HOUSE_NUMBER.search(street_line(self.street)))

    def cleaned(self) -> "Address":
        """The same with a bare street line and single spaces."""
        return replace(
            self, street=street_line(self.street), plz=self.plz.strip(), city=" ".join(self.city.split())
        )

    def fingerprint(self) -> str:
        """Keyed, so that the answer kept under it tells nobody the address."""
        return blind_index("|".join(("search", *map(_folded, (self.street, self.plz, self.city)))))


def street_line(text: str) -> str:
    """ "Praxis Linde, Lindenstr. 5, 2. OG" → "Lindenstr. 5": names and storeys do not leave the house."""
    parts = [CARE_OF.sub("", part).strip(" )") for part in PARTS.split(text)]
    streets = [" ".join(part.split()) for part in parts if part and not BESIDE.match(part)]
    numbered = [part for part in streets if HOUSE_NUMBER.search(part)]
    return (numbered or [part for part in streets if not PERSON.match(part)] or [""])[0]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
