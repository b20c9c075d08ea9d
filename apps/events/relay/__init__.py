"""The relay: every domain event to Kafka, at least once and in order per subject (docs/kafka.md).

    messages, reading   pure: an event as a message and back
    outlets             switching on and off, the past, what waits
    turns               one relay at a time
    kafka               the door to Kafka: the client library, configuration, one producer
    running             the relay's loop
    topics              which topics there are to be, and making them
    ledger, consuming   an example of a reader: a file of JSON lines without doubles

Nothing of it is needed where no relay is used: without an outlet that is on, no row is written.
"""
