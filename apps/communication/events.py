"""Event types of communication."""

from apps.events.catalogue import declare

declare(
    "communication",
    email__queued="A message waits to be sent",
    email__sent="A message was accepted by the mail server",
    email__failed="A message was refused for good",
    email__unclear="Nobody knows whether a message was delivered; a person must look",
    email__cancelled="A waiting message was cancelled",
    email__refused="The send layer refused a message",
    call__planned="A call was planned",
    call__done="A call was made",
    call__cancelled="A planned call was cancelled",
    email__bounced="A message came back: nobody reads at that address",
    inbound__waiting="A message came in that waits for a decision",
    inbound__unmatched="A message came in that nobody could be recognised in",
    inbound__parked="A message came in that needs no decision",
    inbound__done="An incoming message was handled",
    inbound__dismissed="An incoming message was put aside",
)
