"""What conditions and amount expressions mean, case by case."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.conditions import Facts, compile_condition
from gamify_core.errors import BadValue, ConditionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# --- what expressions come to ------------------------------------------------------------------------------


def facts_of(**properties: object) -> Facts:
    """Make facts with everything in them."""
    return Facts(
        properties,
        {"level": "pro", "address": {"city": "Nice"}, "rate": 1.5},
        {"lessons@weekly": 7}.__getitem__,
        lambda: datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    )


class Grade(IntEnum):
    """An enumeration an application may well pass."""

    TOP = 60


class Topic(StrEnum):
    """An enumeration of texts."""

    LOOPS = "loops"


CASES: list[tuple[str, dict[str, object], object]] = [
    ("x * 100 == 4999", {"x": 49.99}, True),
    ("x == 0.3", {"x": 0.1}, False),
    ("x + 0.2 == 0.3", {"x": 0.1}, True),
    ("1 / 8", {}, Decimal("0.125")),
    ("1 / 3", {}, Decimal("0.3333333333333333333333333333")),
    ("1 / x", {"x": 2**90}, Decimal("8.07793566946316088741610050849573099185363389551639556884765625E-28")),
    ("-7 // 2", {}, -4),
    ("x // 2", {"x": -7.5}, -4),
    ("x % 2", {"x": -7.5}, Decimal("0.5")),
    ("x % 2", {"x": 7.5}, Decimal("1.5")),
    ("-x", {"x": 1.5}, Decimal("-1.5")),
    ("-x", {"x": 3}, -3),
    ("'a' + 'b'", {}, "ab"),
    ("x != 1", {}, False),
    ("x != y", {"x": 1}, False),
    ("x != y", {"y": 1}, False),
    ("x not in y", {"x": 1}, False),
    ("not (x == 1)", {}, True),
    ("x not in ['a']", {}, False),
    ("x not in y", {"x": 1, "y": 5}, False),
    ("0 <= x < 10", {"x": 9}, True),
    ("0 <= x < 10", {"x": 10}, False),
    ("0 <= x < y", {"x": 1}, False),
    ("x == 1", {"x": True}, False),
    ("x == True", {"x": True}, True),
    ("x != True", {"x": 1}, True),
    ("x >= True", {"x": True}, False),
    ("1 in x", {"x": [True]}, False),
    ("x in (1, 2)", {"x": 2.0}, True),
    ("x not in ('a', 1)", {"x": "b"}, True),
    ("x == ['a', 1]", {"x": ["a", 1]}, True),
    ("['a'] < ['b']", {}, False),
    ("x >= 60", {"x": Grade.TOP}, True),
    ("x == 'loops'", {"x": Topic.LOOPS}, True),
    ("x == y", {"x": {"k": 1}, "y": {"k": 1}}, False),
    ("has(x)", {"x": {"k": 1}}, True),
    ("has(x)", {"x": None}, False),
    ("has(x.y)", {"x": {"y": 0}}, True),
    ("has(x.y.z)", {"x": {"y": 0}}, False),
    ("x.__class__ == 'a'", {"x": "b"}, False),
    ("len(x)", {"x": "abc"}, 3),
    ("len(x)", {"x": [1, 2]}, 2),
    ("len(x)", {}, None),
    ("lower(x) + upper(x)", {"x": "aB"}, "abAB"),
    ("lower(x)", {}, None),
    ("startswith(x, 'lo')", {"x": "loops"}, True),
    ("startswith(x, 'lo')", {}, False),
    ("endswith(x, 'ps')", {"x": "loops"}, True),
    ("endswith(x, 1)", {"x": "loops"}, False),
    ("contains(x, 'oo')", {"x": "loops"}, True),
    ("contains(x, 2)", {"x": [1, 2.0]}, True),
    ("contains(x, y)", {"x": [None]}, False),
    ("min(x, 2, 0.5)", {"x": 3}, Decimal("0.5")),
    ("max(x, 2)", {"x": 3}, 3),
    ("abs(x)", {"x": -3}, 3),
    ("abs(x)", {"x": -2.5}, Decimal("2.5")),
    ("floor(x)", {"x": -2.5}, -3),
    ("ceil(x)", {"x": -2.5}, -2),
    ("ceil(x)", {"x": 2.1}, 3),
    ("round(x)", {"x": 2.5}, 3),
    ("round(x)", {"x": -2.5}, -3),
    ("round(x)", {"x": 7}, 7),
    ("coalesce(x, y, 0)", {"y": 4}, 4),
    ("coalesce(x, y)", {}, None),
    ("coalesce(x, 1 / 0)", {"x": 4}, 4),
    ("10 if x else 20", {"x": 0}, 20),
    ("None if x else 20", {"x": 1}, None),
    ("x or 5", {"x": 0}, True),
    ("x and y and z", {"x": 1, "y": 1, "z": 1}, True),
    ("metric('lessons@weekly') + 1", {}, 8),
    ("participant.level", {}, "pro"),
    ("participant.address.city", {}, "Nice"),
    ("participant.rate * 2", {}, Decimal("3.0")),
    ("participant.age > 3", {}, False),
    ("event.local_hour", {}, 23),
    ("event.local_weekday", {}, 6),
    ("event.local_date", {}, "2026-03-01"),
    ("  x == 1\n  and y == 2  # both\n", {"x": 1, "y": 2}, True),
    ("x + 1", {"x": 10**40 - 1}, 10**40),
    ("x == '\\d'", {"x": "\\d"}, True),
]


@pytest.mark.parametrize(("source", "properties", "expected"), CASES)
def test_what_expressions_come_to(source: str, properties: dict[str, object], expected: object) -> None:
    """The documented meaning of each piece of the language."""
    found = compile_condition(source).value(facts_of(**properties))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "properties", "says"),
    [
        ("x + 1", {}, r"x \+ 1: x is missing \(coalesce"),
        ("x * 2", {"x": "ada"}, r"x \* 2: x = 'ada' is not a number"),
        ("x * 2", {"x": True}, "x = True is not a number"),
        ("x + 'a'", {"x": 1}, "'a' is not a number"),
        ("'a' * x", {"x": 3}, "'a' is not a number"),
        ("-x", {}, "x is missing"),
        ("x / y", {"x": 41, "y": 0}, r"x / y: division by zero \(41 by y = 0\)"),
        ("x // y", {"x": 1, "y": 0.0}, "division by zero"),
        ("x % 0", {"x": 1}, "division by zero"),
        ("x * x", {"x": 10**21}, "too large"),
        ("x * x", {"x": 1e30}, "too large"),
        ("x // y", {"x": 1e300, "y": 1e-300}, "too large"),
        ("x % y", {"x": 1e300, "y": 1e-300}, "too large"),
        ("x * x", {"x": Decimal("1e999999")}, "too large"),
        ("x * 2", {"x": 10**5000}, "an integer of 16610 bits"),
        ("floor(x)", {"x": Decimal("1e999999")}, "too large"),
        ("x > 1", {"x": float("nan")}, "NaN is not a number"),
        ("x > 1.5", {"x": float("inf")}, "Infinity is not a number"),
        ("x > y", {"x": Decimal("NaN"), "y": 1}, "NaN is not a number"),
        ("1 in x", {"x": [[[[[[[[[[1]]]]]]]]]]}, "nested deeper"),
        ("x + x", {"x": "a" * 5001}, "longer than 10000"),
        ("len(x)", {"x": 5}, "x = 5 has no length"),
        ("len(x)", {"x": {"a": 1}}, "an object has no length"),
        ("lower(x)", {"x": 5}, "x = 5 is not a text"),
        ("lower(x)", {"x": [1, "a", None, 2, 3, 4]}, r"x = \[1, 'a', missing, 2, 3, ...\]"),
        ("lower(x)", {"x": object()}, "a object is not"),
        ("x * 1", {"x": "a" * 200}, "aaa'... is not a number"),
        ("lower(x)", {"x": Decimal("1e90")}, r"x = 1E\+90"),
        ("lower(x)", {"x": Decimal("1." + "1" * 90)}, r"x = 1\.1{75}\.\.\."),
        ("abs(x)", {}, "x is missing"),
        ("max(x, 1)", {}, "x is missing"),
        ("roll(6, 1)", {}, "cannot roll from 6 to 1"),
        ("roll(0, 9223372036854775807 + 1)", {}, "cannot roll"),
        ("roll(1, 2.5)", {}, "not whole"),
        ("roll('a', 2)", {}, "not a number"),
        ("chance(x)", {"x": 2}, "no probability"),
        ("chance(x)", {}, "x is missing"),
        ("x", {"x": [1]}, r"comes to \[1\]"),
        ("a" * 130 + " + 1", {}, r"a{117}\.\.\.: "),
    ],
)
def test_what_cannot_be_worked_out_says_why(source: str, properties: dict[str, object], says: str) -> None:
    """A calculation without a result names the piece of the source and the values it met."""
    with pytest.raises(ConditionError, match=says):
        compile_condition(source).value(Facts(properties))


def test_facts_that_were_not_given_are_not_made_up() -> None:
    """Without metrics, wall time or luck an expression that needs them fails instead of reading a zero."""
    for source in ("metric('a') > 1", "event.local_hour > 1", "chance(0.5)"):
        with pytest.raises(ConditionError, match="given"):
            compile_condition(source).holds(Facts({}))


def test_the_hosts_decimal_context_changes_nothing() -> None:
    """Numbers mean the same whatever precision the application has set for itself."""
    with localcontext(prec=2):
        assert compile_condition("x * 100").value(Facts({"x": 49.99})) == 4999
        assert compile_condition("-x").value(Facts({"x": 49.99})) == Decimal("-49.99")
        assert compile_condition("abs(x)").value(Facts({"x": -49.99})) == Decimal("49.99")
        assert compile_condition("round(x)").value(Facts({"x": 12345.5})) == 12346


@pytest.mark.parametrize(
    ("source", "rounding", "expected"),
    [
        ("x * 2", None, 25),
        ("x", "floor", 12),
        ("x", "ceil", 13),
        ("x", "round", 13),
        ("7", "floor", 7),
        ("-x", "round", -13),
    ],
)
def test_an_amount_is_whole(source: str, rounding: str | None, expected: int) -> None:
    """An amount is the integer itself, or what the rounding makes of it."""
    found = compile_condition(source).amount(Facts({"x": 12.5}), rounding)  # type: ignore[arg-type]
    assert (found, type(found)) == (expected, int)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x", "12.5 is not whole"),
        ("y", "the result is missing"),
        ("x > 1", "the result = True is not a number"),
        ("'a'", "the result = 'a' is not a number"),
        ("[1]", "not a number"),
    ],
)
def test_an_amount_that_is_none_is_refused(source: str, says: str) -> None:
    """A broken number, a text, a truth value or nothing is no amount."""
    with pytest.raises(ConditionError, match=says):
        compile_condition(source).amount(Facts({"x": 12.5}))


def test_an_unknown_rounding_is_refused() -> None:
    """A misspelt rounding is not taken for the default."""
    with pytest.raises(BadValue, match="floor, round or ceil"):
        compile_condition("x").amount(Facts({"x": 12.5}), "up")  # type: ignore[arg-type]


# --- names -------------------------------------------------------------------------------------------------


def test_an_expression_tells_what_it_reads_and_where() -> None:
    """Fields, attributes, metrics and their first positions are known without evaluating anything."""
    expression = compile_condition(
        "score >= 60 and cart.total > score\nand participant.level == 'pro' and metric('lessons@weekly') > 1"
        " and event.local_hour > 3 and len(tags) > 1 and a in [b, a]"
    )
    assert expression.fields == {"score", "cart.total", "tags", "a", "b"}
    assert expression.participant == {"level"}
    assert expression.metrics == {"lessons@weekly"}
    assert not expression.random
    assert expression.positions["score"] == (1, 0)
    assert expression.positions["cart.total"] == (1, 16)
    assert expression.positions["participant.level"] == (2, 4)
    assert expression.positions['metric("lessons@weekly")'] == (2, 42)
    assert expression.positions["event.local_hour"] == (2, 68)
    assert "len" not in expression.positions


def test_an_expression_is_its_source() -> None:
    """Expressions are equal by source, hash so, print so, and survive a trip to another process."""
    one, two = compile_condition("a > 1"), compile_condition("a > 1")
    assert one == two
    assert hash(one) == hash(two)
    assert one != compile_condition("a > 2")
    assert one != "a > 1"
    assert repr(one) == "Expression('a > 1')"
    assert str(one) == "a > 1"
    for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):  # noqa: S301
        assert other == one
        assert other.holds(Facts({"a": 2}))
    with pytest.raises(AttributeError):
        one.source = "b"  # type: ignore[misc]


# --- luck --------------------------------------------------------------------------------------------------


def stream(*draws: int) -> Callable[[], int]:
    """Give these draws one after the other."""
    following: Iterator[int] = iter(draws)
    return lambda: next(following)


@pytest.mark.parametrize(
    ("odds", "draw", "expected"),
    [
        ("0.5", 2**63 - 1, True),
        ("0.5", 2**63, False),
        ("1", 2**64 - 1, True),
        ("0", 0, False),
        ("0.25", 2**62 - 1, True),
        ("0.25", 2**62, False),
        ("p", 2**62 - 1, True),
        ("p", 2**62, False),
        ("1 / 3", 6148914691236517205, True),
        ("1 / 3", 6148914691236517206, False),
    ],
)
def test_chance_splits_the_draws_at_the_odds(odds: str, draw: int, expected: bool) -> None:  # noqa: FBT001
    """Exactly the share p of the 64-bit draws wins, constant or computed."""
    expression = compile_condition(f"chance({odds})")
    assert expression.random
    assert expression.holds(Facts({"p": 0.25}, luck=stream(draw))) is expected


@given(st.integers(-3, 3), st.integers(1, 7), st.integers(0, 2**64 - 1))
def test_roll_stays_inside_its_bounds(low: int, span: int, draw: int) -> None:
    """A roll lies between its bounds, and shifting the draw by one shifts the roll round the circle."""
    expression = compile_condition("roll(a, b)")
    assert expression.random
    rolled = expression.value(Facts({"a": low, "b": low + span - 1}, luck=stream(draw, 0, 0)))
    fair = draw < 2**64 - 2**64 % span
    assert rolled == low + (draw % span if fair else 0)


def test_roll_draws_again_past_the_last_whole_multiple() -> None:
    """The few draws that would favour low results are drawn again, and a broken stream is noticed."""
    expression = compile_condition("roll(1, 3)")
    assert expression.value(Facts({}, luck=stream(2**64 - 1, 4))) == 2
    assert expression.value(Facts({}, luck=stream(2**64 - 2, 4))) == 3
    with pytest.raises(ConditionError, match="repeats"):
        expression.value(Facts({}, luck=lambda: 2**64 - 1))


@given(
    st.recursive(
        st.sampled_from(["chance(0.5)", "roll(1, 6) > 3", "a == 1", "zzz > 1", "zzz + 1 > 0 or True"]),
        lambda parts: st.builds(
            lambda word, some: "(" + f" {word} ".join(some) + ")",
            st.sampled_from(["and", "or"]),
            st.lists(parts, min_size=2, max_size=3),
        ),
        max_leaves=6,
    ),
    st.lists(st.sampled_from([0, 2**63 - 1, 2**63, 2**64 - 5]), min_size=20, max_size=20),
)
def test_explaining_takes_the_draws_that_deciding_took(source: str, draws: list[int]) -> None:
    """An explanation answers as the condition and leaves the stream of luck at the same place."""
    expression = compile_condition(source)
    answers: list[tuple[object, int]] = []
    for ask in (expression.holds, lambda facts: expression.explain(facts).holds):
        taken = iter(draws)
        try:
            answer: object = ask(Facts({"a": 1}, luck=taken.__next__))
        except ConditionError as error:
            answer = str(error)
        answers.append((answer, len(list(taken))))
    assert answers[0] == answers[1]


# --- explanations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "properties", "says"),
    [
        ("score >= 60", {"score": 97}, "holds"),
        ("score >= 60", {"score": 41}, "score >= 60 is false (score = 41)"),
        ("score >= 60", {}, "score >= 60 is false (score is missing)"),
        (
            "score >= 60 and topic == 'a'",
            {"score": 41, "topic": "b"},
            "score >= 60 is false (score = 41); topic == 'a' is false (topic = 'b')",
        ),
        ("score >= 60 and topic == 'a'", {"score": 97, "topic": "b"}, "topic == 'a' is false (topic = 'b')"),
        (
            "has(score) and score > 1 and x > 1",
            {"x": 0},
            "has(score) is false (score is missing); x > 1 is false (x = 0)",
        ),
        ("has(score) and score + 1 > 2", {}, "has(score) is false (score is missing)"),
        ("a > 1 and chance(0.5)", {"a": 1}, "a > 1 is false (a = 1)"),
        ("a > 1 or b > 1", {"a": 1, "b": 0.5}, "a > 1 is false (a = 1); b > 1 is false (b = 0.5)"),
        ("a > 1 or b > 1", {"a": 1, "b": 2}, "holds"),
        (
            "a > 1 and (b > 1 or not c)",
            {"a": 2, "b": 0, "c": True},
            "b > 1 is false (b = 0); not c is false (c = True)",
        ),
        ("False", {}, "False is false"),
        ("a\n == 2", {"a": 1}, "a == 2 is false (a = 1)"),
        ("a *\n2 >\n5", {"a": 1}, "a * 2 > 5 is false (a = 1)"),
        (
            "participant.level == 'x' and metric('lessons@weekly') > 9",
            {},
            (
                "participant.level == 'x' is false (participant.level = 'pro'); "
                "metric('lessons@weekly') > 9 is false (metric(\"lessons@weekly\") = 7)"
            ),
        ),
    ],
)
def test_explanations_read_like_a_sentence(source: str, properties: dict[str, object], says: str) -> None:
    """The tests that made it false are named with what they read, and only those."""
    assert str(compile_condition(source).explain(facts_of(**properties))) == says


def test_the_values_of_a_failed_test_are_values() -> None:
    """A program finds the values that were read, None for what is missing."""
    (failed,) = compile_condition("a + b.c > 5 or False").explain(Facts({"a": 1, "b": {"c": 0.5}})).failed[:1]
    assert failed.source == "a + b.c > 5"
    assert failed.values == {"a": 1, "b.c": Decimal("0.5")}
    (failed,) = compile_condition("a > b").explain(Facts({"a": 1})).failed
    assert failed.values == {"a": 1, "b": None}
