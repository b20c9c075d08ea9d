"""Asking the address server with manners: pace, patience, repeats, rest. Never inside a transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from apps.geocoding.clients.nominatim import GeocoderError, NominatimClient
from apps.geocoding.services import servers

T = TypeVar("T")

SERVER = "nominatim"
ATTEMPTS = 3
BACK_OFF_SECONDS = 1.0
PATIENCE_SECONDS = 30.0  # of a worker; a person at a page has less


def ask(
    call: Callable[[NominatimClient], T], *, at: datetime, patience_seconds: float = PATIENCE_SECONDS
) -> T:
    """What the server answers. Raises GeocoderError, at once while the server rests.

    A failure is repeated twice after a pause that all workers keep (the server's own wish, else 1 and
    2 seconds); the third one opens the circuit. Being shut out opens it at once. A question the server
    does not take says nothing against the server.
    """
    if row := servers.resting(name=SERVER, at=at):
        raise GeocoderError(f"resting after: {row.reply}")
    with NominatimClient() as client:
        for attempt in range(ATTEMPTS):
            _wait(patience_seconds)
            try:
                answer = call(client)
            except GeocoderError as error:
                if error.permanent:
                    servers.note_success(name=SERVER)
                    raise
                failure = error
                servers.hold_off(name=SERVER, seconds=_pause(error, attempt))
                if error.is_shut_out:
                    break
            else:
                servers.note_success(name=SERVER)
                return answer
    servers.note_failure(name=SERVER, reply=failure.reply, at=at)
    raise failure


def _wait(patience_seconds: float) -> None:
    try:
        servers.wait_for_slot(
            name=SERVER,
            interval_seconds=settings.NOMINATIM_INTERVAL_SECONDS,
            patience_seconds=patience_seconds,
        )
    except servers.Busy:
        raise GeocoderError("its next free moment is too far away") from None


def _pause(error: GeocoderError, attempt: int) -> float:
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds
    return float(BACK_OFF_SECONDS * 2**attempt)
