"""The audits whose figures are published, in a small dose; `GAMIFY_DEEP=1` runs all of each and prints its line."""

from __future__ import annotations

import pytest

from tests.audit.bitflips import flipped, foreign
from tests.audit.differential import compared
from tests.audit.doses import dose
from tests.audit.fuzzing import fuzzed, small_game


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
