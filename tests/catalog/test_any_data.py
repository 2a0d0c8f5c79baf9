"""Whatever the data, a catalog comes to be or a `CatalogError` says why not."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gamify_core.catalog import Badge, Catalog, Challenge, Ladder, Leaderboard, Metric, Reward, Rule, Streak
from gamify_core.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = st.sampled_from(
    [
        "", "a", "lesson", "score >= 60", "points.earned", "points.earned@weekly",
        "streak.a", "daily", "weekly", "UTC",
        "and", "\0", "\ud800", "x" * 3000, "A B", "a.b", "1 +", "a >= 1", "badges.count >= 2", "a < 3", "()",
        "integer", "coupon", "points_multiplier", "1.5", "1e999999999", "challenge.a", "sNaN",
        "((((", "lambda: 0", "'", "10m", "04:00", "monday",
        "2026-01-01T00:00:00Z", "None", "metric('a')", "not",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from(
    [0, 1, -1, 2**53 - 1, 2**53, 2**70, 10**80, True, False, 0.5, float("nan"), float("inf")]
)
MOMENTS = st.sampled_from([datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), time(4)])  # noqa: DTZ001
LEAVES = st.one_of(WORDS, NUMBERS, MOMENTS, st.none(), st.builds(object), st.just(Decimal(1)), st.just(b"x"))
SECTIONS = [
    "events",
    "currencies",
    "metrics",
    "rules",
    "streaks",
    "ladders",
    "badges",
    "leaderboards",
    "rewards",
    "challenges",
]
FIELDS = [
    "code", "on", "when", "award", "deduct", "streak", "badge",
    "cap", "cooldown", "starts", "ends", "strict", "name",
    "rounding", "tiers", "metric", "min_points", "level", "points",
    "criteria", "repeatable", "period", "periods",
    "timezone", "rest_days", "properties", "sum", "distinct", "count",
    "max", "per", "times", "benefits", "week_start",
    "mint", "reward", "advance", "goals", "type", "factor", "duration", "multiplies", "stacking", "currency",
    "points_cost", "max_claims_per_user", "total_inventory", "is_active", "max_supply", "permanent",
]  # fmt: skip
KEYS = st.one_of(st.sampled_from(FIELDS), WORDS, st.integers(0, 2))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=6)
DATA = st.dictionaries(
    st.one_of(st.sampled_from([*SECTIONS, "timezone", "week_start", "name"]), KEYS),
    st.one_of(
        st.dictionaries(st.one_of(st.sampled_from("abc"), KEYS), TABLES, max_size=3), st.lists(TABLES), VALUES
    ),
    max_size=5,
)

SOUND: dict[str, object] = {
    "events": {"lesson": {"score": "integer", "topic": "text"}},
    "currencies": {"gems": {"scale": 2}},
    "metrics": {"a": {"on": "lesson"}, "b": {"on": ["lesson"], "sum": "score", "when": "score > 1"}},
    "rules": {
        "r": {
            "on": "lesson",
            "when": "score > 1",
            "award": {"gems": 3, "points": 'score + metric("b")'},
            "cap": {"times": 3},
            "streak": "s",
            "badge": ["x"],
            "mint": "y",
            "reward": ["double"],
            "advance": "quest",
            "cooldown": "1h",
            "starts": "2026-01-01T00:00:00Z",
        }
    },
    "streaks": {"s": {"on": "lesson", "rest_days": ["sunday"], "timezone": "event"}},
    "ladders": {"l": {"tiers": {"a": 0, "b": {"min_points": 5, "level": 3}}, "metric": "a@yearly"}},
    "badges": {
        "x": {
            "points": 3,
            "criteria": "a >= 1",
            "max_supply": 100,
            "transferable": False,
            "permanent": False,
        },
        "y": {"criteria": "gems.earned >= 1", "repeatable": True},
    },
    "leaderboards": {"t": {"metric": "gems.balance", "periods": ["daily"]}},
    "rewards": {
        "ten_off": {"type": "coupon", "points_cost": 500, "max_claims_per_user": 1, "currency": "gems"},
        "double": {"type": "points_multiplier", "factor": 2.5, "duration": "24h", "total_inventory": 3},
    },
    "challenges": {
        "quest": {
            "goals": "challenge.quest >= 3 and points.balance >= 5",
            "period": "weekly",
            "starts": "2026-01-01T00:00:00Z",
            "ends": "2026-02-01T00:00:00Z",
            "points": {"gems": 5},
            "badge": "y",
            "reward": "ten_off",
        }
    },
}


@given(DATA | VALUES)
def test_any_data_gives_a_catalog_or_a_catalog_error(data: dict[str, object]) -> None:
    """No data whatever brings out another error, and each fault has something to say."""
    _tried(data)


@given(st.data())
def test_a_sound_catalog_with_one_thing_changed(data: st.DataObject) -> None:
    """Near-misses reach deeper than noise: any one value replaced gives a catalog or says why not."""
    changed = copy.deepcopy(SOUND)
    table: dict[object, object] = changed  # type: ignore[assignment]
    for _ in range(data.draw(st.integers(0, 3))):
        deeper = [key for key, value in table.items() if isinstance(value, dict)]
        if deeper:
            table = table[data.draw(st.sampled_from(deeper))]  # type: ignore[assignment]
    key = data.draw(st.sampled_from([*table, "new"]))
    table[key] = data.draw(VALUES)
    _tried(changed)


CODES = st.sampled_from("abc") | VALUES
MADE = {
    "badges": st.builds(Badge, CODES, points=VALUES, criteria=VALUES, repeatable=VALUES),
    "rules": st.builds(Rule, CODES, VALUES, VALUES, VALUES, streak=VALUES, cap=VALUES, starts=VALUES),
    "metrics": st.builds(Metric, CODES, VALUES, sum=VALUES, count=VALUES) | VALUES,
    "ladders": st.builds(Ladder, CODES, VALUES, VALUES),
    "leaderboards": st.builds(Leaderboard, CODES, VALUES, VALUES, VALUES, VALUES),
    "streaks": st.builds(Streak, CODES, on=VALUES, rest_days=VALUES, timezone=VALUES),
    "rewards": st.builds(
        Reward, CODES, type=VALUES, currency=VALUES, factor=VALUES, duration=VALUES, points_cost=VALUES
    ),
    "challenges": st.builds(
        Challenge, CODES, VALUES, period=VALUES, starts=VALUES, points=VALUES, badge=VALUES
    ),
}


@given(st.fixed_dictionaries({}, optional={name: st.lists(made, max_size=2) for name, made in MADE.items()}))
def test_any_definitions_give_a_catalog_or_a_catalog_error(sections: dict[str, list[object]]) -> None:
    """What Python code may pass is as harmless as what a file may hold."""
    _made(lambda: Catalog(**sections))  # type: ignore[arg-type]


def test_the_sound_catalog_is_sound() -> None:
    """What the near-misses start from has no fault, or they would all fail for one reason."""
    assert Catalog.from_dict(SOUND).notes == ()


def _tried(data: object) -> None:
    catalog = _made(lambda: Catalog.from_dict(data))  # type: ignore[arg-type]
    if catalog is not None:
        assert Catalog.from_dict(json.loads(json.dumps(catalog.to_dict()))) == catalog


def _made(make: Callable[[], Catalog]) -> Catalog | None:
    """Return the catalog, or None once its refusal has been looked at."""
    try:
        return make()
    except CatalogError as error:
        refusal = error
    assert refusal.faults
    assert all(fault.path and fault.message for fault in refusal.faults)
    assert str(refusal).encode()  # it can be printed
    return None
