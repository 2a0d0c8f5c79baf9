"""Ladders on a metric in a window: what happens to a rung when the window is a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import Catalog, Ladder, ManualClock, Metric, Tier, TierChanged

if TYPE_CHECKING:
    from gamify_core.answers import Answer

    from .conftest import MakeEngine


def steps(answer: Answer) -> list[tuple[str | None, str | None]]:
    """Return from which rung to which each step went."""
    return [(one.previous_code, one.code) for one in answer.effects if isinstance(one, TierChanged)]


@pytest.mark.parametrize("first", [10, 60])
def test_without_a_rung_at_zero_a_new_window_takes_the_rung(
    make_engine: MakeEngine, clock: ManualClock, first: int
) -> None:
    """The first move of the new year demotes, though no threshold lies on its way; enough at once does not."""
    ladder = Ladder("tier", tiers={"gold": 60}, metric="points.earned@yearly", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    assert steps(game.points.award("ada", 60)) == [(None, "gold")]
    clock.set("2027-01-02T12:00+00:00")
    assert steps(game.points.award("ada", first)) == ([("gold", None)] if first == 10 else [])
    assert steps(game.points.award("ada", 50)) == ([(None, "gold")] if first == 10 else [])


def test_a_counter_in_a_window_takes_the_rung_too(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It holds for declared metrics, on every rung, and for rungs that a value below zero has not reached."""
    tiers = [Tier("low", min_points=5), Tier("high", min_points=20)]
    ladder = Ladder("tier", tiers=tiers, metric="m@weekly", demotion="immediate")
    game = make_engine(Catalog(metrics=[Metric("m", on="e", sum="v")], ladders=[ladder]))
    assert steps(game.events.emit("ada", "e", {"v": 25})) == [(None, "low"), ("low", "high")]
    clock.advance(days=7)
    assert steps(game.events.emit("ada", "e", {"v": -1})) == [("high", None)]


def test_a_ladder_that_never_demotes_does_not_in_a_new_window(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Being woken is not being moved."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers={"gold": 60}, metric="points.earned@yearly")]))
    game.points.award("ada", 60)
    clock.set("2027-01-02T12:00+00:00")
    assert steps(game.points.award("ada", 10)) == []
