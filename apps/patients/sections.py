"""What staff enter about a patient, in the order of the page: sections of rows of field names."""

from typing import Any

from django.utils.translation import gettext_lazy as _

SECTIONS: list[tuple[Any, list[tuple[str, ...]]]] = [
    (
        _("Identity"),
        [
            ("salutation", "gender", "birth_date"),
            ("first_name", "last_name"),
            ("street", "plz", "city"),
            ("email", "phone", "preferred_channel"),
        ],
    ),
    (
        _("Insurance and doctors"),
        [("insurance_kind", "insurer", "kvnr"), ("gp_name", "gp_contact", "referrer")],
    ),
    (
        _("Clinical facts"),
        [
            ("diagnosis", "complaints_since"),
            ("symptoms",),
            ("complaints", "reason_now"),
            ("has_previous_therapy", "previous_therapy_last_session_on", "previous_therapy_method"),
            ("previous_treatments", "inpatient_treatment"),
            ("physical_illnesses", "medication"),
            ("stressors", "support_systems"),
            ("expectations", "therapy_goals"),
            ("occupation", "marital_status"),
        ],
    ),
    (
        _("Process"),
        [
            ("contracts_signed_on", "sprechstunde_on"),
            ("ptv11_on", "is_ptv11_urgent", "referral_code"),
            ("payment_reference", "payment_received_on"),
        ],
    ),
    (
        _("Wishes"),
        [
            ("wished_gender", "group_wish"),
            ("wished_methods",),
            ("languages",),
            ("travel_mode", "max_distance_km", "max_travel_minutes"),
            ("is_diga_accepted",),
        ],
    ),
]
FORM_FIELDS = [name for _title, rows in SECTIONS for names in rows for name in names]
