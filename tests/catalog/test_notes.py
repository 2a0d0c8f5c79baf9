"""Notes: what is legal and worth a second look."""

from __future__ import annotations

import pytest

from gamify_core.catalog import (
    Badge,
    Cap,
    Catalog,
    Currency,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Rule,
    Streak,
)


@pytest.mark.parametrize(
    ("sections", "note"),
    [
        ({"rules": Rule("r", "x")}, "rules.r does nothing: it has no award, deduct, streak or badge."),
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
            "currencies.gems is given by no rule and no badge, only by direct calls.",
        ),
        ({"streaks": Streak("s")}, "streaks.s is recorded by no rule and no event, only by direct calls."),
        (
            {"streaks": Streak("s", on="x", grace_period_hours=24)},
            "streaks.s has a grace of 24 hours, a whole period or more: missing one period never breaks it.",
        ),
        ({"badges": Badge("b")}, "badges.b has no criteria and no rule gives it: it is given by hand only."),
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
    ],
)
def test_nothing_is_said_about_what_is_in_order(sections: dict[str, object]) -> None:
    """A neighbour of each note that has no reason for it."""
    assert Catalog(**sections).notes == ()  # type: ignore[arg-type]
