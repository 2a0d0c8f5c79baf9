"""Invented lives: when somebody arrives, on which days they are active, and what they do on each.

Promise: a life is drawn from streams of its own (see `streams`), each purpose apart, so it does not change with the
rules: under another catalog the same people come on the same days and send the same events.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from gamify_core.clock import instant_of
from gamify_core.domain.periods import DAY, HOUR
from gamify_core.domain.zones import zone
from gamify_core.simulation.inventing import BUILT_IN, mix_of
from gamify_core.simulation.personas import Giveaway, Persona, hours_of, survival
from gamify_core.simulation.scenario import Scenario
from gamify_core.simulation.sources import Make, maker
from gamify_core.simulation.streams import Draw, pick, poisson, stream, weighted

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog, Reward

__all__ = ["Act", "Cast", "Life"]

_act = tuple.__new__

EVENING = (1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 3, 3, 3, 3, 4, 4, 3, 3, 3, 4, 5, 6, 6, 6, 4, 2)
"""Where nothing is said: few at night, most in the evening."""


class Act(NamedTuple):
    """Something somebody does: an event, or (without a name) what `kind` says."""

    at: int
    kind: str
    name: str = ""
    properties: Mapping[str, Any] = {}


class _Role:
    """A persona, made ready to draw from."""

    def __init__(self, persona: Persona, catalog: Catalog, days: int) -> None:
        self.persona: Persona = persona
        mix = persona.events or mix_of(catalog)
        chosen = {name: each for name, each in mix.items() if each.weight > 0}
        self.sums: tuple[float, ...] = weighted([each.weight for each in chosen.values()])
        invented = mix_of(catalog)
        self.events: list[tuple[str, tuple[tuple[str, Make], ...]]] = []
        for name, each in chosen.items():
            # What a scenario does not say of an event is invented, as it is where there is no scenario
            sources = {**(invented[name].properties if name in invented else {}), **each.properties}
            self.events.append((name, tuple((field, maker(source)) for field, source in sources.items())))
        kept = survival(persona)
        # Rising, to be searched: whoever has left does not come back, even where a table says that more are there
        self.gone: list[float] = [-share for share in accumulate(map(kept, range(days + 1)), min)]
        self.hours: tuple[float, ...] = weighted(hours_of(persona.hours) or EVENING)
        zones = persona.timezone if isinstance(persona.timezone, Mapping) else {persona.timezone: 1.0}
        self.zones: tuple[str | None, ...] = tuple(zones)
        self.zone_sums: tuple[float, ...] = weighted(tuple(zones.values()))


class Cast:
    """All there is to know to invent a life: personas, the catalog's events, the calendar."""

    def __init__(self, catalog: Catalog, scenario: Scenario, start: date, days: int) -> None:
        """Make ready; lives are invented one by one."""
        self.days: int = days
        self.start: date = start
        self.timezone: str = catalog.timezone
        self.roles: list[_Role] = [_Role(persona, catalog, days) for persona in scenario.personas or BUILT_IN]
        self.shares: tuple[float, ...] = weighted([role.persona.share for role in self.roles])
        self.arrivals: int = scenario.arrivals
        recorded = {code for rule in catalog.rules for code in rule.streak}
        self.visits: list[str] = [
            each.code
            for each in catalog.streaks
            if not each.on and not each.goals and each.code not in recorded
        ]
        self.spending: list[Reward] = [reward for reward in catalog.rewards if reward.is_active]
        self.gifts: tuple[Giveaway, ...] = scenario.gifts
        self.codes: Mapping[str, int] = scenario.codes
        self._midnights: dict[str, list[int]] = {}
        self.weekday: int = start.weekday()

    def midnights(self, name: str) -> list[int]:
        """Return the first instant of each day in a zone, and of the day after the last."""
        found = self._midnights.get(name)
        if found is None:
            first = datetime(self.start.year, self.start.month, self.start.day, tzinfo=zone(name))
            found = self._midnights[name] = [
                instant_of(first + timedelta(days=day)) for day in range(self.days + 1)
            ]
        return found


class Life:
    """One participant's invented life."""

    __slots__ = ("_acts", "_giving", "_midnights", "_spending", "active", "arrived", "name", "role", "zone")

    def __init__(self, cast: Cast, seed: int, replication: int, number: int) -> None:
        """Invent who participant `number` is, and on which days they are active."""
        draw = stream(seed, replication, number, "life")
        self.name: str = f"p{number}"
        role = cast.roles[pick(draw, cast.shares)]
        self.role: _Role = role
        arriving, lasting, where = draw(), draw(), draw()
        # Drawn from the arrivals alone: a season that is cut short is the beginning of the whole one
        self.arrived: int = int(arriving * cast.arrivals)
        self.zone: str | None = role.zones[
            min(bisect_right(role.zone_sums, where * role.zone_sums[-1]), len(role.zones) - 1)
        ]
        self._midnights = cast.midnights(self.zone or cast.timezone)
        left = max(cast.days - self.arrived, 0)
        stays = min(bisect_left(role.gone, -lasting), left)
        coming = stream(seed, replication, number, "days")
        chance = role.persona.activity
        self.active: list[int] = [
            day for day in range(self.arrived, self.arrived + stays) if coming() < chance
        ]
        if not self.active:
            return
        self._acts: Draw = stream(seed, replication, number, "acts")
        persona = role.persona
        self._spending: Draw | None = (
            stream(seed, replication, number, "spending") if persona.spends or persona.trades else None
        )
        gives = persona.sends or (persona.redeems and cast.gifts)
        self._giving: Draw | None = stream(seed, replication, number, "giving") if gives else None

    def acts(self, cast: Cast, day: int) -> list[Act]:
        """Invent what they do on one of their active days; days are asked for in their order."""
        role, draw = self.role, self._acts
        first, following = self._midnights[day], self._midnights[day + 1]
        weekday = (cast.weekday + day) % 7
        acts = []
        more = role.persona.events_per_day - 1
        for _ in range(1 + (poisson(draw, more) if more else 0) if role.events else 0):
            name, makers = role.events[pick(draw, role.sums)] if len(role.events) > 1 else role.events[0]
            hour = pick(draw, role.hours)
            at = first + hour * HOUR + int(draw() * HOUR)
            properties = {field: make(draw, hour, weekday) for field, make in makers}
            acts.append(_act(Act, (at if at < following else following - 1, "event", name, properties)))
        if len(acts) > 1:
            acts.sort(key=_when)
        for code in cast.visits:
            acts.insert(0, Act(acts[0].at if acts else first + DAY // 2, "visit", code))
        if self._spending is not None:
            self._spend(cast, acts, first, following)
        if self._giving is not None:
            self._give(cast, acts, first, following)
        return acts

    def _spend(self, cast: Cast, acts: list[Act], first: int, following: int) -> None:
        draw, persona = self._spending, self.role.persona
        assert draw is not None  # noqa: S101 - it was just asked
        spends, chooses, trades, whom, price = draw(), draw(), draw(), draw(), draw()
        last = min((acts[-1].at if acts else first + DAY // 2) + 1, following - 1)
        if spends < persona.spends and cast.spending:
            acts.append(Act(last, "claim", persona.picks, {"choice": chooses}))
        if trades < persona.trades:
            acts.append(
                Act(last, "trade", "", {"whom": whom, "price": max(1, round(persona.price * (0.5 + price)))})
            )

    def _give(self, cast: Cast, acts: list[Act], first: int, following: int) -> None:
        draw, persona = self._giving, self.role.persona
        assert draw is not None  # noqa: S101 - it was just asked
        redeems, choice, sends, whom, amount = draw(), draw(), draw(), draw(), draw()
        last = min((acts[-1].at if acts else first + DAY // 2) + 1, following - 1)
        if redeems < persona.redeems and cast.gifts:
            acts.append(Act(last, "redeem", "", {"choice": choice}))
        if sends < persona.sends:
            sent = max(1, round(persona.price * (0.5 + amount)))
            acts.append(Act(last, "send", "", {"whom": whom, "amount": sent}))


def _when(act: Act) -> int:
    return act.at
