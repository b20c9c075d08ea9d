"""Why a therapist does not fit a search. Each reason is one bit of a failure mask."""

from enum import IntFlag, StrEnum


class Reason(StrEnum):
    """The order is the order of the bits and, on pages, of the rules; stored masks do not exist."""

    LOCATION_UNKNOWN = "location_unknown"
    TOO_FAR = "too_far"
    THERAPIST_INACTIVE = "therapist_inactive"
    THERAPIST_BLOCKED = "therapist_blocked"
    NOT_REVIEWED = "not_reviewed"
    DO_NOT_CONTACT = "do_not_contact"
    CONTACT_PAUSE = "contact_pause"
    CONTACTED_RECENTLY = "contacted_recently"
    OPEN_INQUIRY = "open_inquiry"
    EXCLUDED_BY_PATIENT = "excluded_by_patient"
    LOCKED_AFTER_REJECTION = "locked_after_rejection"
    NO_SEAT = "no_seat"
    PRIVATE_WANTED = "private_wanted"
    NOT_LICENSED = "not_licensed"
    AGE_UNKNOWN = "age_unknown"
    AGE_NOT_TREATED = "age_not_treated"
    METHOD_NOT_OFFERED = "method_not_offered"
    SETTING_NOT_OFFERED = "setting_not_offered"
    GROUP_ONLY = "group_only"
    THERAPIST_GENDER_UNKNOWN = "therapist_gender_unknown"
    THERAPIST_GENDER = "therapist_gender"
    PATIENT_GENDER = "patient_gender"
    PATIENT_AGE_RANGE = "patient_age_range"
    DIAGNOSIS_UNKNOWN = "diagnosis_unknown"
    DIAGNOSIS_NOT_WISHED = "diagnosis_not_wished"
    NO_COMMON_LANGUAGE = "no_common_language"
    NO_COMMON_TIME = "no_common_time"

    @property
    def bit(self) -> int:
        return _BITS[self]

    @property
    def rule(self) -> int:
        """The number of the rule, 1 to 10, this reason belongs to."""
        return next(number for number, reasons in REASONS_BY_RULE.items() if self in reasons)


class Flag(IntFlag):
    """What is worth knowing about a candidate without being a failure."""

    HOURS_UNKNOWN = 1
    TRAVEL_MEASURED = 2  # by a router; otherwise the minutes are estimated


REASONS: tuple[Reason, ...] = tuple(Reason)
_BITS = {reason: 1 << position for position, reason in enumerate(REASONS)}

REASONS_BY_RULE: dict[int, tuple[Reason, ...]] = {
    1: (Reason.LOCATION_UNKNOWN, Reason.TOO_FAR),
    2: (
        Reason.THERAPIST_INACTIVE,
        Reason.THERAPIST_BLOCKED,
        Reason.NOT_REVIEWED,
        Reason.DO_NOT_CONTACT,
        Reason.CONTACT_PAUSE,
        Reason.CONTACTED_RECENTLY,
        Reason.OPEN_INQUIRY,
    ),
    3: (Reason.EXCLUDED_BY_PATIENT, Reason.LOCKED_AFTER_REJECTION),
    4: (Reason.NO_SEAT, Reason.PRIVATE_WANTED, Reason.NOT_LICENSED),
    5: (Reason.AGE_UNKNOWN, Reason.AGE_NOT_TREATED),
    6: (Reason.METHOD_NOT_OFFERED, Reason.SETTING_NOT_OFFERED, Reason.GROUP_ONLY),
    7: (Reason.THERAPIST_GENDER_UNKNOWN, Reason.THERAPIST_GENDER, Reason.PATIENT_GENDER),
    8: (Reason.PATIENT_AGE_RANGE, Reason.DIAGNOSIS_UNKNOWN, Reason.DIAGNOSIS_NOT_WISHED),
    9: (Reason.NO_COMMON_LANGUAGE,),
    10: (Reason.NO_COMMON_TIME,),
}


def mask_of(*reasons: Reason) -> int:
    return sum(reason.bit for reason in set(reasons))


def reasons_of(mask: int) -> tuple[Reason, ...]:
    """Return the reasons in a failure mask, in the order of the rules."""
    return tuple(reason for reason in REASONS if int(mask) & reason.bit)
