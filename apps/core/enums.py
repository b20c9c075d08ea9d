"""Words that patients and therapists share."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Salutation(models.TextChoices):
    """Never guessed: without one, greetings are neutral."""

    MR = "mr", pgettext_lazy("salutation", "Mr")
    MS = "ms", pgettext_lazy("salutation", "Ms")
    NONE = "none", _("no salutation")


class WishedGender(models.TextChoices):
    ANY = "any", _("any gender")
    MALE = "male", _("male")
    FEMALE = "female", _("female")


class Method(models.TextChoices):
    """Richtlinienverfahren. Letters as the registers and practices use them."""

    VT = "VT", _("behavioural (VT)")
    TP = "TP", _("depth-psychological (TP)")
    AP = "AP", _("analytic (AP)")
    ST = "ST", _("systemic (ST)")


class Language(models.TextChoices):
    """Languages in which therapy is offered or wished (ISO 639-1)."""

    DE = "de", _("German")
    EN = "en", _("English")
    AR = "ar", _("Arabic")
    BS = "bs", _("Bosnian, Croatian, Serbian")
    ES = "es", _("Spanish")
    FA = "fa", _("Persian, Dari")
    FR = "fr", _("French")
    EL = "el", _("Greek")
    HE = "he", _("Hebrew")
    IT = "it", _("Italian")
    KU = "ku", _("Kurdish")
    NL = "nl", _("Dutch")
    PL = "pl", _("Polish")
    PT = "pt", _("Portuguese")
    RO = "ro", _("Romanian")
    RU = "ru", _("Russian")
    SGN = "sgn", _("sign language")
    TR = "tr", _("Turkish")
    UK = "uk", _("Ukrainian")
    VI = "vi", _("Vietnamese")
    ZH = "zh", _("Chinese")


class MergeKind(models.TextChoices):
    THERAPIST = "therapist", _("therapists")
    PRACTICE = "practice", _("practices")
    PATIENT = "patient", _("patients")


class SuggestionStatus(models.TextChoices):
    OPEN = "open", _("to be looked at")
    DISMISSED = "dismissed", _("not the same")
    MERGED = "merged", _("merged")
