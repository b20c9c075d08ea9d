"""What goes out and what comes in: the e-mail queue, calls, letters, incoming messages, notes."""

from apps.communication.models.call import CalendarFeed, CallHistory, PhoneCall
from apps.communication.models.email import (
    EmailAttachment,
    EmailHistory,
    EmailMessage,
    MailCircuit,
    UndeliverableAddress,
)
from apps.communication.models.inbound import InboundHistory, InboundMessage, MailboxState
from apps.communication.models.letter import LetterText
from apps.communication.models.note import Note

__all__ = [
    "CalendarFeed",
    "CallHistory",
    "EmailAttachment",
    "EmailHistory",
    "EmailMessage",
    "InboundHistory",
    "InboundMessage",
    "LetterText",
    "MailCircuit",
    "MailboxState",
    "Note",
    "PhoneCall",
    "UndeliverableAddress",
]
