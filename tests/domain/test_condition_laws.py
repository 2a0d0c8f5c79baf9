"""The condition language judged by an evaluator of its own, and fuzzed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core.domain.conditions import Facts, compile_condition
from gamify_core.errors import ConditionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
import operator
from typing import Any

# --- the judge: tuples and fractions, written without looking at the real one ---

Tree = tuple[Any, ...]
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


CALCULATIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction | int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


class UnworkableError(Exception):
    """The judge's way of saying that an expression has no value."""


def kind_of(value: object) -> str:
    """Name the kind of a value."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | Fraction):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, tuple) else "object"


def judged(value: object) -> object:
    """Bring a value to the judge's terms."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float | Decimal):
        return Fraction(str(value))
    if isinstance(value, list | tuple):
        return tuple(judged(item) for item in value)
    return value


def equal(left: object, right: object) -> bool:
    """Say whether two values are equal and of one kind."""
    if kind_of(left) != kind_of(right) or kind_of(left) == "object":
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


def related(sign: str, left: object, right: object) -> bool:
    """Say whether one comparison holds."""
    if left is None or right is None:
        return False
    if sign in ORDERS:
        kinds = (kind_of(left), kind_of(right))
        return kinds in {("number", "number"), ("text", "text")} and ORDERS[sign](left, right)
    if sign in {"in", "not in"}:
        if isinstance(right, str):
            inside = isinstance(left, str) and left in right
        elif isinstance(right, tuple):
            inside = any(equal(left, item) for item in right)
        else:
            return False
        return inside == (sign == "in")
    return equal(left, right) == (sign == "==")


def reckoned(sign: str, left: object, right: object) -> object:
    """Work one calculation out."""
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if kind_of(left) != "number" or kind_of(right) != "number":
        raise UnworkableError
    a, b = Fraction(str(left)), Fraction(str(right))
    if sign in {"/", "//", "%"} and b == 0:
        raise UnworkableError
    result = Fraction(CALCULATIONS[sign](a, b))
    if abs(result) > 10**40:
        raise UnworkableError
    return result


def found(steps: list[str], value: object) -> object:
    """Follow a dotted path."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def worth(tree: Tree, properties: Mapping[str, object]) -> object:  # noqa: C901, PLR0911
    """Work a tree out."""
    match tree:
        case ("literal", value):
            return judged(value)
        case ("name", str(name)):
            return judged(found(name.split("."), properties))
        case ("list", *items):
            return tuple(worth(item, properties) for item in items)
        case ("and", *parts):
            return all(bool(worth(part, properties)) for part in parts)
        case ("or", *parts):
            return any(bool(worth(part, properties)) for part in parts)
        case ("not", part):
            return not worth(part, properties)
        case ("if", test, yes, no):
            return worth(yes if worth(test, properties) else no, properties)
        case ("chain", first, *links):
            left = worth(first, properties)
            for sign, operand in links:
                right = worth(operand, properties)
                if not related(sign, left, right):
                    return False
                left = right
            return True
        case (str(sign), left, right):
            a, b = worth(left, properties), worth(right, properties)
            return reckoned(sign, a, b)
    raise AssertionError(tree)


def written(tree: Tree) -> str:  # noqa: PLR0911
    """Write a tree as text."""
    match tree:
        case ("literal", value):
            return repr(value)
        case ("name", name):
            return str(name)
        case ("list", *items):
            return f"[{', '.join(map(written, items))}]"
        case ("and" | "or" as word, *parts):
            return "(" + f" {word} ".join(map(written, parts)) + ")"
        case ("not", part):
            return f"(not {written(part)})"
        case ("if", test, yes, no):
            return f"({written(yes)} if {written(test)} else {written(no)})"
        case ("chain", first, *links):
            rest = " ".join(f"{sign} {written(operand)}" for sign, operand in links)
            return f"({written(first)} {rest})"
        case (sign, left, right):
            return f"({written(left)} {sign} {written(right)})"
    raise AssertionError(tree)


NUMBERS: list[object] = [0, 1, 2, 59, 60, 61, 2**53, 2**53 + 1, 0.1, 0.2, 0.3, 49.99, 60.0, 59.99999999999999]
TEXTS: list[object] = ["", "a", "loops", "Loops", "60"]
OUTSIDE: list[object] = [
    *NUMBERS,
    *TEXTS,
    *(-number for number in (1, 7, 60)),
    -7.5,
    -0.0,
    10**40,
    9007199254740993.0,
    True,
    False,
    None,
    [],
    ["a", "loops"],
    [1, 60.0, True],
    [[1], "a"],
    Decimal("60.00"),
    {"e": 60},
    {},
]
names = st.sampled_from(["a", "b", "c.e", "c.e.f", "zzz"]).map(lambda name: ("name", name))
literals = st.sampled_from([*NUMBERS, *TEXTS, True, False]).map(lambda value: ("literal", value))
properties = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(OUTSIDE) | st.fixed_dictionaries({"e": st.sampled_from(OUTSIDE)}),
)
SIGNS = ["<", "<=", ">", ">=", "==", "!=", "in", "not in"]


def grown(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Grow trees by one level."""
    links = st.lists(st.tuples(st.sampled_from(SIGNS), parts), min_size=1, max_size=3)
    divisors = st.sampled_from([0, 1, 2, 4, 5, 0.5, 2.5]).map(lambda value: ("literal", value))
    lists = st.lists(literals | names, max_size=3).map(lambda items: ("list", *items))
    return st.one_of(
        st.builds(lambda first, rest: ("chain", first, *rest), parts, links),
        st.builds(
            lambda a, sign, b: ("chain", a, (sign, b)), names, st.sampled_from(SIGNS), literals | lists
        ),
        st.builds(lambda a, sign, b: ("chain", a, (sign, b)), literals, st.sampled_from(SIGNS), names),
        st.builds(
            lambda word, some: (word, *some),
            st.sampled_from(["and", "or"]),
            st.lists(parts, min_size=2, max_size=4),
        ),
        st.tuples(st.just("not"), parts),
        st.tuples(st.just("if"), parts, parts, parts),
        st.tuples(st.sampled_from(["+", "-", "*", "//", "%"]), parts, parts),
        st.tuples(st.just("/"), parts, divisors),
    )


trees = grown(grown(literals | names) | literals | names)


@settings(max_examples=400, deadline=None)
@given(trees, properties)
def test_an_expression_means_what_the_judge_says(tree: Tree, given_properties: dict[str, object]) -> None:
    """Every expression over any properties has the value the judge gives, or neither has one."""
    expression = compile_condition(written(tree))
    facts = Facts(given_properties)
    try:
        expected = worth(tree, given_properties)
    except UnworkableError:
        for ask in (expression.value, expression.holds, expression.explain):
            with pytest.raises(ConditionError):
                ask(facts)
        return
    assert expression.holds(facts) is bool(expected)
    assert expression.explain(facts).holds is bool(expected)
    if isinstance(expected, tuple | dict):
        with pytest.raises(ConditionError, match="comes to"):
            expression.value(facts)
        return
    found = expression.value(facts)
    assert equal(judged(found), expected) or (found is None and expected is None)


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(SIGNS[:6]), st.floats(0, 1e300))
def test_floats_compare_as_the_decimals_they_print_as(given_value: float, sign: str, literal: float) -> None:
    """The short way for floats agrees with comparing their shortest decimals."""
    for number in (literal, int(min(literal, 2.0**62))):
        expression = compile_condition(f"x {sign} {number!r}")
        expected = related(sign, Fraction(repr(given_value)), Fraction(repr(number)))
        assert expression.holds(Facts({"x": given_value})) is expected


TOKENS = [
    *["and", "or", "not", "in", "is", "if", "else", "lambda", "x", "for", "await", "yield", "None", "True"],
    *["score", "cart.total", "participant.", "event.", "__class__", "\u00e9", "\ufb01", "\x00", "\ud800"],
    *["(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "==", "!=", "<", "+", "-", "*", "/", "//", "%"],
    *[
        "**",
        "@",
        "&",
        "|",
        "~",
        "^",
        "<<",
        ":=",
        "->",
        ";",
        "#",
        "\\",
        "\n",
        "\r",
        "\t",
        "'",
        '"',
        "f'",
        "b''",
    ],
    *["...", "->", ">=", "1", "0x", "1e999", "60", "0.5", "99999999999999999999", "1j", "'a'"],
    *["has(", "len(", "chance(", "metric(", "roll(", "round(", "coalesce("],
]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(TOKENS), max_size=25).map(" ".join))
def test_any_text_compiles_or_is_a_condition_error(source: str) -> None:
    """Whatever the text, compiling gives an expression or a ConditionError placed inside the text."""
    error: ConditionError | None
    try:
        expression = compile_condition(source)
    except ConditionError as refusal:
        error = refusal
    else:
        error = None
    if error is not None:
        lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= error.line <= len(lines)
        assert 0 <= error.column <= len(source)
        return
    draws = count()
    facts = Facts(
        {"x": 1, "score": "a"}, {}, lambda _name: 3, lambda: datetime(2026, 3, 1, tzinfo=UTC), draws.__next__
    )
    for ask in (expression.holds, expression.value, expression.explain, expression.amount):
        try:
            ask(facts)
        except ConditionError:
            continue
