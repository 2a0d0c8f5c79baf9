"""Definitions as plain values: conversion of what designers write, names, printing, comparing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

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
    Tier,
)
from gamify_core.errors import NotFound


@pytest.mark.parametrize(
    ("code", "name"),
    [("first_steps", "First Steps"), ("a", "A"), ("top__3_days", "Top 3 Days"), ("xP", "Xp")],
)
def test_a_name_is_the_code_in_title_case(code: str, name: str) -> None:
    """Whoever gives no name gets a readable one, of every kind of definition that has names."""
    named = (
        Badge(code),
        Tier(code),
        Streak(code),
        Ladder(code),
        Leaderboard(code),
        Rule(code, "x"),
        Currency(code),
        Reward(code),
        Challenge(code),
    )
    assert [each.name for each in named] == [name] * len(named)
    assert Badge(code, "Given").name == "Given"


def test_one_or_several_names_are_a_tuple() -> None:
    """What a rule listens to and what it gives take one name or several."""
    rule = Rule("r", "x", streak="daily", badge=["a", "b"], mint="a", reward=["w"], advance="c")
    assert (rule.on, rule.streak, rule.badge) == (("x",), ("daily",), ("a", "b"))
    assert (rule.mint, rule.reward, rule.advance) == (("a",), ("w",), ("c",))
    assert (Challenge("c", badge="a").badge, Challenge("c", reward={"v", "w"}).reward) == (("a",), ("v", "w"))
    assert Rule("r", ["x", "y"]).on == ("x", "y")
    assert Rule("r", {"y", "x"}).on == ("x", "y")
    assert Streak("s", on=None).on == ()


def test_amounts_are_pairs_in_the_order_of_the_currencies() -> None:
    """A bare amount is points; a mapping gives the same whatever the order of its keys."""
    assert Rule("r", "x", award=5).award == (("points", 5),)
    assert Rule("r", "x", award="score").award == (("points", "score"),)
    assert Rule("r", "x", award={"points": 1, "gems": 2}).award == (("gems", 2), ("points", 1))
    assert Rule("r", "x", award={"gems": 2, "points": 1}) == Rule(
        "r", "x", award=(("points", 1), ("gems", 2))
    )
    assert Rule("r", "x").award == ()
    assert Rule("r", "x", deduct=None).deduct == ()
    assert Badge("b", points=0).points == ()
    assert Badge("b", points=7).points == (("points", 7),)


def test_properties_take_python_types_and_words() -> None:
    """An event's properties are a frozen mapping of words; properties may be called code and self."""
    event = Event(
        "x", a=int, b=float, c=Decimal, d=str, e=bool, f=list, g=dict, h="any", code="text", self=object
    )
    assert dict(event.properties) == {
        "a": "integer",
        "b": "number",
        "c": "number",
        "d": "text",
        "e": "boolean",
        "f": "list",
        "g": "any",
        "h": "any",
        "code": "text",
        "self": "any",
    }
    assert len(event.properties) == 10
    assert hash(Event("x", a=int, b=str)) == hash(Event("x", b=str, a=int))
    assert Event("x", a=int, b=str) == Event("x", b=str, a=int)


def test_instants_are_kept_in_utc() -> None:
    """ISO text and aware datetimes of any zone come to the same rule."""
    there = timezone(timedelta(hours=2))
    text, aware = (
        Rule("r", "x", starts=starts)
        for starts in ("2026-03-01T02:00:00+02:00", datetime(2026, 3, 1, 2, tzinfo=there))
    )
    assert text == aware
    assert text.starts == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_metric_counts_unless_told_otherwise() -> None:
    """Counting is what is left when no other way is given."""
    assert Metric("m", "x").count
    assert Metric("m", "x", count=True) == Metric("m", "x")
    assert not Metric("m", "x", sum="score").count


def test_a_ladder_sorts_and_numbers_its_tiers() -> None:
    """Tiers stand from the lowest up whatever the order of writing; levels given are kept."""
    ladder = Ladder("t", [Tier("gold", min_points=9), Tier("iron"), Tier("tin", level=5, min_points=3)])
    assert [(tier.code, tier.level) for tier in ladder.tiers] == [("iron", 1), ("tin", 5), ("gold", 3)]
    assert Ladder("t", {"b": 5, "a": 0}).tiers == (Tier("a", level=1), Tier("b", level=2, min_points=5))
    assert ladder.tier("gold").min_points == 9
    with pytest.raises(NotFound, match=r"Tier definition not found: gild"):
        ladder.tier("gild")


def test_a_board_keeps_the_period_it_shows() -> None:
    """The default period is always among those kept."""
    assert Leaderboard("b").periods == ("all_time",)
    assert Leaderboard("b", period="weekly", periods=["daily"]).periods == ("weekly", "daily")
    assert Leaderboard("b", period="weekly", periods=["daily", "weekly"]).periods == ("daily", "weekly")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Badge("first_steps"), "Badge('first_steps')"),
        (Badge("b", points=5, secret=True), "Badge('b', points=(('points', 5),), secret=True)"),
        (Event("x", score=int), "Event('x', score='integer')"),
        (Rule("r", "x", cap=Cap(3)), "Rule('r', on=('x',), cap=Cap(points=3, times=None, per='daily'))"),
        (Metric("m", "x", sum="p"), "Metric('m', on=('x',), sum='p')"),
        (Leaderboard("b", period="daily"), "Leaderboard('b', period='daily')"),
        (Event("x", a=str).properties, "{'a': 'text'}"),
    ],
)
def test_printing_says_what_is_not_as_by_default(value: object, text: str) -> None:
    """A definition prints as the call that makes it, without what goes without saying."""
    assert repr(value) == text


def test_opaque_tells_python_from_the_language() -> None:
    """Only a callable condition is opaque."""
    assert Rule("r", "x", when=lambda _: True).opaque
    assert not Rule("r", "x", when="score").opaque
    assert not Rule("r", "x").opaque


def test_single_definitions_need_no_list() -> None:
    """A section may be given as one definition; any iterable will do."""
    assert Catalog(badges=Badge("b")) == Catalog(badges=iter([Badge("b")]))


def test_a_definition_by_itself_is_never_refused() -> None:
    """Nonsense is kept as it came, so that the catalog can name it with all other faults."""
    far = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1)))
    rule = Rule(5, 7, award=[1], starts="soon", ends=far)  # type: ignore[arg-type]
    kept: tuple[object, ...] = (rule.code, rule.on, rule.award, rule.starts, rule.name, rule.ends)
    assert kept == (5, (7,), (("points", [1]),), "soon", "", far.replace(tzinfo=None))
    odd: tuple[object, ...] = Ladder("l", 5).tiers  # type: ignore[arg-type]
    assert odd == (5,)
