"""Sentences for reason codes, plan reasons and relaxations. Said to coordinators, so: whole and plain."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.matching.engine.planning import PlanReason, UnplannedReason
from apps.matching.engine.reasons import Reason

REASONS: dict[str, Promise] = {
    Reason.LOCATION_UNKNOWN: _("The place of the patient or the practice is unknown."),
    Reason.TOO_FAR: _("Farther away than the patient can go."),
    Reason.THERAPIST_INACTIVE: _("The therapist no longer works."),
    Reason.THERAPIST_BLOCKED: _("The therapist is blocked."),
    Reason.NOT_REVIEWED: _("Nobody has looked at the therapist's record yet."),
    Reason.DO_NOT_CONTACT: _("The therapist objected to being contacted."),
    Reason.CONTACT_PAUSE: _("The therapist or the shared practice is in a contact pause."),
    Reason.CONTACTED_RECENTLY: _("The therapist or the shared practice was contacted only days ago."),
    Reason.OPEN_INQUIRY: _("An inquiry to the therapist or the shared practice is open."),
    Reason.EXCLUDED_BY_PATIENT: _("The therapist is excluded for this patient."),
    Reason.LOCKED_AFTER_REJECTION: _("The therapist answered about this patient recently."),
    Reason.NO_SEAT: _("No statutory seat, but the patient is insured with a statutory fund."),
    Reason.PRIVATE_WANTED: _("A therapist without statutory seat is wanted (Kostenerstattung)."),
    Reason.NOT_LICENSED: _("The therapist has no licence."),
    Reason.AGE_UNKNOWN: _("The patient's date of birth is missing."),
    Reason.AGE_NOT_TREATED: _("No approval for the patient's age."),
    Reason.METHOD_NOT_OFFERED: _("None of the wished methods is offered for this age."),
    Reason.SETTING_NOT_OFFERED: _("The wished setting (individual or group) is not offered."),
    Reason.GROUP_ONLY: _("The therapist only takes patients who are open to group therapy."),
    Reason.THERAPIST_GENDER_UNKNOWN: _("The patient wishes a gender; the therapist's is not known."),
    Reason.THERAPIST_GENDER: _("The therapist's gender is not the one wished."),
    Reason.PATIENT_GENDER: _("The therapist wishes patients of another gender."),
    Reason.PATIENT_AGE_RANGE: _("The patient's age is outside the range the therapist takes."),
    Reason.DIAGNOSIS_UNKNOWN: _("The therapist takes certain diagnoses; the patient's is missing."),
    Reason.DIAGNOSIS_NOT_WISHED: _("The therapist does not take this diagnosis."),
    Reason.NO_COMMON_LANGUAGE: _("No common language."),
    Reason.NO_COMMON_TIME: _("No common time of a whole session in the week."),
}

# The same reasons as wishes, for "blocked by …".
BLOCKING: dict[str, Promise] = {
    Reason.LOCATION_UNKNOWN: _("place unknown"),
    Reason.TOO_FAR: _("distance"),
    Reason.NO_SEAT: _("insurance: no seat in reach"),
    Reason.PRIVATE_WANTED: _("insurance: no private therapist in reach"),
    Reason.AGE_UNKNOWN: _("date of birth missing"),
    Reason.AGE_NOT_TREATED: _("age"),
    Reason.METHOD_NOT_OFFERED: _("method"),
    Reason.SETTING_NOT_OFFERED: _("individual or group setting"),
    Reason.GROUP_ONLY: _("group therapy"),
    Reason.THERAPIST_GENDER: _("gender of the therapist"),
    Reason.THERAPIST_GENDER_UNKNOWN: _("gender of the therapist"),
    Reason.PATIENT_GENDER: _("therapists' wish: gender"),
    Reason.PATIENT_AGE_RANGE: _("therapists' wish: age"),
    Reason.DIAGNOSIS_UNKNOWN: _("diagnosis missing"),
    Reason.DIAGNOSIS_NOT_WISHED: _("therapists' wish: diagnosis"),
    Reason.NO_COMMON_LANGUAGE: _("language"),
    Reason.NO_COMMON_TIME: _("common hours"),
    Reason.CONTACT_PAUSE: _("contact pauses"),
    Reason.CONTACTED_RECENTLY: _("recent contacts"),
    Reason.OPEN_INQUIRY: _("open inquiries"),
    Reason.NOT_REVIEWED: _("records not reviewed"),
}

PLAN_REASONS: dict[str, Promise] = {
    PlanReason.FIRST_REQUEST: _("first request of a waiting search"),
    PlanReason.LONGEST_WAITING: _("nobody who fits this therapist waits longer"),
    PlanReason.LEAVES_SCARCE_PLACE: _("a more promising therapist is full with others"),
    PlanReason.ONLY_OPTION: _("the only fitting therapist"),
    PlanReason.BEST_CANDIDATE: _("first in the ranking"),
    PlanReason.MOST_PROMISING: _("adds most to the chance of a place"),
}

UNPLANNED_REASONS: dict[str, Promise] = {
    UnplannedReason.NO_CANDIDATE: _("no fitting therapist this week"),
    UnplannedReason.ENOUGH_OPEN_REQUESTS: _("enough open requests"),
    UnplannedReason.NO_PLACE_LEFT: _("all fitting therapists are taken in this round"),
}

SCORE_PARTS: dict[str, Promise] = {
    "acceptance": _("expected acceptance"),
    "distance": _("distance"),
    "hours": _("common hours"),
    "email": _("e-mail available"),
}


def blocked_by(reason: str) -> str | Promise:
    return BLOCKING.get(reason) or REASONS[reason]
