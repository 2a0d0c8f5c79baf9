"""One event, exactly: metrics, every condition against that state, rules in order, then the cascade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadgeEarned,
    BadValue,
    Cap,
    Catalog,
    Emit,
    Event,
    GamifyError,
    Ladder,
    ManualClock,
    Metric,
    NotFound,
    PointsAwarded,
    Rule,
    RuleFailed,
    Streak,
    TierChanged,
)

if TYPE_CHECKING:
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
        "capped: no, the daily limit of 1 times is reached",
        "cooling: no, it fired less than its cooldown ago",
        "over: no, it is out of season",
        "opaque: no, its Python condition says no",
    ]
    broken = game.events.explain("ada", "e", {"score": 0}).rules[4]
    assert not broken.fires
    assert broken.reason
    clock.advance(days=1)
    assert [one.fires for one in game.events.explain("ada", "e", {"score": 1}).rules] == [
        True,
        True,
        False,
        False,
        True,
    ]


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
