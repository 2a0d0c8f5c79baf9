"""Loops of badges that would never end, and those that end by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.catalog import Badge, Catalog, Currency
from gamify_core.catalog.loops import loops
from gamify_core.errors import CatalogError


def again(code: str, criteria: str, **points: int) -> Badge:
    """Return a repeatable badge."""
    return Badge(code, criteria=criteria, points=points, repeatable=True)


def test_a_loop_of_repeatable_badges_is_refused_by_name() -> None:
    """The catalog does not come to be, and the fault names the whole loop."""
    badges = [again("a", "points.balance >= 1", points=1), again("b", "points.earned@daily >= 5", points=1)]
    with pytest.raises(CatalogError) as caught:
        Catalog(badges=badges[:1])
    (fault,) = caught.value.faults
    assert fault.path == "badges.a.criteria"
    assert fault.message == (
        "a loop of repeatable badges that never ends: badges.a → points.balance → badges.a"
    )
    assert "once-only" in fault.remedy
    assert loops(badges) == (
        ("badges.a", "points.balance", "badges.a"),
        ("badges.b", "points.earned", "badges.b"),
    )


def test_a_loop_through_two_badges_and_two_currencies() -> None:
    """The loop is told in the order in which it happens."""
    badges = [again("a", "gems.balance >= 2", points=3), again("b", "points.earned >= 3", gems=1)]
    assert loops(badges) == (("badges.a", "points.earned", "badges.b", "gems.balance", "badges.a"),)


def test_counting_badges_is_a_loop_too() -> None:
    """A repeatable badge for having badges would earn itself."""
    assert loops([again("a", "badges.count >= 1")]) == (("badges.a", "badges.count", "badges.a"),)


def test_one_once_only_badge_ends_the_loop() -> None:
    """Edges through a badge that is earned once are free."""
    once = Badge("b", criteria="points.earned >= 3", points={"gems": 1})
    Catalog(currencies=[Currency("gems")], badges=[again("a", "gems.balance >= 2", points=3), once])


def test_what_leads_nowhere_is_no_loop() -> None:
    """Repeatable badges that ask for something they do not give are fine, and so is one given by hand."""
    badges = [
        again("a", "events.count >= 1 or points.spent >= 2", points=1),
        again("b", "points.earned >= 1", gems=1),
    ]
    Catalog(currencies=[Currency("gems")], badges=[*badges, Badge("c", points=3, repeatable=True)])


METRICS = (
    "points.earned",
    "points.balance",
    "points.spent",
    "gems.earned",
    "gems.balance",
    "badges.count",
    "events.count",
)
BADGES = st.lists(
    st.tuples(st.sampled_from(METRICS), st.sets(st.sampled_from(["points", "gems"])), st.booleans()),
    max_size=6,
)


@given(BADGES)
def test_a_loop_is_reported_exactly_when_one_exists(drawn: list[tuple[str, set[str], bool]]) -> None:
    """The loops found are real, each step following from the one before, and none is missed."""
    badges = [
        Badge(f"b{place}", criteria=f"{metric} >= 1", points=dict.fromkeys(gives, 1), repeatable=repeatable)
        for place, (metric, gives, repeatable) in enumerate(drawn)
    ]
    leads = {
        f"badges.b{place}": {
            f"badges.b{other}"
            for other, (wanted, _, also) in enumerate(drawn)
            if repeatable
            and also
            and (
                wanted == "badges.count"
                or wanted in {f"{c}.{p}" for c in gives for p in ("earned", "balance")}
            )
        }
        for place, (_, gives, repeatable) in enumerate(drawn)
    }
    found = loops(badges)
    for loop in found:
        assert loop[0] == loop[-1]
        assert all(after in leads[before] for before, after in zip(loop[::2], loop[2::2], strict=False))
    # Peeling off badges that lead nowhere leaves something exactly when there is a loop
    left = dict(leads)
    while idle := [code for code, to in left.items() if not to & left.keys()]:
        for code in idle:
            del left[code]
    assert bool(found) == bool(left)
