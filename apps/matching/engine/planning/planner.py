"""From columns to a draft: what a search counts, the order of the steps, and how much work they may do."""

from collections.abc import Sequence

import numpy as np

from apps.matching.engine.planning.board import NOTHING, WORK, Board
from apps.matching.engine.planning.chains import Chains, improve
from apps.matching.engine.planning.contacts import reconsider_contacts, settle_small
from apps.matching.engine.planning.explanation import Ground, explained
from apps.matching.engine.planning.filling import fill
from apps.matching.engine.planning.shapes import Edges, Plan
from apps.matching.engine.planning.thorough import reconsider_thoroughly
from apps.matching.engine.records import Parameters

OVERDUE_WEEKS = 4  # unasked for so long, a search is asked whatever it costs the others
MOST_WEEKS = 52
OVERDUE_BONUS = 64.0  # more than all gains a chain can touch
OVERDUE_STEP = 16.0  # one week more outranks whatever the first requests bring
EARLY_BONUS = 0.02  # before, for each week begun: a small gain of others does not keep a search waiting
SCORE_SHARE = 1e-6  # the score decides between equal chances and nothing else
ALMOST_CERTAIN = 1 - 1e-9
DEPTHS = (3, 10)  # short chains gain most for least work
FAR_DEPTH = 40  # for overdue searches whose way to a free place is long
ROUNDS = 5  # of chains and contacts in turn
MOST_WORK = 20_000_000  # lines looked at; six times what 311,000 edges take

Whole = Sequence[int] | np.ndarray


def plan(
    edges: Edges,
    contact_groups: Whole,
    waiting_days: Whole,
    open_requests: Whole,
    parameters: Parameters,
    unasked_days: Whole | None = None,
    most_work: int = MOST_WORK,
) -> Plan:
    """Propose a round. contact_groups is per therapist; the days and open requests are per search.

    unasked_days: since the search was last asked of anybody, or has begun; without it, waiting_days.
    """
    waiting, asked = np.asarray(waiting_days, np.int64), np.asarray(open_requests, np.int64)
    unasked = waiting if unasked_days is None else np.asarray(unasked_days, np.int64)
    ground = Ground.of(edges, waiting, asked, parameters)
    board = lay_out(ground, np.asarray(contact_groups, np.int64), first_bonus(unasked, asked))
    if len(board.search):
        draft(board, most_work)
    return explained(ground, board.is_taken, board.figures[WORK] < most_work)


def first_bonus(unasked_days: np.ndarray, open_requests: np.ndarray) -> np.ndarray:
    """What the first line of a search without open requests is worth besides; it grows weekly."""
    weeks = np.clip(unasked_days // 7, 0, MOST_WEEKS)
    overdue = OVERDUE_BONUS + OVERDUE_STEP * (weeks - OVERDUE_WEEKS)
    bonus = np.where(weeks >= OVERDUE_WEEKS, overdue, EARLY_BONUS * (1 + weeks))
    return np.where(open_requests == 0, bonus, 0.0)


def lay_out(ground: Ground, contact_groups: np.ndarray, bonus: np.ndarray) -> Board:
    edges, parameters = ground.edges, ground.parameters
    searches, therapists = len(ground.waiting_days), len(contact_groups)
    by_therapist = np.argsort(edges.therapist_index, kind="stable")
    group = np.unique(contact_groups, return_inverse=True)[1].astype(np.int64)
    most = parameters.max_requests_per_inquiry
    demand = np.bincount(edges.therapist_index, minlength=therapists)
    return Board(
        search=edges.search_index,
        therapist=edges.therapist_index,
        chance=np.minimum(edges.acceptance * (1 + SCORE_SHARE * edges.score), ALMOST_CERTAIN),
        search_start=np.searchsorted(edges.search_index, np.arange(searches + 1)),
        by_therapist=by_therapist,
        therapist_start=np.searchsorted(edges.therapist_index[by_therapist], np.arange(therapists + 1)),
        group=group,
        weight=ground.weight * ground.open_failure,
        first_bonus=bonus,
        room=np.maximum(0, parameters.open_requests_per_search - ground.open_requests),
        limits=np.array([parameters.min_requests_per_inquiry, most], dtype=np.int64),
        is_left_out=demand < parameters.min_requests_per_inquiry,
        is_taken=np.zeros(len(edges.score), dtype=bool),
        failure=np.ones(searches),
        lines_of_search=np.zeros(searches, dtype=np.int64),
        lines_of_therapist=np.zeros(therapists, dtype=np.int64),
        slots=np.zeros((therapists, most), dtype=np.int64),
        contact=np.full(group.max(initial=-1) + 1, NOTHING),
        log=np.zeros(1024 + 16 * most, dtype=np.int64),
        log_size=np.zeros(1, dtype=np.int64),
        figures=np.zeros(2),
    )


def draft(board: Board, most_work: int) -> None:
    """Fill the board greedily, then improve it in turns."""
    fill(board)
    settle_small(board)
    for _round in range(ROUNDS):
        for depth in DEPTHS:
            improve(board, _chains(board, depth), most_work)
        if _is_anybody_overdue(board):
            improve(board, _chains(board, FAR_DEPTH), most_work)
        if board.figures[WORK] >= most_work:
            break
        has_gained = reconsider_contacts(board) > 0
        if not has_gained and not reconsider_thoroughly(board, _chains(board, DEPTHS[-1]), most_work):
            break


def _chains(board: Board, depth: int) -> Chains:
    shape = (depth, len(board.group))
    return Chains(np.empty(shape), np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64))


def _is_anybody_overdue(board: Board) -> bool:
    has_options = np.diff(board.search_start) > 0
    is_waiting = has_options & (board.lines_of_search == 0) & (board.room > 0)
    return bool((is_waiting & (board.first_bonus >= OVERDUE_BONUS)).any())
