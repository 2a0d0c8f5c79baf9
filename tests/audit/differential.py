"""One game on two stores, step by step: the same answers, the same errors, the same state.

`python -m tests.audit.differential [steps] [seed]` prints the figure. Steps are commands of every kind, late ones and
refused ones, holds, reversals, points that mature and lapse, moves of the clock, batches, transactions that are kept or
given up, in parts or whole, and dry runs.
"""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from gamify_core import Award, Emit, Engine, GamifyError, ManualClock
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.playing import START
from tests.engine.test_replay_law import CATALOG, STEPS

if TYPE_CHECKING:
    from gamify_core.game import Game
    from gamify_core.storage.protocol import Store

__all__ = ["Compared", "compared"]

_FRESH_AFTER = 400
_LOOKED_AFTER = 50
_WAITS = [0, 0, 0, 1, 60, 3_600, 86_400, 8 * 86_400]
_LATE = [None, None, 0, 1, 3_600, 86_400, 6 * 86_400]
PEOPLE = ["ada", "bob", "cay"]


def _a_hold(game: Game, who: str, n: int) -> str:
    held = game.points.holds(who)
    return held[n % len(held)].hold_id if held else "hold_1_0"


def _a_movement(game: Game, who: str, n: int) -> str:
    known = [each.transaction_id for each in game.points.transactions(who).items]
    known += [each.transaction_id for each in game.points.pending(who)]
    return known[n % len(known)] if known else "txn_1_0"


WAITING: dict[str, Any] = {
    "hold": lambda game, _, who, __, n: game.points.hold(who, n % 40 + 1, expires=(None, "30m", "2d")[n % 3]),
    "capture": lambda game, _, who, __, n: game.points.capture(
        _a_hold(game, who, n), (None, n // 4 + 1)[n % 2]
    ),
    "release": lambda game, _, who, __, n: game.points.release(_a_hold(game, who, n)),
    "reverse": lambda game, _, who, __, n: game.points.reverse(
        _a_movement(game, who, n),
        amount=(None, n // 4 + 1)[n % 2],
        on_insufficient=("reject", "allow_negative", "partial")[n % 3],
    ),
    "later": lambda game, _, who, __, n: game.points.award(
        who, n + 1, matures=("1h", "1d", "9d")[n % 3], expires=(None, "1d")[n % 2]
    ),
    "lapsing": lambda game, _, who, __, n: game.points.award(who, n + 1, expires=("1h", "1d", "9d")[n % 3]),
    "what lapses": lambda game, clock, who, __, n: game.points.expiring(who, clock.now() + timedelta(days=n)),
    "what is owed": lambda game, *_: game.analytics.liability(by="day"),
    "close": lambda game, _, who, __, n: (game.points.close if n < 20 else game.points.reopen)(who),
}
"""What is set aside, taken back, comes later and lapses, beside the commands that the replay law has."""
ALL: dict[str, Any] = {**STEPS, **WAITING}
NAMES: list[Any] = [*ALL, *list(WAITING) * 2, *["emit"] * 10, *["award", "retract", "record", "settle"] * 3]


@attrs.frozen
class Compared:
    """How many steps came to the same on both stores."""

    steps: int
    answered: int
    refused: int
    games: int

    def __str__(self) -> str:
        """Return the line to be quoted."""
        return (
            f"{self.steps:,} steps on memory and SQLite in {self.games} games: {self.answered:,} answered, "
            f"{self.refused:,} refused, all alike, and the same digests"
        )


class _Both:
    """The same game twice, each under a clock of its own that is moved alike."""

    def __init__(self, stores: tuple[Store, Store]) -> None:
        self.clocks = [ManualClock(START), ManualClock(START)]
        self.games = [
            Engine(CATALOG, store, clock=clock, seed=7)
            for store, clock in zip(stores, self.clocks, strict=True)
        ]
        self.outcomes: list[str] = ["", ""]

    def each(self, do: Any) -> str:
        """Do the same to both, and give what came of it."""
        found = []
        for game, clock in zip(self.games, self.clocks, strict=True):
            try:
                found.append(_plain(do(game, clock)))
            except GamifyError as error:
                found.append(f"{type(error).__name__}: {error}")
        assert found[0] == found[1], f"memory: {found[0]}\nsqlite: {found[1]}"
        return found[0]

    def alike(self) -> None:
        """Compare the state."""
        one, other = (game.history.state_digest() for game in self.games)
        assert one == other


def _plain(answer: Any) -> str:
    return str(answer.to_dict()) if hasattr(answer, "to_dict") else str(answer)


def compared(steps: int, seed: int = 0) -> Compared:
    """Make so many steps; fails on the first that differs."""
    luck = random.Random(seed)  # noqa: S311 - meant to be repeatable
    answered = refused = done = games = 0
    while done < steps:
        games += 1
        with tempfile.TemporaryDirectory() as folder:
            store = SQLiteStore(Path(folder) / "game.db", durability="normal")
            both = _Both((MemoryStore(), store))
            for n in range(min(_FRESH_AFTER, steps - done)):
                outcome = both.each(_step(luck))
                done += 1
                answered += not _is_refusal(outcome)
                refused += _is_refusal(outcome)
                if n % _LOOKED_AFTER == 0:
                    both.alike()
            both.alike()
            store.close()
    return Compared(done, answered, refused, games)


def _is_refusal(outcome: str) -> bool:
    return outcome.split(":", maxsplit=1)[0].isidentifier() and ":" in outcome


def _command(luck: random.Random) -> Any:
    name, who, late, n = luck.choice(NAMES), luck.choice(PEOPLE), luck.choice(_LATE), luck.randrange(121)
    return lambda game, clock: ALL[name](game, clock, who, late, n)


def _step(luck: random.Random) -> Any:
    """Draw a step, which is then made on both."""
    kind = luck.choice(
        ["one"] * 12 + ["wait"] * 4 + ["several", "several", "trial", "batch", "events", "keyed"]
    )
    if kind == "wait":
        seconds = luck.choice(_WAITS)
        return lambda _, clock: clock.advance(seconds=seconds)
    if kind == "batch":
        awards = [Award(luck.choice([*PEOPLE, ""]), luck.choice([1, 5, 0])) for _ in range(luck.randrange(4))]
        key = luck.choice([None, "b1", "b2"])
        return lambda game, _: game.points.award_batch(awards, idempotency_key=key)
    if kind == "events":
        scores = [luck.randrange(101) for _ in range(luck.randrange(4))]
        who = luck.choice(PEOPLE)
        return lambda game, _: game.events.emit_batch(
            [Emit(who, "lesson", {"score": score}) for score in scores]
        )
    if kind == "keyed":
        who, amount, key = luck.choice(PEOPLE), luck.choice([1, 2]), luck.choice(["k1", "k2", "k3"])
        return lambda game, _: game.points.award(who, amount, idempotency_key=key)
    if kind == "one":
        return _command(luck)
    inner = [_command(luck) for _ in range(luck.randrange(1, 6))]
    given_up, nested = luck.random() < 0.3, luck.random() < 0.3
    return lambda game, clock: _several(
        game, clock, inner, trial=kind == "trial", given_up=given_up, nested=nested
    )


class _GivenUp(GamifyError):
    """A transaction whose block was left by an error of its own."""


def _several(  # noqa: PLR0913 - what, and how it is to end
    game: Game, clock: ManualClock, commands: list[Any], *, trial: bool, given_up: bool, nested: bool
) -> list[str]:
    """Carry commands out in one transaction or dry run, refusals caught inside it; the last ones in a part of it."""
    told: list[str] = []
    with game.dry_run() if trial else game.transaction() as tx:
        told += [_tried(tx, clock, command) for command in commands]
        if nested:
            with suppress(_GivenUp), tx.transaction() as part:
                told.append(_tried(part, clock, commands[0]))
                if given_up:
                    raise _GivenUp("in part")
            told.append(_tried(tx, clock, commands[-1]))
        elif given_up:
            raise _GivenUp(str(told))
    return told


def _tried(game: Game, clock: ManualClock, command: Any) -> str:
    try:
        return _plain(command(game, clock))
    except GamifyError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    print(compared(COUNT, int(sys.argv[2]) if len(sys.argv) > 2 else 0))  # noqa: T201 - a figure
