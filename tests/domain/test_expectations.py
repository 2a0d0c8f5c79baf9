from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import BadValue, Catalog, CatalogError
from gamify_core.domain.expectations import MEASURES, Measure, expectation, measure, span


@pytest.mark.parametrize(
    ("text", "value", "within"),
    [
        ("5% .. 10%", 0.05, True),
        ("5% .. 10%", 0.1, True),
        ("5% .. 10%", 0.1001, False),
        (">= 1,000", 1000, True),
        ("> 1,000", 1000, False),
        ("<= -2.5", -2.5, True),
        ("< 40%", 0.4, False),
        ("never", math.inf, True),
        ("never", 90, False),
        ("> 30", math.inf, True),
        ("0 .. 1", math.nan, False),
        (">= 0", math.nan, False),
    ],
)
def test_a_span_holds_what_lies_in_it(text: str, value: float, within: bool) -> None:  # noqa: FBT001 - a column
    """Ends belong to a span unless its sign leaves them out; what never comes is beyond every number."""
    assert span(text).holds(value) is within


@pytest.mark.parametrize("text", ["", "5 to 10", "10 .. 5", "..", "% .. 5", ">=", "1 ..", "one", "5%% .. 6"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """A span that cannot be read says how to write one."""
    with pytest.raises(BadValue) as refused:
        span(text)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("share(tier.gold, day=90)", Measure("share", "tier", "gold", 90)),
        (" share( badge.keen , persona=casual ) ", Measure("share", "badge", "keen", None, "casual")),
        ("supply()", Measure("supply", "currency", "points")),
        ("supply(gems)", Measure("supply", "currency", "gems")),
        ("streak(streak.daily, length=7)", Measure("streak", "streak", "daily", None, None, 7)),
        ("retention(day=7)", Measure("retention", "", "", 7)),
    ],
)
def test_a_measure_is_read(text: str, read: Measure) -> None:
    """A measure names its target and its options; a currency may be left out."""
    assert measure(text) == read


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("shar(tier.gold)", "'share'"),
        ("share", "share(tier.gold"),
        ("share()", "share(tier"),
        ("share(gold)", ""),
        ("share(tier.gold, dya=3)", "day"),
        ("share(tier.gold, tier.silver)", "leave"),
        ("share(tier.gold, day=soon)", "day=30"),
        ("retention(tier.gold)", ""),
        ("share(tier.gold", "write"),
    ],
)
def test_what_is_no_measure_is_refused(text: str, hint: str) -> None:
    """A measure that cannot be asked says what to write instead."""
    with pytest.raises(BadValue) as refused:
        measure(text)
    assert hint in refused.value.hint


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_is_read_or_refused(asked: str, wanted: str) -> None:
    """Whatever is written, the answer is a value or a `BadValue`, never another error."""
    try:
        expectation(asked, wanted)
    except BadValue as refused:
        assert refused.detail  # noqa: PT017 - either way is right


_ASKED = [(name, kind) for name, takes in sorted(MEASURES.items()) for kind in takes.targets or ("",)]


@given(st.sampled_from(_ASKED), st.integers(1, 999), st.sampled_from([None, "casual"]))
def test_a_measure_reads_itself(asked: tuple[str, str], number: int, persona: str | None) -> None:
    """What a measure prints is what asks for it, whatever it is asked of."""
    name, kind = asked
    takes = MEASURES[name]
    one = Measure(
        name,
        kind,
        "points" if kind == "currency" else "gold" if kind else "",
        number if "day" in takes.options else None,
        persona if "persona" in takes.options and kind != "tier" else None,
        number if "length" in takes.options else None,
    )
    assert measure(str(one)) == one


def test_goals_are_held_against_the_catalog() -> None:
    """What a goal is about has to be there; each fault has its path and the nearest match."""
    with pytest.raises(CatalogError) as refused:
        Catalog.from_toml(
            '[ladders.tier]\ntiers = { wood = 0, gold = 5 }\n[expect]\n"share(tier.glod)" = "1% .. 2%"\n'
            '"share(badge.x)" = "1%"\n"gini()" = 3\n"share(tier.fast)" = "> 1%"\n'
            "[ladders.pace]\ntiers = { fast = 5 }\n"
        )
    told = {fault.path: (fault.message, fault.remedy, fault.line) for fault in refused.value.faults}
    assert told["expect.share(tier.glod)"] == ("unknown tier 'glod'", "did you mean 'gold'?", 4)
    assert told["expect.share(tier.fast)"][:2] == ("unknown tier 'fast'", "write pace.fast")
    assert "is not a span" in told["expect.share(badge.x)"][0]
    assert "expect" in told


def test_goals_are_no_part_of_what_a_catalog_means() -> None:
    """A changed goal is no changed game: nothing is adopted, and the fingerprint stays."""
    with_goal, without = Catalog(expect={"dau()": "> 5"}), Catalog()
    assert with_goal == without
    assert with_goal.fingerprint == without.fingerprint
    assert with_goal.expect == (("dau()", "> 5"),)
    assert not with_goal.diff(without)
