"""What a world leaves for the next life, and what it tells of commands that time brings about."""

from __future__ import annotations

from bisect import bisect_right

import attrs
import pytest

from gamify_core import (
    Catalog,
    Currency,
    Giveaway,
    Leaderboard,
    Mix,
    Persona,
    Reward,
    Rule,
    Scenario,
    Streak,
    simulate,
)
from gamify_core.simulation.acting import Life
from gamify_core.simulation.cohorts import count
from gamify_core.simulation.tallies import Person, Tally
from gamify_core.storage.tables.ledger import ENTRY
from tests.simulation.games import APART, world

DAYS = 24
DAILY = Scenario([Persona("daily", activity=0.9, events={"lesson": Mix(properties={"score": 90})})])


def test_the_calendar_that_a_life_leaves_changes_nothing_for_the_next() -> None:
    """Somebody who plays after others, in the windows that these have opened, counts as in a world of their own."""
    after = world(APART, DAYS)
    after.one_by_one(3, 0, 0, 6)
    mine, alone = after.one_by_one(3, 0, 6, 7), world(APART, DAYS).one_by_one(3, 0, 6, 7)
    assert attrs.asdict(mine) == attrs.asdict(alone)
    assert mine.commands > 0


def test_what_is_due_before_an_event_is_an_activity_of_its_own() -> None:
    """Points that mature, and the event that finds them matured, do not have the same number."""
    rules = [Rule("now", on="lesson", award=1), Rule("then", on="lesson", award=2, matures="30h")]
    game = world(Catalog(rules=rules), DAYS, DAILY)
    life = Life(game.cast, 3, 0, 0)
    with game.played(life, Person("daily", 0), 1) as (_, unit):
        movements = unit.scan(ENTRY, None, (1, "points"))
    occurred = {(each.activity, each.occurred_at) for each in movements}
    assert len(occurred) > DAYS
    assert len({activity for activity, _ in occurred}) == len(occurred)


def test_what_was_due_before_a_command_that_is_refused_is_counted_once() -> None:
    """It was taken back with the command, and comes again with the next."""
    catalog = Catalog(
        currencies=[Currency("points", expires="5d")],
        rules=[Rule("lesson", on="lesson", award=10, matures="1d")],
    )
    people = Scenario([Persona("kind", activity=0.5, sends=0.9, price=40)])
    (tally,) = simulate(catalog, scenario=people, players=20, days=40).tallies
    assert sum(map(sum, (days for (what, _), days in tally.refused.items() if what == "send"))) > 0
    held = sum(value * many for value, many in tally.held("points").items())
    assert held == sum(tally.flow("issued", "points")) - sum(tally.flow("expired", "points"))


def test_a_period_that_is_closed_is_no_event() -> None:
    """Boards whose periods are final are told of in activities, which are not counted among the events."""
    catalog = Catalog(
        rules=[Rule("lesson", on="lesson", award=1)],
        leaderboards=[Leaderboard("weekly", period="weekly", finalize_after="1h")],
    )
    result = simulate(catalog, players=4, days=DAYS, scenario=DAILY, seed=3)
    assert set(result.tallies[0].events) == {"lesson"}


def test_only_events_are_counted_as_events() -> None:
    """A claim, a gift, a visit and a transfer say what they were about, and are no event of that name."""
    catalog = Catalog(
        rules=[Rule("lesson", on="lesson", award=10)],
        rewards=[Reward("tea", type="physical", points_cost=20)],
        streaks=[Streak("visits")],
    )
    busy = Persona("busy", activity=0.9, spends=0.5, redeems=0.5, sends=0.5)
    people = Scenario([busy], gifts=[Giveaway("spring", 50)])
    result = simulate(catalog, players=8, days=DAYS, scenario=people, seed=3)
    assert set(result.tallies[0].events) == {"lesson"}
    assert result.tallies[0].claims["tea"]
    causes = {cause for _, _, cause in result.tallies[0].amounts}
    assert any(cause.startswith("gift:") for cause in causes)


@pytest.mark.parametrize("expires", [None, "9d"])
def test_what_became_of_points_is_told_of_all_movements(expires: str | None) -> None:
    """Whether or not they were sent to the store meanwhile, none is left out, and none is told of twice."""
    fee = Rule("fee", on="quiz", deduct=4)
    lesson = Rule("lesson", on="lesson", award=10)
    catalog = Catalog(currencies=[Currency("points", expires=expires)], rules=[lesson, fee])
    game, other = world(catalog, DAYS), world(catalog, DAYS)

    def day_of(instant: int) -> int:
        return bisect_right(game.midnights, instant) - 1

    for number in range(6):
        alone = game.one_by_one(3, 0, number, number + 1)
        with other.played(Life(game.cast, 3, 0, number), Person("any", 0), 1) as (_, unit):
            movements = unit.scan(ENTRY, None, (1, "points"))
        expected = Tally(DAYS)
        count(expected, "points", movements, day_of)
        assert (alone.redeemed, alone.lapsed) == (expected.redeemed, expected.lapsed)
        assert sum(alone.redeemed.values()) == sum(alone.flow("spent", "points"))
    everybody = other.together(3, 0, 6)
    assert sum(everybody.redeemed.values()) == sum(everybody.flow("spent", "points")) > 0
