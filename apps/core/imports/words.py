"""Words of German and English files for what patients and therapists have in common."""

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.imports.cells import one_of

MALE = "männlich|m|male|Mann|man"
FEMALE = "weiblich|w|f|female|Frau|woman"
DIVERSE = "divers|d|diverse|x|nichtbinär|nonbinary"

salutation = one_of(
    {
        Salutation.MS: "Frau|Fr.|Ms|Mrs|Ms.|Miss",
        Salutation.MR: "Herr|Hr.|Herrn|Mr|Mister",
        Salutation.NONE: "keine|ohne|neutral|no salutation",
    }
)
wished_gender = one_of(
    {
        WishedGender.ANY: "egal|beliebig|any|keine Angabe|alle|any gender",
        WishedGender.FEMALE: f"{FEMALE}|Therapeutin|nur Frauen|Frauen",
        WishedGender.MALE: f"{MALE}|Therapeut|nur Männer|Männer",
    }
)
yes_no = one_of({True: "ja|yes|j|y|wahr|1|x", False: "nein|no|n|falsch|0"})
method = one_of(
    {
        Method.VT: "VT|Verhaltenstherapie|V|behavioural|behavioral|CBT|KVT|kognitive Verhaltenstherapie",
        Method.TP: (
            "TP|tiefenpsychologisch|T|TfP|tiefenpsychologisch fundierte Psychotherapie"
            "|tiefenpsychologisch fundiert|Tiefenpsychologie|depth-psychological|psychodynamic"
        ),
        Method.AP: "AP|analytisch|A|analytische Psychotherapie|Psychoanalyse|analytic|psychoanalytic",
        Method.ST: "ST|systemisch|S|Systemische Therapie|systemic",
    }
)
language = one_of(
    {
        Language.DE: "Deutsch|German|ger|deu",
        Language.EN: "Englisch|English|eng",
        Language.AR: "Arabisch|Arabic",
        Language.BS: "Bosnisch|Kroatisch|Serbisch|Serbokroatisch|BKS|Bosnian|Croatian|Serbian|hr|sr",
        Language.ES: "Spanisch|Spanish",
        Language.FA: "Persisch|Farsi|Dari|Persian|Persisch (Farsi)|Farsi (Persisch)",
        Language.FR: "Französisch|French",
        Language.EL: "Griechisch|Greek|Neugriechisch",
        Language.HE: "Hebräisch|Hebrew|Iwrit|Ivrit",
        Language.IT: "Italienisch|Italian",
        Language.KU: "Kurdisch|Kurdish|Kurmandschi|Sorani",
        Language.NL: "Niederländisch|Dutch|Holländisch",
        Language.PL: "Polnisch|Polish",
        Language.PT: "Portugiesisch|Portuguese",
        Language.RO: "Rumänisch|Romanian",
        Language.RU: "Russisch|Russian",
        Language.SGN: "Gebärdensprache|Deutsche Gebärdensprache|DGS|sign language",
        Language.TR: "Türkisch|Turkish",
        Language.UK: "Ukrainisch|Ukrainian",
        Language.VI: "Vietnamesisch|Vietnamese",
        Language.ZH: "Chinesisch|Chinese|Mandarin",
    }
)
