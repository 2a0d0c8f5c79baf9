"""A rule by itself: what it makes of an event, without an engine, and the same as an engine makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import BadValue, Catalog, Currency, Engine, ManualClock, Metric, PointsAwarded, Rule, Streak

LESSON = Rule("lesson", on="lesson_finished", when="score >= 60", award="10 + score // 10", streak="daily")


def test_a_rule_decides_by_itself() -> None:
    """Whether it fires, what it gives, and if not what was false and what it saw."""
    good = LESSON.decide({"score": 97})
    assert good
    assert (good.points, dict(good.award), good.streak, good.reason) == (19, {"points": 19}, ("daily",), "")
    assert str(good) == "lesson: yes, +19 points, streak daily"
    poor = LESSON.decide({"score": 41})
    assert not poor
    assert [(one.source, dict(one.values)) for one in poor.failed] == [("score >= 60", {"score": 41})]
    assert str(LESSON.decide()) == "lesson: no, score >= 60 is false (score is missing)"


NEW_YEAR = {"at": datetime(2026, 1, 1, 8, tzinfo=UTC)}
CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"when": 'metric("lessons") > 2', "award": 1}, {"metrics": {"lessons": 3}}, "yes, +1 point"),
    ({"when": "participant.plan == 'pro'", "award": 1}, {"participant": {"plan": "pro"}}, "yes, +1 point"),
    ({"when": "event.local_hour < 9", "award": 1}, NEW_YEAR, "yes, +1 point"),
    ({"when": "chance(1.0)", "award": "roll(4, 4)"}, {"seed": 1}, "yes, +4 points"),
    ({"when": lambda properties: not properties, "deduct": {"gems": 3}}, {}, "yes, −3 gems"),
    ({"when": bool, "award": 1}, {}, "no, its Python condition bool says no"),
    ({"starts": "2026-01-02T00:00Z", "award": 1}, NEW_YEAR, "no, it is out of season"),
    ({"ends": "2026-01-01T08:00Z", "award": 1}, NEW_YEAR, "no, it is out of season"),
    ({"ends": "2026-01-01T08:01Z", "award": 1}, NEW_YEAR, "yes, +1 point"),
    ({"award": "7 / 2"}, {}, "no, 7 / 2: 3.5 is not whole (use floor() or round(), or the rule's rounding)"),
    ({"award": "7 / 2", "rounding": "ceil"}, {}, "yes, +4 points"),
    ({"award": "0 - 1", "badge": "b"}, {}, "yes, badge b, -1 is not an amount from 1 to 2^53-1"),
    ({"award": "0"}, {}, "no, it has nothing to give"),
    ({"when": "1 // 0 == 1", "award": 1}, {}, "no, 1 // 0: "),
]


@pytest.mark.parametrize(("fields", "given", "says"), CASES, ids=range(len(CASES)))
def test_what_it_reads_is_given(fields: dict[str, Any], given: dict[str, Any], says: str) -> None:
    """Metrics, attributes, local time and luck are arguments."""
    assert str(Rule("r", on="e", **fields).decide({}, **given)).startswith(f"r: {says}")


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ('metric("lessons") > 2', 'reads metric\\("lessons"\\), which was not given'),
        ("event.local_hour < 9", "reads the local time, which was not given"),
        ("chance(0.5)", "draws luck, and no seed was given"),
    ],
)
def test_what_it_reads_and_was_not_given_is_not_made_up(when: str, says: str) -> None:
    """A test that forgets it would test something else."""
    with pytest.raises(BadValue, match=says):
        Rule("r", on="e", when=when, award=1).decide({})
    with pytest.raises(BadValue, match="at has no time zone"):
        LESSON.decide({"score": 1}, at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake


RULES = [
    LESSON,
    Rule(
        "bonus",
        on="lesson_finished",
        when='has(topic) and metric("lessons") >= 2',
        award={"points": 5, "gems": "score"},
    ),
    Rule(
        "odd", on="lesson_finished", when="score % 2 == 1 or not topic", award="score / 2", rounding="floor"
    ),
]


@given(
    st.dictionaries(st.just("topic"), st.sampled_from(["", "loops"])),
    st.integers(-5, 120),
    st.integers(0, 3),
)
def test_an_engine_makes_the_same_of_it(extra: dict[str, str], score: int, before: int) -> None:
    """Where nothing bounds a rule, what it decides by itself is what the engine does."""
    catalog = Catalog.from_dict(
        {
            "currencies": {"gems": {}},
            **Catalog(metrics=[Metric("lessons", on="lesson_finished")], streaks=[Streak("daily")]).to_dict(),
        }
    )
    game = Engine(
        Catalog(metrics=catalog.metrics, streaks=catalog.streaks, currencies=catalog.currencies, rules=RULES),
        clock=ManualClock(),
    )
    for _ in range(before):
        game.events.emit("ada", "lesson_finished")
    properties = {"score": score, **extra}
    answer = game.events.emit("ada", "lesson_finished", properties, explain=True)
    assert answer.why is not None
    for rule, verdict in zip(RULES, answer.why.rules, strict=True):
        decision = rule.decide(properties, metrics={"lessons": before + 1})
        assert decision.fires is verdict.fires
        assert [(one.source, dict(one.values)) for one in decision.failed] == [
            (one.source, dict(one.values)) for one in verdict.failed
        ]
        given = {
            effect.currency: effect.amount
            for effect in answer.effects
            if isinstance(effect, PointsAwarded) and effect.cause == f"rule:{rule.code}"
        }
        assert dict(decision.award) == given


def test_amounts_with_decimals_are_told_as_the_engine_gives_them() -> None:
    """Exact in the smallest unit, or rounded to it; metrics with decimals are read as they are."""
    rule = Rule(
        "back",
        on="bought",
        when='metric("paid") >= 0.5',
        award={"usd": "price * 0.05", "points": 3},
        deduct={"usd": 1},
        rounding="floor",
    )
    game = Engine(
        Catalog(currencies=[Currency("usd", scale=2)], rules=[attrs.evolve(rule, when=None, deduct=())])
    )
    found = rule.decide({"price": 49.99}, metrics={"paid": Decimal("0.50")}, scales={"usd": 2})
    sent = game.events.emit("ada", "bought", {"price": 49.99})
    given = {effect.currency: effect.amount for effect in sent.effects if isinstance(effect, PointsAwarded)}
    assert found.award == given == {"usd": Decimal("2.49"), "points": 3}
    assert found.deduct == {"usd": Decimal("1.00")}
    assert str(found) == "back: yes, +3 points, +2.49 usd, −1.00 usd"
    below = rule.decide({"price": -1}, metrics={"paid": 1}, scales={"usd": 2})
    assert below.reason == "-0.05 is not an amount from 1 to 2^53-1"
    with pytest.raises(BadValue, match="scales of usd is -2, not how many decimals it has"):
        rule.decide({"price": 1}, metrics={"paid": 1}, scales={"usd": -2})
