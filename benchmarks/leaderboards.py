"""Leaderboards beside a real Redis: ranks, pages and windows, in a file and in memory, and a picture of a rank.

    pip install -e '.[bench]'
    python -m benchmarks.leaderboards            # boards of 100,000
    python -m benchmarks.leaderboards --large    # boards of 1,000,000, which is what the bars are for
    python -m benchmarks.leaderboards --large --save docs/rank-latency.svg

Redis runs on this machine and is read over loopback TCP through redis-py, which is how a web application reads it. It
answers with names and scores; the engine answers from a snapshot with rank, score, total and percentile, and
in lists with display names and the change since morning. Every answer is held against Redis's before it is timed.
Readings are of people drawn uniformly, each of them new, so that nothing but the first page is met again.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.bars import Bar, Line, at_most, microseconds, page, slowness
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.filled import KINDS, Filled, Peer, in_memory, on_file, redis_server
from benchmarks.games import awards_catalog, engine_on, fill
from benchmarks.measure import Work, compare, environment, everyone
from benchmarks.plot import plotted

__all__ = ["main", "same"]

CHECKED = 100
PERIODS = ("all_time", "yearly", "monthly", "weekly", "daily")
COUNTED = (
    "SELECT COUNT(*) FROM gamify_metric INDEXED BY gamify_metric_by_rank"
    " WHERE window = ?1 AND down IS NOT NULL AND tie IS NOT NULL AND down <"
    " (SELECT down FROM gamify_metric JOIN gamify_participant ON number = participant"
    " WHERE scope = '' AND participant_id = ?2 AND window = ?1)"
)


class Bars(NamedTuple):
    """What the readings of one kind of store are held to."""

    rank: Bar
    ordinal: Bar | None
    top: Bar
    around: Bar
    growth: Bar


BARS = {
    "file": Bars(at_most(0.35), at_most(0.6), at_most(0.2), at_most(0.45), at_most(1.7)),
    "memory": Bars(at_most(0.08), None, at_most(0.05), at_most(0.15), at_most(4.0)),
}


def _drawn(read: Callable[[str], object], entries: int, seed: int) -> Work:
    """Return work of which one operation is one reading, of somebody drawn uniformly."""
    chosen = cycle(Random(seed).choices(everyone(entries), k=20_000))

    def work(count: int) -> None:
        for who in islice(chosen, count):
            read(who)

    return work


def agree(filled: Filled, kind: str, peer: Peer) -> None:
    """Raise unless the engine and Redis answer the same; inside a tie each has an order of its own."""
    boards = filled.game.leaderboards
    for who in Random(0).choices(everyone(filled.entries), k=CHECKED):
        mine = boards.rank(kind, who)
        ordinal = boards.rank(f"{kind}_ordinal", who).rank
        same(mine.rank, peer.rank(who))
        same(mine.total_participants, peer.client.zcard(peer.name))
        if not mine.tied:
            same(ordinal, peer.ordinal(who))
            if mine.above >= 5 and mine.below >= 5:  # noqa: PLR2004 - at the ends the engine's window stays as long
                scores = [entry.score for entry in boards.around(kind, who)]
                same(scores, [score for _, score in peer.around(who)])
    same([entry.score for entry in boards.top(kind)], [score for _, score in peer.top()])


def same(mine: object, theirs: object) -> None:
    """Raise unless both are equal."""
    if mine != theirs:
        raise AssertionError(f"the engine answers {mine!r}, Redis {theirs!r}")


def readings(where: str, filled: Filled, kind: str, peer: Peer, dose: Dose) -> list[Line]:
    """Measure each way to read a board."""
    boards, bars = filled.game.leaderboards, BARS[where]
    cases: tuple[tuple[str, Callable[[str], object], Callable[[str], object], Bar | None], ...] = (
        ("competition rank", lambda who: boards.rank(kind, who), peer.rank, bars.rank),
        ("ordinal rank", lambda who: boards.rank(f"{kind}_ordinal", who), peer.ordinal, bars.ordinal),
        ("top ten", lambda _: boards.top(kind), lambda _: peer.top(), bars.top),
        ("around ±5", lambda who: boards.around(kind, who), peer.around, bars.around),
    )
    lines = []
    for seed, (what, mine, theirs, bar) in enumerate(cases):
        pair = _drawn(mine, filled.entries, seed), _drawn(theirs, filled.entries, seed)
        measured = compare(*pair, dose.reads, rounds=dose.rounds)
        named = f"{where}, {filled.entries:,} {kind}, {what}"
        lines.append(microseconds(slowness(named, measured, *([bar] if bar else []))))
        print(f"{named}: {lines[-1].ratio}", file=sys.stderr)  # with a million it takes a while
    return lines


def after_an_event(where: str, filled: Filled, kind: str, peer: Peer, dose: Dose) -> Line:
    """Measure the top ten right after somebody's score has moved: nothing that was read before is true any more."""
    game = filled.game

    def mine(who: str) -> None:
        game.events.emit(who, "played", {kind: 1})
        game.leaderboards.top(kind)

    def theirs(who: str) -> None:
        peer.client.zincrby(peer.name, 1, who)
        peer.top()

    pair = _drawn(mine, filled.entries, 9), _drawn(theirs, filled.entries, 9)
    measured = compare(*pair, max(10, dose.reads // 5), rounds=dose.rounds)
    return microseconds(slowness(f"{where}, {filled.entries:,} {kind}, an event and the top ten", measured))


def five_boards(client: Any, dose: Dose) -> Line:
    """Measure an award that moves five boards, and the five ranks read back, against one pipeline."""
    people = dose.filled
    with engine_on("memory", awards_catalog(5)) as game:
        fill(game, people)
        for number in range(5):
            client.zadd(f"five {number}", dict.fromkeys(everyone(people), 10))

        def mine(who: str) -> None:
            game.points.award(who, 10)
            for period in PERIODS:
                game.leaderboards.rank(period, who)

        def theirs(who: str) -> None:
            pipeline = client.pipeline(transaction=False)
            for number in range(5):
                pipeline.zincrby(f"five {number}", 10, who)
                pipeline.zrevrank(f"five {number}", who)
            pipeline.execute()

        pair = _drawn(mine, people, 5), _drawn(theirs, people, 5)
        measured = compare(*pair, dose.reads, rounds=dose.rounds)
    what = f"memory, an award on five boards of {people:,} and the five ranks"
    return microseconds(slowness(what, measured, at_most(0.35)))


def growth(where: str, small: Filled, large: Filled, dose: Dose) -> Line:
    """Measure how much longer a rank takes on a larger board."""

    def ranks(filled: Filled) -> Work:
        return _drawn(lambda who: filled.game.leaderboards.rank("spread", who), filled.entries, 7)

    measured = compare(ranks(large), ranks(small), dose.reads, rounds=dose.rounds)
    what = f"{where}, rank, from {small.entries:,} to {large.entries:,}"
    return microseconds(slowness(what, measured, BARS[where].growth))


def latencies(file: Filled, memory: Filled, peer: Peer, dose: Dose) -> dict[str, float]:
    """Return the microseconds of a competition rank, in each of four ways."""
    with closing(sqlite3.connect(file.path or "", isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        (window,) = connection.execute("SELECT number FROM gamify_window WHERE metric = 'spread'").fetchone()
        ways: dict[str, tuple[Callable[[str], object], int]] = {
            "SQLite, COUNT(*)": (
                lambda who: connection.execute(COUNTED, (window, who)).fetchone(),
                dose.scans,
            ),
            "Redis, loopback TCP": (peer.rank, dose.reads),
            "this library, in a file": (
                lambda who: file.game.leaderboards.rank("spread", who),
                dose.reads,
            ),
            "this library, in memory": (
                lambda who: memory.game.leaderboards.rank("spread", who),
                dose.reads,
            ),
        }
        return {
            name: _median(_drawn(read, file.entries, 3), count, dose) for name, (read, count) in ways.items()
        }


def _median(work: Work, count: int, dose: Dose) -> float:
    times = []
    for _ in range(dose.rounds + 1):
        started = perf_counter()
        work(count)
        times.append((perf_counter() - started) / count * 1e6)
    return median(times[1:] or times)


def _sizes(where: str, filled: Filled) -> str:
    what = "resident memory" if where == "memory" else "file"
    each = filled.bytes_each
    return (
        f"{where}: {each:,.0f} bytes of {what} per participant who stands on {len(KINDS)} board instances, "
        f"{each / len(KINDS):,.0f} per score"
    )


def _stores(stack: ExitStack, entries: int) -> Iterator[tuple[str, Filled]]:
    yield "file", stack.enter_context(on_file(entries))
    yield "memory", stack.enter_context(in_memory(entries))


def main(dose: Dose = NORMAL, save: Path | None = None) -> list[Line]:
    """Print every figure, save the picture where it is asked for, and return the lines."""
    lines: list[Line] = []
    grown: list[Line] = []
    drawn: dict[str, dict[int, float]] = {}
    said: list[str] = []
    with redis_server() as client, ExitStack() as kept:
        small: dict[str, Filled] = {}
        for entries in dose.boards:
            with ExitStack() as passing:
                stores = dict(_stores(kept if entries == dose.boards[-2] else passing, entries))
                peers = {kind: Peer(client, f"{kind} {entries}") for kind in KINDS}
                for kind in KINDS if entries == dose.boards[-1] else KINDS[:1]:
                    peers[kind].fill(kind, entries)
                for name, time in latencies(stores["file"], stores["memory"], peers["spread"], dose).items():
                    drawn.setdefault(name, {})[entries] = time
                if entries == dose.boards[-1]:
                    for where, filled in stores.items():
                        for kind in KINDS:
                            agree(filled, kind, peers[kind])
                            lines += readings(where, filled, kind, peers[kind], dose)
                        said.append(_sizes(where, filled))
                    grown += [growth(where, small[where], stores[where], dose) for where in stores]
                    peers["copy"] = Peer(client, "copy")
                    for where, filled in stores.items():
                        peers["copy"].fill("spread", entries)
                        lines.append(after_an_event(where, filled, "spread", peers["copy"], dose))
                elif entries == dose.boards[-2]:
                    small = stores
                client.flushall()
        lines.append(five_boards(client, dose))
    print(page("Leaderboards", ("Redis, µs", "engine, µs", "time / time"), lines))
    print(page("Growth of a rank", ("small, µs", "large, µs", "time / time"), grown))
    print("\n".join(said), end="\n\n")
    if save is not None:
        save.write_text(plotted("A rank, by the size of the board", drawn), encoding="utf-8")
        print(f"saved {save}")
    return [*lines, *grown]


def _arguments(words: list[str]) -> tuple[Dose, Path | None]:
    """Return what a command line asks for: a dose, and where to save the picture."""
    if "--save" not in words:
        return dose_of(words), None
    at = words.index("--save")
    if at + 1 == len(words):
        raise SystemExit("--save needs a path")
    return dose_of(words[:at] + words[at + 2 :]), Path(words[at + 1])


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(*_arguments(sys.argv[1:]))
