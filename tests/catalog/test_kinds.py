"""Kinds of values in expressions: what can never work is found, what may work is left alone."""

from __future__ import annotations

import pytest

from gamify_core.catalog.kinds import kind_of, mismatches

PROPERTIES = {"n": "integer", "p": "number", "t": "text", "b": "boolean", "l": "list", "x": "any"}

SOUND = [
    "n > 5", "n == p", "t == 'a'", "t < 'b'", "b == True", "b",
    "t in ('a', 'b')", "n in [1, 2.5]", "t in l", "n in l",
    "'a' in t", "l == [1]", "x > 5", "x == 'a'", "x + 1 > 2",
    "unknown > 5", "t + 'a' == 'ba'", "n + p * 2 - -1 > 0",
    "len(t) > 3", "len(l) == n", "lower(t) == 'a'", "has(t) == True",
    "not t", "n if b else t", "(n if b else p) > 1",
    "(n if b else t) == 'a'", "coalesce(x, 0) > 1", "coalesce(n, 0) > 1",
    "metric('m') >= n", "event.local_hour < 12",
    "event.local_date == '2026-01-01'", "participant.level == 'pro'", "x.deep > 1", "n in (1, x)",
    "t in x", "n in []",
    "1 < n < 5", "x + t == 'a'", "x + x > 1", "chance(0.5)", "nothing(t) > 1",
]  # fmt: skip

WRONG = [
    ("t > 5", "t (text) and 5 (a number) cannot be compared", 'write "5"', 0),
    ("n == '5'", "n (a number) and '5' (text) cannot be compared", "write it without quotes: 5", 0),
    ("5 < t", "5 (a number) and t (text) cannot be compared", 'write "5"', 0),
    ("t == n", "t (text) and n (a number) cannot be compared", "", 0),
    ("b == 1", "b (true or false) and 1 (a number) cannot be compared", "", 0),
    ("b < True", "b (true or false) and True (true or false) have no order", "write == or !=", 0),
    ("l < [1]", "l (a list) and [1] (a list) have no order", "write == or !=", 0),
    ("n in 5", "nothing is in 5 (a number)", "write a list: [1, 2]", 0),
    ("t in (1, 2)", "t (text) and (1, 2) (a list) never meet, the list holds a number", "", 0),
    ("n in t", "n (a number) and t (text) never meet", "", 0),
    ("x and t - 1 > 0", "t (text), which cannot be reckoned with", "", 6),
    ("n + t", "t (text), which cannot be reckoned with", "", 4),
    ("b * 2", "b (true or false), which cannot be reckoned with", "", 0),
    ("1 < n < t", "n (a number) and t (text) cannot be compared", "", 0),
    ("event.local_date > 5", "event.local_date (text) and 5 (a number) cannot be compared", 'write "5"', 0),
    ("(n if b else p) == 'a'", "n if b else p (a number) and 'a' (text) cannot be compared",
     "write it without quotes: a", 0),
    ("upper(t) > -n", "upper(t) (text) and -n (a number) cannot be compared", "", 0),
]  # fmt: skip


@pytest.mark.parametrize("source", SOUND)
def test_what_may_work_is_left_alone(source: str) -> None:
    """Nothing is said about an expression that some event could satisfy."""
    assert mismatches(source, PROPERTIES.get) == ()


@pytest.mark.parametrize(("source", "message", "remedy", "column"), WRONG, ids=[wrong[0] for wrong in WRONG])
def test_what_can_never_work_is_found(source: str, message: str, remedy: str, column: int) -> None:
    """A comparison of kinds that never meet, or a calculation with no numbers, is named where it stands."""
    (found,) = mismatches(source, PROPERTIES.get)
    assert (found.message, found.remedy, found.at) == (message, remedy, (1, column))


@pytest.mark.parametrize(
    ("source", "kind"),
    [("n", "number"), ("t", "text"), ("x", ""), ("zzz", ""), ("n > 1", "boolean"), ("[1]", "list"),
     ("t + x", "text"),
     ("n + x", "number"), ("x + x", ""), ("n if b else t", ""), ("coalesce(t, 'a')", "text"), ("None", ""),
     ("x.t", ""), ("n * x", "number")],
)  # fmt: skip
def test_kind_of_an_expression(source: str, kind: str) -> None:
    """The kind is that of the outermost piece, and empty where it is not certain."""
    assert kind_of(source, PROPERTIES.get) == kind
