"""Event types of communication."""

from apps.communication.enums import CallStatus, EmailStatus, InboundStatus
from apps.communication.models import EmailMessage, InboundMessage, PhoneCall
from apps.events.catalogue import declare_states
from apps.events.schema import row_id

THERAPIST_ID = row_id("The therapist it is about", example=93, is_required=False)
EITHER_SIDE = {
    "therapist_id": THERAPIST_ID,
    "patient_id": row_id("The patient it is about", example=815, is_required=False),
}

declare_states(
    "communication",
    EmailMessage,
    subject="the e-mail",
    ids=EITHER_SIDE,
    starts=EmailStatus.values,  # a message written down after the fact begins in the state it is in
    queued="A message waits to be sent",
    sent="A message was accepted by the mail server",
    failed="A message was refused for good",
    unclear="Nobody knows whether a message was delivered; a person must look",
    cancelled="A waiting message was cancelled",
    refused="The send layer refused a message",
    bounced="A message came back: nobody reads at that address",
)

declare_states(
    "communication",
    PhoneCall,
    subject="the call",
    ids={"therapist_id": THERAPIST_ID},
    starts=[CallStatus.PLANNED],
    planned="A call was planned",
    done="A call was made",
    cancelled="A planned call was cancelled",
)

declare_states(
    "communication",
    InboundMessage,
    subject="the incoming message",
    ids=EITHER_SIDE,
    starts=[InboundStatus.WAITING, InboundStatus.UNMATCHED, InboundStatus.PARKED],
    waiting="A message came in that waits for a decision",
    unmatched="A message came in that nobody could be recognised in",
    parked="A message came in that needs no decision",
    done="An incoming message was handled",
    dismissed="An incoming message was put aside",
)
