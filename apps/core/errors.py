"""What a person did wrong or too late. One family, turned into an answer in one place
(`core.middleware.DomainErrorMiddleware`); a bug is never a DomainError."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the domain says no. `message` is for the person at the screen and says what to do."""

    status = 409

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message


class StaleState(DomainError):
    """The row is no longer in the state the person saw: somebody else was faster."""

    def __init__(self, message: str | Promise | None = None) -> None:
        super().__init__(
            message or _("Somebody else was faster: this has changed meanwhile. Please look again.")
        )


class NotAllowed(DomainError):
    """The person may see the thing but not do this with it."""

    status = 403


class Refused(DomainError):
    """A hard rule (consent, objection, limit) forbids the act."""
