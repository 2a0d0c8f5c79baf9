"""Lives, played: the same catalog, the same road, on a clock that goes with them, and no history kept.

Promise: whatever is decided here is decided by the road, exactly as an engine would; only what nobody will ask for is
left out (the sealed row of activity and what was asked), and the store is dropped once its sums are taken. Where
nothing is shared, each participant has an empty store and a clock of their own, so who else plays changes nothing.
What one of them leaves for the next is the calendar alone: which windows of time there are, and their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gamify_core.border import Limits
from gamify_core.domain.decimals import one
from gamify_core.errors import GamifyError
from gamify_core.game import Game
from gamify_core.road.commands import Ask
from gamify_core.road.happening import happen
from gamify_core.services.access import Access, Shared
from gamify_core.simulation.acting import Cast, Life
from gamify_core.simulation.cohorts import count
from gamify_core.simulation.counting import OURS, CountedRoad, Counting
from gamify_core.simulation.giving import lay_out_codes, lay_out_gifts, redeem, send
from gamify_core.simulation.spending import claim, trade
from gamify_core.simulation.streams import number
from gamify_core.simulation.tallies import Person, Tally, higher_rungs, lowest_rungs
from gamify_core.storage.memory import ScratchStore
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID
from gamify_core.storage.unit import Unit

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.road.turn import Turn
    from gamify_core.simulation.acting import Act
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.metrics import WindowRow

__all__ = ["World"]

_LIMITS = Limits()
_NOTHING: dict[str, Any] = {}  # of what was asked, nothing is kept
_ALL = 2**53


class World:
    """A game in which lives are played, one after the other or all together."""

    def __init__(self, catalog: Catalog, cast: Cast) -> None:
        """Make the catalog ready once for all lives."""
        self.catalog = catalog
        self.cast = cast
        self.now: int = 0
        self.midnights: list[int] = cast.midnights(catalog.timezone)
        self._notes = Counting(self.midnights)
        self._road = CountedRoad(
            ScratchStore(),
            catalog,
            lambda: (self.now, 0),
            accept_late=None,
            accept_early=0,
            on_change="keep",
            seed=None,
            recorder=self._notes,
        )
        self._access = Access(Shared(self._road))
        self._gifts: list[str] = []
        self._handing = any(role.persona.sends or role.persona.trades for role in cast.roles)
        """Whether points change hands: who was only given some has earned none, and may spend or lose them."""
        self._strict = any(rule.strict for rule in catalog.rules)
        # Periods that are closed are closed in each world: there a window is opened with what is due for it
        self._closes = any(each.delay is not None for each in self._road.base.trackers.values())
        self._lowest = lowest_rungs(catalog)
        self._windows = 0  # how many the store has
        self._higher = higher_rungs(catalog)
        declared = [currency.code for currency in catalog.currencies]
        self._currencies = declared if "points" in declared else ["points", *declared]

    @property
    def counted(self) -> Tally:
        """What was counted of the part that was played last, to its end or as far as it came."""
        return self._notes.tally

    def one_by_one(self, seed: int, replication: int, first: int, last: int) -> Tally:
        """Play the lives from `first` to before `last`, each in a world of its own."""
        tally = self._notes.tally = Tally(self.cast.days)
        for each in range(first, last):
            life = Life(self.cast, seed, replication, each)
            if life.arrived >= self.cast.days:
                continue
            person = Person(life.role.persona.code, life.arrived)
            tally.arrive(person, self._lowest)
            if not life.active:
                tally.leave(person, self._higher, [(currency, 0) for currency in self._currencies])
                continue
            with self.played(life, person, number(seed, replication, each, "rules")) as (_, unit):
                self._finish(unit, tally, life.name, person, unit.queued(ENTRY))
        return tally

    @contextmanager
    def played(self, life: Life, person: Person, luck: int) -> Iterator[tuple[Game, Unit]]:
        """Play one life in a world of its own, and give that world as the season leaves it."""
        tally = self._notes.tally
        self._notes.people = {life.name: person}
        with self._open(luck) as (access, game, unit):
            self.now = self.midnights[0]
            self._appear(game, life)
            for day in life.active:
                tally.come(person, day)
                for act in life.acts(self.cast, day):
                    if act.kind == "event":
                        self.now = act.at
                        self._emit(unit, life.name, act)
                    else:
                        self._do(game, unit, life.name, act, day, ())
            self._settle(access, self.midnights[-1])
            yield game, unit
            opened = [] if self._closes else self._opened(unit)
        if opened:
            self._leave(opened)

    def together(self, seed: int, replication: int, players: int) -> Tally:
        """Play all lives in one world, in the order of time."""
        tally = self._notes.tally = Tally(self.cast.days)
        everybody = (Life(self.cast, seed, replication, each) for each in range(players))
        lives = [life for life in everybody if life.arrived < self.cast.days]
        people = self._notes.people = {}
        coming: list[list[int]] = [[] for _ in range(self.cast.days)]
        for place, life in enumerate(lives):
            people[life.name] = Person(life.role.persona.code, life.arrived)
            tally.arrive(people[life.name], self._lowest)
            for day in life.active:
                coming[day].append(place)
        known: list[str] = []
        self._road.store, self._windows = ScratchStore(), 0  # a large one is sooner left behind than emptied
        self._road.known.clear()
        with self._open(number(seed, replication, 0, "rules")) as (access, game, unit):
            tally.codes.update(lay_out_codes(game, self.cast, players))
            for day, places in enumerate(coming):
                todo = []
                for place in places:
                    life = lives[place]
                    tally.come(people[life.name], day)
                    todo += [(act.at, place, turn, act) for turn, act in enumerate(life.acts(self.cast, day))]
                todo.sort(key=lambda each: each[:3])
                for at, place, _, act in todo:
                    life = lives[place]
                    if day == life.active[0] and people[life.name].seen is False:
                        people[life.name].seen = True
                        self.now = at
                        self._appear(game, life)
                        known.append(life.name)
                    self._do(game, unit, life.name, act, day, known)
                self._settle(access, self.midnights[day + 1])
            for life in lives:
                self._finish(unit, tally, life.name, people[life.name], ())
        return tally

    # -- one world --------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self, seed: int) -> Iterator[tuple[Access, Game, Unit]]:
        """Open the empty store, under the catalog, and empty it again afterwards."""
        road = self._road
        road.known.update({"plan": (OURS, road.base), "read": (0, road.base), "seed": seed})
        self._notes.begin()
        with self._access.handle(keep=False) as access:
            unit = access.unit
            assert unit is not None  # noqa: S101 - a handle has one
            game = Game(access, _LIMITS)
            if self.cast.gifts:
                self._gifts = lay_out_gifts(game, self.cast, self.midnights[0])
            yield access, game, unit

    def _opened(self, unit: Unit) -> list[WindowRow]:
        """Return the windows that a life was the first to need."""
        last, there = unit.last(WINDOW), self._windows
        return unit.scan(WINDOW, start=(there + 1,)) if last is not None and last.number > there else []

    def _leave(self, opened: list[WindowRow]) -> None:
        """Let windows be there for the lives to come."""
        unit = self._road.open()
        for row in opened:
            unit.add(WINDOW, row)
            unit.memo[row[1:5]] = row.number
        unit.commit()
        self._windows = opened[-1].number

    def _appear(self, game: Game, life: Life) -> None:
        """Say where somebody lives, where the scenario does."""
        if life.zone is not None:
            game.participants.upsert(life.name, timezone=life.zone)

    def _do(self, game: Game, unit: Unit, name: str, act: Act, day: int, known: Sequence[str]) -> None:  # noqa: PLR0913
        self.now = act.at
        match act.kind:
            case "event":
                self._emit(unit, name, act)
            case "visit":
                game.streaks.record(name, act.name)
            case "claim":
                claim(game, self.cast, self._purses(unit, name), name, act, day, self._notes.tally)
            case "trade":
                trade(game, name, act, day, known, self._notes.tally)
            case "redeem":
                redeem(game, self.cast, self._gifts, name, act, day, self._notes.tally)
            case "send":
                send(game, name, act, day, known, self._notes.tally)

    def _emit(self, unit: Unit, name: str, act: Act) -> None:
        def decide(turn: Turn) -> None:
            happen(turn, act.name, act.properties)

        ask = Ask("event", name, _NOTHING, None, None, decide)
        if not self._strict:  # nothing can refuse the event, so nothing has to be taken back
            self._road.perform(unit, "", ask)
            return
        try:
            self._road.attempt(unit, "", ask)
        except GamifyError as error:
            self._notes.tally.skipped["event", act.name, error.code] += 1

    def _purses(self, unit: Unit, name: str) -> dict[str, int]:
        """Return what somebody has of each currency, in whole units, as rewards cost them."""
        heads = self._wallets(unit, name)
        scales = self._road.base.catalog.scale
        return {
            currency: 0 if head is None else head.balance // one(scales(currency))
            for currency, head in heads.items()
        }

    def _wallets(self, unit: Unit, name: str) -> dict[str, EntryRow | None]:
        """Return the last movement of each of somebody's wallets."""
        row = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, ("", name))
        return {
            currency: None if row is None else unit.last(ENTRY, (row.number, currency))
            for currency in self._currencies
        }

    def _settle(self, access: Access, instant: int) -> None:
        """Do what time has done by itself up to an instant."""
        self.now = max(self.now, instant - 1)
        access.settle(self.now, _ALL)

    def _finish(
        self, unit: Unit, tally: Tally, name: str, person: Person, queued: Sequence[EntryRow]
    ) -> None:
        """Count what somebody ends with; `queued` are movements that were not sent to the store, of them alone."""
        balances = []
        for currency, head in self._wallets(unit, name).items():
            balances.append((currency, 0 if head is None else head.balance))
            if head is not None and (
                self._handing or head.balance < head.earned
            ):  # some was spent, or lapsed
                # As long as none was sent to the store there is no need to: nobody else will read them
                whole = [row for row in queued if row.currency == currency]
                if len(whole) < head.version:
                    whole = unit.scan(ENTRY, None, head[:2])
                count(tally, currency, whole, self._notes.day)
        tally.leave(person, self._higher, balances)
