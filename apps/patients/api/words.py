"""The kinds of words in what clients send and get about patients: lengths of columns, values of enums."""

from typing import Annotated, Any, get_args

from pydantic import AfterValidator, Field

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.gateway.fields import LongText, choice
from apps.geocoding.enums import Precision
from apps.patients import checks
from apps.patients.enums import (
    Channel,
    Gender,
    GroupWish,
    InsuranceKind,
    MaritalStatus,
    PatientStatus,
    Purpose,
    TravelMode,
)

STORABLE = get_args(LongText)[-1]  # the validator that refuses what PostgreSQL cannot keep
LARGEST_SMALL = 2**15 - 1  # of a smallint column
Limit = Annotated[int, Field(ge=1, le=LARGEST_SMALL)]


def text(most: int, *, least: int = 0) -> Any:
    """Text as long as its column may be."""
    return Annotated[str, Field(min_length=least, max_length=most), STORABLE]


def _no_kvnr(words: str) -> str:
    if checks.is_valid_kvnr(checks.normalise_kvnr(words)):
        raise ValueError("a KVNR does not belong into an address: ask for duplicates instead")
    return words


StatusWord: Any = choice(PatientStatus)
StatusBefore: Any = choice(["", *PatientStatus.values], description="empty: the beginning")
SalutationWord: Any = choice(Salutation)
GenderWord: Any = choice(Gender)
ChannelWord: Any = choice(Channel)
InsuranceWord: Any = choice(["", *InsuranceKind.values], description="empty: not known")
KindOfInsurance: Any = choice(InsuranceKind)
WishedGenderWord: Any = choice(WishedGender)
MethodWord: Any = choice(Method)
GroupWord: Any = choice(GroupWish)
LanguageWord: Any = choice(Language)
TravelWord: Any = choice(TravelMode)
PurposeWord: Any = choice(Purpose)
MaritalWord: Any = choice(["", *MaritalStatus.values], description="empty: not known")
PrecisionWord: Any = choice(Precision)
Name: Any = text(80, least=1)
Town: Any = text(80)
Street: Any = text(160)
Address: Any = text(254)
PLZ: Any = text(12)
Code: Any = text(40)
Phone: Any = text(40)
Doctor: Any = text(120)
Why: Any = text(300)
Reason: Any = text(300, least=1)
Proof: Any = text(200, least=1)
PlzBeginning = Annotated[str, Field(pattern="^[0-9]{0,5}$", description="Its first figures")]
SearchWords: Any = Annotated[
    text(80),
    AfterValidator(_no_kvnr),
    Field(description="Words of name, case code, PLZ or town; or a whole e-mail address or phone number"),
]
