"""What criteria and rungs promise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.thresholds import Atom, Criteria, parse_criteria, rung
from gamify_core.errors import ConditionError

METRICS = ["lessons", "streak.daily", "points.earned@yearly"]
atoms = st.builds(
    lambda metric, minimum, flipped: f"{minimum} <= {metric}" if flipped else f"{metric} >= {minimum}",
    st.sampled_from(METRICS),
    st.sampled_from([1, 2, 3, 7, 2**53 + 1, 2**63 - 1]),
    st.booleans(),
)
sources = st.recursive(
    atoms,
    lambda parts: st.builds(
        lambda word, some: "(" + f" {word} ".join(some) + ")",
        st.sampled_from(["and", "or"]),
        st.lists(parts, min_size=2, max_size=3),
    ),
    max_leaves=6,
)
values = st.fixed_dictionaries(
    {
        metric: st.sampled_from([-1, 0, 1, 2, 3, 6, 7, 8, 2**53, 2**53 + 1, 2**63 - 2, 2**63 - 1])
        for metric in METRICS
    }
)


def decided(source: str, given_values: dict[str, int]) -> bool:
    """Let Python itself decide criteria of our own making."""
    text = source
    for index, metric in enumerate(METRICS):
        text = text.replace(metric, f"m[{index}]")
    return bool(eval(text, {"m": [given_values[metric] for metric in METRICS]}))  # noqa: S307


@given(sources, values)
def test_criteria_mean_what_they_say(source: str, given_values: dict[str, int]) -> None:
    """Criteria are met exactly when the text, read as Python, is true."""
    assert parse_criteria(source).met(given_values.__getitem__) is decided(source, given_values)


@given(sources, values)
def test_progress_is_whole_exactly_when_met(source: str, given_values: dict[str, int]) -> None:
    """Progress stays within 0 and 1 and reaches 1.0 with the criteria, not a rounding earlier."""
    criteria = parse_criteria(source)
    progress = criteria.progress(given_values.__getitem__)
    assert 0.0 <= progress <= 1.0
    assert (progress == 1.0) is criteria.met(given_values.__getitem__)


@given(sources, values, st.sampled_from(METRICS), st.sampled_from([1, 2, 5, 2**53]))
def test_progress_never_falls_when_a_value_rises(
    source: str, given_values: dict[str, int], metric: str, rise: int
) -> None:
    """Doing more never takes anybody further away."""
    criteria = parse_criteria(source)
    risen = {**given_values, metric: given_values[metric] + rise}
    assert criteria.progress(risen.__getitem__) >= criteria.progress(given_values.__getitem__)


@given(sources, values)
def test_what_is_missing_is_enough(source: str, given_values: dict[str, int]) -> None:
    """Reaching all that is listed as missing meets the criteria; nothing is listed once they are met."""
    criteria = parse_criteria(source)
    lacks = criteria.missing(given_values.__getitem__)
    assert bool(lacks) is not criteria.met(given_values.__getitem__)
    assert all(lack.value == given_values[lack.metric] < lack.minimum for lack in lacks)
    assert len({lack.metric for lack in lacks}) == len(lacks)
    reached = {**given_values, **{lack.metric: lack.minimum for lack in lacks}}
    assert criteria.met(reached.__getitem__)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lessons >= 1", [("lessons", 1)]),
        ("lessons > 1", [("lessons", 2)]),
        ("7 <= streak.daily", [("streak.daily", 7)]),
        ("6 < streak.daily", [("streak.daily", 7)]),
        ("lessons", [("lessons", 1)]),
        ("points.earned@yearly", [("points.earned@yearly", 1)]),
        ("lessons@last_90d >= 3", [("lessons@last_90d", 3)]),
        ("a >= 1 and b >= 2 or (a >= 1 and c)", [("a", 1), ("b", 2), ("c", 1)]),
        ("a >= 1 or\n  b >= 9223372036854775807", [("a", 1), ("b", 2**63 - 1)]),
    ],
)
def test_atoms_are_the_thresholds_as_written(source: str, expected: list[tuple[str, int]]) -> None:
    """Both ways of writing a threshold, windows and bare metrics come out as (metric, minimum)."""
    criteria = parse_criteria(source)
    assert list(criteria.atoms) == [Atom(*pair) for pair in expected]
    assert criteria.metrics == {metric for metric, _ in expected}


@pytest.mark.parametrize(
    "source",
    [
        "lessons == 3", "lessons <= 3", "3 >= lessons", "lessons < 3", "1 <= lessons <= 3", "not lessons",
        "lessons >= 1.5", "lessons >= True", "lessons >= -1", "lessons >= other", "1 >= 1",
        "lessons + 1 >= 3",
        "'lessons' >= 3", "lessons[0] >= 3", "metric('lessons') >= 3", "a@b@c >= 1", "a@'b' >= 1",
        "f(a)@b >= 1",
        "a@b.c >= 1", "5", "a if b else c",
    ],
)  # fmt: skip
def test_anything_but_thresholds_is_refused(source: str) -> None:
    """What cannot be indexed by a metric's rise is refused, with the form to write."""
    with pytest.raises(ConditionError, match=r"criteria are thresholds .write metric >= number"):
        parse_criteria(source)


@pytest.mark.parametrize(
    "source", ["lessons >= 0", "lessons >= 9223372036854775808", "lessons > 9223372036854775807"]
)
def test_a_threshold_that_no_rise_can_reach_is_refused(source: str) -> None:
    """A minimum of zero never fires, one past 64 bits is never reached."""
    with pytest.raises(ConditionError, match="between 1 and"):
        parse_criteria(source)


@pytest.mark.parametrize("source", ["", "lessons >=", "(((", "a) or (b", "a\x00"])
def test_unreadable_criteria_are_condition_errors(source: str) -> None:
    """Text that is no expression at all is refused like a condition."""
    with pytest.raises(ConditionError):
        parse_criteria(source)


def test_deep_nesting_is_refused() -> None:
    """Criteria nest no deeper than conditions do."""
    source = "a"
    for _ in range(20):
        source = f"(a or (a and {source}))"
    with pytest.raises(ConditionError, match="criteria are thresholds"):
        parse_criteria(source)


def test_parentheses_do_not_change_progress() -> None:
    """Three parts joined by one word weigh the same however they are grouped."""
    have = {"a": 0, "b": 1, "c": 0}.__getitem__
    flat, grouped = parse_criteria("a and b and c"), parse_criteria("(a and b) and c")
    assert flat.progress(have) == grouped.progress(have) == pytest.approx(1 / 3)


def test_progress_and_missing_follow_the_best_branch() -> None:
    """Of an `or` the branch furthest along counts; between equals, the one with fewer things to do."""
    criteria = parse_criteria("lessons >= 1 and streak.daily >= 7 or points.earned@yearly >= 500")
    far = {"lessons": 1, "streak.daily": 3, "points.earned@yearly": 100}
    assert criteria.progress(far.__getitem__) == pytest.approx((1 + 3 / 7) / 2)
    assert criteria.missing(far.__getitem__) == (("streak.daily", 7, 3),)
    near = {**far, "points.earned@yearly": 499}
    assert criteria.missing(near.__getitem__) == (("points.earned@yearly", 500, 499),)
    assert parse_criteria("a and b or c").missing(lambda _metric: 0) == (("c", 1, 0),)
    assert parse_criteria("a >= 2 and a >= 5 and a >= 3").missing(lambda _metric: 1) == (("a", 5, 1),)


def test_each_metric_is_read_once() -> None:
    """A reading may cost a query, so progress and missing ask once for each metric."""
    asked: list[str] = []

    def value_of(metric: str) -> int:
        asked.append(metric)
        return 0

    parse_criteria("a >= 1 and (a >= 2 or b >= 1)").progress(value_of)
    assert asked == ["a", "b"]


def test_criteria_are_their_source() -> None:
    """Criteria are equal by source, hash and print so."""
    one, two = parse_criteria("a >= 1"), parse_criteria("a >= 1")
    assert one == two
    assert hash(one) == hash(two)
    assert one != parse_criteria("a >= 2")
    assert one != "a >= 1"
    assert (str(one), repr(one)) == ("a >= 1", "Criteria('a >= 1')")
    assert isinstance(one, Criteria)


ladders = st.lists(st.integers(-3, 12), unique=True, max_size=6).map(sorted)


@given(ladders, st.integers(-5, 14))
def test_rung_is_the_highest_reached(minimums: list[int], value: int) -> None:
    """The rung is the last minimum not above the value, or -1 below all of them."""
    assert rung(minimums, value) == max(
        (i for i, minimum in enumerate(minimums) if minimum <= value), default=-1
    )
