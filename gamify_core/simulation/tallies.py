"""What a simulated (or a real) history amounts to: counts that can be added up, whoever counted them.

Promise: a tally holds whole numbers only, so that adding tallies up gives the same whatever they were split into; it
reads the outcomes of decided commands, the very words that an activity row keeps, and so tells the same of a simulation
as of a live file. Days are counted from 0 at the beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.effects import Words

__all__ = ["FLOWS", "Person", "Tally"]

FLOWS = ("issued", "spent", "expired", "reversed", "moved")
"""The ways of points: into the world, out of it, back where they came from, and from hand to hand."""

Days = list[int]
_EVENT = "event"  # the kind of the activity of an event
_PLAIN, _PEER = 6, 6  # how many words a movement has by itself, and where one between people names the other


class Person:
    """What has to be remembered of somebody as long as their story goes on."""

    __slots__ = ("active", "arrived", "badges", "persona", "rungs", "runs", "seen", "tiers")

    def __init__(self, persona: str, arrived: int) -> None:
        """Begin on the day of arrival."""
        self.persona: str = persona
        self.arrived: int = arrived
        self.seen: bool = False
        self.active: int = -1  # the last day on which they did anything
        self.rungs: dict[str, str | None] = {}
        self.tiers: set[tuple[str, str]] = set()
        self.badges: set[str] = set()
        self.runs: dict[str, int] = {}


@attrs.define
class Tally:
    """Counts of one stretch of days, for some or all participants."""

    days: int
    players: Counter[str] = attrs.field(factory=Counter)
    arrived: dict[str, Days] = attrs.field(factory=dict)
    active: dict[str, Days] = attrs.field(factory=dict)
    seen_at_age: Days = attrs.field(factory=list)
    events: dict[str, Days] = attrs.field(factory=dict)
    amounts: dict[tuple[str, str, str], Days] = attrs.field(factory=dict)
    """(flow, currency, cause) → points on each day."""
    counts: dict[tuple[str, str, str], Days] = attrs.field(factory=dict)
    rungs: dict[tuple[str, str], Days] = attrs.field(factory=dict)
    """(ladder, tier) → how many more hold it from each day on."""
    reached: dict[tuple[str, str], Counter[int]] = attrs.field(factory=dict)
    """(ladder, tier) → who reached it first on which day after arriving …"""
    unreached: dict[tuple[str, str], Counter[int]] = attrs.field(factory=dict)
    """… and how long those were watched who never did."""
    badges: dict[str, Days] = attrs.field(factory=dict)
    earners: dict[tuple[str, str], int] = attrs.field(factory=Counter)
    """(badge, persona) → how many earned it."""
    ended: dict[str, Counter[int]] = attrs.field(factory=dict)
    """streak → lengths of the runs that broke …"""
    running: dict[str, Counter[int]] = attrs.field(factory=dict)
    """… and of those that go on."""
    claims: dict[str, Days] = attrs.field(factory=dict)
    refused: dict[tuple[str, str], Days] = attrs.field(factory=dict)
    """(reward, code of the refusal) → how often, each day."""
    codes: Counter[str] = attrs.field(factory=Counter)
    """reward → how many codes its pool began with, where it takes codes and that is known."""
    balances: dict[tuple[str, str], Counter[int]] = attrs.field(factory=dict)
    """(currency, persona) → how many end with each balance."""
    redeemed: Counter[tuple[str, int, int]] = attrs.field(factory=Counter)
    """(currency, cohort, age) → points spent of those issued then, so much later (see `cohorts`) …"""
    lapsed: Counter[tuple[str, int, int]] = attrs.field(factory=Counter)
    """… and those that lapsed."""
    skipped: Counter[tuple[str, str, str]] = attrs.field(factory=Counter)
    trades: Days = attrs.field(factory=list)
    commands: int = 0

    def __attrs_post_init__(self) -> None:
        """Give every day a place."""
        self.seen_at_age = self.seen_at_age or [0] * self.days
        self.trades = self.trades or [0] * self.days

    # -- people -----------------------------------------------------------------------------------------------

    def arrive(self, person: Person, lowest: Sequence[tuple[str, str]]) -> None:
        """Count somebody from the day on which they arrive; the lowest rung is theirs silently."""
        self.players[person.persona] += 1
        self.on(self.arrived, person.persona)[person.arrived] += 1
        for ladder, tier in lowest:
            person.rungs[ladder] = tier
            self.on(self.rungs, (ladder, tier))[person.arrived] += 1

    def come(self, person: Person, day: int) -> None:
        """Count somebody as there on a day."""
        if day != person.active:
            person.active = day
            self.on(self.active, person.persona)[day] += 1
            self.seen_at_age[day - person.arrived] += 1

    def leave(
        self, person: Person, rungs: Sequence[tuple[str, str]], balances: Sequence[tuple[str, int]]
    ) -> None:
        """Count what somebody ends with."""
        watched = self.days - person.arrived
        for rung in rungs:
            if rung not in person.tiers:
                _lengths(self.unreached, rung)[watched] += 1
        for badge in person.badges:
            self.earners[badge, person.persona] += 1
        for streak, length in person.runs.items():
            _lengths(self.running, streak)[length] += 1
        for currency, balance in balances:
            _lengths(self.balances, (currency, person.persona))[balance] += 1

    # -- what was decided -------------------------------------------------------------------------------------

    def take(
        self,
        person: Person,
        day: int,
        kind: str,
        outcome: list[Words],
        others: Mapping[int, Person] | None = None,
    ) -> None:
        """Count what a command of a kind brought about: for somebody, and for `others` by their numbers."""
        self.commands += 1
        for words in outcome:
            tag = words[0]
            if tag == "points_awarded":
                if len(words) == _PLAIN or words[_PEER] is None:
                    self._flow("issued", words, day)
                else:
                    self._flow("moved", words, day)
                continue
            if tag == "=":  # what an event was called; every other command says other things there
                if kind == _EVENT:
                    self.on(self.events, words[2])[day] += 1
                continue
            count = _COUNTED.get(tag)  # type: ignore[arg-type]
            if count is not None:
                who = person if others is None else others.get(words[1], person)  # type: ignore[arg-type]
                count(self, who, day, words)

    def _flow(self, flow: str, words: Words, day: int) -> None:
        key: Any = (flow, words[4], words[2])
        days = self.amounts.get(key)
        if days is None:
            days = self.amounts[key] = [0] * self.days
            self.counts[key] = [0] * self.days
        days[day] += words[3]  # type: ignore[operator]
        self.counts[key][day] += 1

    def _deducted(self, _person: Person, day: int, words: Words) -> None:
        if len(words) == _PLAIN or words[_PEER] is None:  # a transfer was counted by its other side
            self._flow("spent", words, day)

    def _reversed(self, _person: Person, day: int, words: Words) -> None:
        self._flow("reversed", words, day)

    def _expired(self, _person: Person, day: int, words: Words) -> None:
        self._flow("expired", words, day)

    def _tier(self, person: Person, day: int, words: Words) -> None:
        ladder, tier = str(words[3]), words[4]
        before = person.rungs.get(ladder)
        if before is not None:
            self.on(self.rungs, (ladder, before))[day] -= 1
        person.rungs[ladder] = tier if isinstance(tier, str) else None
        if isinstance(tier, str):
            rung = ladder, tier
            self.on(self.rungs, rung)[day] += 1
            if rung not in person.tiers:
                person.tiers.add(rung)
                _lengths(self.reached, rung)[max(day - person.arrived, 0)] += 1

    def _badge(self, person: Person, day: int, words: Words) -> None:
        badge = str(words[3])
        if badge not in person.badges:
            person.badges.add(badge)
            self.on(self.badges, badge)[day] += 1

    def _extended(self, person: Person, _day: int, words: Words) -> None:
        streak, count = str(words[3]), int(words[4] or 0)
        before = person.runs.get(streak, 0)
        if count <= before:
            _lengths(self.ended, streak)[before] += 1
        person.runs[streak] = count

    def _broken(self, person: Person, _day: int, words: Words) -> None:
        length = person.runs.pop(str(words[3]), 0)
        if length:
            _lengths(self.ended, str(words[3]))[length] += 1

    def _claimed(self, _person: Person, day: int, words: Words) -> None:
        self.on(self.claims, str(words[3]))[day] += 1

    def _passed_over(self, _person: Person, _day: int, words: Words) -> None:
        self.skipped[str(words[2]), str(words[3]), str(words[4])] += 1

    def refuse(self, reward: str, code: str, day: int) -> None:
        """Count a claim that was refused."""
        self.on(self.refused, (reward, code))[day] += 1

    def on(self, table: dict[Any, Days], key: object) -> Days:
        """Return the days of something that is counted by day."""
        days = table.get(key)
        if days is None:
            days = table[key] = [0] * self.days
        return days

    # -- adding up --------------------------------------------------------------------------------------------

    def add(self, other: Tally) -> None:
        """Add what another counted of the same days."""
        for field in attrs.fields(Tally):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, dict):
                for key, value in theirs.items():
                    mine[key] = _sum(mine[key], value) if key in mine else value
            elif isinstance(mine, list):
                setattr(self, field.name, _sum(mine, theirs))
        self.commands += other.commands

    # -- reading ----------------------------------------------------------------------------------------------

    @property
    def population(self) -> int:
        """How many participants there were."""
        return sum(self.players.values())

    def currencies(self) -> list[str]:
        """Return the currencies that moved, or that somebody holds."""
        return sorted({key[1] for key in self.amounts} | {key[0] for key in self.balances})

    def flow(self, flow: str, currency: str) -> Days:
        """Return how many points went this way on each day."""
        total = [0] * self.days
        for (way, money, _), days in self.amounts.items():
            if way == flow and money == currency:
                total = _sum(total, days)
        return total

    def supply(self, currency: str) -> Days:
        """Return how many points there were at the end of each day."""
        ways = {name: self.flow(name, currency) for name in FLOWS}
        held, running = [], 0
        for day in range(self.days):
            running += ways["issued"][day] + ways["reversed"][day] - ways["spent"][day] - ways["expired"][day]
            held.append(running)
        return held

    def present(self) -> Days:
        """Return how many had arrived by the end of each day."""
        return running([sum(days) for days in zip(*self.arrived.values(), strict=True)] or [0] * self.days)

    def holders(self, ladder: str, tier: str) -> Days:
        """Return how many held a tier at the end of each day."""
        return running(self.rungs.get((ladder, tier), [0] * self.days))

    def daily(self) -> Days:
        """Return how many were active on each day."""
        return [sum(days) for days in zip(*self.active.values(), strict=True)] or [0] * self.days

    def watched_at_age(self) -> Days:
        """Return how many were watched for so many days after they arrived."""
        arrivals = [sum(days) for days in zip(*self.arrived.values(), strict=True)] or [0] * self.days
        return running(arrivals)[::-1]

    def held(self, currency: str, persona: str | None = None) -> Counter[int]:
        """Return how many hold each balance, of one persona or of all."""
        found: Counter[int] = Counter()
        for (money, who), balances in self.balances.items():
            if money == currency and persona in (None, who):
                found.update(balances)
        return found


_COUNTED = {
    "points_deducted": Tally._deducted,  # noqa: SLF001 - the tally's own
    "points_reversed": Tally._reversed,  # noqa: SLF001
    "points_expired": Tally._expired,  # noqa: SLF001
    "tier_changed": Tally._tier,  # noqa: SLF001
    "badge_earned": Tally._badge,  # noqa: SLF001
    "streak_extended": Tally._extended,  # noqa: SLF001
    "streak_broken": Tally._broken,  # noqa: SLF001
    "reward_claimed": Tally._claimed,  # noqa: SLF001
    "skipped": Tally._passed_over,  # noqa: SLF001
}


def _lengths(table: dict[Any, Counter[int]], key: object) -> Counter[int]:
    """Return the counts of something by a number, such as how long it took."""
    counts = table.get(key)
    if counts is None:  # to make one for `setdefault` each time costs more than all the rest
        counts = table[key] = Counter()
    return counts


def running(days: Days) -> Days:
    """Return the sum of all days up to each."""
    total, sums = 0, []
    for each in days:
        total += each
        sums.append(total)
    return sums


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, Counter):
        return one + other  # all counts are above zero
    return [a + b for a, b in zip(one, other, strict=True)]


def lowest_rungs(catalog: Catalog) -> list[tuple[str, str]]:
    """Return the rung of each ladder that is held from the first move on, without a word."""
    found = []
    for ladder in catalog.ladders:
        automatic = [tier for tier in ladder.tiers if tier.award_type == "automatic"]
        if automatic and automatic[0].min_points <= 0:
            found.append((ladder.code, automatic[0].code))
    return found


def higher_rungs(catalog: Catalog) -> list[tuple[str, str]]:
    """Return all other rungs: those that have to be reached."""
    lowest = set(lowest_rungs(catalog))
    rungs = [(ladder.code, tier.code) for ladder in catalog.ladders for tier in ladder.tiers]
    return [rung for rung in rungs if rung not in lowest]
