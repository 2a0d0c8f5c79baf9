"""A fixed sequence of commands, children that play it and may die of it, and what must be true afterwards.

The clock stands and the seed is fixed, so after the first n commands there is exactly one state there can be, and its
digest is known: "nothing lost, nothing doubled, nothing half" is one look at a file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gamify_core import Catalog, Engine, ManualClock, SQLiteStore
from gamify_core.storage.protocol import Store

__all__ = ["DEEP", "Ended", "Say", "begun", "command", "in_child", "made_good", "opened", "prefixes"]

DEEP = bool(os.environ.get("GAMIFY_DEEP"))
"""Whether the full dose is asked for."""

CATALOG = Catalog.from_dict(
    {
        "metrics": {"lessons": {"on": "lesson"}},
        "rules": {"lesson": {"on": "lesson", "award": "10 + roll(1, 6)", "streak": "daily"}},
        "streaks": {"daily": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 40, "gold": 100}}},
        "badges": {"first": {"criteria": "lessons >= 1", "points": 5}, "rare": {"max_supply": 1_000_000}},
        "leaderboards": {"all": {}, "week": {"period": "weekly"}},
    }
)
_START = "2026-03-02T09:00+00:00"


def engine_on(store: Store | None) -> Engine:
    """Return the game on a store."""
    return Engine(CATALOG, store, clock=ManualClock(_START), seed=7)


@contextmanager
def opened(path: Path | str) -> Iterator[Engine]:
    """Open the game on a file."""
    store = SQLiteStore(path)
    try:
        with engine_on(store) as game:
            yield game
    finally:
        store.close()


def command(game: Engine, n: int) -> None:
    """Give command number n, each time with the same key: a bit of everything, in a fixed order."""
    who, other, key = f"p{n % 3}", f"p{(n + 1) % 3}", f"k-{n}"
    if n < 3 or n % 7 == 0:
        game.events.emit(who, "lesson", idempotency_key=key)
    elif n % 7 == 1:
        game.points.transfer(who, other, 1, idempotency_key=key)
    elif n % 7 == 2:
        game.assets.mint("rare", who, idempotency_key=key)
    elif n % 7 == 3:
        game.points.deduct(who, 1, idempotency_key=key)
    else:
        game.points.award(who, 1 + n % 5, idempotency_key=key)


@cache
def prefixes(count: int) -> dict[str, int]:
    """Return the digest of the state after each number of commands from 0 to `count`."""
    found: dict[str, int] = {}
    with engine_on(None) as game:
        found[game.history.state_digest()] = 0
        for n in range(count):
            command(game, n)
            found[game.history.state_digest()] = n + 1
    assert len(found) == count + 1
    return found


def made_good(path: Path | str, acknowledged: int, count: int) -> int:
    """Hold a file to its promises after a crash, play what is missing, and return how many commands were in it.

    All that was acknowledged is there; besides it at most the one command that was under way; the audit is clean;
    giving all commands again with their keys ends as if nothing had happened.
    """
    known = prefixes(count)
    with opened(path) as game:
        there = known[game.history.state_digest()]  # an exact prefix, or there is no such key
        assert acknowledged <= there <= acknowledged + 1
        report = game.history.verify()
        assert report.ok, report
        for n in range(count):
            command(game, n)
        assert known[game.history.state_digest()] == count
        assert game.history.verify().ok
    return there


class Ended(NamedTuple):
    """How a child ended: what it said, line by line, and its status as of `waitpid`."""

    said: list[str]
    status: int

    @property
    def acknowledged(self) -> int:
        """How many commands were answered."""
        return self.said.count("ok")


Say = Callable[[str], object]
"""Tells the parent a line."""


def begun(work: Callable[[Say], object]) -> Callable[[], Ended]:
    """Fork and let the child work and say lines; return what waits for it and tells how it ended, or was ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            work(lambda line: os.write(writing, f"{line}\n".encode()))
        except BaseException as error:  # noqa: BLE001 - the parent is told of whatever it was
            os.write(writing, f"unexpected {type(error).__name__}: {error}\n".encode())
        os._exit(0)
    os.close(writing)

    def wait() -> Ended:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read().decode().splitlines()
        return Ended(said, os.waitpid(child, 0)[1])

    return wait


def in_child(work: Callable[[Say], object]) -> Ended:
    """Let a child work, and return how it ended."""
    return begun(work)()
