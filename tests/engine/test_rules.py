"""What rules give: amounts, caps, cooldowns, seasons and luck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Cap,
    Catalog,
    Currency,
    Emit,
    Engine,
    GamifyError,
    Leaderboard,
    ManualClock,
    Rule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gamify_core.answers import Answer

    from .conftest import MakeEngine


def gains(game: Engine, *scores: int) -> list[int]:
    """Send an event for each score, and return the points each gave."""
    return [game.events.emit("ada", "e", {"score": score}).points for score in scores]


def skips(answer: Answer) -> list[tuple[str, str]]:
    """Return what was passed over, and why."""
    return [(one.effect, one.code) for one in answer.skipped]


# -- amounts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("award", "rounding", "properties", "points"),
    [
        (7, None, {}, 7),
        ("10 + score // 10", None, {"score": 97}, 19),
        ("price * 100", None, {"price": 49.99}, 4999),
        ("score / 4", "floor", {"score": 7}, 1),
        ("score / 4", "round", {"score": 7}, 2),
        ("score / 4", "round", {"score": 10}, 3),
        ("score / 4", "ceil", {"score": 5}, 2),
        ("floor(score / 4)", None, {"score": 7}, 1),
        ("round(score / 4)", None, {"score": 7}, 2),
        ("coalesce(score, 3)", None, {}, 3),
        ("order.total", None, {"order": {"total": 12}}, 12),
        ('5 if participant.plan == "pro" else 1', None, {}, 5),
        ("score", None, {"score": 2**53 - 1}, 2**53 - 1),
    ],
)
def test_an_award_is_an_amount_or_an_expression(
    make_engine: MakeEngine,
    award: int | str,
    rounding: str | None,
    properties: Mapping[str, object],
    points: int,
) -> None:
    """Expressions are exact: decimals do not drift, and rounding is what the rule says."""
    rule = Rule("r", on="e", award=award, rounding=rounding)  # type: ignore[arg-type]
    game = make_engine(Catalog(rules=[rule]))
    game.participants.upsert("ada", attributes={"plan": "pro"})
    assert game.events.emit("ada", "e", properties).points == points


def test_a_fraction_without_rounding_is_skipped(make_engine: MakeEngine) -> None:
    """An amount that is not whole is never rounded unasked."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="score / 4")]))
    assert skips(game.events.emit("ada", "e", {"score": 7})) == [("award", "expression")]
    assert game.events.emit("ada", "e", {"score": 8}).points == 2


def test_several_currencies_at_once(make_engine: MakeEngine) -> None:
    """A mapping awards and deducts by currency, in the order of their codes."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems"), Currency("coins")],
            rules=[
                Rule("earn", on="earn", award={"gems": 2, "points": "10 * n", "coins": 3}),
                Rule("spend", on="spend", deduct={"coins": 1, "gems": "n"}),
            ],
        )
    )
    answer = game.events.emit("ada", "earn", {"n": 3})
    assert answer.points == 30
    spent = game.events.emit("ada", "spend", {"n": 2})
    assert [effect.to_dict()["currency"] for effect in spent.effects] == ["coins", "gems"]
    balances = {
        code: game.points.balance("ada", currency=code).balance for code in ("points", "gems", "coins")
    }
    assert balances == {"points": 30, "gems": 0, "coins": 2}


def test_one_part_that_fails_leaves_the_others(make_engine: MakeEngine) -> None:
    """Of a rule that cannot take what it deducts, the award and the badge still happen."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            rules=[Rule("r", on="e", award=5, deduct={"gems": 1, "points": 2}, badge="b")],
            badges=[Badge("b")],
        )
    )
    answer = game.events.emit("ada", "e")
    assert skips(answer) == [("deduct", "insufficient_points")]
    assert (answer.points, [badge.code for badge in answer.badges]) == (3, ["b"])


def test_a_badge_that_is_held_is_not_given_again(make_engine: MakeEngine) -> None:
    """A rule gives a badge once, and a repeatable one each time."""
    game = make_engine(
        Catalog(
            rules=[Rule("r", on="e", badge=["once", "often"])],
            badges=[Badge("once"), Badge("often", repeatable=True)],
        )
    )
    first, second = game.events.emit("ada", "e"), game.events.emit("ada", "e")
    assert [badge.code for badge in first.badges] == ["once", "often"]
    assert [badge.code for badge in second.badges] == ["often"]
    assert second.skipped == ()


# -- caps ----------------------------------------------------------------------------------------------------


def test_a_cap_on_points_trims_the_last_award(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What is left of the day's points is given, then nothing, and the answer says so, until the next day."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="score", cap=Cap(points=100, per="daily"))]))
    assert gains(game, 60) == [60]
    trimmed = game.events.emit("ada", "e", {"score": 60})
    assert trimmed.points == 40
    assert [(one.code, one.message) for one in trimmed.skipped] == [("cap", "the daily cap of 100 leaves 40")]
    refused = game.events.emit("ada", "e", {"score": 1})
    assert refused.points == 0
    assert [one.message for one in refused.skipped] == ["the daily cap of 100 leaves 0"]
    assert game.events.emit("bob", "e", {"score": 60}).points == 60
    clock.advance(days=1)
    assert gains(game, 100, 1) == [100, 0]


def test_a_cap_that_is_met_exactly_trims_nothing(make_engine: MakeEngine) -> None:
    """The last point under the cap is given without a word."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="score", cap=Cap(points=100))]))
    assert gains(game, 99) == [99]
    assert game.events.emit("ada", "e", {"score": 1}).skipped == ()


def test_a_cap_is_the_rules_own(make_engine: MakeEngine) -> None:
    """Neither another rule nor an award by hand uses a rule's cap up; all its currencies together do."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            rules=[
                Rule("capped", on="e", award={"points": 6, "gems": 6}, cap=Cap(points=10)),
                Rule("free", on="e", award=50),
            ],
        )
    )
    game.points.award("ada", 100)
    answer = game.events.emit("ada", "e")
    assert answer.points == 54
    assert game.points.balance("ada", currency="gems").balance == 6


def test_a_cap_on_times_stops_the_whole_rule(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A rule that has fired as often as it may in the week does nothing until the next."""
    game = make_engine(
        Catalog(
            rules=[Rule("r", on="e", award=1, badge="b", cap=Cap(times=2, per="weekly"))], badges=[Badge("b")]
        )
    )
    assert gains(game, 0, 0) == [1, 1]
    stopped = game.events.emit("ada", "e")
    assert [(one.effect, one.code, one.message) for one in stopped.skipped] == [
        ("rule", "cap_times", "the weekly limit of 2 × is reached")
    ]
    clock.advance(days=6)  # Sunday of the same week
    assert gains(game, 0) == [0]
    clock.advance(days=1)
    assert gains(game, 0) == [1]


def test_a_firing_that_did_nothing_uses_no_time_up(make_engine: MakeEngine) -> None:
    """A rule that had nothing to give has not fired: neither cap nor cooldown counts it."""
    rule = Rule("r", on="e", award="score", cap=Cap(times=1), cooldown="1h")
    game = make_engine(Catalog(rules=[rule]))
    assert gains(game, 0, 5, 5) == [0, 5, 0]


def test_a_cap_may_bound_points_and_times(make_engine: MakeEngine) -> None:
    """Whichever is reached first holds."""
    cap = Cap(points=10, times=3, per="all_time")
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="score", cap=cap)]))
    assert gains(game, 2, 2, 2, 2) == [2, 2, 2, 0]
    assert [game.events.emit("bob", "e", {"score": 8}).points for _ in range(3)] == [8, 2, 0]


def test_a_late_event_counts_against_the_day_it_happened(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Caps follow the calendar of the events, not the order in which they arrive."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=60, cap=Cap(points=100))]))
    yesterday = clock.now() - timedelta(days=1)
    assert gains(game, 0) == [60]
    late = [game.events.emit("ada", "e", at=yesterday).points for _ in range(3)]
    assert late == [60, 40, 0]
    assert gains(game, 0) == [40]


# -- cooldowns and seasons -----------------------------------------------------------------------------------


def test_a_cooldown_is_waited_out(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Within the cooldown nothing happens, and the answer says so; the instant it ends, the rule fires."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1, cooldown="10m")]))
    assert gains(game, 0) == [1]
    clock.advance(seconds=599)
    assert skips(game.events.emit("ada", "e")) == [("rule", "cooldown")]
    assert game.events.emit("bob", "e").points == 1
    clock.advance(seconds=1)
    assert gains(game, 0, 0) == [1, 0]


def test_a_cooldown_runs_from_the_last_firing_not_the_last_try(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Trying in vain does not make the wait longer."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1, cooldown="10m")]))
    got = []
    for _ in range(5):
        got += gains(game, 0)
        clock.advance(minutes=6)
    assert got == [1, 0, 1, 0, 1]


COOLING = Catalog(rules=[Rule("r", on="e", award=1, cooldown="10m")])


def test_a_cooldown_holds_on_both_sides_of_a_firing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An event that comes late is held against the firings around its own instant, not against the latest."""
    game = make_engine(COOLING)
    now = clock.now()
    for minutes in (60, 30):
        assert game.events.emit("ada", "e", at=now - timedelta(minutes=minutes)).points == 1
    assert gains(game, 0) == [1]
    tried = {
        minutes: game.events.emit("ada", "e", at=now - timedelta(minutes=minutes)) for minutes in (51, 45, 39)
    }
    assert [(minutes, one.points, skips(one)) for minutes, one in tried.items()] == [
        (51, 0, [("rule", "cooldown")]),
        (45, 1, []),
        (39, 0, [("rule", "cooldown")]),
    ]


STEP = timedelta(microseconds=1)
SPAN = timedelta(minutes=10)
AROUND = st.builds(
    lambda spans, steps: spans * SPAN + steps * STEP, st.integers(0, 3), st.integers(-1, 1)
)  # on a multiple of the cooldown, or one microsecond beside it


@given(st.lists(AROUND, min_size=1, max_size=12), st.booleans())
def test_no_two_firings_are_closer_than_the_cooldown(offsets: list[timedelta], together: bool) -> None:  # noqa: FBT001
    """Whatever the order of arrival, first come is first served, and nobody else within the cooldown of it."""
    clock = ManualClock("2026-03-02T09:00+00:00")
    game = Engine(COOLING, clock=clock)
    start = clock.now() - timedelta(days=1)
    sent = [Emit("ada", "e", timestamp=start + offset) for offset in offsets]
    if together:
        points = [item.answer.points if item.answer else -1 for item in game.events.emit_batch(sent)]
    else:
        points = [game.events.emit("ada", "e", at=one.timestamp).points for one in sent]
    fired: list[timedelta] = []
    for offset, got in zip(offsets, points, strict=True):
        free = all(abs(offset - other) >= SPAN for other in fired)
        assert got == free
        if free:
            fired.append(offset)


@pytest.mark.parametrize(("cooldown", "points"), [("0s", [1, 1, 1]), ("999999999w", [1, 0, 0])])
def test_a_cooldown_may_be_nothing_or_for_ever(
    make_engine: MakeEngine, clock: ManualClock, cooldown: str, points: list[int]
) -> None:
    """Neither the shortest nor the longest that can be written is beyond what a store can ask for."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1, cooldown=cooldown)]))
    got = gains(game, 0, 0)
    clock.advance(days=3000)
    assert got + gains(game, 0) == points


def test_a_cooldown_is_each_rules_own(make_engine: MakeEngine) -> None:
    """What one rule did starts no other's cooldown."""
    rules = [Rule("a", on=["x", "y"], award=1, cooldown="1h"), Rule("b", on="y", award=10, cooldown="1h")]
    game = make_engine(Catalog(rules=rules))
    assert [game.events.emit("ada", name).points for name in ("x", "y", "y")] == [1, 10, 0]


@pytest.mark.parametrize(
    ("at", "points"),
    [
        ("2026-03-02T08:59:59.999999+00:00", 0),
        ("2026-03-02T09:00+00:00", 1),
        ("2026-03-02T09:59:59.999999+00:00", 1),
        ("2026-03-02T10:00+00:00", 0),
    ],
)
def test_a_rule_has_a_season(make_engine: MakeEngine, clock: ManualClock, at: str, points: int) -> None:
    """It acts from `starts` until just before `ends`, and outside of it says nothing."""
    rule = Rule(
        "r", on="e", award=1, starts="2026-03-02T10:00+01:00", ends="2026-03-02T11:00+01:00", strict=True
    )
    game = make_engine(Catalog(rules=[rule]))
    clock.set(at)
    answer = game.events.emit("ada", "e")
    assert (answer.points, answer.skipped) == (points, ())


# -- conditions ----------------------------------------------------------------------------------------------


def test_a_condition_may_be_a_python_callable(make_engine: MakeEngine) -> None:
    """The escape: a function of the properties."""
    game = make_engine(
        Catalog(rules=[Rule("r", on="e", when=lambda properties: len(properties) > 1, award=1)])
    )
    assert game.events.emit("ada", "e", {"a": 1}).points == 0
    assert game.events.emit("ada", "e", {"a": 1, "b": 2}).points == 1


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ('participant.plan == "pro"', True),
        ('participant.plan == "basic"', False),
        ("event.local_hour == 18", True),
        ('metric("points.balance") >= 5', True),
        ('metric("points.earned@daily") > 5', False),
        ("missing > 1", False),
    ],
)
def test_a_condition_reaches_participant_clock_and_metrics(
    make_engine: MakeEngine, when: str, *, fires: bool
) -> None:
    """Attributes, the hour where the participant lives, and metrics in and out of windows."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", when=when, award=1)]))
    game.participants.upsert("ada", attributes={"plan": "pro"}, timezone="Asia/Tokyo")
    game.points.award("ada", 5)
    assert game.events.emit("ada", "e").points == int(fires)


# -- luck ----------------------------------------------------------------------------------------------------

LUCKY = Catalog(
    rules=[
        Rule("dice", on="e", award="roll(1, 1000)"),
        Rule("coin", on="e", when="chance(0.5)", award=10_000),
    ]
)


def rolled(game: Engine) -> list[int]:
    """Return what forty events give."""
    return [game.events.emit("ada", "e").points for _ in range(40)]


def test_luck_repeats_by_seed(make_engine: MakeEngine) -> None:
    """The same seed draws the same luck, on any store; another seed draws another."""
    drawn = rolled(make_engine(LUCKY, seed=7))
    assert drawn == rolled(Engine(LUCKY, seed=7))
    assert drawn != rolled(make_engine(LUCKY, seed=8))
    heads = sum(points > 10_000 for points in drawn)
    assert 8 <= heads <= 32
    assert len({points % 10_000 for points in drawn}) > 30


def test_luck_is_drawn_anew_without_a_seed(make_engine: MakeEngine) -> None:
    """Two stores made without a seed do not share their luck."""
    assert rolled(make_engine(LUCKY)) != rolled(make_engine(LUCKY))


def test_two_rules_do_not_share_their_luck(make_engine: MakeEngine) -> None:
    """Each rule has its own draws for an event, so adding a rule does not change another's luck."""
    dice = Rule("dice", on="e", award="roll(1, 1000)")
    alone = make_engine(Catalog(rules=[dice]), seed=3)
    joined = make_engine(Catalog(rules=[Rule("other", on="e", when="chance(0.5)"), dice]), seed=3)
    assert rolled(alone) == rolled(joined)


# -- at the edge of 64 bits ------------------------------------------------------------------------

MOST = 2**53 - 1
FULL = [Award("ada", MOST)] * 1024 + [Award("ada", 1000)]
"""Together 2**63 - 24."""


def test_a_full_wallet_refuses_by_hand_and_skips_in_a_cascade(make_engine: MakeEngine) -> None:
    """What 64 bits cannot hold is an error by hand, and passed over where a rule or a badge gives it."""
    game = make_engine(
        Catalog(
            rules=[Rule("r", on="e", award=100), Rule("little", on="e", award=20)],
            badges=[Badge("b", points=4)],
        )
    )
    assert game.points.award_batch(FULL).failed == 0
    with pytest.raises(BadValue, match="64 bits"):
        game.points.award("ada", 24)
    answer = game.events.emit("ada", "e")
    assert (skips(answer), answer.points) == ([("award", "out_of_range")], 20)
    badge = game.badges.award("ada", "b")
    assert ([one.code for one in badge.badges], skips(badge)) == (["b"], [("points", "out_of_range")])
    assert game.points.award("ada", 3).new_balance == 2**63 - 1


def test_a_rule_that_a_file_cannot_carry_says_so(tmp_path: Path) -> None:
    """A file opened by itself can be read, and refuses to decide what a Python function decides."""
    path = tmp_path / "game.db"
    rule = Rule("py", on="e", when=lambda properties: properties["x"] == 1, award=2)
    with Engine(Catalog(rules=[rule], leaderboards=[Leaderboard("b")]), path) as game:
        game.events.emit("ada", "e", {"x": 1})
    with Engine.reopen(path) as again:
        assert again.points.balance("ada").balance == 2
        assert str(again.leaderboards.top("b")) == "1. ada 2"
        before = again.history.state_digest()
        with pytest.raises(GamifyError, match="Python function"):
            again.events.emit("ada", "e", {"x": 1})
        assert again.history.state_digest() == before
