"""Engines on every store: one promise, tried wherever rows can live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from gamify_core import Catalog, Engine, ManualClock
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.protocol import Store
from gamify_core.storage.sqlite import SQLiteStore

START = "2026-03-02T09:00+00:00"  # a Monday


def store_of(engine: Engine) -> Store:
    """Return the store that an engine works on, for a second engine on it."""
    return engine._store  # noqa: SLF001 - engines do not hand out their store


def new_store(kind: str, path: Path) -> Store:
    """Return a new store of a kind: in memory, or in a file at `path`."""
    return MemoryStore() if kind == "memory" else SQLiteStore(path, durability="normal")


class MakeEngine(Protocol):
    """Makes an engine on a new store of the kind under test; the settings are those of `Engine`."""

    def __call__(self, catalog: Catalog | None = None, **settings: Any) -> Engine:
        """Return an engine that is closed when the test ends."""
        ...


@pytest.fixture(params=["memory", "sqlite"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Name the store under test."""
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    """Stand at nine o'clock on a Monday."""
    return ManualClock(START)


@pytest.fixture
def make_store(store_kind: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Make stores of the kind under test, all closed at the end."""
    opened: list[Store] = []

    def make() -> Store:
        store = new_store(store_kind, tmp_path / f"store{len(opened)}.db")
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def make_engine(make_store: Callable[[], Store], clock: ManualClock) -> MakeEngine:
    """Make engines, each on a store of its own (or on `store=…`), all under the test's clock."""

    def make(catalog: Catalog | None = None, **settings: Any) -> Engine:
        settings.setdefault("clock", clock)
        store = settings.pop("store", None) or make_store()
        return Engine(catalog if catalog is not None else Catalog(), store, **settings)

    return make
