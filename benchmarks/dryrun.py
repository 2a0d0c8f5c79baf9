"""What asking "what would happen if" costs, beside doing it: a dry run of an award and the award itself.

    python -m benchmarks.dryrun

Both go to one store, in turn. The dry run decides everything and then keeps nothing, so in a file it saves
the pages and the wait for the disk, and in memory it saves little.
"""

from __future__ import annotations

import sys
from functools import partial

from benchmarks.bars import Bar, Line, at_most, page, slowness
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.games import Where, awards_catalog, engine_on, fill
from benchmarks.measure import compare, environment, singly
from gamify_core import Engine

__all__ = ["main"]

CASES: tuple[tuple[str, Where, tuple[Bar, ...]], ...] = (
    ("dry run in memory", "memory", (at_most(0.70),)),
    ("dry run, SQLite NORMAL", "normal", ()),
    ("dry run, SQLite FULL", "full", (at_most(0.15),)),
)


def try_out(game: Engine, participant_id: str, amount: int) -> None:
    """Award points in a dry run."""
    with game.dry_run() as trial:
        trial.points.award(participant_id, amount)


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print every figure beside its bar, and return the lines."""
    lines = []
    for what, where, bars in CASES:
        with engine_on(where, awards_catalog(2)) as game:
            fill(game, dose.filled)
            dry = singly(partial(try_out, game))
            operations = dose.memory if where == "memory" else dose.single
            measured = compare(dry, singly(game.points.award), operations, rounds=dose.rounds)
        lines.append(slowness(what, measured, *bars))
    print(page("A dry run of an award, two boards", ("awards /s", "dry runs /s", "time / time"), lines))
    return lines


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
