"""Words of German and English files for what only patients have."""

from apps.core.imports import words
from apps.core.imports.cells import one_of
from apps.patients.enums import Channel, Gender, GroupWish, InsuranceKind, MaritalStatus, TravelMode

gender = one_of(
    {
        Gender.FEMALE: words.FEMALE,
        Gender.MALE: words.MALE,
        Gender.DIVERSE: words.DIVERSE,
        Gender.NOT_STATED: "keine Angabe|k. A.|not stated|unbekannt|unknown",
    }
)
insurance_kind = one_of(
    {
        InsuranceKind.STATUTORY: "GKV|gesetzlich|gesetzlich versichert|statutory|Kasse",
        InsuranceKind.PRIVATE: "PKV|privat|privat versichert|private",
        InsuranceKind.CIVIL_SERVANT: "Beihilfe|beihilfeberechtigt|civil servant|Beihilfe und PKV",
        InsuranceKind.SELF_PAYER: "Selbstzahler|Selbstzahlerin|Selbstzahler:in|self-payer|selbst",
    }
)
channel = one_of(
    {
        Channel.EMAIL: "E-Mail|Mail|email",
        Channel.PHONE: "Telefon|Tel.|phone|Anruf|mobil",
        Channel.POST: "Post|Brief|letter|mail by post",
    }
)
marital_status = one_of(
    {
        MaritalStatus.SINGLE: "ledig|single|alleinstehend",
        MaritalStatus.PARTNERSHIP: "in Partnerschaft|Partnerschaft|in a partnership|partnership",
        MaritalStatus.MARRIED: "verheiratet|married|verpartnert",
        MaritalStatus.SEPARATED: "getrennt|getrennt lebend|separated",
        MaritalStatus.DIVORCED: "geschieden|divorced",
        MaritalStatus.WIDOWED: "verwitwet|widowed",
    }
)
group_wish = one_of(
    {
        GroupWish.NO: "nein|no|keine|n|nur Einzel",
        GroupWish.ALSO: "auch|ja|also|yes|j|Einzel und Gruppe",
        GroupWish.ONLY: "nur|only|nur Gruppe",
    }
)
travel_mode = one_of(
    {
        TravelMode.CAR: "Auto|PKW|car",
        TravelMode.PUBLIC_TRANSPORT: "ÖPNV|Bus und Bahn|Bahn|Bus|public transport|öffentliche Verkehrsmittel",
        TravelMode.BICYCLE: "Fahrrad|Rad|bicycle|bike",
        TravelMode.FOOT: "zu Fuß|Fuß|on foot|walking",
    }
)
