"""The law of replay: deciding the activity again, in order, gives the same outcomes and the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Cap,
    Catalog,
    Challenge,
    Engine,
    GamifyError,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Reward,
    Rule,
    Side,
    Streak,
)
from tests.engine.conftest import new_store
from tests.engine.replaying import difference

MILESTONES: Mapping[int, int | Mapping[str, object]] = {2: 3, 3: {"badge": "keen", "reward": "mug"}}
CATALOG = Catalog(
    metrics=[
        Metric("lessons", "lesson"),
        Metric("best", "lesson", max="score"),
        Metric("marks", "lesson", sum="score"),
        Metric("topics", "lesson", distinct="topic"),
        Metric("last", "lesson", latest="score / 2", scale=1),
        Metric("active", "lesson", days=True),
    ],
    rules=[
        Rule(
            "lesson", on="lesson", when="score >= 40", award="score // 2", streak="daily", cap=Cap(points=60)
        ),
        Rule("luck", on="lesson", when="chance(0.3)", award="roll(1, 6)", mint="card", advance="quest"),
        Rule("prize", on="lesson", when="score == 100", reward="double", cooldown="1h"),
    ],
    streaks=[
        Streak(
            "daily",
            grace_period_hours=4,
            freeze_cap=3,
            freeze_every=3,
            freeze_cost=2,
            repair_hours=72,
            repair_cost=1,
            milestones=MILESTONES,
            milestones_once="run",
        ),
        Streak(
            "steady", period="days", days=2, goals={"lessons": 2, "marks": 150}, match="any", freeze_cap=1
        ),
        Streak("often", period="weekly", on="lesson", count="days", target=2, milestones={2: 5}),
        Streak("kind", on="lesson", grace_period_hours=12, grace_mode="credit", rest_days="sunday"),
    ],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 50, "gold": 150}, demotion="immediate")],
    badges=[
        Badge("first", criteria="lessons >= 1", points=5),
        Badge("rich", criteria="points.balance >= 80", permanent=False, points=3),
        Badge("pioneer", criteria="lessons >= 2", max_supply=2),
        Badge("card", max_supply=5),
        Badge("keen", repeatable=True),
        Badge("steadfast", criteria="streak.kind >= 3 or streak.steady >= 2", points=4, permanent=False),
    ],
    leaderboards=[
        Leaderboard("top", periods=("all_time", "weekly")),
        Leaderboard("topics", metric="topics", ties="dense"),
        Leaderboard("longest", metric="streak.daily.longest", periods=("all_time", "weekly")),
        Leaderboard("last", metric="last", periods=("all_time", "last_7d"), group_by="team", min_score=10),
        Leaderboard("days", metric="active", period="days", days=3, order="ascending"),
        Leaderboard(
            "cup",
            period="daily",
            finalize_after="6h",
            prizes={1: 9, "2-3": {"badge": "keen"}},
            ties="dense",
            group_by="team",
            group_score="average",
        ),
    ],
    rewards=[
        Reward("mug", type="physical", points_cost=20, total_inventory=3),
        Reward("double", type="points_multiplier", factor=2, duration="2d", max_claims_per_user=2),
    ],
    challenges=[
        Challenge("dash", goals="lessons >= 3 and points.earned >= 60", period="weekly", points=7),
        Challenge("quest", goals="challenge.quest >= 2", reward="mug"),
    ],
)

PEOPLE = st.sampled_from(["ada", "bob", "cay"])
LATE = st.sampled_from([None, 0, 1, 3_600, 86_400, 6 * 86_400])
"""How long before the clock something happened, in seconds."""


def _lately(clock: ManualClock, late: int | None) -> Any:
    return None if late is None else clock.now() - timedelta(seconds=late)


def _emit(game: Engine, clock: ManualClock, who: str, late: int | None, n: int) -> object:
    properties = {"score": (n * 37) % 101, "topic": "abcde"[n % 5]}
    return game.events.emit(who, "lesson", properties, at=_lately(clock, late))


def _an_event(game: Engine, n: int) -> str:
    rows = [row for row in game.history.activity() if row.kind in ("event", "events.amend")]
    return f"evt_{rows[n % len(rows)].seq}" if rows else "evt_1"


def _an_asset(game: Engine, who: str, n: int) -> str:
    held = game.assets.list(who).items
    return held[n % len(held)].asset_id if held else "asset_1_0"


def _a_claim(game: Engine, who: str, n: int) -> str:
    made = game.rewards.claims(who).items
    return made[n % len(made)].claim_id if made else "claim_1_0"


def _a_gift(game: Engine) -> str:
    gifts = game.gifts.list().items
    return gifts[0].gift_id if gifts else "gift_1"


def _a_day(game: Engine, who: str, n: int) -> int:
    rows = [row for row in game.history.activity() if row.kind == "streaks.record"]
    mine = [row.seq for row in rows if row.participant_id == who]
    return mine[n % len(mine)] if mine else 1


def _code(n: int) -> str:
    return ("daily", "steady", "often", "kind")[n % 4]


STEPS: dict[str, Any] = {
    "record": lambda game, clock, who, late, n: game.streaks.record(who, _code(n), at=_lately(clock, late)),
    "take a day": lambda game, _, who, __, n: game.streaks.retract(
        who, _code(n), activity_id=_a_day(game, who, n // 4)
    ),
    "give freezes": lambda game, clock, who, late, n: game.streaks.give_freezes(
        who, _code(n), n % 3 + 1, at=_lately(clock, late)
    ),
    "buy freezes": lambda game, clock, who, late, _: game.streaks.buy_freezes(
        who, "daily", at=_lately(clock, late)
    ),
    "pause": lambda game, clock, who, late, n: game.streaks.pause(
        who, _code(n), _lately(clock, late), clock.now() + timedelta(hours=n) if n % 2 else None
    ),
    "resume": lambda game, _, who, __, n: game.streaks.resume(who, _code(n)),
    "repair": lambda game, _, who, __, ___: game.streaks.repair(who, "daily"),
    "merge": lambda game, clock, who, late, n: game.participants.merge(
        ("ada", "bob", "cay", "dee", "eve")[n % 5], who, at=_lately(clock, late)
    ),
    "settle": lambda game, clock, __, late, n: game.settle(_lately(clock, late), limit=n + 1),
    "move house": lambda game, clock, who, late, n: game.participants.update(
        who, timezone=("Asia/Tokyo", "America/Los_Angeles", "UTC")[n % 3], at=_lately(clock, late)
    ),
    "change streak": lambda game, _, __, ___, n: game.definitions.streaks.update(
        "made", {"target": n % 2 + 1, "goals": None, "grace_period_hours": n % 30}
    ),
    "new streak": lambda game, _, __, ___, n: game.definitions.streaks.create(
        {"code": "made", "goals": {"lessons": n % 3 + 1, "marks": 40}}
        if n % 2
        else {"code": "made", "on": "lesson", "freeze_cap": 1, "freeze_every": 2}
    ),
    "open": lambda game, clock, who, late, n: game.participants.opening(
        who,
        balances={"points": n},
        streaks={_code(n): (n % 5 + 1, n % 7 + 5, clock.now() - timedelta(seconds=late or 0))},
        metrics={"lessons": n % 4, "topics": ["a", "y"]},
        badges=["keen"] if n % 2 else [],
    ),
    "emit": _emit,
    "award": lambda game, clock, who, late, n: game.points.award(
        who, n + 1, reason="r", at=_lately(clock, late)
    ),
    "deduct": lambda game, _, who, __, n: game.points.deduct(who, n + 1),
    "transfer": lambda game, _, who, __, n: game.points.transfer(who, "dee", n + 1),
    "retract": lambda game, _, __, ___, n: game.events.retract(_an_event(game, n)),
    "amend": lambda game, _, __, ___, n: game.events.amend(_an_event(game, n), {"score": n, "topic": "z"}),
    "mint": lambda game, _, who, __, ___: game.assets.mint("card", who),
    "hand over": lambda game, _, who, __, n: game.assets.transfer(_an_asset(game, who, n), who, "dee"),
    "burn": lambda game, _, who, __, n: game.assets.burn(_an_asset(game, who, n), who),
    "trade": lambda game, _, who, __, n: game.trades.execute(
        Side(who, points=n % 7), Side("dee", assets=[_an_asset(game, "dee", n)])
    ),
    "claim": lambda game, _, who, __, n: game.rewards.claim(("mug", "double")[n % 2], who),
    "cancel": lambda game, _, who, __, n: game.rewards.cancel(_a_claim(game, who, n)),
    "visit": lambda game, _, who, __, ___: game.participants.visit(who),
    "upsert": lambda game, _, who, __, n: game.participants.upsert(who, f"Name {n}", attributes={"n": n}),
    "join": lambda game, clock, who, late, n: game.participants.update(
        who, attributes={"team": (None, "red", "blue")[n % 3]}, at=_lately(clock, late)
    ),
    "hide": lambda game, _, who, __, ___: game.leaderboards.hide(who),
    "unhide": lambda game, _, who, __, ___: game.leaderboards.unhide(who),
    "change cup": lambda game, _, __, ___, n: game.definitions.leaderboards.update(
        "board_0",
        {"finalize_after": ("1h", "2d")[n % 2], "prizes": {"1": 5}, "group_by": ("team", None)[n % 2]},
    ),
    "assign": lambda game, _, who, __, n: game.tiers.assign(who, ("silver", "gold")[n % 2]),
    "clear": lambda game, _, who, __, ___: game.tiers.clear(who),
    "score": lambda game, _, who, __, n: game.scores.add(who, ("tier", "lessons")[n % 2], "posted", n + 1),
    "gift": lambda game, _, __, ___, n: game.gifts.create(f"Gift {n}", "gold", n, badge=bool(n % 2)),
    "redeem": lambda game, _, who, __, ___: game.gifts.redeem(_a_gift(game), who),
    "new badge": lambda game, _, __, ___, n: game.definitions.badges.create(
        {"code": f"made_{n % 3}", "criteria": f"points.earned >= {20 * (n % 5 + 1)}", "points": n % 4},
        on_change=("keep", "reevaluate")[n % 2],
    ),
    "change badge": lambda game, _, __, ___, n: game.definitions.badges.update(
        f"made_{n % 3}",
        {"criteria": f"points.earned >= {30 * (n % 4 + 1)}", "permanent": bool(n % 2)},
        on_change=("keep", "reevaluate")[n // 2 % 2],
    ),
    "drop badge": lambda game, _, __, ___, n: game.definitions.badges.delete(f"made_{n % 3}"),
    "new tier": lambda game, _, __, ___, n: game.definitions.tiers.create(
        {"code": f"rung_{n % 3}", "min_points": 60 + n % 40}, on_change=("keep", "reevaluate")[n % 2]
    ),
    "new board": lambda game, _, __, ___, n: game.definitions.leaderboards.create(
        {"code": f"board_{n % 2}", "metric": ("lessons", "points.spent")[n % 2], "period": "daily"}
    ),
}

COMMANDS = st.lists(
    st.tuples(
        st.sampled_from([*STEPS, *["emit"] * 8, *["award", "retract", "record", "settle"] * 2]),
        PEOPLE,
        LATE,
        st.integers(0, 120),
        st.sampled_from([0, 0, 60, 3_600, 86_400, 8 * 86_400]),
    ),
    max_size=40,
)


def play(game: Engine, clock: ManualClock, commands: list[Any]) -> None:
    """Carry commands out one after the other; a refused one leaves nothing, so there is nothing to be decided again."""
    for step, who, late, n, wait in commands:
        clock.advance(seconds=wait)
        with suppress(GamifyError):
            STEPS[step](game, clock, who, late, n)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None)
@given(commands=COMMANDS)
def test_deciding_the_activity_again_gives_the_same_rows(
    kind: str, commands: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With edits of definitions, retractions and late events in the mix, every table comes out the same."""
    clock = ManualClock("2026-03-02T09:00:00Z")
    store = new_store(kind, tmp_path_factory.mktemp("replay") / "g.db")
    game = Engine(CATALOG, store, clock=clock, seed=7)
    play(game, clock, commands)
    assert difference(game) == {}
    store.close()
