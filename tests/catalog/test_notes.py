"""Notes: what is legal and worth a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core.catalog import (
    Badge,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
)

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Stacking

GOALS = "events.count >= 1"
BOUNDS = "a cooldown bounds what points come to."


def multiplier(factor: str | int, *, stacking: Stacking = "highest") -> Reward:
    """Return a multiplier of points that costs something."""
    return Reward(
        "w", type="points_multiplier", points_cost=1, factor=factor, duration="1h", stacking=stacking
    )


@pytest.mark.parametrize(
    ("sections", "note"),
    [
        (
            {"rules": Rule("r", "x")},
            "rules.r does nothing: it has no award, deduct, streak, badge, mint, reward or advance.",
        ),
        (
            {"rules": Rule("r", "x", lambda _: True, 1)},
            "rules.r decides in Python: it cannot be explained, and a file keeps only its name.",
        ),
        (
            {"rules": Rule("r", "x", award=5, cap=Cap(points=4))},
            "rules.r awards 5 points under a cap of 4: every award is trimmed.",
        ),
        (
            {"rules": Rule("r", "x", deduct=5, cap=Cap(points=4))},
            "rules.r has a cap of points and awards none.",
        ),
        ({"events": Event("x")}, "events.x is declared and nothing listens to it."),
        ({"metrics": Metric("m", "x")}, "metrics.m is counted and nothing reads it."),
        (
            {"currencies": Currency("gems")},
            "currencies.gems is given by no rule, badge or challenge, only by direct calls.",
        ),
        ({"streaks": Streak("s")}, "streaks.s is recorded by no rule and no event, only by direct calls."),
        (
            {"streaks": Streak("s", on="x", grace_period_hours=24)},
            "streaks.s has a grace of 24 hours, a whole period or more: missing one period never breaks it.",
        ),
        (
            {"badges": Badge("b")},
            "badges.b has no criteria, and nothing else gives it: it is given by hand only.",
        ),
        (
            {"badges": Badge("b", rarity="legendery", criteria="events.count >= 1")},
            "badges.b is of rarity 'legendery': was 'legendary' meant?",
        ),
        (
            {"badges": Badge("b", criteria="badges.count >= 1")},
            "badges.b asks for 1 badges, and there are only 0 others.",
        ),
        (
            {"ladders": Ladder("l", {"a": 0, "b": 1}, "badges.count")},
            "ladders.l.tiers.b asks for 1 badges, and there are only 0.",
        ),
        (
            {"rules": Rule("r", "x", badge="b"), "badges": Badge("b", permanent=False)},
            "badges.b is not permanent and has no criteria: nothing takes it back by itself.",
        ),
        (
            {"rules": Rule("r", "x", badge="b", mint="b"), "badges": Badge("b", max_supply=9)},
            "rules.r gives and mints badges.b: who earns it gets one copy for that already.",
        ),
        (
            {"rewards": Reward("w")},
            "rewards.w costs nothing and has no limit: it can be claimed without end.",
        ),
        (
            {"rewards": Reward("w", points_cost=1, total_inventory=0)},
            "rewards.w has an inventory of 0: nobody can claim it. Leave total_inventory out for no end of it.",
        ),
        (
            {
                "rewards": Reward("w", is_active=False),
                "rules": Rule("r", "x", reward="w"),
                "challenges": Challenge("c", GOALS, reward="w"),
            },
            "rewards.w is not active: what rules.r and challenges.c would hand out of it is skipped.",
        ),
        ({"rewards": multiplier(1)}, "rewards.w has a factor of 1, which changes nothing."),
        (
            {"rewards": multiplier("0.5")},
            "rewards.w has a factor of 0.5: whoever claims it is awarded less.",
        ),
        (
            {
                "rewards": multiplier(2, stacking="multiply"),
                "rules": Rule("r", "x", reward="w", cap=Cap(points=5), award=1),
            },
            f"rules.r hands out rewards.w at every event, and several of them multiply each other: {BOUNDS}",
        ),
        (
            {"rewards": multiplier(2, stacking="add"), "rules": Rule("r", "x", reward="w")},
            f"rules.r hands out rewards.w at every event, and several of them add up: {BOUNDS}",
        ),
        (
            {"challenges": Challenge("c", GOALS), "rules": Rule("r", "x", advance="c")},
            "challenges.c is advanced by a rule and nothing reads challenge.c.",
        ),
        (
            {"challenges": Challenge("c", "challenge.c >= 3")},
            "challenges.c: challenge.c is read and no rule advances it, so it stays 0.",
        ),
        (
            {"challenges": Challenge("c", "badges.count >= 2"), "badges": Badge("b", criteria=GOALS)},
            "challenges.c asks for 2 badges, and there are only 1.",
        ),
    ],
)
def test_a_note_is_one_plain_sentence(sections: dict[str, object], note: str) -> None:
    """What does nothing, is never reached, or surprises is told, and the catalog stands all the same."""
    assert Catalog(**sections).notes == (note,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sections",
    [
        {"rules": Rule("r", "x", award=4, cap=Cap(points=4))},
        {"rules": Rule("r", "x", award="a", cap=Cap(times=4))},
        {"rules": Rule("r", "x", deduct=1)},
        {"events": Event("x"), "streaks": Streak("s", on="x", grace_period_hours=23)},
        {"rules": Rule("r", "x", streak="s"), "streaks": Streak("s")},
        {"rules": Rule("r", "x", badge="b"), "badges": Badge("b", rarity="rare")},
        {"currencies": Currency("gems"), "rules": Rule("r", "x", award={"gems": 1})},
        {
            "currencies": Currency("gems"),
            "badges": Badge("b", points={"gems": 1}, criteria="events.count >= 1"),
        },
        {"metrics": Metric("m", "x"), "ladders": Ladder("l", {"a": 1}, "m@yearly")},
        {"metrics": Metric("m", "x"), "leaderboards": Leaderboard("l", metric="m")},
        {"metrics": Metric("m", "x"), "badges": Badge("b", criteria="m@daily >= 1")},
        {"metrics": Metric("m", "x"), "rules": Rule("r", "x", award='metric("m")')},
        {"metrics": Metric("m", "x"), "streaks": Streak("s", on="x", when='metric("m@daily") > 3')},
        {"badges": [Badge("b", criteria="badges.count >= 1"), Badge("c", criteria="events.count >= 1")]},
        {
            "badges": [
                Badge("b", criteria="badges.count >= 9"),
                Badge("c", criteria="events.count >= 1", repeatable=True),
            ]
        },
        {
            "ladders": Ladder("l", {"a": 1}, "badges.count"),
            "badges": Badge("c", criteria="events.count >= 1"),
        },
        {"badges": Badge("b", rarity="galactic", criteria="events.count >= 1")},
        {"rules": Rule("r", "x", mint="b"), "badges": Badge("b")},
        {
            "badges": Badge("b"),
            "leaderboards": Leaderboard(
                "l", period="weekly", finalize_after="1h", prizes={1: {"badge": "b"}}, metric="events.count"
            ),
        },
        {"rules": Rule("r", "x", badge="b", mint="b"), "badges": Badge("b")},
        {"rules": Rule("r", "x", badge="b", mint="c"), "badges": [Badge("b", max_supply=1), Badge("c")]},
        {"challenges": Challenge("c", GOALS, badge="b"), "badges": Badge("b")},
        {"badges": Badge("b", criteria="points.balance >= 1", permanent=False)},
        {"currencies": Currency("gems"), "challenges": Challenge("c", GOALS, points={"gems": 1})},
        {"metrics": Metric("m", "x"), "challenges": Challenge("c", "m >= 3", period="weekly")},
        {"rewards": Reward("w", points_cost=1)},
        {"rewards": Reward("w", max_claims_per_user=1)},
        {"rewards": Reward("w", total_inventory=1)},
        {"rewards": Reward("w", "Ten off", "coupon")},
        {"rewards": Reward("w", is_active=False, points_cost=1)},
        {"rewards": Reward("w"), "rules": Rule("r", "x", reward="w")},
        {"rewards": Reward("w"), "challenges": Challenge("c", GOALS, reward="w")},
        {"rewards": multiplier("1.5")},
        {"rewards": multiplier(2), "rules": Rule("r", "x", reward="w")},
        {"rewards": multiplier(2, stacking="add"), "rules": Rule("r", "x", reward="w", cooldown="1d")},
        {"rewards": multiplier(2, stacking="add"), "rules": Rule("r", "x", reward="w", cap=Cap(times=1))},
        {
            "rewards": Reward(
                "w", type="points_multiplier", factor=2, duration="1h", stacking="add", total_inventory=1
            ),
            "rules": Rule("r", "x", reward="w"),
        },
        {"challenges": Challenge("c", "challenge.c >= 3"), "rules": Rule("r", "x", advance="c")},
        {
            "challenges": Challenge("c", GOALS),
            "rules": Rule("r", "x", advance="c"),
            "leaderboards": Leaderboard("l", metric="challenge.c"),
        },
        {"challenges": Challenge("c", "badges.count >= 1"), "badges": Badge("b", criteria=GOALS)},
        {
            "challenges": Challenge("c", "badges.count >= 9"),
            "badges": Badge("b", criteria=GOALS, repeatable=True),
        },
        {"challenges": Challenge("c", GOALS, ends="2001-01-01T00:00:00Z")},
    ],
)
def test_nothing_is_said_about_what_is_in_order(sections: dict[str, object]) -> None:
    """A neighbour of each note that has no reason for it."""
    assert Catalog(**sections).notes == ()  # type: ignore[arg-type]
