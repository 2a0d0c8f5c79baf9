"""A history held against what its writers saw: several processes of several threads on one file.

Every call is logged with when it began and when it was answered. Then, in one pass along `seq`:
what was answered before something else began comes before it; every answer is what replaying the history gives; no
acknowledged command is missing, none is there twice, and everything adds up.
`python -m tests.audit.checker [processes] [threads] [calls]` prints the figure.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import attrs

from gamify_core import Badge, Catalog, Engine, GamifyError, Ladder, Leaderboard, Metric, Rule, Streak
from gamify_core.replay.again import Again
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.conftest import store_of

__all__ = ["Checked", "checked"]

CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", award=3, streak="daily")],
    streaks=[Streak("daily")],
    badges=[
        Badge("first", criteria="lessons >= 1", points=5),
        Badge("pioneer", criteria="lessons >= 2", max_supply=3),
    ],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 50, "gold": 500})],
    leaderboards=[Leaderboard("top")],
)
PEOPLE = ["hot", "hot", "ada", "bob", "cay"]


@attrs.frozen
class Checked:
    """What a concurrent history was found to be."""

    processes: int
    threads: int
    calls: int
    answered: int
    replayed: int
    refused: int
    slowest: float

    def __str__(self) -> str:
        """Return the line to be quoted."""
        return (
            f"{self.processes} processes × {self.threads} threads, {self.calls:,} calls: {self.answered:,} answered "
            f"({self.replayed:,} by a key that was known), {self.refused:,} refused; real-time order within seq order, "
            f"each answer reproduced by replay, none lost or doubled; longest wait {self.slowest:.2f} s"
        )


def _work(path: str, seed: int, threads: int, calls: int, log: str) -> None:
    store = SQLiteStore(path, durability="normal", timeout=120)
    engine = Engine(CATALOG, store)
    told: list[list[Any]] = []
    workers = [
        threading.Thread(target=_calls, args=(engine, seed * 1_000 + number, calls, told))
        for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store.close()
    Path(log).write_text("\n".join(json.dumps(each) for each in told), encoding="utf-8")


def _calls(engine: Engine, seed: int, calls: int, told: list[list[Any]]) -> None:
    luck = random.Random(seed)  # noqa: S311 - meant to be repeatable
    for _ in range(calls):
        kind = luck.choice(["award", "award", "deduct", "event", "transfer", "keyed"])
        who, amount = luck.choice(PEOPLE), luck.choice([1, 5, 20])
        began = time.monotonic_ns()
        try:
            answer = _call(engine, kind, who, amount, luck)
        except GamifyError as error:
            told.append([began, time.monotonic_ns(), 0, error.code, None, False])
            continue
        ended = time.monotonic_ns()
        told.append([began, ended, _seq(answer), kind, _plain(answer), answer.replayed])


def _call(engine: Engine, kind: str, who: str, amount: int, luck: random.Random) -> Any:
    match kind:
        case "award":
            return engine.points.award(who, amount)
        case "deduct":
            return engine.points.deduct(who, amount)
        case "event":
            return engine.events.emit(who, "lesson")
        case "transfer":
            return engine.points.transfer(who, "dee", amount)
        case _:
            return engine.points.award("hot", 1, idempotency_key=f"k{luck.randrange(40)}")


def _seq(answer: Any) -> int:
    """Return the number of the activity that an answer is of: every id has it."""
    named: str = answer.event_id if hasattr(answer, "event_id") else answer.transaction_id
    return int(named.split("_")[1])


def _plain(answer: Any) -> str:
    return json.dumps([effect.to_dict() for effect in answer.effects], sort_keys=True, default=str)


def checked(processes: int, threads: int, calls: int, seed: int = 0) -> Checked:
    """Let writers race on one file, and check the history they leave; fails where it is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "game.db")
        Engine(CATALOG, SQLiteStore(path, durability="normal")).close()
        context = multiprocessing.get_context("spawn")
        logs = [str(Path(folder) / f"log{number}") for number in range(processes)]
        workers = [
            context.Process(target=_work, args=(path, seed + number, threads, calls, log))
            for number, log in enumerate(logs)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
        told = [
            json.loads(line) for log in logs for line in Path(log).read_text(encoding="utf-8").splitlines()
        ]
        store = SQLiteStore(path, durability="normal")
        with Engine(CATALOG, store) as engine:
            _check(engine, told)
        store.close()
    done = [each for each in told if each[2]]
    waits = [each[1] - each[0] for each in told]
    return Checked(
        processes, threads, len(told), len(done), sum(each[5] for each in done), len(told) - len(done),
        max(waits) / 1e9,
    )  # fmt: skip


def _check(engine: Engine, told: list[list[Any]]) -> None:
    """Check order, answers and completeness in one pass along `seq`."""
    first: dict[int, list[Any]] = {}
    for began, ended, seq, _, answer, replayed in told:
        if not seq:
            continue
        known = first.get(seq)
        assert known is None or known[2] == answer, f"activity {seq} was answered in two ways"
        if known is None or not replayed:
            first[seq] = [began, ended, answer, replayed]
    latest = 0  # when the latest of those that come before began
    for seq in sorted(first):
        began, ended, _, replayed = first[seq]
        if replayed:  # its first answer went to somebody else's log, or it is told there
            continue
        assert ended > latest, f"activity {seq} was answered before one ahead of it was asked for"
        latest = max(latest, began)
    report = engine.history.verify(replay=True)
    assert report.ok, str(report)
    kinds = {"points.award", "points.deduct", "event", "points.transfer"}
    written = {row.seq: row for row in _all(engine) if row.kind in kinds}
    assert set(written) == set(first), (
        "an acknowledged command is missing, or there is one nobody was told of"
    )
    with store_of(engine).view() as view:
        again = Again(view, engine._access.road)  # noqa: SLF001 - engines do not hand out their road
        again.run()
    repeated = {row.seq: row for row in _all(again.game)}
    for seq, (_, _, answer, _) in first.items():
        told_again = json.dumps(
            [effect.to_dict() for effect in repeated[seq].effects], sort_keys=True, default=str
        )
        assert told_again == answer, f"activity {seq}: {answer} was answered, and replayed it is {told_again}"


def _all(game: Any) -> list[Any]:
    found: list[Any] = []
    while page := game.history.activity(after=found[-1].seq if found else 0):
        found += page
    return found


if __name__ == "__main__":
    SIZES = [int(each) for each in sys.argv[1:4]] or [2, 2, 50]
    print(checked(*SIZES))  # noqa: T201 - a figure
