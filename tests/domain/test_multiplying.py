"""What several multipliers come to, and what they make of an amount."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.multiplying import Factor, combined, multiplied

texts = st.sampled_from(
    ["0.000001", "0.1", "0.5", "0.999999", "1", "1.000001", "1.1", "1.5", "2", "3", "1000"]
)
factors = st.builds(Factor, texts, st.sampled_from(["highest", "add", "multiply"]))
amounts = st.sampled_from([1, 2, 3, 9, 10, 19, 99, 100, 10**6, 2**53 - 2, 2**53 - 1])
roundings: Any = st.sampled_from(["floor", "round", "ceil"])


@pytest.mark.parametrize(
    ("running", "factor"),
    [
        ([], "1"),
        ([Factor("2")], "2"),
        ([Factor("2"), Factor("3"), Factor("1.5")], "3"),
        ([Factor("0.5")], "0.5"),
        ([Factor("0.5"), Factor("0.8")], "0.8"),
        ([Factor("0.5"), Factor("2", "add"), Factor("3", "multiply")], "3"),
        ([Factor("1.5", "add"), Factor("1.5", "add")], "2"),
        ([Factor("2", "multiply"), Factor("1.5", "multiply")], "3"),
        ([Factor("0.5", "multiply")], "0.5"),
        ([Factor("0.5", "add"), Factor("0.5", "add"), Factor("0.5", "add")], "-0.5"),
        (
            [Factor("3"), Factor("2"), Factor("1.5", "add"), Factor("2", "add"), Factor("1.1", "multiply")],
            "8.25",
        ),
        ([Factor("1.1", "multiply")] * 3, "1.331"),
    ],
)
def test_each_stacks_in_its_own_way(running: list[Factor], factor: str) -> None:
    """The greatest of the highest, the sum of what is added, the product of the rest; exact, in any order."""
    assert {combined(order) for order in permutations(running)} == {Fraction(factor)}


@pytest.mark.parametrize(
    ("amount", "factor", "floor", "round_", "ceil"),
    [
        (19, "2", 38, 38, 38),
        (19, "1.5", 28, 29, 29),
        (10, "1.14", 11, 11, 12),
        (10, "1.15", 11, 12, 12),
        (10, "1.1", 11, 11, 11),
        (1, "0.1", 1, 1, 1),
        (3, "0.5", 1, 2, 2),
        (7, "-0.5", 1, 1, 1),
        (2**53 - 1, "1000", 9007199254740991000, 9007199254740991000, 9007199254740991000),
    ],
)
def test_a_result_is_rounded_once(amount: int, factor: str, floor: int, round_: int, ceil: int) -> None:
    """Down, half up or up; never a float in between, and never nothing."""
    assert multiplied(amount, Fraction(factor)) == floor
    assert multiplied(amount, Fraction(factor), "floor") == floor
    assert multiplied(amount, Fraction(factor), "round") == round_
    assert multiplied(amount, Fraction(factor), "ceil") == ceil


@given(st.lists(factors, max_size=5), amounts, roundings)
def test_a_result_is_near_the_exact_one(running: list[Factor], amount: int, rounding: Any) -> None:
    """It is whole, at least one, and less than one away from the exact product wherever that is at least one."""
    exact = amount * combined(running)
    result = multiplied(amount, combined(running), rounding)
    assert result >= 1
    if exact >= 1:
        assert abs(result - exact) < 1
        assert rounding != "floor" or result <= exact
        assert rounding != "ceil" or result >= exact
        assert rounding != "round" or -Fraction(1, 2) < result - exact <= Fraction(1, 2)


@given(st.lists(factors, max_size=5), texts, amounts, amounts)
def test_more_is_never_less(running: list[Factor], text: str, first: int, second: int) -> None:
    """A larger amount gets no less; and one more of the highest never takes anything away from another of them."""
    factor = combined(running)
    low, high = sorted([first, second])
    if factor > 0:
        assert multiplied(low, factor) <= multiplied(high, factor)
        if "highest" in {each.stacking for each in running} or Fraction(text) >= 1:
            assert combined([*running, Factor(text)]) >= factor
