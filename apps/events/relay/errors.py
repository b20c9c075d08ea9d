"""What stops a relay or a reader, in words for the person who started it."""


class RelayError(Exception):
    """Said as it is; never quotes an event."""


class NotInstalled(RelayError):
    def __init__(self) -> None:
        super().__init__(
            "The package confluent-kafka is not installed. Install it with: "
            "pip install --require-hashes -r requirements/kafka.txt"
        )


class NotConfigured(RelayError):
    def __init__(self) -> None:
        super().__init__("No Kafka is set up: KAFKA_SERVERS must name its servers (host:port,host:port).")


class NotDelivered(RelayError):
    """`reason` is Kafka's name of the error. Nothing is lost: what was not confirmed still waits."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Kafka did not take the events: {reason}")
        self.reason = reason


class SwitchedOff(RelayError):
    def __init__(self) -> None:
        super().__init__("The relay was switched off.")


class TurnLost(RelayError):
    def __init__(self) -> None:
        super().__init__(
            "The lock of the relay is gone. It belongs to a session: give the relay a connection of its own "
            "to PostgreSQL, not one through a pooler of transactions."
        )
