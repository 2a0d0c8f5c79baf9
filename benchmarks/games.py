"""The games that are measured: catalogs, engines and floors on new stores, filled alike.

Every participant is there before anything is timed, so no round pays for people who appear. Both sides are
filled by batches of a thousand: a file that was filled otherwise has other pages and is no twin.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from benchmarks.floors import Boards, Durability, MemoryFloor, SQLiteFloor
from benchmarks.measure import everyone
from gamify_core import Award, Badge, Catalog, Emit, Engine, Ladder, Leaderboard, Metric, Rule, Streak
from gamify_core.catalog.definitions import Period
from gamify_core.clock import Clock
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.protocol import Store
from gamify_core.storage.sqlite import SQLiteStore

__all__ = ["EVENT", "Where", "award_all", "awards_catalog", "engine_on", "events_catalog", "fill"]
__all__ += ["fill_with_events", "floor_in_memory", "floor_on_file", "properties_of"]

Where = Literal["memory", "normal", "full"]
PERIODS: tuple[Period, ...] = ("all_time", "weekly", "daily", "monthly", "yearly")
LADDER = Ladder("tier", {"bronze": 0, "silver": 60, "gold": 2_000})
EVENT = "lesson_finished"
FILLED_BY = 1_000


def _boards(boards: Boards) -> list[Leaderboard]:
    """Return this many boards on the points earned: none, all-time and weekly, or one of each period."""
    return [Leaderboard(period, period=period) for period in PERIODS[:boards]]


def awards_catalog(boards: Boards) -> Catalog:
    """Return a ladder of three tiers, and boards."""
    return Catalog(ladders=[LADDER], leaderboards=_boards(boards))


def events_catalog() -> Catalog:
    """Return what an event can touch: a rule with a condition, a counter, a streak, a badge, two boards."""
    return Catalog(
        metrics=[Metric("lessons", on=EVENT)],
        rules=[Rule("lesson", on=EVENT, when="score >= 60", award="10 + score // 10", streak="daily")],
        streaks=[Streak("daily", grace_period_hours=4)],
        ladders=[LADDER],
        badges=[Badge("regular", criteria="lessons >= 10 and streak.daily >= 1", points=50)],
        leaderboards=_boards(2),
    )


def properties_of(amount: int) -> dict[str, object]:
    """Return the properties of an event whose score tells whether the rule fires."""
    return {"score": amount, "topic": "loops"}


@contextmanager
def _store_for(where: Where) -> Iterator[Store]:
    """Open a new store, and remove it afterwards."""
    if where == "memory":
        yield MemoryStore()
        return
    with (
        TemporaryDirectory() as folder,
        closing(SQLiteStore(Path(folder, "game.db"), durability=where)) as store,
    ):
        yield store


@contextmanager
def engine_on(where: Where, catalog: Catalog, clock: Clock | None = None) -> Iterator[Engine]:
    """Open an engine on a new store."""
    with _store_for(where) as store:
        yield Engine(catalog, store, clock=clock)


@contextmanager
def floor_on_file(durability: Durability, boards: Boards, participants: int) -> Iterator[SQLiteFloor]:
    """Open the floor on a new file, with everybody in it."""
    with (
        TemporaryDirectory() as folder,
        closing(SQLiteFloor(Path(folder, "floor.db"), durability, boards)) as floor,
    ):
        for some in _first_awards(participants):
            floor.award_batch(some)
        yield floor


def floor_in_memory(participants: int, *, boards: Literal[0, 2] = 2) -> MemoryFloor:
    """Return the floor in memory, with everybody in it."""
    floor = MemoryFloor()
    floor.boards = floor.boards[:boards]
    for participant_id in everyone(participants):
        floor.award(participant_id, 10)
    return floor


def award_all(game: Engine, awards: list[tuple[str, int]]) -> None:
    """Award a batch, as an application would; a refusal would make the figure worthless."""
    answer = game.points.award_batch([Award(participant_id, amount) for participant_id, amount in awards])
    if answer.failed:
        raise RuntimeError(f"{answer.failed} awards were refused")


def fill(game: Engine, participants: int) -> None:
    """Give ten points to everybody, as the floors do."""
    for some in _first_awards(participants):
        award_all(game, some)


def fill_with_events(game: Engine, participants: int) -> None:
    """Let everybody finish a first lesson, which also earns everybody about ten points."""
    for some in _first_awards(participants):
        game.events.emit_batch([Emit(who, EVENT, properties_of(97)) for who, _ in some])


def _first_awards(participants: int) -> Iterator[list[tuple[str, int]]]:
    everybody = iter(everyone(participants))
    while some := [(participant_id, 10) for participant_id in islice(everybody, FILLED_BY)]:
        yield some
