"""The SQLite store holds to the contract that every store is held to, and does what the model does."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from gamify_core.storage import sqlite_blocks, sqlite_reading
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import StoreContract
from gamify_core.testing.machine import StoreMachine


class TestSQLiteStore(StoreContract):
    """Every promise of the protocol, over a file."""

    def make_store(self, tmp_path: Path) -> SQLiteStore:
        """Return a store in a new file."""
        return SQLiteStore(tmp_path / "store.db")


class SQLiteMachine(StoreMachine):
    """The model and a file, side by side, with blocks so small that crowds split and join them."""

    def make_store(self) -> SQLiteStore:
        """Return a store in a new file."""
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(sqlite_blocks, "FULL", 6)
        self.patch.setattr(sqlite_blocks, "FULL_ABOVE", 4)
        self.patch.setattr(sqlite_reading, "_FEW", 1)
        self.folder = tempfile.mkdtemp()
        return SQLiteStore(Path(self.folder) / "store.db", durability="normal")

    def teardown(self) -> None:
        """Close both and remove the file."""
        try:
            super().teardown()
        finally:
            self.patch.undo()
            shutil.rmtree(self.folder)


TestSQLiteMachine = SQLiteMachine.TestCase
TestSQLiteMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
