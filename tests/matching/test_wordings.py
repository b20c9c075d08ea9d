from apps.matching.engine.relaxation import RELAXATIONS
from apps.matching.enums import RequestStatus
from apps.matching.wordings import RELAXATIONS as SENTENCES
from apps.matching.wordings import REPLY_STATES


def test_every_relaxation_has_a_sentence() -> None:
    assert SENTENCES.keys() == RELAXATIONS.keys()


def test_reply_states_are_states_of_requests() -> None:
    assert REPLY_STATES.keys() <= set(RequestStatus)
