"""What a rank, the top ten and a neighbourhood cost, and how little a larger board adds.

    python -m benchmarks.ranks            # boards of 10,000 and 100,000 entries
    python -m benchmarks.ranks --large    # and of 1,000,000, which takes minutes to fill

Beside the engine: in a file, `SELECT COUNT(*)` over the engine's own index in the engine's own file; in
memory, bisection of a plain sorted list, which can do nothing but be read. Both give a number where the
engine gives an answer from a snapshot: rank, score, total, percentile, and in lists the change since morning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import cycle, islice
from random import Random

from benchmarks.bars import Line, at_most, microseconds, page, slowness
from benchmarks.boards import Filled, board_in_memory, board_on_file
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.measure import Work, compare, environment, everyone

__all__ = ["main"]

DRAWN = 10_000
GROWTH = {"memory": 4.0, "SQLite": 1.7}
MAKERS: dict[str, Callable[[int], AbstractContextManager[Filled]]] = {
    "memory": board_in_memory,
    "SQLite": board_on_file,
}


def _readings(read: Callable[[str], object], entries: int) -> Work:
    """Return work of which one operation is one reading, for a participant picked uniformly."""
    chosen: Iterator[str] = cycle(Random(2).choices(everyone(entries), k=DRAWN))

    def work(count: int) -> None:
        for participant_id in islice(chosen, count):
            read(participant_id)

    return work


def readings(where: str, board: Filled, dose: Dose) -> list[Line]:
    """Measure each way to read a board."""
    boards, beside = board.game.leaderboards, board.beside
    cases: tuple[tuple[str, Callable[[str], object], Callable[[str], object]], ...] = (
        ("competition rank", beside.rank, lambda who: boards.rank("scorers", who)),
        ("ordinal rank", beside.ordinal, lambda who: boards.rank("ordinal", who)),
        ("around ±5", beside.around, lambda who: boards.around("scorers", who)),
        ("top ten", lambda _: beside.top(), lambda _: boards.top("scorers")),
    )
    lines = []
    for what, theirs, mine in cases:
        # Counting goes through half the board: as many readings as of the engine would take all day.
        count = dose.scans if where == "SQLite" and what != "top ten" else dose.reads
        pair = _readings(mine, board.entries), _readings(theirs, board.entries)
        measured = compare(*pair, count, rounds=dose.rounds)
        lines.append(microseconds(slowness(f"{where}, {board.entries:,}, {what}", measured)))
    return lines


def after_a_busy_day(where: str, board: Filled, dose: Dose) -> Line:
    """Measure the top ten when every entry has moved since this morning; it changes the board for good."""
    board.everybody_moves()
    pair = (
        _readings(lambda _: board.game.leaderboards.top("scorers"), board.entries),
        _readings(lambda _: board.beside.top(), board.entries),
    )
    what = f"{where}, {board.entries:,}, top ten, everybody moved today"
    return microseconds(slowness(what, compare(*pair, max(1, dose.scans // 4), rounds=dose.rounds)))


def growth(where: str, small: Filled, large: Filled, dose: Dose) -> Line:
    """Measure how much longer a rank takes on a larger board."""

    def ranks(board: Filled) -> Work:
        return _readings(lambda who: board.game.leaderboards.rank("scorers", who), board.entries)

    measured = compare(ranks(large), ranks(small), dose.reads, rounds=dose.rounds)
    what = f"rank, {where}, from {small.entries:,} to {large.entries:,}"
    return microseconds(slowness(what, measured, at_most(GROWTH[where])))


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print every figure, and return the lines."""
    read: list[Line] = []
    grown: list[Line] = []
    for where, make in MAKERS.items():
        with ExitStack() as stack:
            boards = [stack.enter_context(make(entries)) for entries in dose.entries]
            for board in boards:
                read += readings(where, board, dose)
            grown += [growth(where, boards[0], board, dose) for board in boards[1:]]
            read += [after_a_busy_day(where, board, dose) for board in boards]
    print(page("Reading boards", ("sorted list or COUNT(*), µs", "engine, µs", "time / time"), read))
    print(page("Growth of a rank", ("small, µs", "large, µs", "time / time"), grown))
    return [*read, *grown]


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
