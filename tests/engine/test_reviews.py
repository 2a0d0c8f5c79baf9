"""Ladders whose rungs are lost only at the end of a period that has not earned them again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gamify_core import Catalog, Engine, Ladder, ManualClock, TierChanged
from tests.engine.conftest import MakeEngine, store_of


def yearly(make_engine: MakeEngine, clock: ManualClock, fall: str = "all") -> Engine:
    """Return a game in which people requalify each year."""
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    tiers = {"guest": 0, "silver": 100, "gold": 500}
    ladder = Ladder("tier", tiers=tiers, metric="points.earned@yearly", demotion="at_review", fall=fall)  # type: ignore[arg-type]
    return make_engine(Catalog(ladders=[ladder]))


def rung(game: Engine) -> str | None:
    """Return where ada stands."""
    tier = game.tiers.current("ada").current_tier
    return tier.code if tier is not None else None


def test_a_rung_is_held_to_the_end_of_the_year_after_the_one_that_earned_it(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Not a moment less, and not a moment more, unless it was earned again."""
    game = yearly(make_engine, clock)
    game.points.award("ada", 500)
    state = game.tiers.current("ada")
    assert (state.to_keep, state.held_until) == (0, datetime(2028, 1, 1, tzinfo=UTC))
    clock.set(datetime(2027, 6, 1, tzinfo=UTC))
    state = game.tiers.current("ada")
    assert (rung(game), state.to_keep, state.held_until) == ("gold", 500, datetime(2028, 1, 1, tzinfo=UTC))
    game.points.award("ada", 120)
    assert game.tiers.current("ada").to_keep == 380
    clock.set(datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert rung(game) == "gold"
    clock.set(datetime(2028, 2, 1, tzinfo=UTC))
    assert rung(game) == "silver"  # what 2027 has earned
    (effect,) = game.settle()
    assert isinstance(effect, TierChanged)
    assert (effect.code, effect.up, effect.occurred_at) == ("silver", False, datetime(2028, 1, 1, tzinfo=UTC))
    assert list(game.settle()) == []
    clock.set(datetime(2029, 1, 1, tzinfo=UTC))
    assert rung(game) == "guest"
    state = game.tiers.current("ada")
    assert (state.to_keep, state.held_until) == (None, None)


def test_a_fall_by_one_rung_takes_a_year_for_each(make_engine: MakeEngine, clock: ManualClock) -> None:
    """However little was earned."""
    game = yearly(make_engine, clock, fall="one")
    game.points.award("ada", 600)
    stood = []
    for year in (2027, 2028, 2029, 2030):
        clock.set(datetime(year, 1, 1, tzinfo=UTC))
        stood.append(rung(game))
    assert stood == ["gold", "silver", "guest", "guest"]
    assert [effect.occurred_at.year for effect in game.settle()] == [2028, 2029]


def test_an_award_after_the_review_finds_the_rung_gone(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nobody has to settle for that: the award does it first, and climbs from where that leads."""
    game = yearly(make_engine, clock)
    game.points.award("ada", 500)
    clock.set(datetime(2028, 5, 1, tzinfo=UTC))
    answer = game.points.award("ada", 100)
    assert answer.tier_upgrade is not None
    assert (answer.tier_upgrade.previous_code, answer.tier_upgrade.code) == ("guest", "silver")


def test_a_rung_that_was_assigned_stays_through_its_reviews(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """And is reviewed as any other from when it is let go."""
    game = yearly(make_engine, clock)
    game.points.award("ada", 1)
    game.tiers.assign("ada", "gold")
    clock.set(datetime(2029, 6, 1, tzinfo=UTC))
    assert list(game.settle()) == []
    assert rung(game) == "gold"
    assert game.tiers.current("ada").held_until is None
    game.tiers.clear("ada")
    assert rung(game) == "guest"


def test_reviews_go_by_their_own_periods(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Named with `review`; on a balance it is the balance of then that counts."""
    ladder = Ladder(
        "tier", tiers={"low": 0, "high": 50}, metric="points.balance", demotion="at_review", review="monthly"
    )
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 60)
    game.points.deduct("ada", 20)
    assert rung(game) == "high"
    assert game.tiers.current("ada").held_until == datetime(2026, 4, 1, tzinfo=UTC)
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    assert rung(game) == "low"


@pytest.mark.parametrize(("field", "value"), [("review", "hourly"), ("fall", "some")])
def test_a_review_that_is_none_is_refused(field: str, value: str) -> None:
    """The catalog says so when it is built."""
    from gamify_core import CatalogError  # noqa: PLC0415 - beside its only use

    with pytest.raises(CatalogError, match=field):
        Catalog(ladders=[Ladder("tier", tiers={"a": 0}, **{field: value})])  # type: ignore[arg-type]


@pytest.mark.parametrize("before", ["never", "immediate", None])
def test_a_ladder_that_comes_to_have_reviews_reviews_who_stands_on_it(
    make_engine: MakeEngine, clock: ManualClock, before: str | None
) -> None:
    """From the adoption on, also who never moves again; a ladder that is new alike, and replay finds the same."""
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    tiers = {"guest": 0, "silver": 100}

    def catalog(demotion: str) -> Catalog:
        metric = "points.earned@yearly"
        return Catalog(ladders=[Ladder("tier", tiers=tiers, metric=metric, demotion=demotion)])  # type: ignore[arg-type]

    first = make_engine(catalog(before) if before is not None else Catalog())
    first.points.award("ada", 100)
    first.points.award("low", 1)
    game = make_engine(catalog("at_review"), store=store_of(first))
    game.points.award("bob", 100)  # which adopts it
    clock.set(datetime(2027, 12, 31, 23, 59, tzinfo=UTC))
    assert rung(game) == "silver"
    clock.set(datetime(2028, 1, 1, tzinfo=UTC))
    fallen = [effect.participant_id for effect in game.settle() if isinstance(effect, TierChanged)]
    assert sorted(fallen) == ["ada", "bob"]
    assert rung(game) == "guest"
    assert game.history.verify(replay=True).ok
