"""The contract every store must pass: each written guarantee of `storage.protocol`, under its number.

Subclass it and say how a store is made::

    class TestMyStore(StoreContract):
        def make_store(self, tmp_path):
            return MyStore(tmp_path / "rows")

`make_store` is called once a test, with a fresh directory. The machine in `gamify_core.testing.machine` holds
the same store against the model with random operations; the two together are what "it is a store" means.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gamify_core.errors import StoreClosed, StoreError
from gamify_core.testing.contract_parts import (
    ADA,
    LEVELS,
    RUNNERS,
    fill,
    insert,
    remove,
    update,
    writing,
)
from gamify_core.testing.contract_reads import ReadContract
from gamify_core.testing.contract_writes import WriteContract
from gamify_core.testing.toys import (
    CITY,
    LEVEL,
    PERSON,
    RUNNER,
    TOYS,
)

__all__ = ["StoreContract", "insert", "remove", "update", "writing"]


class StoreContract(WriteContract, ReadContract):
    """The promises of a store, each a test named after the guarantee it belongs to."""

    # -- 8: errors ------------------------------------------------------------------------------------

    def test_8_a_table_that_is_not_there_is_a_store_error(self, tmp_path: Path) -> None:
        """No driver's error and no KeyError leaves the store."""
        store = self.make_store(tmp_path)
        store.migrate([CITY])
        tx = store.begin(["toys"])
        with pytest.raises(StoreError):
            tx.get(LEVEL, (1, 1))
        with pytest.raises(StoreError):
            insert(tx, LEVEL, *LEVELS)
        tx.rollback()
        store.close()

    def test_8_a_closed_store_says_so(self, tmp_path: Path) -> None:
        """Every call after `close` is `StoreClosed`, and closing twice is harmless."""
        store = self.make_store(tmp_path)
        store.migrate(TOYS)
        unopened = store.view()
        store.close()
        store.close()
        with pytest.raises(StoreClosed):
            store.begin()
        with pytest.raises(StoreClosed):
            store.view()
        with pytest.raises(StoreClosed):
            store.migrate(TOYS)
        with pytest.raises(StoreClosed):
            unopened.__enter__()

    # -- migrate --------------------------------------------------------------------------------------

    def test_migrate_may_be_called_again_and_adds_what_is_new(self, tmp_path: Path) -> None:
        """A second call keeps all rows and makes the tables that were not there."""
        store = self.make_store(tmp_path)
        store.migrate([PERSON])
        with writing(store) as tx:
            insert(tx, PERSON, ADA)
        store.migrate(TOYS)
        with writing(store) as tx:
            insert(tx, LEVEL, *LEVELS)
        store.migrate(TOYS)
        with store.view() as view:
            assert view.scan(PERSON) == [ADA]
            assert view.count(LEVEL) == len(LEVELS)
        store.close()

    def test_migrate_may_be_called_by_many_at_once(self, tmp_path: Path) -> None:
        """Threads that start together all find the tables made."""
        store = self.make_store(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(store.migrate, TOYS) for _ in range(8)]:
                done.result()
        fill(store)
        with store.view() as view:
            assert view.count(RUNNER) == len(RUNNERS)
        store.close()
