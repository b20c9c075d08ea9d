import pytest

from apps.therapists.names import greeting, spoken_title


@pytest.mark.parametrize(
    ("salutation", "title", "first_name", "last_name", "line"),
    [
        ("ms", "Dr.", "Eva", "Müller", "Sehr geehrte Frau Dr. Müller"),
        ("mr", "Prof.", "Jan", "Schmidt", "Sehr geehrter Herr Professor Schmidt"),
        ("ms", "Prof. Dr. phil.", "Eva", "Schmidt", "Sehr geehrte Frau Professorin Schmidt"),
        ("mr", "Dr. phil. Dipl.-Psych.", "Jan", "Müller", "Sehr geehrter Herr Dr. Müller"),
        ("mr", "Dipl.-Psych.", "Jan", "Müller", "Sehr geehrter Herr Müller"),
        ("ms", "M. Sc. Psych.", "Eva", "von der Heide", "Sehr geehrte Frau von der Heide"),
        ("ms", "", "", "Müller", "Sehr geehrte Frau Müller"),
        ("none", "", "Kim", "Weber", "Guten Tag Kim Weber"),
        ("none", "Dr.", "Kim", "Weber", "Guten Tag Kim Weber"),
        ("none", "Prof. Dr.", " Kim ", "Weber", "Guten Tag Kim Weber"),
        ("none", "", "", "Weber", "Guten Tag"),
        ("", "", "Kim", "Weber", "Guten Tag Kim Weber"),
        ("Frau", "", "Kim", "Weber", "Guten Tag Kim Weber"),
    ],
)
def test_greeting(salutation: str, title: str, first_name: str, last_name: str, line: str) -> None:
    spoken = greeting(salutation=salutation, title=title, first_name=first_name, last_name=last_name)
    assert spoken == line


@pytest.mark.parametrize(
    "title",
    ["Dr.", "Dr", "DR.", "Dr. med.", "Dr.med.", "Dr. rer. nat.", "Dr.-Ing.", "Dr. h. c.", "PD Dr. phil.",
     "Priv.-Doz. Dr.", "Dr. Dr.", "Dipl.-Psych. Dr. phil.", "Doktor", "Doktorin"],
)  # fmt: skip
def test_spoken_title_is_doctor(title: str) -> None:
    assert spoken_title(title, is_woman=True) == "Dr."


@pytest.mark.parametrize(
    "title",
    [
        "Prof.",
        "Prof",
        "PROF.",
        "Professor",
        "Professorin",
        "Prof. Dr. Dr.",
        "apl. Prof. Dr.",
        "Jun.-Prof. Dr.",
    ],
)
def test_spoken_title_is_professor(title: str) -> None:
    assert spoken_title(title, is_woman=False) == "Professor"
    assert spoken_title(title, is_woman=True) == "Professorin"


@pytest.mark.parametrize(
    "title",
    ["", "Dipl.-Psych.", "M.Sc.", "M. Sc. Psychologie", "B.A.", "PhD", "Ph.D.", "Mag.", "Drs.", "PD",
     "Dr. des.", "Dr. cand.", "Psychologische Psychotherapeutin", "Andrea", "Profil"],
)  # fmt: skip
def test_spoken_title_leaves_degrees_out(title: str) -> None:
    assert spoken_title(title, is_woman=False) == ""
