"""What becomes of points by when they were issued: told by hand, and added up as the flows are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gamify_core import Catalog, Currency, Engine, ManualClock, Persona, Reward, Rule, Scenario, simulate
from gamify_core.simulation.cohorts import Triangle, fate, stretch, triangle
from gamify_core.simulation.living import summed_up
from gamify_core.simulation.report import html_of


def test_what_is_too_young_to_tell_is_not_taken_for_unspent() -> None:
    """A cohort tells of the ages it was watched at; what is open is expected to go the way of those before."""
    found = fate(Triangle([100, 200], [[20, 30], [40]], [[0, 50], [0]]))
    assert found.spent == pytest.approx([0.2, 0.5])
    assert found.lapsed == pytest.approx([0.0, 0.5])
    assert found.open == pytest.approx([0.8, 0.0])
    assert found.expected == pytest.approx(160 * 0.375)
    nothing = fate(Triangle([0], [[0]], [[0]]))
    assert (nothing.spent, nothing.expected) == ([0.0], 0.0)


@pytest.mark.parametrize("days", [1, 7, 8, 9, 60, 365])
def test_a_triangle_fits_a_page(days: int) -> None:
    """However long a season is, there are at most eight cohorts, and all of its days are in one."""
    length = stretch(days)
    assert (days - 1) // length < 8
    assert length * 8 >= days


def test_a_season_has_all_that_was_spent_and_all_that_lapsed_in_its_triangle() -> None:
    """First in, first out: nothing is spent twice, and nothing before it was issued."""
    catalog = Catalog(
        currencies=[Currency("points", expires="9d")],
        rules=[Rule("lesson", on="lesson", award=10)],
        rewards=[Reward("tea", type="physical", points_cost=20)],
    )
    people = Scenario([Persona("buyer", activity=0.7, spends=0.2)], costs={"points": 0.5})
    result = simulate(catalog, scenario=people, players=20, days=40, replications=2)
    for tally in result.tallies:
        found = triangle(tally, "points")
        assert sum(found.issued) == sum(tally.flow("issued", "points"))
        assert sum(map(sum, found.spent)) == sum(tally.flow("spent", "points")) > 0
        assert sum(map(sum, found.lapsed)) == sum(tally.flow("expired", "points")) > 0
        for cohort, issued in enumerate(found.issued):
            assert sum(found.spent[cohort]) + sum(found.lapsed[cohort]) <= issued
    redemption = result.measure("redemption(points)")
    assert 0 < redemption.low < redemption.value < redemption.high < 1
    page = html_of(result)
    assert "What becomes of points" in page
    assert "liability, at 0.5 each" in page
    whole = sum(row[5] for row in result.tables["cohorts"].rows if row[0] == 0)  # type: ignore[misc]
    assert whole == sum(result.tallies[0].flow("spent", "points"))


def test_what_was_only_given_to_somebody_is_told_too() -> None:
    """Who earned nothing and was sent points may spend them or see them lapse."""
    catalog = Catalog(
        currencies=[Currency("points", expires="5d")], rules=[Rule("lesson", on="lesson", award=10)]
    )
    people = [Persona("kind", activity=0.9, sends=0.9, price=10)]
    result = simulate(catalog, scenario=Scenario(people), players=20, days=40)
    (tally,) = result.tallies
    assert sum(map(sum, triangle(tally, "points").lapsed)) == sum(tally.flow("expired", "points")) > 0

    clock = ManualClock("2026-03-02T09:00Z")
    game = Engine(catalog, clock=clock)
    game.points.award("ada", 40)
    game.points.transfer("ada", "bob", 40)
    clock.advance(days=6)
    game.settle()
    (tally,) = summed_up(game, "game.db").tallies
    assert sum(map(sum, triangle(tally, "points").lapsed)) == 40


def test_amounts_have_their_decimals() -> None:
    """Of a season and of a live game: measures, tables and the page tell amounts, not the units that rows keep."""
    rule = Rule("back", on="bought", award={"usd": "price * 0.05"}, rounding="floor")
    catalog = Catalog(currencies=[Currency("usd", scale=2)], rules=[rule])
    clock = ManualClock("2026-03-02T09:00Z")
    game = Engine(catalog, clock=clock)
    game.events.emit("ada", "bought", {"price": 49.99})
    clock.advance(days=1)
    game.points.deduct("ada", Decimal("0.49"), currency="usd")
    result = summed_up(game, "game.db", {"usd": 1})
    values: dict[str, Any] = {"issued": 2.49, "spent": 0.49, "supply": 2.0, "p50": 2.0, "mean": 2.0}
    for name, value in values.items():
        assert result.measure(f"{name}(usd)").value == pytest.approx(value)
    supply = [row[3:] for row in result.tables["supply"].rows if row[2] == "usd"]
    assert supply == [(2.49, 2.49, 0.0, 0.0), (2.0, 0.0, 0.49, 0.0)]
    assert [row[6] for row in result.tables["flows"].rows] == [2.49, 0.49]
    assert "249" not in html_of(result).split("<footer>")[0].split("</style>")[1]


def test_who_turns_out_to_be_one_person_is_one_in_a_report() -> None:
    """A live game tells of people, not of accounts: they arrived once, and spend first what either got first."""
    clock = ManualClock("2026-03-02T09:00Z")
    game = Engine(Catalog(rules=[Rule("lesson", on="lesson", award=10)]), clock=clock, accept_late=None)
    for day in range(16):
        game.events.emit("guest" if day < 8 else "ada", "lesson")
        if day in (3, 12):
            game.points.deduct("guest" if day < 8 else "ada", 15)
        clock.advance(days=1)
    before = summed_up(game, "game.db").tallies[0]
    assert before.population == 2
    game.participants.merge("guest", into="ada")
    game.points.deduct("ada", 40)
    game.events.emit("guest", "lesson")
    tally = summed_up(game, "game.db").tallies[0]
    assert tally.population == 1
    assert tally.held("points") == {170 - 70: 1}
    assert tally.events == {"lesson": [1] * 17}
    assert sum(tally.redeemed.values()) == sum(tally.flow("spent", "points")) == 70
    assert tally.redeemed["points", 0, 4] == 15  # what `ada` spent on day 12, of the first three days' points
