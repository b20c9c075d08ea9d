"""Whom a message or call speaks of, for the log of who looked at which patient."""

from apps.communication.models import EmailMessage, InboundMessage, PhoneCall

# By relations from above: the searches whose requests an inquiry carries.
OF_INQUIRY = "inquiry_contact__inquiry__requests__search__patient"


def patient_ids(row: EmailMessage | InboundMessage | PhoneCall) -> list[int]:
    """The patient it was written to or came from, and those in the inquiry it is about; one query."""
    path = f"email__{OF_INQUIRY}" if isinstance(row, InboundMessage) else OF_INQUIRY
    rows = type(row)._default_manager.filter(pk=row.pk)
    found = {*rows.values_list(path, flat=True), getattr(row, "patient_id", None)}
    return sorted(one for one in found if one is not None)
