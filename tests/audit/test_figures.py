"""The audits whose figures are published, in a small dose; `GAMIFY_DEEP=1` runs all of each and prints its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.bitflips import flipped, foreign
from tests.audit.checker import checked
from tests.audit.differential import compared
from tests.audit.doses import dose
from tests.audit.fuzzing import fuzzed, small_game
from tests.audit.millions import READS, built, measured
from tests.engine.conftest import store_of


def test_whatever_is_called_with_whatever_only_documented_errors_come_of_it() -> None:
    """Fuzzed calls of every method: no trace of a refused one, none takes longer than a second."""
    done = fuzzed(small_game, dose(600, 100_000))
    print(done)  # noqa: T201 - the figure
    assert done.slowest < 1
    assert done.methods > 90


def test_both_stores_answer_alike() -> None:
    """The same steps, refusals, transactions and dry runs on memory and SQLite."""
    done = compared(dose(250, 100_000))
    print(done)  # noqa: T201 - the figure
    assert done.answered > done.refused


def test_no_visible_change_of_a_file_goes_unnoticed() -> None:
    """One bit at a time: refused, reported, or nothing that can be read has changed."""
    done = flipped(dose(12, 600))
    print(done)  # noqa: T201 - the figure
    assert not done.missed


@pytest.mark.parametrize("kind", ["empty", "text", "noise", "head alone", "half", "another application's"])
def test_garbage_is_one_documented_error(kind: str) -> None:
    """Whatever was laid where the file should be."""
    assert foreign()[kind] in {"StoreCorrupt", "CatalogError", "StoreError"}


def test_a_concurrent_history_is_one_that_could_have_been_one_after_the_other() -> None:
    """Processes of threads on one file: real-time order, each answer reproduced, nothing lost or doubled."""
    done = checked(dose(2, 8), dose(2, 8), dose(20, 400))
    print(done)  # noqa: T201 - the figure
    assert done.answered > done.refused


def test_a_large_ledger_reads_like_a_small_one(tmp_path: Path) -> None:
    """Balances and statements, of now and of then, are there whatever the number of entries; verify finds no fault."""
    entries = dose(2_000, 1_000_000)
    engine = built(tmp_path / "game.db", entries, 100)
    with engine:
        engine._access.road.now = lambda: (2**50, 0)  # noqa: SLF001 - a clock after all of it
        assert set(measured({entries: engine}, 100, rounds=20)[entries]) == {*READS}
        assert engine.history.verify().ok
        assert engine.points.balance("p2").balance == 5 * -(-entries // 99)
    store_of(engine).close()
