"""What an event costs: a rule with a condition, a counter, a streak, the criteria of a badge and two boards.

    python -m benchmarks.events

No floor does what an event does. The award floor is measured beside it all the same, because it tells how
fast the machine was in that minute; the ratio is the price of an event in awards written by hand.

By the system's clock all events fall on one day: after a participant's first the streak records them without
growing. So there are also lines in which a day passes with every 10,000 events: streaks grow and break, and
weekly boards begin anew. There the engine asks a clock of the application's, and pays for asking it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from benchmarks.bars import Bar, Line, page, rate_of
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.games import (
    EVENT,
    engine_on,
    events_catalog,
    fill_with_events,
    floor_in_memory,
    floor_on_file,
    properties_of,
)
from benchmarks.measure import Comparison, compare, environment, in_batches, singly
from gamify_core import Emit, Engine
from gamify_core.clock import Clock

__all__ = ["main"]

BATCH = 100
SCORE = 97
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

Emitting = Callable[[str, int], object]


def passing_days(events: int) -> Callable[[], datetime]:
    """Return a clock that goes on by a day whenever it was asked `events` times."""
    asked = count()
    step = timedelta(days=1) / events

    def now() -> datetime:
        return MONDAY + next(asked) * step

    return now


def _emit(game: Engine) -> Emitting:
    emit = game.events.emit
    return lambda participant_id, score: emit(participant_id, EVENT, properties_of(score))


def _emit_and_read(game: Engine) -> Emitting:
    emit = game.events.emit
    return lambda participant_id, score: emit(participant_id, EVENT, properties_of(score)).effects


def in_memory(dose: Dose) -> list[Line]:
    """Measure events on a store in memory."""
    bar = (rate_of(30_000),)
    cases: tuple[tuple[str, Clock | None, int, Callable[[Engine], Emitting], tuple[Bar, ...]], ...] = (
        ("the rule fires", None, SCORE, _emit, bar),
        ("the rule fires, effects read", None, SCORE, _emit_and_read, ()),
        ("the rule's condition is false", None, 41, _emit, ()),
        ("the rule fires, days pass", passing_days(10_000), SCORE, _emit, bar),
    )
    lines = []
    for what, clock, score, made, bars in cases:
        floor = floor_in_memory(dose.filled)
        with engine_on("memory", events_catalog(), clock) as game:
            fill_with_events(game, dose.filled)
            theirs, mine = singly(floor.award), singly(made(game), amount=score)
            measured = compare(theirs, mine, dose.memory, rounds=dose.rounds)
        lines.append(Line(f"event in memory, {what}", *measured, bars))
    return lines


def on_file(dose: Dose) -> list[Line]:
    """Measure events on a file in batches of 100."""
    bar = (rate_of(6_000),)
    return [
        Line("events by 100, SQLite FULL", *_by_the_hundred(None, dose), bar),
        Line("events by 100, SQLite FULL, days pass", *_by_the_hundred(passing_days(10_000), dose), bar),
    ]


def _by_the_hundred(clock: Clock | None, dose: Dose) -> Comparison:
    with floor_on_file("full", 2, dose.filled) as floor, engine_on("full", events_catalog(), clock) as game:
        fill_with_events(game, dose.filled)

        def emit(some: list[tuple[str, int]]) -> None:
            game.events.emit_batch([Emit(who, EVENT, properties_of(score)) for who, score in some])

        theirs, mine = in_batches(floor.award_batch, BATCH), in_batches(emit, BATCH, amount=SCORE)
        return compare(theirs, mine, dose.batched, rounds=dose.rounds)


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print every figure beside its bar, and return the lines."""
    lines = [*in_memory(dose), *on_file(dose)]
    print(page("Events, two boards", ("award floor /s", "events /s", "event / award floor"), lines))
    return lines


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
