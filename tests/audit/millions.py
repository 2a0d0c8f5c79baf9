"""How a ledger reads when it is large: a balance, a page of a statement, and both as of a past instant; and an audit.

`python -m tests.audit.millions [entries …]` builds ledgers of these sizes through the real tables (rows and seals as
the road writes them, in bulk) and prints the latencies of the largest beside those of the smallest, in one run.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from gamify_core import Catalog, Engine
from gamify_core.clock import moment
from gamify_core.road.seal import canonical, payload_hash, salt, seal, sealed_words
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, ActivityRow, PayloadRow
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import PARTICIPANT

__all__ = ["READS", "built", "measured"]

_APART = 1_000_000
_AT_ONCE = 20_000


def built(path: Path, entries: int, people: int) -> Engine:
    """Return an engine on a new file with so many awards, dealt out evenly among so many people."""
    store = SQLiteStore(path, durability="normal")
    engine = Engine(Catalog(), store)
    engine.points.award("p0", 1)  # the catalog is adopted by a command of its own
    with store.view() as view:
        head, person, entry = view.last(ACTIVITY), view.last(PARTICIPANT), view.last(ENTRY, (1, "points"))
    assert head is not None
    assert person is not None
    assert entry is not None
    seq, digest = head.seq, head.digest
    wallets = {number: [0, 0] for number in range(2, people + 1)}
    road = engine._access.road  # noqa: SLF001 - in bulk, through the store's own unit
    unit = road.open()
    transaction: Any = unit._transaction  # noqa: SLF001 - as above
    others = [person._replace(number=n, participant_id=f"p{n}") for n in range(2, people + 1)]
    transaction.append(PARTICIPANT, others)
    activities: list[Any] = []
    payloads: list[Any] = []
    moved: list[Any] = []
    for n in range(entries):
        number = 2 + n % (people - 1)
        seq += 1
        at = head.recorded_at + (n + 1) * _APART
        version, balance = wallets[number]
        wallets[number] = [version + 1, balance + 5]
        outcome = canonical([["points_awarded", number, "direct", 5, "points", balance + 5]])
        request = f'{{"amount":5,"participant_id":"p{number}"}}'
        salted = salt()
        words = sealed_words(
            seq, at, at, "", "points.award", number, head.catalog, head.semantics, None, None, outcome
        )
        digest = seal(digest, words, payload_hash(salted, request))
        activities.append(
            ActivityRow(
                seq,
                at,
                at,
                "",
                "points.award",
                number,
                head.catalog,
                head.semantics,
                None,
                None,
                outcome,
                digest,
                None,
            )
        )
        payloads.append(PayloadRow(seq, salted, request, None))
        moved.append(
            entry._replace(
                participant=number, version=version + 1, activity=seq, amount=5, balance=balance + 5,
                earned=balance + 5, occurred_at=at,
            )
        )  # fmt: skip
        if len(activities) == _AT_ONCE or n == entries - 1:
            transaction.append(ACTIVITY, activities)
            transaction.append(PAYLOAD, payloads)
            transaction.append(ENTRY, sorted(moved, key=lambda row: row[:3]))
            activities, payloads, moved = [], [], []
    unit.commit()
    return engine


# pages of ten, which everybody has in the smallest ledger too
READS: dict[str, Callable[[Engine, str, datetime], object]] = {
    "balance": lambda engine, who, _: engine.points.balance(who),
    "statement page": lambda engine, who, _: engine.points.transactions(who, page_size=10),
    "balance as of": lambda engine, who, then: engine.at(then).points.balance(who),
    "statement page as of": lambda engine, who, then: engine.at(then).points.transactions(who, page_size=10),
}


def measured(ledgers: dict[int, Engine], people: int, rounds: int = 300) -> dict[int, dict[str, float]]:
    """Return how long reads take in ledgers of so many entries, in microseconds: medians, for participants at random.

    The ledgers are read in turn, so that what else the machine does is the same for each.
    """
    luck = random.Random(1)  # noqa: S311 - meant to be repeatable
    first = {
        entries: int(engine.history.activity(limit=3)[-1].recorded_at.timestamp()) * 1_000_000
        for entries, engine in ledgers.items()
    }
    found: dict[int, dict[str, float]] = {entries: {} for entries in ledgers}
    for name, read in READS.items():
        taken: dict[int, list[float]] = {entries: [] for entries in ledgers}
        for _ in range(rounds):
            for entries, engine in ledgers.items():
                then = moment(first[entries] + luck.randrange(entries) * _APART)
                who = f"p{luck.randrange(2, people + 1)}"
                began = time.perf_counter()
                read(engine, who, then)
                taken[entries].append(time.perf_counter() - began)
        for entries, times in taken.items():
            found[entries][name] = statistics.median(times) * 1e6
    return found


def main(sizes: list[int]) -> None:
    """Print a line for each size, and the ratios."""
    people = 1_000
    with tempfile.TemporaryDirectory() as folder:
        ledgers: dict[int, Engine] = {}
        for entries in sizes:
            began = time.perf_counter()
            ledgers[entries] = engine = built(Path(folder) / f"{entries}.db", entries, people)
            engine._access.road.now = lambda: (2**50, 0)  # noqa: SLF001 - a clock after all of it
            print(f"{entries:,} entries built in {time.perf_counter() - began:.0f} s")  # noqa: T201 - a figure
        told = measured(ledgers, people)
        for entries, found in told.items():
            print(f"{entries:,}: " + ", ".join(f"{name} {taken:.0f} µs" for name, taken in found.items()))  # noqa: T201 - as above
        least, most = told[sizes[0]], told[sizes[-1]]
        ratios = ", ".join(f"{name} {most[name] / least[name]:.2f}" for name in READS)
        print(f"{sizes[-1]:,} / {sizes[0]:,}: {ratios}")  # noqa: T201 - as above
        for entries, engine in ledgers.items():
            began = time.perf_counter()
            report = engine.history.verify()
            taken = time.perf_counter() - began
            assert report.ok, str(report)
            rows = sum(report.checked.values())
            print(f"{entries:,}: verify {rows:,} rows in {taken:.0f} s, {rows / taken:,.0f} a second")  # noqa: T201 - as above
            engine._store.close()  # noqa: SLF001 - as above


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000, 100_000])
