"""Metrics in windows by name: the last so many days, and seasons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Catalog,
    CatalogError,
    Currency,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Rule,
    Season,
)
from tests.engine.conftest import store_of
from tests.engine.replaying import difference

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gamify_core.game import Game

    from .conftest import MakeEngine

METRICS = {
    "total": Metric("total", "e", sum="n"),
    "times": Metric("times", "e"),
    "most": Metric("most", "e", max="n"),
    "least": Metric("least", "e", min="n"),
    "last": Metric("last", "e", latest="n"),
    "kinds": Metric("kinds", "e", distinct="n"),
}
COUNTED: dict[str, Callable[[list[int]], int]] = {
    "total": sum,
    "times": len,
    "most": lambda values: max(values, default=0),
    "least": lambda values: min(values, default=0),
    "last": lambda values: values[-1] if values else 0,
    "kinds": lambda values: len(set(values)),
}


def asking(days: int, timezone: str = "UTC") -> Catalog:
    """Return a catalog with one rule for each metric, that gives as many of a currency as it came to, and one more."""
    rules = [Rule(code, f"ask_{code}", award=f'metric("{code}@last_{days}d") + 1') for code in METRICS]
    return Catalog(metrics=[*METRICS.values()], rules=rules, timezone=timezone)


def asked(game: Game) -> dict[str, int]:
    """Return what all metrics of somebody come to."""
    with game.dry_run() as trial:
        return {code: trial.events.emit("ada", f"ask_{code}").points - 1 for code in METRICS}


@settings(max_examples=25, deadline=None)
@given(
    sent=st.lists(st.tuples(st.integers(0, 6 * 24), st.integers(1, 9)), max_size=8),
    gone=st.sets(st.integers(0, 7), max_size=2),
    days=st.integers(1, 4),
    hour=st.integers(0, 23),
    timezone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
)
def test_the_last_days_are_those_of_the_calendar_and_no_others(
    sent: list[tuple[int, int]], gone: set[int], days: int, hour: int, timezone: str
) -> None:
    """Whatever came when, in any order, late or taken back: it is what a look at all events says."""
    clock = ManualClock(f"2026-03-09T{hour:02}:30:00+00:00")
    game = Engine(asking(days, timezone), clock=clock)
    events = [
        (game.events.emit("ada", "e", {"n": n}, at=clock.now() - timedelta(hours=back)).event_id, back, n)
        for back, n in sent
    ]
    left = []
    for number, (event, back, n) in enumerate(events):
        if number in gone:
            game.events.retract(event)
        else:
            left.append((clock.now() - timedelta(hours=back), number, n))
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only what is checked against needs it

    zone = ZoneInfo(timezone)
    today = clock.now().astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    within = [(at, n) for at, _, n in left if at.astimezone(zone).date() >= first]
    values = [n for at, n in sorted(within, key=lambda pair: (pair[0], pair[1]))]
    assert asked(game) == {code: count(values) for code, count in COUNTED.items()}
    assert game.history.verify().ok


def test_a_day_leaves_by_itself(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nothing has to be written for it: seven days on, the same question has another answer."""
    game = make_engine(asking(7))
    game.events.emit("ada", "e", {"n": 5})
    clock.advance(days=6)
    game.events.emit("ada", "e", {"n": 2})
    assert asked(game)["total"] == 7
    clock.advance(hours=15)
    assert asked(game) == {"total": 2, "times": 1, "most": 2, "least": 2, "last": 2, "kinds": 1}
    clock.advance(days=7)
    assert asked(game) == dict.fromkeys(METRICS, 0)


def test_a_late_event_is_asked_about_the_days_before_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The days are those of when it occurred, not of when it was told."""
    game = make_engine(asking(2))
    game.events.emit("ada", "e", {"n": 5})
    clock.advance(days=3)
    game.events.emit("ada", "e", {"n": 2})
    late = game.events.emit("ada", "ask_total", at=clock.now() - timedelta(days=2))
    assert late.points == 6


def test_a_catalog_that_asks_for_days_later_has_them(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The days are worked out from history; deciding it again, and verifying, find no difference."""
    first = make_engine(Catalog(metrics=[*METRICS.values()]))
    for n in (5, 2):
        first.events.emit("ada", "e", {"n": n})
        clock.advance(days=1)
    later = make_engine(asking(2), store=store_of(first))
    assert asked(later)["total"] == 2
    assert later.events.emit("ada", "ask_total").points == 3
    assert later.history.verify().ok
    assert difference(later) == {}


def test_thresholds_are_not_on_the_last_days() -> None:
    """They would be lost by time alone; a rule may ask, and a badge by hand or by rule follows from that."""
    for wrong in (
        {"badges": [Badge("b", criteria="times@last_90d >= 3")]},
        {"ladders": [Ladder("l", metric="times@last_30d", tiers={"a": 0, "b": 5})]},
    ):
        with pytest.raises(
            CatalogError, match=r"lost by time alone.*write 'times@(monthly|yearly)', or ask metric"
        ):
            Catalog(metrics=[METRICS["times"]], **wrong)
    with pytest.raises(CatalogError, match=r"@last_0d is no number of days.*; write 1 to 3,660"):
        Catalog(rules=[Rule("r", "e", when='metric("events.count@last_0d") > 1', award=1)])


SEASONS = [Season("spring", "2026-03-01", "2026-06-01"), Season("summer", "2026-06-01", "2026-09-01")]
BOARD = Leaderboard("cup", period="season", seasons=SEASONS, timezone="Asia/Tokyo")
SEASONAL = Catalog(
    leaderboards=[BOARD],
    badges=[Badge("fan", criteria="points.earned@spring >= 30")],
    ladders=[
        Ladder("league", metric="points.earned@summer", tiers={"iron": 0, "gold": 50}, demotion="immediate")
    ],
    rules=[Rule("echo", "ask", award={"echo": 'metric("points.earned@spring") + 1'})],
    currencies=[Currency("echo")],
)


def echo(game: Game, at: datetime | None = None) -> object:
    """Return what a rule read of the season, and one more."""
    before = game.points.balance("ada", currency="echo").balance
    game.events.emit("ada", "ask", at=at)
    return game.points.balance("ada", currency="echo").balance - before


def test_a_season_is_a_window_of_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Before it there is nothing in it; after it, it is what it came to, and what was reached stays reached."""
    game = make_engine(SEASONAL)

    def league() -> str | None:
        rung = game.tiers.current("ada", ladder="league").current_tier
        return rung.code if rung is not None else None

    assert game.points.award("ada", 20).badges == ()
    assert game.points.award("ada", 10).badges[0].code == "fan"
    assert league() is None
    clock.advance(days=100)
    assert echo(game) == 31
    given = game.points.award("ada", 60)
    assert given.tier_upgrade is not None
    assert league() == "gold"
    clock.advance(days=100)
    assert league() == "gold"
    game.points.reverse(given.transaction_id)
    assert league() == "gold", "a season that is over takes no rung"
    assert echo(game) == 31
    assert game.history.verify().ok
    assert difference(game) == {}


def test_a_season_begins_where_its_board_is(make_engine: MakeEngine) -> None:
    """Midnight in Tokyo is in the afternoon of the day before in London."""
    clock = ManualClock("2026-02-28T14:59+00:00")
    game = make_engine(SEASONAL, clock=clock)
    game.points.award("ada", 5)
    assert echo(game) == 1
    clock.advance(minutes=1)
    game.points.award("ada", 7)
    assert echo(game) == 8


def test_a_season_has_one_meaning() -> None:
    """Two boards may share a season, and not call two seasons alike; a misspelt one is found."""
    other = attrs.evolve(BOARD, code="other", metric="events.count")
    assert attrs.evolve(SEASONAL, leaderboards=[BOARD, other]).fingerprint != SEASONAL.fingerprint
    london = attrs.evolve(other, timezone="Europe/London")
    with pytest.raises(CatalogError, match=r"different seasons 'spring'.*the same dates and zone"):
        attrs.evolve(SEASONAL, leaderboards=[BOARD, london])
    with pytest.raises(
        CatalogError, match=r"unknown window '@sprang'.*did you mean 'points\.earned@spring'\?"
    ):
        attrs.evolve(SEASONAL, badges=[Badge("fan", criteria="points.earned@sprang >= 30")])
    with pytest.raises(CatalogError, match=r"write metric = 'points\.earned' and period = 'season'"):
        attrs.evolve(SEASONAL, leaderboards=[BOARD, attrs.evolve(other, metric="points.earned@spring")])


@pytest.mark.parametrize("name", ["weekly", "hourly", "days", "last_7d"])
def test_no_season_is_called_as_a_window_of_time(name: str) -> None:
    """What is read under such a name is the window of time, and the season could not be read at all."""
    with pytest.raises(CatalogError, match=rf"'{name}' is what a window of time is called; give the season"):
        Catalog(
            leaderboards=[
                Leaderboard("cup", period="season", seasons=Season(name, "2026-03-01", "2026-06-01"))
            ]
        )


def test_what_happened_before_a_season_finds_nothing_in_it(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """However late it is told: a rule reads the season as it was then, and a badge of the season is not lost by it."""
    game = make_engine(
        Catalog(
            metrics=[Metric("deeds", on=["deed", "ask"])],
            leaderboards=[Leaderboard("cup", period="season", seasons=SEASONS)],
            badges=[Badge("fan", criteria="points.earned@spring >= 30 or deeds >= 2", permanent=False)],
            rules=[Rule("echo", "ask", award={"echo": 'metric("points.earned@spring") + 1'})],
            currencies=[Currency("echo")],
        )
    )
    clock.set("2026-03-01T09:00Z")
    assert game.points.award("ada", 40).badges[0].code == "fan"
    late = clock.now() - timedelta(hours=20)
    assert echo(game, late) == 1
    deed = game.events.emit("ada", "deed", at=late)
    game.events.retract(deed.event_id)
    assert echo(game) == 41
    assert [badge.code for badge in game.badges.list("ada", earned_only=True)] == ["fan"]
    assert game.history.verify().ok
    assert difference(game) == {}


def test_what_comes_late_takes_no_badge_of_the_week_that_runs(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """One event of last week falls short of the badge, and says nothing of this week, in which it is held."""
    badges = [
        Badge("keen", criteria="deeds@weekly >= 2", permanent=False),
        Badge("rich", criteria="points.balance >= 5 and deeds@weekly >= 2", permanent=False),
    ]
    game = make_engine(Catalog(metrics=[Metric("deeds", on="deed")], badges=badges))
    game.points.award("ada", 5)
    for _ in range(2):
        game.events.emit("ada", "deed")

    def held() -> list[str]:
        return sorted(badge.code for badge in game.badges.list("ada", earned_only=True))

    game.events.emit("ada", "deed", at=clock.now() - timedelta(days=5))
    assert held() == ["keen", "rich"]
    game.points.deduct("ada", 1, at=clock.now() - timedelta(days=5))
    assert held() == ["keen"], "what is no more so now is lost, however late that is told"
    clock.advance(days=7)
    game.events.emit("ada", "deed")
    assert held() == []
    assert game.history.verify().ok
    assert difference(game) == {}
