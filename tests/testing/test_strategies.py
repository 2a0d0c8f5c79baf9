"""Strategies draw what a catalog takes, at the values where it turns, and catalogs for which all promises hold."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Catalog,
    Emit,
    Engine,
    Event,
    InsufficientPoints,
    ManualClock,
    Metric,
    OutOfStock,
    Reward,
    Rule,
    SoldOut,
    Streak,
)
from gamify_core.testing.laws import no_dead_badge
from gamify_core.testing.living import Call, Step, Wait, live, shown
from gamify_core.testing.sampling import attribute_values, event_samples, nested
from gamify_core.testing.strategies import calls_for, catalogs, events_for, histories_for

SHOP = Catalog(
    events=[Event("sale", total=float, item=str, gift=bool, tags=list), Event("visit")],
    metrics=[Metric("items", on="sale", distinct="item"), Metric("spent", on="sale", sum="total")],
    streaks=[Streak("daily", on="visit")],
    rules=[
        Rule("big", on="sale", when="total >= 49.5 and not gift", award=5),
        Rule("hat", on="sale", when='item in ("hat", "cap") or "new" in tags', award=1),
        Rule("pro", on="visit", when="participant.plan == 'pro' and participant.age.years >= 18", award=1),
    ],
    rewards=[Reward("mug", points_cost=5, total_inventory=1)],
)


def test_values_lie_where_conditions_turn() -> None:
    """Constants and their neighbours, of the declared kind; words that conditions name."""
    sale, visit = event_samples(SHOP)
    assert (sale.name, visit.name, visit.properties) == ("sale", "visit", {})
    assert {49.0, 49.5, 50.0} <= set(sale.properties["total"])
    assert {"hat", "cap"} <= set(sale.properties["item"])
    assert sale.properties["gift"] == (True, False)
    assert ["new"] in sale.properties["tags"]
    assert set(attribute_values(SHOP)["age.years"]) >= {17, 18, 19}
    assert "pro" in attribute_values(SHOP)["plan"]
    assert set(attribute_values(SHOP)) == {"age.years", "plan"}  # and no `age`, which would stand in its way


def test_attributes_are_tried_wherever_they_are_read() -> None:
    """In a condition of their own, within an amount, nested: a player who tries everything has them all at times."""
    catalog = Catalog(
        rules=[
            Rule("vip", on="e", when="participant.vip and participant.home.city == 'Paris'", badge="at_home"),
            Rule("extra", on="e", award="participant.bonus + 1"),
        ],
        badges=[Badge("at_home")],
    )
    values = attribute_values(catalog)
    assert values["vip"] == (True, False)
    assert {type(value) for value in values["bonus"]} == {int}
    no_dead_badge(catalog, days=30)


def test_what_is_not_declared_is_guessed_from_how_it_is_read() -> None:
    """A sum is of numbers, what is different are words, what is compared with a number is one; paths are nested."""
    catalog = Catalog(
        metrics=[Metric("total", on="e", sum="cart.total"), Metric("words", on="e", distinct="word")],
        rules=[Rule("r", on="e", when="score > 3 and ok", award="n // 2")],
    )
    (sample,) = event_samples(catalog)
    kinds = {path: {type(value) for value in values} for path, values in sample.properties.items()}
    assert kinds == {"cart.total": {int}, "word": {str}, "score": {int}, "ok": {bool}, "n": {int}}
    assert nested([("cart.total", 3), ("cart.size", 1), ("n", 2), ("n.deeper", 1)]) == {
        "cart": {"total": 3, "size": 1},
        "n": 2,
    }
    assert [sample.name for sample in event_samples(Catalog())] == ["something_happened"]


@given(st.lists(events_for(SHOP), max_size=5), st.lists(calls_for(SHOP), max_size=5))
def test_what_is_drawn_is_accepted(events: list[Emit], calls: list[Call]) -> None:
    """No event is refused; of the calls only those for which points or stock are missing."""
    clock = ManualClock()
    game = Engine(SHOP, clock=clock)
    assert live(game, clock, events) == []
    for error in live(game, clock, calls):
        assert isinstance(error, InsufficientPoints | OutOfStock), error


def test_what_matters_is_found() -> None:
    """Events for which each rule fires, and events for which it does not, are among those that are drawn."""
    for rule in (SHOP.rule("big"), SHOP.rule("hat")):
        for fires in (True, False):
            find(
                events_for(SHOP),
                lambda emit, rule=rule, fires=fires: (  # type: ignore[misc]
                    emit.event_name == "sale" and bool(rule.decide(emit.properties)) is fires
                ),
            )


@settings(suppress_health_check=list(HealthCheck), max_examples=25)
@given(st.data())
def test_the_promises_of_the_library_hold_for_any_catalog(data: st.DataObject) -> None:
    """Whatever the catalog and whatever happens: books add up, the same again ends the same, and a backtest says so."""
    catalog = data.draw(catalogs())
    history = data.draw(histories_for(catalog, max_size=12))
    digests = set()
    for _ in range(2):
        clock = ManualClock("2026-03-02T09:00+00:00")
        game = Engine(catalog, clock=clock, seed=1)
        for error in live(game, clock, history):
            assert isinstance(error, InsufficientPoints | OutOfStock | SoldOut), error
        digests.add(game.history.state_digest())
    assert len(digests) == 1
    report = game.history.verify(replay=True)
    assert report.ok, str(report)
    again = game.history.backtest(catalog)
    assert again.same, str(again)
    assert Catalog.from_dict(catalog.to_dict()).fingerprint == catalog.fingerprint


def test_a_history_prints_as_what_was_done() -> None:
    """Each step on a numbered line, commands as the code that does them."""
    monday = ManualClock("2026-03-02T09:00+00:00").now()
    steps: list[Step] = [
        Emit("ada", "sale", {"total": 5}, monday),
        Emit("bob", "visit"),
        Call("points.award", ("ada", 5)),
        Wait(timedelta(days=2)),
    ]
    assert shown(steps) == (
        "     1  ada sale {'total': 5}  at Mon 02 Mar 09:00\n"
        "     2  bob visit\n"
        "     3  game.points.award('ada', 5)\n"
        "     4  wait 2 days, 0:00:00"
    )
    assert shown([]) == "    (nothing)"


@pytest.mark.parametrize("name", ["strategies", "laws"])
def test_without_hypothesis_it_says_what_to_install(name: str) -> None:
    """It is no dependency of the library: who imports what needs it and has it not is told."""
    code = (
        "import sys\nsys.modules['hypothesis'] = None\n"
        f"try:\n    import gamify_core.testing.{name}\nexcept ImportError as error:\n    print(error)\n"
        "from gamify_core.testing import play\nprint(play.__name__, 'pytest' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    first, second = done.stdout.splitlines()
    assert first == "gamify_core.testing.strategies needs Hypothesis: pip install hypothesis"
    assert second == "play False"
