"""The days of the eight weeks: when the workers meet and what each of them does then."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection

from faults import weeks_acts as acts
from faults import weeks_world
from faults.weeks_acts import Act
from faults.weeks_worker import Plan, Worker

LONGEST_JITTER = timedelta(minutes=80)  # so far the workers' clocks differ; the next moment is later for all
MACHINES = 3  # workers that work the queues off after each moment
MONDAY, WEDNESDAY, FRIDAY, SATURDAY = 0, 2, 4, 5


@dataclass(frozen=True)
class Kind:
    """What everybody begins with together, and how often (on average) each does what after that."""

    together: tuple[Act, ...]
    then: dict[Act, float]


NIGHT = Kind(
    together=(),
    then={
        acts.resume_due: 0.4,
        acts.look_again: 0.2,
        acts.expire: 0.3,
        acts.plan_follow_ups: 0.3,
        acts.dispatch: 0.4,
        acts.send: 0.4,
    },
)
PLANNING = Kind(
    together=(acts.plan_round, acts.release_some),
    then={acts.ask_by_hand: 0.4, acts.answer: 0.5, acts.dispatch: 0.4, acts.send: 0.4},
)
CROWDED = replace(PLANNING, together=(acts.plan_or_fill, acts.release_some))
BUSY = Kind(
    together=(acts.release_some,),
    then={
        acts.ask_by_hand: 0.4,
        acts.fill_a_draft: 0.3,
        acts.release_one: 0.5,
        acts.drop_a_line: 0.2,
        acts.answer: 1,
        acts.answer_together: 1,
        acts.end_trial: 0.2,
        acts.call: 1,
        acts.call_together: 0.3,
        acts.pause_therapist: 0.5,
        acts.object_to_contact: 0.02,
        acts.pause_search: 0.2,
        acts.resume_search: 0.2,
        acts.dispatch: 0.4,
        acts.send: 0.4,
        acts.plan_follow_ups: 0.1,
    },
)
PLANNED_ON = {MONDAY: PLANNING, WEDNESDAY: CROWDED, FRIDAY: CROWDED}


@dataclass(frozen=True)
class Moment:
    number: int
    kind: Kind
    begins: datetime


def moments(weeks: int) -> list[Moment]:
    times = [(day, hour, kind) for day in range(7 * weeks) for hour, kind in _of_day(day % 7)]
    return [
        Moment(number, kind, weeks_world.moment(day, hour)) for number, (day, hour, kind) in enumerate(times)
    ]


def _of_day(weekday: int) -> Iterator[tuple[int, Kind]]:
    yield 5, NIGHT
    if weekday in PLANNED_ON:
        yield 8, PLANNED_ON[weekday]
    if weekday < SATURDAY:
        yield from ((10, BUSY), (15, BUSY))


def live(plan: Plan, number: int) -> None:
    """The work of one process."""
    worker = Worker(plan, number)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # nobody is killed here, and a day takes seconds
    try:
        for moment in moments(plan.weeks):
            _live_through(worker, moment)
    except BaseException:
        plan.barrier.abort()  # nobody waits for this one
        raise
    finally:
        worker.tell()


def _live_through(worker: Worker, moment: Moment) -> None:
    worker.at = moment.begins + LONGEST_JITTER * worker.chance.random()
    worker.salt = hash((worker.plan.seed, moment.number, worker.number // 2))
    worker.meet()
    for act in (*moment.kind.together, *_shuffled(worker, moment.kind)):
        worker.do(act)
    worker.meet()
    worker.at = moment.begins + LONGEST_JITTER
    if worker.number < MACHINES:
        worker.do(acts.work_off)


def _shuffled(worker: Worker, kind: Kind) -> list[Act]:
    """2.5 is twice, and in half of the cases once more."""
    chosen = [
        act
        for act, times in kind.then.items()
        for _time in range(int(times) + (worker.chance.random() < times % 1))
    ]
    worker.chance.shuffle(chosen)
    return chosen
