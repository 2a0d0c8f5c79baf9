"""Worlds to try streaks in: zones at their worst, instants on the edges, a nightly job as the oracle."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from gamify_core.domain.periods import DAY, HOUR, SECOND, Calendar
from gamify_core.domain.streaks import NO_PARDONS, Mark, Pardons, StreakRules
from gamify_core.domain.zones import CARRIED, ZoneLine, fixed, zone

__all__ = ["World", "carried_worlds", "nightly", "travels", "wall_label", "worlds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Each zone with a date a few days before its clock did something strange.
_PLACES = (
    ("UTC", "2026-02-27"),
    ("+05:45", "2026-02-27"),
    ("America/New_York", "2024-03-07"),
    ("America/New_York", "2024-10-31"),
    ("America/Sao_Paulo", "2018-11-01"),
    ("America/Havana", "2024-11-01"),
    ("America/Toronto", "1919-03-28"),
    ("Pacific/Apia", "2011-12-27"),
)
_FAR_APART = ("Asia/Tokyo", "Pacific/Honolulu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London")
_DAYS = 9


class World(NamedTuple):
    """Rules, a line, facts, and activities; `until` lies after most of them."""

    rules: StreakRules
    line: ZoneLine
    pardons: Pardons
    marks: tuple[Mark, ...]
    until: int


def _instants(rules: StreakRules, line: ZoneLine, base: int) -> st.SearchStrategy[int]:
    """Draw instants on the edges of periods and of their grace, where a wrong comparison shows."""
    nudges = (0, SECOND, rules.grace - SECOND, rules.grace, -SECOND, 12 * HOUR)
    return st.builds(
        lambda label, nudge: rules.calendar.begins(label, line.zones[0]) + nudge,
        st.integers(base, base + _DAYS),
        st.sampled_from(nudges),
    )


@st.composite
def _rules(draw: st.DrawFn, *, target: int | None) -> StreakRules:
    kind = draw(st.sampled_from(("daily", "daily", "daily", "weekly")))
    start = draw(st.sampled_from((0, 0, 30, 240)))
    rest = draw(st.sampled_from(((), (), (5, 6), (0, 2, 3)))) if kind == "daily" else ()
    return StreakRules(
        Calendar(
            "daily" if kind == "daily" else "weekly", week_start=draw(st.integers(0, 6)), day_start=start
        ),
        grace=draw(st.sampled_from((0, 0, 2 * HOUR, DAY, 30 * HOUR))),
        target=target or draw(st.integers(1, 3)),
        rest_weekdays=frozenset(rest),
        freeze_cap=draw(st.integers(0, 2)),
    )


@st.composite
def worlds(draw: st.DrawFn, *, target: int | None = None, freezes: bool = True) -> World:
    """Draw a world in one zone, with pauses, repairs and (unless refused) freezes."""
    rules = draw(_rules(target=target))
    name, start = draw(st.sampled_from(_PLACES))
    line = ZoneLine((zone(name),))
    noon = int((datetime.fromisoformat(start) - _EPOCH.replace(tzinfo=None)).total_seconds()) * SECOND
    base = rules.calendar.label(noon, line.zones[0])
    instants = _instants(rules, line, base)
    pauses = [
        (a, b) if a < b else (b, a)
        for a, b in draw(st.lists(st.tuples(instants, instants), max_size=1))
        if a != b
    ]
    repaired = draw(st.frozensets(st.integers(base, base + _DAYS), max_size=1))
    grants = draw(st.lists(st.tuples(instants, st.integers(1, 2)), max_size=3)) if freezes else []
    times = draw(st.lists(instants, max_size=10))
    marks = tuple(
        Mark(rules.calendar.label(at, line.zones[0]), at, number)
        for number, at in enumerate(sorted(times), 1)
    )
    until = draw(instants)
    return World(rules, line, Pardons(tuple(pauses), repaired, tuple(grants)), marks, until)


@st.composite
def travels(draw: st.DrawFn) -> World:
    """Draw a daily streak of someone who hops between far zones, every day if need be."""
    grace, cap = draw(st.sampled_from((0, 2 * HOUR, 25 * HOUR))), draw(st.integers(0, 1))
    rules = StreakRules(grace=grace, freeze_cap=cap)
    home = ZoneLine((zone(draw(st.sampled_from(_FAR_APART))),))
    base = rules.calendar.label(1_767_225_600 * SECOND, home.zones[0])
    instants = _instants(rules, home, base)
    changes = sorted(draw(st.sets(instants, max_size=4)))
    zones = draw(st.lists(st.sampled_from(_FAR_APART), min_size=len(changes), max_size=len(changes)))
    line = ZoneLine((*home.zones, *map(zone, zones)), tuple(changes))
    edges = st.sampled_from(changes) if changes else instants
    times = draw(st.lists(st.one_of(instants, edges), max_size=10))
    marks = tuple(Mark(rules.calendar.label(at, line.at(at)), at, n) for n, at in enumerate(sorted(times), 1))
    grants = draw(st.lists(st.tuples(instants, st.just(1)), max_size=2))
    return World(rules, line, Pardons(grants=tuple(grants)), marks, draw(st.one_of(instants, edges)))


@st.composite
def carried_worlds(draw: st.DrawFn) -> World:
    """Draw a streak whose activities carry their own offsets."""
    rules = StreakRules(grace=draw(st.sampled_from((0, 2 * HOUR))), target=draw(st.integers(1, 2)))
    instants = _instants(rules, CARRIED, 739_617)
    times = draw(st.lists(st.tuples(instants, st.sampled_from((-39_600, 0, 19_800, 50_400))), max_size=8))
    marks = tuple(
        Mark(rules.calendar.label(at, fixed(offset)), at, n, offset)
        for n, (at, offset) in enumerate(sorted(times), 1)
    )
    return World(rules, CARRIED, NO_PARDONS, marks, draw(instants))


def wall_label(instant: int, world: World) -> int:
    """Return the label of an instant by way of the standard library's own dates."""
    calendar = world.rules.calendar
    here = world.line.at(instant)
    wall = (_EPOCH + timedelta(microseconds=instant)).astimezone(here).replace(tzinfo=None)
    day = (wall - timedelta(minutes=calendar.day_start)).date()
    if calendar.kind == "daily":
        return day.toordinal()
    into = (day.weekday() - calendar.week_start) % 7
    return (day.toordinal() - into - 1 - calendar.week_start) // 7


class Night(NamedTuple):
    """What the nightly job has in its books."""

    current: int
    longest: int
    stock: int
    used: int


def nightly(world: World) -> Night:
    """Live through everything in order of time, with a job that wakes at every deadline."""
    rules, _, pardons, marks, until = world
    lowest = min([mark.label for mark in marks], default=0)
    events: list[tuple[int, int, int]] = [(at, 0, number) for at, number in pardons.grants]
    required = (
        [k for k in range(lowest, wall_label(until, world)) if not _is_excused(k, world)] if marks else []
    )
    events += [(_first(k + 1, world) + rules.grace, 1, k) for k in required]
    events += [(mark.instant, 2, mark.label) for mark in marks]
    current = longest = stock = used = last = 0
    tally: Counter[int] = Counter()
    for at, what, value in sorted(events):
        if what == 0 and at <= until:
            stock = min(rules.freeze_cap, stock + value)
        elif what == 1 and at <= until and current and value > last:
            current, stock, used = (current, stock - 1, used + 1) if stock else (0, stock, used)
        elif what == 2:
            tally[value] += 1
            if tally[value] == rules.target:
                current, last = current + 1, value
                longest = max(longest, current)
    return Night(current, longest, stock, used)


def _first(label: int, world: World) -> int:
    """Find the first instant of a label by halving; in the zones drawn here the date never goes back."""
    low = (label * (7 if world.rules.calendar.kind == "weekly" else 1) - 719_163 - 3) * DAY
    high = low + 14 * DAY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wall_label(middle, world) >= label else (middle, high)
    return high


def _is_excused(label: int, world: World) -> bool:
    rules, pardons = world.rules, world.pardons
    start, end = _first(label, world), _first(label + 1, world)
    if rules.calendar.kind == "daily" and datetime.fromordinal(label).weekday() in rules.rest_weekdays:
        return True
    paused = any(start < to and since < end for since, to in pardons.pauses)
    return start == end or label in pardons.repaired or paused
