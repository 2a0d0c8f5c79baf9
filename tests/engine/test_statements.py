from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gamify_core import Award, Catalog, Emit, Engine, InsufficientPoints, ManualClock
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.conftest import START

FULL = Catalog.from_dict(
    {
        "metrics": {"lessons": {"on": "lesson"}},
        "rules": {"lesson": {"on": "lesson", "award": 10, "streak": "daily"}},
        "streaks": {"daily": {}},
        "badges": {"tenth": {"criteria": "lessons >= 1000"}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "gold": 100_000}}},
        "leaderboards": {"all": {}, "week": {"period": "weekly"}},
    }
)


class Counted:
    """An engine on a file, and what its writing connection is asked."""

    def __init__(self, catalog: Catalog, path: Path) -> None:
        """Open the engine and let the people and windows of the test appear."""
        self.store = SQLiteStore(path, durability="normal")
        self.game = Engine(catalog, self.store, clock=ManualClock(START), seed=1)
        for who in ("ada", "bob"):
            self.game.points.award(who, 100)
            self.game.events.emit(who, "lesson")
        self._heard: list[str] = []
        self.store.connection.set_trace_callback(self._heard.append)

    def statements(self, use: Callable[[], object]) -> Counter[str]:
        """Return how often each kind of statement is executed."""
        self._heard.clear()
        use()
        return Counter(text.split()[0] for text in self._heard)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Counted]:
    """Count under an empty catalog."""
    counted = Counted(Catalog(), tmp_path / "bare.db")
    yield counted
    counted.game.close()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Counted]:
    """Count under a rule, a counter, a streak, a badge, a ladder and two boards."""
    counted = Counted(FULL, tmp_path / "full.db")
    yield counted
    counted.game.close()


SINGLE: dict[str, tuple[int, int, int, int, Callable[[Engine], object]]] = {
    # name: at most so many reads and writes under the empty catalog, and under the full one
    "award": (3, 3, 5, 5, lambda game: game.points.award("ada", 1)),
    "award with a key": (4, 3, 6, 5, lambda game: game.points.award("ada", 1, idempotency_key="k")),
    "deduction": (3, 3, 3, 3, lambda game: game.points.deduct("ada", 1)),
    "event": (3, 3, 8, 9, lambda game: game.events.emit("ada", "lesson")),
    "transfer": (5, 4, 5, 4, lambda game: game.points.transfer("ada", "bob", 1)),
}


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("catalog", ["bare", "full"])
def test_statements_of_one_command(request: pytest.FixtureRequest, catalog: str, name: str) -> None:
    """A command is one transaction with one commit, and costs no more statements than it is known to need."""
    counted: Counted = request.getfixturevalue(catalog)
    *bounds, use = SINGLE[name]
    reads, writes = bounds[:2] if catalog == "bare" else bounds[2:]
    counts = counted.statements(lambda: use(counted.game))
    assert counts["BEGIN"] == counts["COMMIT"] == 1
    assert counts["SELECT"] <= reads
    assert counts["INSERT"] + counts["UPDATE"] + counts["DELETE"] <= writes
    # Whether another process wrote since, and a guard around rows of one table that could be refused half-way
    assert max(counts["PRAGMA"], counts["SAVEPOINT"], counts["RELEASE"]) <= 1
    assert not counts["ROLLBACK"]


def test_the_cost_does_not_grow_with_history(full: Counted) -> None:
    """The thousandth event costs exactly what an early one does."""
    early = full.statements(lambda: full.game.events.emit("ada", "lesson"))
    full.game.events.emit_batch([Emit(f"p{n % 50}", "lesson") for n in range(1000)])
    full.statements(lambda: full.game.events.emit("ada", "lesson"))
    assert full.statements(lambda: full.game.events.emit("ada", "lesson")) == early


@pytest.mark.parametrize(
    ("name", "each"),
    [("bare award", 3), ("full award", 3), ("bare event", 3), ("full event", 5)],
)
def test_items_of_a_batch_cost_their_own_rows_only(
    request: pytest.FixtureRequest, name: str, each: int
) -> None:
    """A hundred items more cost the rows they append; all else is read and written once."""
    catalog, kind = name.split()
    counted: Counted = request.getfixturevalue(catalog)

    def batch(size: int) -> None:
        if kind == "award":
            counted.game.points.award_batch([Award("ada", 1)] * size)
        else:
            counted.game.events.emit_batch([Emit("ada", "lesson")] * size)

    small = counted.statements(lambda: batch(100)).total()
    large = counted.statements(lambda: batch(200)).total()
    assert large - small <= 100 * each


def test_what_writes_nothing_commits_nothing(bare: Counted) -> None:
    """A replay, a refusal and a trial read and roll back; a bad value does not reach the store."""
    bare.game.points.award("ada", 1, idempotency_key="k")
    replay = bare.statements(lambda: bare.game.points.award("ada", 1, idempotency_key="k"))
    assert (replay["COMMIT"], replay["INSERT"], replay["ROLLBACK"]) == (0, 0, 1)

    def overdraw() -> None:
        with pytest.raises(InsufficientPoints):
            bare.game.points.deduct("ada", 10_000)

    assert bare.statements(overdraw)["COMMIT"] == 0

    def trial() -> None:
        with bare.game.dry_run() as game:
            game.points.award("ada", 1)

    counts = bare.statements(trial)
    assert (counts["COMMIT"], counts["INSERT"], counts["UPDATE"], counts["ROLLBACK"]) == (0, 0, 0, 1)

    def nonsense() -> None:
        with pytest.raises(ValueError, match="amount"):
            bare.game.points.award("ada", 0)

    assert bare.statements(nonsense) == {}


def test_reading_leaves_the_writer_alone(full: Counted) -> None:
    """Balances, boards, profiles and lists ask nothing of the connection that writes."""

    def read() -> None:
        full.game.points.balance("ada")
        full.game.leaderboards.top("all")
        full.game.participants.get("ada")
        full.game.history.activity()

    assert full.statements(read) == {}


def test_a_transaction_is_one_commit(full: Counted) -> None:
    """Many commands in one handle are one BEGIN and one COMMIT, without savepoints of the store."""

    def use() -> None:
        with full.game.transaction() as tx:
            for _ in range(5):
                tx.points.award("ada", 1)
            with pytest.raises(InsufficientPoints):
                tx.points.deduct("ada", 10**9)

    counts = full.statements(use)
    assert (counts["BEGIN"], counts["COMMIT"], counts["ROLLBACK"]) == (1, 1, 0)
