"""Decisions with what follows from them: a record is compared once linked; several at one word."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from apps.core.errors import DomainError
from apps.scraping.models import ChangeProposal, DirectoryRecord
from apps.scraping.services import decisions, proposing
from apps.therapists.models import Therapist


def link_and_compare(*, record: DirectoryRecord, therapist: Therapist, actor: Any, at: datetime) -> None:
    """The next run may be months away: what the record says anew is proposed at once."""
    decisions.link(record=record, therapist=therapist, actor=actor, at=at)
    proposing.propose(run=record.sighting.run, at=at)


def accept_all(*, proposals: Iterable[ChangeProposal], actor: Any, at: datetime) -> tuple[int, list[str]]:
    """How many were taken over, and what stood against the others, in sentences: they stay open."""
    taken, problems = 0, []
    for proposal in proposals:
        try:
            decisions.accept(proposal=proposal, actor=actor, at=at)
            taken += 1
        except DomainError as error:
            problems.append(str(error.message))
        except ValidationError as error:
            problems += error.messages
    return taken, problems
