"""Spellings of town names brought to one key, so that "Frankfurt a. M." finds "Frankfurt am Main"."""

import re
import unicodedata

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})  # casefold() has turned ß into ss already
HONOURS = re.compile(r"^(?:universitaets- und )?(?:hanse|luther|universitaets)stadt ")
# River, mountain or neighbour that tells towns apart: "(Saale)", "/Main", " a. d. Aisch", " bei Nürnberg".
QUALIFIER = re.compile(r"\s*\(.*|\s*[/,].*|\s(?:a[mn]?|i[mn]?|b(?:ei)?|ob?|v(?:or)?)(?:\.|\s).*")
DISTRICT = re.compile(r"\sot\s|\s?[-\u2013]\s?")


def town_key(name: str) -> str:
    """The name without case, umlauts, accents, honours and geographical qualifier."""
    text = unicodedata.normalize("NFC", name).casefold().translate(UMLAUTS)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = HONOURS.sub("", " ".join(text.split()))
    return QUALIFIER.sub("", text).replace("st. ", "sankt ").strip()


def town_keys(name: str) -> list[str]:
    """Keys to try in turn: the whole name, then without its district ("Leipzig-Gohlis", "Jena OT Lobeda")."""
    whole = town_key(name)
    town = DISTRICT.split(whole)[0]
    return [key for key in dict.fromkeys((whole, town)) if key]
