from __future__ import annotations

import math
from collections import Counter
from statistics import fmean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gamify_core.simulation.statistics import (
    gini,
    kaplan_meier,
    log_interval,
    logit_interval,
    quantile,
    student,
    t_interval,
    wilson,
)
from gamify_core.simulation.streams import log_normal, normal, pick, poisson, stream, weighted

whole = st.integers(0, 10_000)


def test_a_stream_is_pinned() -> None:
    """These very numbers, on every machine and version: a season of last year can be repeated."""
    draw = stream(1, 0, 42, "days")
    assert [round(draw(), 12) for _ in range(3)] == PINNED


PINNED = [0.353547082112, 0.105928770725, 0.8668686514]


@given(whole, whole, whole)
def test_every_key_has_luck_of_its_own(seed: int, replication: int, participant: int) -> None:
    """Another seed, repetition, participant or purpose draws other numbers; the same ones draw the same."""
    keys = [
        (seed, replication, participant, "days"),
        (seed + 1, replication, participant, "days"),
        (seed, replication + 1, participant, "days"),
        (seed, replication, participant + 1, "days"),
        (seed, replication, participant, "acts"),
    ]
    assert len({stream(*key)() for key in keys}) == len(keys)
    assert stream(*keys[0])() == stream(*keys[0])()


@pytest.mark.parametrize("mean", [0.2, 1.0, 4.0, 30.0])
def test_counts_have_their_mean(mean: float) -> None:
    """A Poisson count is right on average, and spreads as its mean says."""
    draw = stream(3, 0, 0, "test")
    found = [poisson(draw, mean) for _ in range(20_000)]
    assert fmean(found) == pytest.approx(mean, rel=0.05)
    assert fmean((each - mean) ** 2 for each in found) == pytest.approx(mean, rel=0.1)


def test_amounts_have_their_middle() -> None:
    """A normal amount lies around its mean, and half of the log-normal ones below their median."""
    draw = stream(4, 0, 0, "test")
    assert fmean(normal(draw, 70, 15) for _ in range(20_000)) == pytest.approx(70, rel=0.01)
    assert sum(log_normal(draw, 20, 1) < 20 for _ in range(20_000)) == pytest.approx(10_000, rel=0.03)


def test_what_weighs_more_is_drawn_more() -> None:
    """Places are drawn by their weights, and one that weighs nothing never."""
    draw = stream(5, 0, 0, "test")
    found = Counter(pick(draw, weighted([3, 0, 1])) for _ in range(20_000))
    assert found[1] == 0
    assert found[0] / found[2] == pytest.approx(3, rel=0.06)


def test_intervals_are_those_of_the_books() -> None:
    """Student's points and Wilson's interval are those that tables give."""
    assert [round(student(each), 3) for each in (1, 9, 30, 60, 120)] == [12.706, 2.262, 2.042, 2.0, 1.98]
    assert [round(each, 4) for each in wilson(5, 100)] == [0.05, 0.0215, 0.1118]
    assert wilson(0, 50)[1] == 0
    assert wilson(50, 50)[2] == 1
    assert [round(each, 3) for each in t_interval([1, 2, 3, 4])] == [2.5, 0.446, 4.554]
    assert [round(each, 3) for each in log_interval([1, 2, 3, 4])] == [2.5, 1.114, 5.611]
    assert [round(each, 3) for each in logit_interval([0.1, 0.2, 0.3, 0.4])] == [0.25, 0.1, 0.499]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
@example([0.0, 5e-324])  # the mean of which is rounded to none …
@example([1.0, 1 - 2**-53])  # … and here to all
@example([1e-310, 1e-310, 3e-310])
def test_intervals_keep_to_the_bounds_of_what_they_are_of(values: list[float]) -> None:
    """No share below none or above all, no count below zero; the mean lies within, and debts are what they are."""
    for interval, most in ((logit_interval, 1.0), (log_interval, math.inf)):
        mean, low, high = interval(values)
        assert 0 <= low <= mean <= high <= most
    assert log_interval([-5, *values]) == t_interval([-5, *values])
    assert logit_interval([1.5, *values]) == t_interval([1.5, *values])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any))
def test_inequality_is_as_defined(values: list[int]) -> None:
    """Gini is the mean difference of all pairs over twice the mean; quantiles are members."""
    counts = Counter(values)
    pairs = sum(abs(a - b) for a in values for b in values)
    assert gini(counts) == pytest.approx(pairs / (2 * len(values) * sum(values)), abs=1e-12)
    assert quantile(counts, 0.5) == sorted(values)[(len(values) - 1) // 2]


def test_who_was_not_watched_is_not_taken_for_one_who_never_does() -> None:
    """Of four, one did it on day 1, two left unwatched after it, one did it on day 3: nobody is left at the end."""
    assert kaplan_meier({1: 1, 3: 1}, {2: 2}, 3) == [1.0, 0.75, 0.75, 0.0]
