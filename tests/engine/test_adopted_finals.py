"""Final tables of boards that were made, grouped or ranked otherwise after the period had closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from gamify_core import Catalog, Engine, Leaderboard, Metric
from tests.engine.conftest import store_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from gamify_core import ManualClock
    from gamify_core.game import Game

    from .conftest import MakeEngine

PLAIN = Catalog(metrics=[Metric("good", on="e", sum="n")])
WEEK = Leaderboard("b", metric="good", period="weekly", finalize_after="1h")
MADE = attrs.evolve(PLAIN, leaderboards=[WEEK])
GROUPED = attrs.evolve(PLAIN, leaderboards=[attrs.evolve(WEEK, group_by="team")])
DENSE = attrs.evolve(PLAIN, leaderboards=[attrs.evolve(WEEK, group_by="team", ties="dense")])
AVERAGED = attrs.evolve(
    PLAIN, leaderboards=[attrs.evolve(WEEK, group_by="team", group_score="average", ties="ordinal")]
)
OF = "2026-W10"


def shown(game: Game) -> dict[str, Any]:
    """Return the table of the closed week, of all and of each team, and the teams."""
    boards = game.leaderboards
    (board,) = game.catalog.leaderboards or [None]
    if board is None:
        return {}
    teams = ("red", "blue") if board.group_by else ()
    tables: dict[str, Any] = {
        str(team): [
            (each.rank, each.participant_id, each.score) for each in boards.top("b", of=OF, group=team)
        ]
        for team in (None, *teams)
    }
    if teams:
        groups = boards.groups("b", of=OF)
        tables["teams"] = [(each.rank, each.group, each.score, each.members) for each in groups]
        tables["rank"] = [boards.rank("b", who, of=OF, group="red") for who in ("ada", "bob", "cyd")]
    return tables


class Told:
    """A history under one catalog after the other, and what was shown after each step of it."""

    def __init__(self, make: Callable[[Catalog], Engine], clock: ManualClock) -> None:
        """Fill a week without any board, and let it close."""
        self.make = make
        self.clock = clock
        self.game = make(PLAIN)
        self.steps: list[tuple[datetime, dict[str, Any]]] = []
        self.events = {}
        for who, team, n in (
            ("ada", "red", 30),
            ("bob", "blue", 20),
            ("cyd", "red", 20),
            ("dan", "blue", 10),
        ):
            self.game.participants.upsert(who, attributes={"team": team})
            self.events[who] = [self.game.events.emit(who, "e", {"n": each}).event_id for each in (n, 5)]
        clock.advance(days=8)

    def under(self, catalog: Catalog) -> None:
        """Go on under another catalog."""
        self.game = self.make(catalog)
        self.step(lambda: self.game.points.award("zoe", 1))

    def step(self, do: Callable[[], object]) -> dict[str, Any]:
        """Do something, and remember what is shown then."""
        do()
        self.clock.advance(minutes=1)
        tables = shown(self.game)
        self.steps.append((self.clock.now(), tables))
        self.clock.advance(minutes=1)
        return tables

    def move(self, who: str, team: str) -> dict[str, Any]:
        """Let somebody change teams."""
        return self.step(lambda: self.game.participants.update(who, attributes={"team": team}))

    def retract(self, who: str) -> dict[str, Any]:
        """Take the last event of somebody back."""
        return self.step(lambda: self.game.events.retract(self.events[who].pop()))


@pytest.fixture
def told(make_engine: MakeEngine, clock: ManualClock) -> Iterator[Told]:
    """Begin without a board; look at every step again, from the end, when the test is over."""
    first = make_engine(PLAIN)

    def make(catalog: Catalog) -> Engine:
        return make_engine(catalog, store=store_of(first))

    told = Told(make, clock)
    yield told
    for instant, tables in told.steps:
        assert shown(told.game.at(instant)) == tables, f"as of {instant}"
    assert told.game.history.verify().ok


def test_what_is_taken_back_after_a_board_was_made_stays_in_its_final_tables(told: Told) -> None:
    """A board that is made after the close has what history said then, and keeps it."""
    told.retract("dan")
    told.under(MADE)
    table = [(1, "ada", 35), (2, "bob", 25), (2, "cyd", 25), (4, "dan", 10)]
    assert told.steps[-1][1]["None"] == table
    assert told.retract("bob")["None"] == table
    assert told.step(lambda: told.game.leaderboards.hide("ada"))["None"][0] == (1, "bob", 25)
    assert told.step(lambda: told.game.leaderboards.unhide("ada"))["None"] == table


def test_groups_that_are_asked_for_after_the_close_are_those_of_then(told: Told) -> None:
    """Who is in which team as `group_by` comes into force stays there on tables that are final."""
    told.under(MADE)
    told.move("cyd", "blue")
    told.under(GROUPED)
    tables = told.steps[-1][1]
    assert tables["blue"] == [(1, "bob", 25), (1, "cyd", 25), (3, "dan", 15)]
    assert tables["teams"] == [(1, "blue", 65, 3), (2, "red", 35, 1)]
    assert told.move("cyd", "red") == tables
    assert told.retract("cyd") == tables
    without = told.step(lambda: told.game.leaderboards.hide("bob"))
    assert (without["blue"], without["teams"]) == (
        [(1, "cyd", 25), (2, "dan", 15)],
        [(1, "blue", 40, 2), (2, "red", 35, 1)],
    )
    assert told.step(lambda: told.game.leaderboards.unhide("bob")) == tables


def test_a_board_that_is_made_with_groups_after_the_close(told: Told) -> None:
    """Both come at once: scores and teams are as of then."""
    told.under(GROUPED)
    tables = told.steps[-1][1]
    assert tables["red"] == [(1, "ada", 35), (2, "cyd", 25)]
    assert told.move("cyd", "blue") == tables
    assert told.retract("ada") == tables


def test_ties_that_are_changed_after_the_close_rank_the_final_groups_too(told: Told) -> None:
    """Dense or not, the boards of groups of a closed week are ranked as the definition says."""
    told.under(GROUPED)
    told.move("bob", "red")
    told.under(DENSE)
    assert told.steps[-1][1]["red"] == [(1, "ada", 35), (2, "cyd", 25)]
    assert [rank.rank for rank in told.steps[-1][1]["rank"]] == [1, None, 2]
    told.under(AVERAGED)
    assert told.steps[-1][1]["teams"] == [(1, "red", 30, 2), (2, "blue", 20, 2)]
    told.under(GROUPED)
    assert told.steps[-1][1]["teams"] == [(1, "red", 60, 2), (2, "blue", 40, 2)]


def test_a_board_that_was_gone_for_a_while_keeps_what_was_final(told: Told) -> None:
    """Taking a board out of the catalog and putting it back opens no closed week again."""
    told.under(GROUPED)
    tables = told.steps[-1][1]
    told.under(PLAIN)
    told.retract("ada")
    told.move("cyd", "blue")
    told.under(GROUPED)
    assert told.steps[-1][1] == tables


def test_a_board_that_was_gone_as_its_week_closed_misses_nothing(told: Told) -> None:
    """What was kept of a week before its board went is no final table: it is worked out as the board comes back."""
    told.clock.set("2026-03-17T09:00:00+00:00")  # a week later, which is kept as far as this day
    told.under(GROUPED)
    told.game.events.emit("ada", "e", {"n": 3})
    told.under(PLAIN)
    sent = told.game.events.emit("ada", "e", {"n": 4})
    told.game.events.emit("bob", "e", {"n": 5})
    told.clock.advance(days=8)
    told.under(GROUPED)
    top = told.game.leaderboards.top("b", of="2026-W12")
    assert [(entry.participant_id, entry.score) for entry in top] == [("ada", 7), ("bob", 5)]
    then = told.clock.now()
    told.clock.advance(minutes=1)
    told.game.events.retract(sent.event_id)
    for game in (told.game, told.game.at(then), told.game.at(told.clock.now())):
        assert game.leaderboards.top("b", of="2026-W12") == top
        assert [each.score for each in game.leaderboards.groups("b", of="2026-W12")] == [7, 5]


def test_who_is_hidden_has_a_group_to_come_back_to(told: Told) -> None:
    """Groups that are asked for while somebody is hidden have a place for them, that of this moment."""
    told.under(MADE)
    told.step(lambda: told.game.leaderboards.hide("bob"))
    told.under(GROUPED)
    assert told.move("bob", "red")["blue"] == [(1, "dan", 15)]
    back = told.step(lambda: told.game.leaderboards.unhide("bob"))
    assert (back["blue"], back["teams"]) == (
        [(1, "bob", 25), (2, "dan", 15)],
        [(1, "red", 60, 2), (2, "blue", 40, 2)],
    )


def test_a_board_that_comes_back_with_groups_has_them_on_final_tables(told: Told) -> None:
    """Its entries stay those that were final; teams and ties are asked for as it comes back."""
    told.under(MADE)
    told.under(PLAIN)
    told.retract("ada")
    told.move("bob", "red")
    told.under(DENSE)
    tables = told.steps[-1][1]
    assert tables["None"] == [(1, "ada", 35), (2, "bob", 25), (2, "cyd", 25), (3, "dan", 15)]
    assert tables["red"] == [(1, "ada", 35), (2, "bob", 25), (2, "cyd", 25)]
    assert tables["teams"] == [(1, "red", 85, 3), (2, "blue", 15, 1)]
    told.under(PLAIN)
    told.move("bob", "blue")
    told.under(DENSE)
    assert told.steps[-1][1] == tables
