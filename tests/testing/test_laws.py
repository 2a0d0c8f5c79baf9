"""Laws to point at one's own catalog: sound ones pass, and what breaks one is told in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Engine,
    Ladder,
    Metric,
    Milestone,
    NotFound,
    Rule,
    Streak,
)
from gamify_core.testing import laws

README = Path(__file__).parents[2] / "README.md"


def message(law: Callable[[], None]) -> str:
    """Return what a law says that does not hold."""
    with pytest.raises(AssertionError) as failure:
        law()
    return str(failure.value)


def test_the_catalog_of_the_readme_is_sound(tmp_path: Path) -> None:
    """All laws hold for it, read from its file."""
    found = re.search(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / "game.toml"
    path.write_text(found[1], encoding="utf-8")
    laws.conservation(path, examples=10)
    laws.order_independence(path, examples=20)
    laws.no_dead_badge(path)
    laws.no_unreachable_tier(path)
    laws.no_farmable_loop(path, at_most=300)


@pytest.mark.parametrize("currency", [{"expires": "1d"}, {"matures": "1d", "expires": "2d"}, {"scale": 2}])
def test_points_that_lapse_or_come_later_are_not_astray(currency: dict[str, Any]) -> None:
    """Nor are those with decimals: what is held is what was given less what was taken, and what lapsed."""
    rules = [Rule("r", on="e", award={"coin": 5}), Rule("d", on="e", deduct={"coin": 3})]
    laws.conservation(Catalog(currencies=[Currency("coin", **currency)], rules=rules), examples=30)


def test_points_that_go_astray_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a balance is not what was given less what was taken, the shortest history that shows it is told."""
    balance = Engine.points.func  # type: ignore[attr-defined]

    def skimming(game: Engine) -> object:
        service = balance(game)
        read = service.balance

        def less(who: str, *, currency: str = "points") -> object:
            found = read(who, currency=currency)
            return type("Less", (), {"balance": found.balance - (found.balance > 9)})

        service.balance = less
        return service

    monkeypatch.setattr(Engine, "points", property(skimming))
    assert message(lambda: laws.conservation(Catalog(rules=[Rule("r", on="e", award=10)]), examples=100)) == (
        "points: people hold 9 and were given 10 after\n     1  ada e"
    )


def test_books_that_do_not_add_up_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an audit finds is told, with the history that led there."""

    class Report:
        ok = False

        def __str__(self) -> str:
            return "a mismatch"

    monkeypatch.setattr("gamify_core.services.history.History.verify", lambda _self: Report())
    assert message(lambda: laws.conservation(Catalog(), examples=1)) == (
        "the books do not add up after\n    (nothing)\na mismatch"
    )


def test_an_order_that_decides_is_found() -> None:
    """Three events and the one that arrives late, and what ends otherwise by it."""
    catalog = Catalog(
        metrics=[Metric("seen", on="e")],
        rules=[Rule("r", on="e", when='n == 5 and metric("seen") > 1', award=3)],
        ladders=[Ladder("tier", {"low": 0, "high": 3})],
    )
    said = message(lambda: laws.order_independence(catalog))
    assert said == (
        "the order of arrival decides: if number 1 arrives last, ada ends with\n"
        "    points: 0, not 3\n"
        "    ladder tier: none, not high\n"
        "after\n"
        "     1  ada e  at Mon 02 Mar 09:01\n"
        "     2  ada e {'n': 5}  at Mon 02 Mar 09:02"
    )


def test_a_badge_that_nobody_earns_is_found() -> None:
    """By criteria, with how far it went; by a rule, with why it did not fire; badges by hand are left alone."""
    catalog = Catalog(
        metrics=[Metric("words", on="e", distinct="word")],
        streaks=[
            Streak("daily", on="e", milestones=[Milestone(3, badge="three"), Milestone(99, badge="long")])
        ],
        rules=[Rule("r", on="e", when="n > 10 and n < 10", badge="never")],
        challenges=[Challenge("c", goals="words >= 900", period="daily", badge="keen")],
        badges=[
            *(Badge(code) for code in ("never", "three", "long", "keen", "hand")),
            Badge("near", criteria="words >= 5"),
            Badge("far", criteria="words >= 5000"),
        ],
    )
    said = message(lambda: laws.no_dead_badge(catalog, days=10, times=4))
    first, *lines = said.splitlines()
    assert (
        first == "4 of 6 badges not earned by somebody who sent 40 events in 10 days (days=… looks longer):"
    )
    assert re.fullmatch(r"    far 0%, words \d+ of 5,000", lines[0])
    assert lines[1].startswith("    never given by rule r: n > 10 is false (n = ")
    assert lines[2:] == ["    long given by streak daily", "    keen given by challenge c"]


def test_a_rung_that_nobody_reaches_is_found() -> None:
    """With the value that a devoted player came to; rungs that are only assigned are left alone."""
    catalog = Catalog.from_dict(
        {
            "rules": {
                "r": {"on": "e", "award": 10, "when": "participant.plan == 'pro'", "cap": {"times": 1}}
            },
            "ladders": {
                "tier": {
                    "tiers": {
                        "a": 0,
                        "b": 20,
                        "c": {"min_points": 10_000},
                        "d": {"award_type": "manual", "min_points": 10_001},
                    }
                }
            },
        }
    )
    said = message(lambda: laws.no_unreachable_tier(catalog, days=30, times=4))
    first, line = said.splitlines()
    assert (
        first == "1 of 3 rungs not reached by somebody who sent 120 events in 30 days (days=… looks longer):"
    )
    assert re.fullmatch(r"    tier c: points.earned \d+0 of 10,000", line)


def test_what_can_be_farmed_is_found() -> None:
    """What pays best, what it comes to, and what does not bound it; what is given once does not count."""
    catalog = Catalog(
        metrics=[Metric("seen", on=["a", "b"])],
        rules=[
            Rule("open", on="a", when="n >= 7", award="n"),
            Rule("shut", on="a", award=5, cap=Cap(points=50, times=20)),
            Rule("slow", on="b", award=90, cooldown="6h"),
        ],
        badges=[Badge("first", criteria="seen >= 1", points=5_000)],
    )
    assert message(lambda: laws.no_farmable_loop(catalog, at_most=500, times=100)).splitlines() == [
        "10,050 points in a day (at most 500) for a {'n': 100}, 100 times:",
        "       10,000  rule open, it has no cap",
        "           50  rule shut, its cap is 50 points and 20 times daily",
    ]
    slow = Catalog(
        rules=[catalog.rule("slow")], badges=[Badge("first", criteria="events.count >= 1", points=5_000)]
    )
    laws.no_farmable_loop(slow, at_most=360)
    assert message(lambda: laws.no_farmable_loop(slow, at_most=700, days=2)).splitlines()[1:] == [
        "          720  rule slow, its cooldown is 6h"
    ]


def test_a_law_about_a_currency_that_there_is_not_is_refused() -> None:
    """Nobody ever gains any of it, so it could never fail; and of nothing that is tried nothing is told."""
    catalog = Catalog(rules=[Rule("lesson", on="lesson", award=10)])
    with pytest.raises(NotFound, match="pionts"):
        laws.no_farmable_loop(catalog, at_most=10, currency="pionts")
    with pytest.raises(BadValue, match="times"):
        laws.no_farmable_loop(catalog, at_most=10, times=0)
