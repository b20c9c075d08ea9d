"""What matching knows against sending a letter; asked by the sender itself."""

from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import LetterKind
from apps.communication.gates import gate
from apps.communication.models import EmailMessage
from apps.core import parameters as operating
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import InquiryContact
from apps.patients.enums import Purpose
from apps.patients.selectors import has_consent
from apps.therapists.enums import ReviewStatus, TherapistStatus
from apps.therapists.selectors import may_be_emailed


@gate(LetterKind.INQUIRY, LetterKind.WITHDRAWAL)
def therapist_may_be_written_to(email: EmailMessage, at: datetime) -> Promise | None:
    therapist = email.therapist
    if therapist is None or therapist.do_not_contact_since is not None:
        return _("The therapist objected to being contacted.")
    if not may_be_emailed(therapist=therapist, policy=operating.current(at=at).email_policy):
        return _("The e-mail policy does not allow this address.")
    return None


@gate(LetterKind.PATIENT_PLACE_FOUND)
def patient_may_be_written_to(email: EmailMessage, at: datetime) -> Promise | None:
    today = timezone.localdate(at)
    if email.patient_id and has_consent(patient_id=email.patient_id, purpose=Purpose.EMAIL, on=today):
        return None
    return _("The patient has not consented to contact by e-mail.")


@gate(LetterKind.INQUIRY)
def inquiry_is_released(email: EmailMessage, at: datetime) -> Promise | None:
    contact = InquiryContact.objects.filter(email=email).select_related("inquiry__therapist").first()
    if contact is None or contact.inquiry.status != InquiryStatus.RELEASED:
        return _("The inquiry is not released.")
    therapist = contact.inquiry.therapist
    if therapist.status != TherapistStatus.ACTIVE or therapist.review_status != ReviewStatus.VERIFIED:
        return _("The therapist is not active or not reviewed.")
    named = contact.inquiry.requests.filter(pk__in=contact.request_ids)
    if named.exclude(status=RequestStatus.RELEASED).exists():
        return _("The letter names a request that is no longer released.")
    return _missing_consent(contact, at)


def _missing_consent(contact: InquiryContact, at: datetime) -> Promise | None:
    today = timezone.localdate(at)
    patients = contact.inquiry.requests.filter(pk__in=contact.request_ids).values_list(
        "search__patient_id", flat=True
    )
    for patient_id in patients:
        if not has_consent(patient_id=patient_id, purpose=Purpose.PSEUDONYMOUS, on=today):
            return _("A patient has not consented to passing pseudonymous data on.")
        if not has_consent(patient_id=patient_id, purpose=Purpose.HEALTH_DATA, on=today):
            return _("The search is not active or a consent is missing.")
    return None
