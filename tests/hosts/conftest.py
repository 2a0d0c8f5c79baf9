"""An application with a table of orders in a SQLite file, and an engine on the same file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamify_core import Catalog, Engine, ManualClock

CATALOG = Catalog.from_dict(
    {
        "timezone": "Europe/Paris",
        "metrics": {"lessons": {"on": "lesson"}},
        "rules": {"lesson": {"on": "lesson", "award": 10, "streak": "daily"}},
        "streaks": {"daily": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "gold": 100}}},
        "badges": {
            "first": {"criteria": "lessons >= 1", "points": 5},
            "copy": {"max_supply": 5},
        },
        "leaderboards": {"all": {}, "week": {"period": "weekly"}},
        "rewards": {"mug": {"type": "physical", "points_cost": 50, "total_inventory": 2}},
    }
)
ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT NOT NULL)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of the application's file, which has its own table already."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(ORDERS)
    connection.close()
    return path


@pytest.fixture
def game(path: Path) -> Iterator[Engine]:
    """Give an engine on the application's file."""
    with Engine(CATALOG, path, clock=ManualClock("2026-03-02T09:00+00:00"), seed=1) as engine:
        yield engine


@pytest.fixture
def shop(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection of the application's."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    yield connection
    connection.close()


def orders(path: Path) -> int:
    """Count the orders that are committed, as a stranger sees them."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM orders").fetchone()[0])
    finally:
        connection.close()
