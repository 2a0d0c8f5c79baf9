"""One event, exactly: metrics, every condition against that state, rules in order, then the cascade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    BadgeEarned,
    BadValue,
    Cap,
    Catalog,
    Emit,
    Engine,
    Event,
    GamifyError,
    HandleInUse,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    PointsAwarded,
    Rule,
    RuleFailed,
    Skipped,
    Streak,
    TierChanged,
)
from gamify_core.storage.sqlite import SQLiteStore

from .conftest import store_of

if TYPE_CHECKING:
    from pathlib import Path

    from gamify_core.answers import Answer

    from .conftest import MakeEngine


def told(answer: Answer) -> list[tuple[str, str]]:
    """Return each effect's kind and cause, in order."""
    return [(effect.tag, effect.cause) for effect in answer.effects]


# -- the order of things -------------------------------------------------------------------------------------


def test_metrics_move_before_conditions_are_asked(make_engine: MakeEngine) -> None:
    """A condition sees the event that it judges in the metrics already."""
    game = make_engine(
        Catalog(
            metrics=[Metric("lessons", on="lesson")],
            rules=[
                Rule("first", on="lesson", when='metric("lessons") == 1', award=5),
                Rule("any", on="lesson", when='metric("events.count") == 2', award=7),
            ],
        )
    )
    assert told(game.events.emit("ada", "lesson")) == [("points_awarded", "rule:first")]
    assert told(game.events.emit("ada", "lesson")) == [("points_awarded", "rule:any")]


def test_every_condition_sees_the_same_state(make_engine: MakeEngine) -> None:
    """What the first rule gives is not yet there when the second one's condition is asked."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("first", on="e", award=10),
                Rule("poor", on="e", when='metric("points.balance") == 0', award=1),
                Rule("rich", on="e", when='metric("points.balance") >= 10', award=100),
            ]
        )
    )
    assert told(game.events.emit("ada", "e")) == [
        ("points_awarded", "rule:first"),
        ("points_awarded", "rule:poor"),
    ]
    assert told(game.events.emit("ada", "e")) == [
        ("points_awarded", "rule:first"),
        ("points_awarded", "rule:rich"),
    ]


def test_rules_act_in_declared_order(make_engine: MakeEngine) -> None:
    """A rule that spends may spend what one declared before it gave, and not what one after it gives."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("early", on="e", deduct=5),
                Rule("give", on="e", award=10),
                Rule("late", on="e", deduct=4),
            ]
        )
    )
    answer = game.events.emit("ada", "e")
    assert told(answer) == [
        ("skipped", "rule:early"),
        ("points_awarded", "rule:give"),
        ("points_deducted", "rule:late"),
    ]
    assert answer.points == 6
    assert game.points.balance("ada").balance == 6


def test_the_cascade_goes_breadth_first_in_catalog_order(make_engine: MakeEngine) -> None:
    """What the rules reached comes first, ladders before badges; what that reaches comes after all of it."""
    game = make_engine(
        Catalog(
            rules=[Rule("lesson", on="lesson", award=10)],
            badges=[
                Badge("third", criteria="badges.count >= 2"),
                Badge("one", criteria="points.earned >= 10", points=50),
                Badge("two", criteria="points.earned >= 5"),
            ],
            ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 60})],
        )
    )
    assert told(game.events.emit("ada", "lesson")) == [
        ("points_awarded", "rule:lesson"),
        ("badge_earned", "criteria"),
        ("points_awarded", "badge:one"),
        ("badge_earned", "criteria"),
        ("tier_changed", "ladder:tier"),
        ("badge_earned", "criteria"),
    ]
    earned = [badge.code for badge in game.badges.list("ada", earned_only=True).badges]
    assert sorted(earned) == ["one", "third", "two"]


def test_badges_wait_for_all_rules(make_engine: MakeEngine) -> None:
    """Thresholds are held against metrics once every rule has acted, not in between."""
    game = make_engine(
        Catalog(
            rules=[Rule("a", on="e", award=10), Rule("b", on="e", award=10)],
            badges=[Badge("ten", criteria="points.earned >= 10")],
        )
    )
    assert told(game.events.emit("ada", "e")) == [
        ("points_awarded", "rule:a"),
        ("points_awarded", "rule:b"),
        ("badge_earned", "criteria"),
    ]


def test_a_rule_does_its_parts_in_one_order(make_engine: MakeEngine) -> None:
    """Within a rule: award, deduct, streak, badge."""
    game = make_engine(
        Catalog(
            rules=[Rule("all", on="e", award=10, deduct=4, streak="daily", badge="medal")],
            streaks=[Streak("daily")],
            badges=[Badge("medal")],
        )
    )
    assert told(game.events.emit("ada", "e")) == [
        ("points_awarded", "rule:all"),
        ("points_deducted", "rule:all"),
        ("streak_extended", "rule:all"),
        ("badge_earned", "rule:all"),
    ]


def test_a_streak_that_listens_is_recorded_after_the_rules(make_engine: MakeEngine) -> None:
    """A streak with `on` records the event by itself where its `when` holds, and feeds criteria at once."""
    game = make_engine(
        Catalog(
            rules=[Rule("r", on="e", award=1)],
            streaks=[Streak("daily", on="e", when="good")],
            badges=[Badge("keen", criteria="streak.daily >= 1")],
        )
    )
    assert told(game.events.emit("ada", "e", {"good": False})) == [("points_awarded", "rule:r")]
    assert told(game.events.emit("ada", "e", {"good": True})) == [
        ("points_awarded", "rule:r"),
        ("streak_extended", "streak:daily"),
        ("badge_earned", "criteria"),
    ]


def test_rules_hear_only_their_events(make_engine: MakeEngine) -> None:
    """A rule listens to the events it names, be it one or several."""
    game = make_engine(Catalog(rules=[Rule("r", on=["a", "b"], award=1)]))
    assert [game.events.emit("ada", name).points for name in ("a", "b", "c")] == [1, 1, 0]


# -- a cascade never refuses the event -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "properties", "skipped"),
    [
        (
            Rule("r", on="e", deduct=50),
            {},
            ("deduct", "insufficient_points", "Insufficient points. Available: 0, requested: 50"),
        ),
        (Rule("r", on="e", award="score"), {"score": "ten"}, ("award", "expression", "worked out")),
        (Rule("r", on="e", award="score"), {}, ("award", "expression", "worked out")),
        (Rule("r", on="e", award="score"), {"score": 2.5}, ("award", "expression", "worked out")),
        (Rule("r", on="e", deduct="score"), {"score": "ten"}, ("deduct", "expression", "worked out")),
        (Rule("r", on="e", award="score"), {"score": -3}, ("award", "not_an_amount", "-3")),
        (Rule("r", on="e", award="score"), {"score": 2**53}, ("award", "not_an_amount", str(2**53))),
        (Rule("r", on="e", deduct="score"), {"score": -3}, ("deduct", "not_an_amount", "-3")),
        (
            Rule("r", on="e", when="1 // score > 1", award=1),
            {"score": 0},
            ("rule", "condition", "worked out"),
        ),
    ],
)
def test_what_a_rule_cannot_do_is_skipped_with_its_reason(
    make_engine: MakeEngine, rule: Rule, properties: dict[str, object], skipped: tuple[str, str, str]
) -> None:
    """The event stands, other rules act, and the answer says what was passed over and why."""
    game = make_engine(Catalog(rules=[rule, Rule("other", on="e", award=1)]))
    answer = game.events.emit("ada", "e", properties)
    (only,) = answer.skipped
    effect, code, message = skipped
    assert (only.effect, only.code, only.cause) == (effect, code, "rule:r")
    assert message in only.message
    assert answer.points == 1
    assert game.events.list("ada").total == 1


def test_an_amount_of_zero_is_nothing_to_do(make_engine: MakeEngine) -> None:
    """An expression that comes to zero gives nothing and is no failure, even of a strict rule."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="score", strict=True)]))
    assert game.events.emit("ada", "e", {"score": 0}).effects == ()


def test_a_callable_that_fails_is_skipped(make_engine: MakeEngine) -> None:
    """A Python condition that raises is passed over like any other that cannot be worked out."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("r", on="e", when=lambda properties: bool(properties["missing"]), award=1),
                Rule("other", on="e", award=2),
            ]
        )
    )
    answer = game.events.emit("ada", "e")
    assert [(one.effect, one.code) for one in answer.skipped] == [("rule", "condition")]
    assert answer.points == 2


def test_a_metric_that_cannot_count_is_skipped(make_engine: MakeEngine) -> None:
    """A property that is no whole number is not counted; the event stands and the answer says so."""
    game = make_engine(
        Catalog(metrics=[Metric("score", on="e", sum="score")], badges=[Badge("b", criteria="score >= 1")])
    )
    answer = game.events.emit("ada", "e", {"score": "many"})
    assert [(one.effect, one.code, one.cause) for one in answer.skipped] == [
        ("count", "not_a_number", "metric:score")
    ]
    assert game.events.emit("ada", "e", {"score": 1}).badges[0].code == "b"


@pytest.mark.parametrize("sign", [1, -1])
def test_a_count_that_is_passed_over_moves_no_window(make_engine: MakeEngine, sign: int) -> None:
    """Where one window cannot take a value none does: not the day for want of room in all time, nor the reverse."""
    game = make_engine(
        Catalog(
            metrics=[Metric("m", on="e", sum="v")],
            leaderboards=[Leaderboard(period, metric="m", period=period) for period in ("all_time", "daily")],
        ),
        accept_late=None,
    )
    most = 2**53 - 1

    def scores() -> list[object]:
        return [game.leaderboards.rank(period, "ada").score for period in ("all_time", "daily")]

    earlier = datetime(2026, 1, 1, tzinfo=UTC)
    game.events.emit_batch([Emit("ada", "e", {"v": sign * most}, earlier) for _ in range(1024)])
    game.events.emit("ada", "e", {"v": sign})
    refused = game.events.emit("ada", "e", {"v": sign * most})
    assert [(one.effect, one.code) for one in refused.skipped] == [("count", "out_of_range")]
    assert scores() == [sign * (1024 * most + 1), sign]
    # The other way about: all time is small again, and it is the old day that is full
    game.events.emit_batch([Emit("ada", "e", {"v": -sign * most}) for _ in range(1024)])
    before = scores()
    refused = game.events.emit("ada", "e", {"v": sign * most}, at=earlier)
    assert [(one.effect, one.code) for one in refused.skipped] == [("count", "out_of_range")]
    assert scores() == before


def test_a_streak_whose_condition_fails_is_skipped(make_engine: MakeEngine) -> None:
    """A streak that listens and cannot work its condition out is passed over, and the event stands."""
    game = make_engine(Catalog(streaks=[Streak("daily", on="e", when="1 // n > 0")]))
    answer = game.events.emit("ada", "e", {"n": 0})
    assert [(one.effect, one.code, one.cause) for one in answer.skipped] == [
        ("streak", "condition", "streak:daily")
    ]
    assert game.events.emit("ada", "e", {"n": 1}).streaks[0].count == 1


def test_a_cascade_ends(make_engine: MakeEngine) -> None:
    """Badges that reach badges are followed a hundred rounds deep; there it stops, and the answer says so."""
    chain = [Badge(f"b{n:03}", criteria=f"points.earned >= {n}", points=1) for n in range(1, 121)]
    answer = make_engine(Catalog(badges=chain)).points.award("ada", 1)
    assert [badge.code for badge in answer.badges] == [badge.code for badge in chain[:100]]
    (only,) = answer.skipped
    assert (only.code, only.message) == ("cascade", "effects caused effects more than 100 rounds deep")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Rule("r", on="e", award=5, deduct=50, strict=True), "insufficient_points"),
        (Rule("r", on="e", award="missing", strict=True), "expression"),
        (Rule("r", on="e", when="1 // zero > 0", award=5, strict=True), "condition"),
        (Rule("r", on="e", award=50, cap=Cap(points=10), strict=True), "cap"),
        (Rule("r", on="e", when=lambda p: p["missing"] == 1, strict=True), "condition"),
    ],
)
def test_a_strict_rule_refuses_the_event(make_engine: MakeEngine, rule: Rule, reason: str) -> None:
    """What an ordinary rule skips makes a strict one fail the event, which leaves no trace."""
    game = make_engine(Catalog(rules=[Rule("before", on="e", award=7), rule]))
    with pytest.raises(RuleFailed, match=r"^Rule r: ") as caught:
        game.events.emit("ada", "e", {"zero": 0})
    assert (caught.value.rule, caught.value.reason) == ("r", reason)
    assert game.points.balance("ada").balance == 0
    assert game.events.list("ada").total == 0
    assert game.participants.list().total == 0
    assert game.history.activity() == ()


# -- names and properties ------------------------------------------------------------------------------------


def test_with_no_event_declared_any_is_accepted(make_engine: MakeEngine) -> None:
    """A catalog without events takes whatever the application sends."""
    game = make_engine()
    assert game.events.emit("ada", "anything", {"at": [1, {"all": None}]}).status == "processed"


def test_with_events_declared_others_are_unknown(make_engine: MakeEngine) -> None:
    """An event that is not declared is refused, with the name that was probably meant."""
    game = make_engine(Catalog(events=[Event("lesson_finished")]))
    with pytest.raises(NotFound) as caught:
        game.events.emit("ada", "lesson_finishd")
    assert caught.value.nearest == "lesson_finished"
    assert game.participants.list().total == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", "97"),
        ("score", 9.5),
        ("score", True),
        ("topic", 3),
        ("done", 1),
        ("tags", "a"),
        ("ratio", "1"),
    ],
)
def test_a_property_of_another_kind_is_refused(make_engine: MakeEngine, name: str, value: object) -> None:
    """What is declared a number, a text, a truth value or a list must be one; the error names it."""
    lesson = Event("lesson", score=int, topic=str, done=bool, tags="list", ratio="number")
    game = make_engine(Catalog(events=[lesson]))
    with pytest.raises(BadValue, match=rf"properties\.{name} "):
        game.events.emit("ada", "lesson", {name: value})
    with pytest.raises(BadValue, match=rf"properties\.{name} "):
        game.events.explain("ada", "lesson", {name: value})
    assert game.events.list("ada").total == 0


def test_declared_properties_may_be_missing_null_or_joined_by_others(make_engine: MakeEngine) -> None:
    """A declaration says what kind a property is, not that it must come, nor that no other may."""
    lesson = Event("lesson", score=int, ratio="number", tags="list", free="any")
    game = make_engine(Catalog(events=[lesson]))
    for properties in (
        {},
        {"score": None},
        {"score": 5, "ratio": 1, "tags": [], "more": "x", "free": {}},
        {"ratio": 1.5},
    ):
        assert game.events.emit("ada", "lesson", properties).status == "processed"
    assert game.events.list("ada").total == 4


@pytest.mark.parametrize("name", ["", "x" * 256, 7, None, "a\x00b", "\ud800"])
def test_an_event_has_a_sound_name(make_engine: MakeEngine, name: object) -> None:
    """A name of no or more than 255 characters, or that no store could keep, is refused without a trace."""
    game = make_engine()
    with pytest.raises(BadValue, match="event_name"):
        game.events.emit("ada", name)  # type: ignore[arg-type]
    assert game.participants.list().total == 0


def test_properties_are_copied(make_engine: MakeEngine) -> None:
    """What the application does to its own object afterwards changes nothing that was recorded."""
    game = make_engine()
    properties = {"tags": ["a"]}
    game.events.emit("ada", "e", properties)
    properties["tags"].append("b")
    assert game.events.list("ada")[0].properties == {"tags": ["a"]}


def test_a_repeated_key_is_answered_when_the_declaration_is_gone(make_engine: MakeEngine) -> None:
    """A replay comes before the check against the catalog, alone and in a batch; a new event does not."""
    game = make_engine(Catalog(events=[Event("e", score=int)]))
    first = game.events.emit("ada", "e", {"score": 1}, idempotency_key="k")
    batch = game.events.emit_batch([Emit("ada", "e"), Emit("ada", "no")], idempotency_key="b")
    later = make_engine(Catalog(events=[Event("no", score=str)]), store=store_of(game))
    again = later.events.emit("ada", "e", {"score": 1}, idempotency_key="k")
    assert (again.replayed, again.event_id) == (True, first.event_id)
    repeated = later.events.emit_batch([Emit("ada", "e"), Emit("ada", "no")], idempotency_key="b")
    assert repeated.replayed
    assert (
        [item.error is None for item in repeated] == [item.error is None for item in batch] == [True, False]
    )
    with pytest.raises(NotFound):
        later.events.emit("ada", "e", {"score": 1})
    with pytest.raises(NotFound):
        later.events.explain("ada", "e")


# -- batches -------------------------------------------------------------------------------------------------


def test_a_batch_decides_each_event_in_turn(make_engine: MakeEngine) -> None:
    """Every item sees what the ones before it did, and one that is refused fails alone."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("earn", on="work", award=10),
                Rule("pay", on="shop", deduct="price", strict=True),
            ]
        )
    )
    batch = game.events.emit_batch(
        [
            Emit("ada", "shop", {"price": 5}),
            Emit("ada", "work"),
            Emit("ada", "shop", {"price": 8}),
            Emit("ada", "shop", {"price": 8}),
            Emit("", "work"),
            "work",  # type: ignore[list-item]
        ]
    )
    assert [item.error is None for item in batch] == [False, True, True, False, False, False]
    assert (batch.processed, batch.failed, len(batch)) == (2, 4, 6)
    assert isinstance(batch.results[3].error, GamifyError)
    assert batch.results[3].error.detail == "Rule pay: Insufficient points. Available: 2, requested: 8"
    assert "events[5]" in str(batch.results[5].error)
    assert game.points.balance("ada").balance == 2
    assert game.events.list("ada").total == 2


def test_a_batch_equals_its_events_one_by_one(make_engine: MakeEngine) -> None:
    """Batching saves commits and changes nothing else: the answers and the state are the same."""
    catalog = Catalog(
        metrics=[Metric("lessons", on="e")],
        rules=[Rule("r", on="e", award="10 + roll(1, 6)", streak="daily")],
        streaks=[Streak("daily")],
        badges=[Badge("third", criteria="lessons >= 3", points=5)],
    )
    events = [Emit(who, "e") for who in ("ada", "bob", "ada", "ada", "bob")]
    together, apart = make_engine(catalog, seed=1), make_engine(catalog, seed=1)
    batch = together.events.emit_batch(events)
    singly = [apart.events.emit(event.participant_id, event.event_name) for event in events]
    assert [item.answer for item in batch] == singly
    assert together.history.state_digest() == apart.history.state_digest()


# -- lists ---------------------------------------------------------------------------------------------------


def test_events_are_listed_newest_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A page of a participant's events, newest first, whole or of one name, with the total over all pages."""
    game = make_engine()
    for number in range(5):
        game.events.emit("ada", "odd" if number % 2 else "even", {"n": number})
        clock.advance(minutes=1)
    game.events.emit("bob", "even", {"n": 99})
    assert [one.properties["n"] for one in game.events.list("ada")] == [4, 3, 2, 1, 0]
    second = game.events.list("ada", page=2, page_size=2)
    assert ([one.properties["n"] for one in second], second.total) == ([2, 1], 5)
    even = game.events.list("ada", event_name="even", page=2, page_size=2)
    assert ([one.properties["n"] for one in even], even.total) == ([0], 3)
    assert game.events.list("ada", event_name="never").total == 0
    assert game.events.list("nobody").total == 0
    assert game.events.list("ada")[0].occurred_at.isoformat() == "2026-03-02T09:04:00+00:00"


# -- explain -------------------------------------------------------------------------------------------------


def test_explain_names_the_failing_predicates_with_their_values(make_engine: MakeEngine) -> None:
    """Each rule says yes or no, and a no says which part was false and what it saw."""
    game = make_engine(
        Catalog(
            metrics=[Metric("lessons", on="lesson_finished")],
            rules=[
                Rule("lesson", on="lesson_finished", when="score >= 60", award=19),
                Rule("topical", on="lesson_finished", when='score >= 40 and topic == "loops"', award=1),
                Rule("always", on="lesson_finished", award=1),
                Rule("third", on="lesson_finished", when='metric("lessons") >= 3', award=1),
                Rule("elsewhere", on="other", award=1),
            ],
        )
    )
    explained = game.events.explain("ada", "lesson_finished", {"score": 41})
    assert str(explained) == (
        "lesson: no, score >= 60 is false (score = 41)\n"
        'topical: no, topic == "loops" is false (topic is missing)\n'
        "always: yes\n"
        'third: no, metric("lessons") >= 3 is false (metric("lessons") = 1)'
    )
    lesson = explained.rules[0]
    assert (lesson.rule, lesson.fires) == ("lesson", False)
    assert [(one.source, dict(one.values)) for one in lesson.failed] == [("score >= 60", {"score": 41})]
    assert explained.rules[2].fires
    assert explained.to_dict()["event_name"] == "lesson_finished"


def test_explain_writes_nothing(make_engine: MakeEngine) -> None:
    """Asking leaves no event, no participant and no metric behind, in a transaction too."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=5)]))
    assert game.events.explain("ada", "e").rules[0].fires
    assert (game.participants.list().total, game.history.activity()) == (0, ())
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        assert tx.events.explain("ada", "e").rules[0].fires
        assert tx.points.balance("ada").balance == 1
    assert game.points.balance("ada").balance == 1
    assert game.events.list("ada").total == 0


def test_explain_where_nothing_listens(make_engine: MakeEngine) -> None:
    """An event that no rule names is said to have none."""
    assert str(make_engine().events.explain("ada", "e")) == "no rule listens to e"


def test_explain_says_what_holds_a_rule_back(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Caps, cooldowns and seasons are reasons too, for conditions in Python as for others."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("capped", on="e", award=1, cap=Cap(times=1)),
                Rule("cooling", on="e", when=lambda _: True, award=1, cooldown="1h"),
                Rule("over", on="e", award=1, ends="2026-03-01T00:00+00:00"),
                Rule("opaque", on="e", when=lambda _: False, award=1),
                Rule("broken", on="e", when="1 // score > 0", award=1),
            ]
        )
    )
    game.events.emit("ada", "e", {"score": 0})
    assert [str(one) for one in game.events.explain("ada", "e", {"score": 0}).rules][:4] == [
        "capped: no, the daily limit of 1 × is reached",
        "cooling: no, it is within its cooldown of another firing; free again in 1:00:00",
        "over: no, it is out of season",
        "opaque: no, its Python condition says no (score = 0)",
    ]
    broken = game.events.explain("ada", "e", {"score": 0}).rules[4]
    assert not broken.fires
    assert "zero" in broken.reason
    clock.advance(days=1)
    assert [one.fires for one in game.events.explain("ada", "e", {"score": 1}).rules] == [
        True,
        True,
        False,
        False,
        True,
    ]


SOUR = Catalog(
    rules=[
        Rule("capped", on="e", award="score", cap=Cap(points=25)),
        Rule("odd", on="e", award="score / 4"),
        Rule("debt", on="e", award="less", deduct=1_000),
        Rule("raising", on="e", when=lambda properties: bool(properties["missing"]), award=1),
        Rule("bare", on="e", when=lambda _: bool(1 // 0), award=1),
        Rule("mute", on="e", when=lambda _: iter(()).__next__(), award=1),
        Rule("idle", on="e", award="score - score"),
    ]
)


def test_explain_says_what_becomes_of_amounts(make_engine: MakeEngine) -> None:
    """A cap that is used up, an amount that is none, an overdraft or Python that raises is a no with its reason."""
    game = make_engine(SOUR)
    properties = {"score": 30, "less": -125}
    assert str(game.events.explain("ada", "e", properties)) == (
        "capped: yes, the daily cap of 25 leaves 25\n"
        "odd: no, score / 4: 7.5 is not whole (use floor() or round(), or the rule's rounding)\n"
        "debt: no, -125 is not an amount from 1 to 2^53-1; Insufficient points. Available: 25, requested: 1000\n"
        "raising: no, its Python condition raised KeyError: 'missing'\n"
        "bare: no, its Python condition raised ZeroDivisionError: integer division or modulo by zero\n"
        "mute: no, its Python condition raised StopIteration\n"
        "idle: no, it has nothing to give"
    )
    game.events.emit("ada", "e", properties)
    assert (
        str(game.events.explain("ada", "e", properties).rules[0])
        == "capped: no, the daily cap of 25 leaves 0"
    )


def test_explain_of_a_full_wallet(make_engine: MakeEngine) -> None:
    """An award that 64 bits cannot hold is a no."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=2**53 - 1)]))
    game.events.emit_batch([Emit("ada", "e") for _ in range(1024)])
    (verdict,) = game.events.explain("ada", "e").rules
    assert str(verdict) == "r: no, the value would leave the range of 64 bits"


@pytest.mark.parametrize(
    "rule",
    [
        Rule("r", on="e", deduct=5, strict=True),
        Rule("r", on="e", award="missing", strict=True),
        Rule("r", on="e", when="1 // zero > 0", award=5, strict=True),
        Rule("r", on="e", when=lambda properties: bool(properties["missing"]), strict=True),
        Rule("r", on="e", award=5, cap=Cap(points=4), strict=True),
        Rule("r", on="e", award=5, cap=Cap(times=1), strict=True),
        Rule("r", on="e", award=5, cooldown="1h", strict=True),
    ],
)
def test_explain_never_raises_for_a_strict_rule(make_engine: MakeEngine, rule: Rule) -> None:
    """What makes a strict rule refuse the event is said in the very words, and not raised."""
    game = make_engine(Catalog(rules=[rule]))
    refused = None
    for _ in range(2):
        try:
            game.events.emit("ada", "e", {"zero": 0})
        except RuleFailed as error:
            refused = error
    assert refused is not None
    reason = game.events.explain("ada", "e", {"zero": 0}).rules[0].reason
    assert reason.startswith(refused.detail.removeprefix("Rule r: "))
    assert reason.endswith("it is strict, so the event is refused")


def test_explain_names_the_whole_wait(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Firings may lie ahead, and one behind another: the wait is until none is within the cooldown."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1, cooldown="2m")]))
    for ahead in (-30, 150, 280):  # what ends at 90 meets the one at 150, and that at 270 the one at 280
        assert game.events.emit("ada", "e", at=clock.now() + timedelta(seconds=ahead)).points == 1
    (verdict,) = game.events.explain("ada", "e").rules
    assert str(verdict).endswith("; free again in 0:06:40")
    clock.advance(seconds=400)
    assert game.events.explain("ada", "e").rules[0].fires
    game.events.emit("bob", "e")
    game.events.emit("bob", "e", at=clock.now() + timedelta(minutes=5))  # too far off to be waited for
    assert game.events.explain("bob", "e").rules[0].reason.endswith("; free again in 0:02:00")
    for seconds, told in ((0.0, "0:02:00"), (119.999999, "0:00:01")):
        game.events.emit("eve", "e")
        clock.advance(seconds=seconds)
        assert game.events.explain("eve", "e").rules[0].reason.endswith(told)


def test_what_was_false_is_told_as_it_was_judged(make_engine: MakeEngine) -> None:
    """The values of a false condition are those before any rule acted, even where one declared earlier does."""
    rules = [
        Rule("give", on="e", award=10),
        Rule("rich", on="e", when='metric("points.balance") >= 10', award=1),
    ]
    told = make_engine(Catalog(rules=rules)).events.explain("ada", "e")
    assert (
        str(told.rules[1])
        == 'rich: no, metric("points.balance") >= 10 is false (metric("points.balance") = 0)'
    )


ODDS = Catalog(
    metrics=[Metric("kinds", on="e", distinct="n"), Metric("sum", on="e", sum="n")],
    streaks=[Streak("daily")],
    badges=[Badge("once"), Badge("often", repeatable=True)],
    rules=[
        Rule("lucky", on="e", when="chance(0.5)", award="roll(1, 6)"),
        Rule("unlucky", on="e", when="n > 0 and chance(0.2)", award=1),
        Rule("cool", on="e", award=1, cooldown="10m"),
        Rule("capped", on="e", award="n", cap=Cap(points=5, times=4)),
        Rule("spend", on="e", deduct="n"),
        Rule("held", on="e", when="n > 1", badge="once"),
        Rule("walk", on="e", streak="daily"),
        Rule("many", on="e", when='metric("kinds@daily") > 2', badge="often"),
        Rule("rich", on="e", when='metric("points.balance") > 6', deduct='metric("points.balance") - 2'),
    ],
)


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.sampled_from([0, 1, 9, 10, 11, 1440])), max_size=8),
    st.integers(-1, 4),
    st.integers(1, 5),
)
def test_explain_says_what_emit_does(history: list[tuple[int, int]], n: int, seed: int) -> None:
    """Whatever has happened before: the rules that fire are those that act, luck included, for the reasons it gives."""
    clock = ManualClock("2026-03-02T09:00+00:00")
    game = Engine(ODDS, clock=clock, seed=seed)
    for value, minutes in history:  # some of them ahead of those that follow
        game.events.emit("ada", "e", {"n": value}, at=clock.now() + timedelta(minutes=min(minutes, 4)))
        clock.advance(minutes=minutes)
    told = game.events.explain("ada", "e", {"n": n})
    answer = game.events.emit("ada", "e", {"n": n})
    acted = {
        effect.cause.removeprefix("rule:") for effect in answer.effects if not isinstance(effect, Skipped)
    }
    firing = {verdict.rule for verdict in told.rules if verdict.fires}
    assert firing - {"walk"} == acted - {"walk", "criteria"}
    for skipped in answer.skipped:
        (reason,) = [one.reason for one in told.rules if f"rule:{one.rule}" == skipped.cause]
        assert skipped.message in reason


def test_explain_works_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A file that is only read from explains like any other, for people who are in it and people who are not."""
    catalog = Catalog(rules=[Rule("r", on="e", award=5, cap=Cap(times=1))])
    path = tmp_path / "game.db"
    with Engine(catalog, path) as game:
        game.events.emit("ada", "e")
    with Engine.reopen(path, read_only=True) as game:
        assert [game.events.explain(who, "e").rules[0].fires for who in ("ada", "bob")] == [False, True]


def test_explain_under_other_rules_than_were_written_under(tmp_path: Path) -> None:
    """Changed rules can be asked of a file that is only read from: what they newly count is taken from history."""
    path = tmp_path / "game.db"
    days = Metric("days", on="e")
    with Engine(Catalog(metrics=[days]), path) as game:
        for who in ("ada", "ada", "bob"):
            game.events.emit(who, "e")
    with Engine(Catalog(), path) as game:  # keeps nothing, so what was kept falls behind
        game.events.emit("ada", "e")
    changed = Catalog(
        metrics=[days, Metric("kinds", on="e", distinct="n")],
        rules=[Rule("r", on="e", when='metric("days") > 3 and metric("kinds") == 1', award=5)],
    )
    with Engine(changed, SQLiteStore(path, read_only=True)) as game:
        assert game.events.explain("ada", "e", {"n": 1}).rules[0].fires
        told = game.events.explain("bob", "e", {"n": 1})
        assert str(told).endswith('is false (metric("days") = 2)')


def test_explain_counts_what_an_open_transaction_has_done(make_engine: MakeEngine) -> None:
    """Inside a handle the question is about the state in there, and asking leaves that as it is."""
    game = make_engine(
        Catalog(rules=[Rule("r", on="e", award=1, cap=Cap(times=1)), Rule("s", on="e", award=1)])
    )
    with game.dry_run() as trial:
        trial.events.emit("ada", "e")
        for _ in range(2):
            assert [one.fires for one in trial.events.explain("ada", "e").rules] == [False, True]
        assert trial.points.balance("ada").balance == 2
        with pytest.raises(HandleInUse):
            game.events.explain("ada", "e")
    assert game.events.explain("ada", "e").rules[0].fires


# -- what came of it -----------------------------------------------------------------------------------------


def test_effects_carry_what_a_reader_needs(make_engine: MakeEngine) -> None:
    """Amounts, balances, codes and names are in the effects; ids derive from the activity."""
    game = make_engine(
        Catalog(
            rules=[Rule("r", on="e", award=60)],
            badges=[Badge("first_steps", criteria="points.earned >= 60", points=40, rarity="rare")],
            ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 100})],
        )
    )
    answer = game.events.emit("ada", "e")
    award, badge, gift, tier = answer.effects
    assert isinstance(award, PointsAwarded)
    assert (award.amount, award.currency, award.balance) == (60, "points", 60)
    assert isinstance(badge, BadgeEarned)
    assert (badge.code, badge.name, badge.rarity) == ("first_steps", "First Steps", "rare")
    assert isinstance(gift, PointsAwarded)
    assert (gift.amount, gift.balance, gift.cause) == (40, 100, "badge:first_steps")
    assert isinstance(tier, TierChanged)
    assert (tier.code, tier.name, tier.level, tier.up) == ("silver", "Silver", 2, True)
    assert (tier.previous_code, tier.previous_name, tier.previous_level) == ("bronze", "Bronze", 1)
    assert len({effect.id for effect in answer.effects}) == 4
    assert award.id in {one.transaction_id for one in game.points.transactions("ada")}
    assert answer.points == 100
