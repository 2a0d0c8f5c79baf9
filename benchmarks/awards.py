"""What an award costs: in memory, in a file, in batches, with no board, two and five, beside the floor.

    python -m benchmarks.awards

The engine's answer is a view that is read when asked, so an award whose answer nobody looks at does not pay
for one; the lines that say "read" do look. All participants are on the boards before the first round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Literal

from benchmarks.bars import Bar, Line, at_least, at_most, page, rate_of, slowness
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.floors import Boards, Durability
from benchmarks.games import award_all, awards_catalog, engine_on, fill, floor_in_memory, floor_on_file
from benchmarks.measure import Comparison, compare, environment, in_batches, singly
from gamify_core import Engine

__all__ = ["main"]

Awarding = Callable[[str, int], object]

BATCH = 100
NAMES = {0: "no board", 2: "two boards", 5: "five boards"}
SINGLY: tuple[tuple[Durability, Boards, Bar], ...] = (
    ("normal", 0, at_least(0.70)),
    ("normal", 2, at_least(0.60)),
    ("full", 0, at_least(0.78)),
    ("full", 2, at_least(0.70)),
)
BATCHED: tuple[tuple[Boards, tuple[Bar, ...]], ...] = (
    (0, (at_least(0.70), rate_of(30_000))),
    (2, (at_least(0.60), rate_of(12_000))),
    (5, ()),
)


def _award(game: Engine) -> Awarding:
    return game.points.award


def _award_and_balance(game: Engine) -> Awarding:
    return lambda participant_id, amount: game.points.award(participant_id, amount).new_balance


def _award_and_ranks(game: Engine) -> Awarding:
    award, rank = game.points.award, game.leaderboards.rank

    def work(participant_id: str, amount: int) -> None:
        award(participant_id, amount)
        rank("all_time", participant_id)
        rank("weekly", participant_id)

    return work


def in_memory(dose: Dose) -> list[Line]:
    """Measure awards on a store in memory."""
    cases: tuple[tuple[str, Literal[0, 2], Callable[[Engine], Awarding], tuple[Bar, ...]], ...] = (
        ("no board", 0, _award, ()),
        ("no board, the new balance read", 0, _award_and_balance, ()),
        ("two boards", 2, _award, ()),
        ("two boards, both ranks read", 2, _award_and_ranks, (rate_of(50_000),)),
    )
    lines = []
    for what, boards, made, bars in cases:
        floor = floor_in_memory(dose.filled, boards=boards)
        with engine_on("memory", awards_catalog(boards)) as game:
            fill(game, dose.filled)
            theirs = singly(floor.award)
            mine = singly(made(game))
            measured = compare(theirs, mine, dose.memory, rounds=dose.rounds)
        lines.append(Line(f"award in memory, {what}", *measured, bars))
    return lines


def one_at_a_time(dose: Dose) -> list[Line]:
    """Measure awards on a file, each in a transaction of its own."""
    lines = []
    for durability, boards, bar in SINGLY:
        catalog = awards_catalog(boards)
        with floor_on_file(durability, boards, dose.filled) as floor, engine_on(durability, catalog) as game:
            fill(game, dose.filled)
            theirs, mine = singly(floor.award), singly(game.points.award)
            measured = compare(theirs, mine, dose.single, rounds=dose.rounds)
        lines.append(Line(f"award, SQLite {durability.upper()}, {NAMES[boards]}", *measured, (bar,)))
    return lines


def by_the_hundred(dose: Dose) -> list[Line]:
    """Measure awards on a file in batches of 100."""
    lines = []
    for boards, bars in BATCHED:
        catalog = awards_catalog(boards)
        with floor_on_file("full", boards, dose.filled) as floor, engine_on("full", catalog) as game:
            fill(game, dose.filled)
            theirs, mine = in_batches(floor.award_batch, BATCH), in_batches(partial(award_all, game), BATCH)
            measured = compare(theirs, mine, dose.batched, rounds=dose.rounds)
        lines.append(Line(f"awards by 100, SQLite FULL, {NAMES[boards]}", *measured, bars))
    return lines


def five_boards(dose: Dose) -> list[Line]:
    """Measure how much longer an award takes when it moves five boards, for the engine and for the floor."""
    return [
        slowness("five boards", _five_to_none(dose), at_most(4.5)),
        slowness("five boards, floor (keeps no ranks)", _five_to_none_of_floor(dose)),
    ]


def _five_to_none(dose: Dose) -> Comparison:
    with engine_on("full", awards_catalog(5)) as five, engine_on("full", awards_catalog(0)) as none:
        fill(five, dose.filled)
        fill(none, dose.filled)
        with_boards = in_batches(partial(award_all, five), BATCH)
        without = in_batches(partial(award_all, none), BATCH)
        return compare(with_boards, without, dose.batched, rounds=dose.rounds)


def _five_to_none_of_floor(dose: Dose) -> Comparison:
    with floor_on_file("full", 5, dose.filled) as five, floor_on_file("full", 0, dose.filled) as none:
        with_boards = in_batches(five.award_batch, BATCH)
        without = in_batches(none.award_batch, BATCH)
        return compare(with_boards, without, dose.batched, rounds=dose.rounds)


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print every figure beside its bar, and return the lines."""
    against_floor = [*in_memory(dose), *one_at_a_time(dose), *by_the_hundred(dose)]
    print(page("Awards", ("floor /s", "engine /s", "engine / floor"), against_floor))
    boards = five_boards(dose)
    print(page("Awards by 100, SQLite FULL", ("no board /s", "five boards /s", "time / time"), boards))
    return [*against_floor, *boards]


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
