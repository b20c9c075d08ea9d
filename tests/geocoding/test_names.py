import pytest

from apps.geocoding.names import town_key, town_keys


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Nürnberg", "nuernberg"),
        ("NUERNBERG", "nuernberg"),
        ("Nu\u0308rnberg", "nuernberg"),  # umlaut sent as two characters
        ("Meißen", "meissen"),
        ("Halle (Saale)", "halle"),
        ("Halle a. d. Saale", "halle"),
        ("Halle/Saale", "halle"),
        ("Frankfurt am Main", "frankfurt"),
        ("Frankfurt a.M.", "frankfurt"),
        ("Neustadt an der Aisch", "neustadt"),
        ("Neumarkt i.d.OPf.", "neumarkt"),
        ("Altdorf b. Nürnberg", "altdorf"),
        ("Rothenburg o. d. Tauber", "rothenburg"),
        ("Bad Homburg v. d. Höhe", "bad homburg"),
        ("Lutherstadt Wittenberg", "wittenberg"),
        ("Universitäts- und Hansestadt Greifswald", "greifswald"),
        ("St. Augustin", "sankt augustin"),
        ("  Bad   Honnef ", "bad honnef"),
        ("Aachen", "aachen"),
        ("Oberhausen", "oberhausen"),
        ("", ""),
    ],
)
def test_town_key(name: str, key: str) -> None:
    assert town_key(name) == key


def test_town_keys_offers_the_town_of_a_district() -> None:
    assert town_keys("Leipzig-Gohlis") == ["leipzig-gohlis", "leipzig"]
    assert town_keys("Jena OT Lobeda") == ["jena ot lobeda", "jena"]


def test_town_keys_of_a_plain_or_empty_name() -> None:
    assert town_keys("Köln") == ["koeln"]
    assert town_keys(" ") == []
