"""Worlds to try streaks in: zones at their worst, instants on the edges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from attrs import evolve
from hypothesis import strategies as st

from gamify_core.domain.periods import DAY, HOUR, SECOND, Calendar, Kind
from gamify_core.domain.streaks import (
    NO_PARDONS,
    GraceMode,
    Mark,
    Pardons,
    Reading,
    State,
    StreakRules,
    fold,
    read,
)
from gamify_core.domain.zones import CARRIED, ZoneLine, fixed, zone

__all__ = ["BOTH", "PLACES", "World", "carried_worlds", "folded", "looked_at", "mark_at", "past", "travels"]
__all__ += ["worlds"]

BOTH: tuple[GraceMode, ...] = ("keep_alive", "credit")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Each zone with a date a few days before its clock did something strange.
PLACES = (
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
_SHARES = st.tuples(st.integers(0, 3), st.integers(1, 3))  # a part too many: a goal that is no more


class World(NamedTuple):
    """Rules, a line, facts, and activities; `until` lies after most of them."""

    rules: StreakRules
    line: ZoneLine
    pardons: Pardons
    marks: tuple[Mark, ...]
    until: int


def past(world: World) -> World:
    """Return the world with only what had happened by `until`."""
    return world._replace(marks=tuple(mark for mark in world.marks if mark.instant <= world.until))


def folded(world: World) -> State | None:
    """Return what the marks of a world come to."""
    return fold(world.marks, world.rules, world.line, world.pardons)


def looked_at(world: World, as_of: int | None = None) -> Reading:
    """Return how the streak of a world reads at an instant: at its end, where none is given."""
    at = world.until if as_of is None else as_of
    return read(folded(world), world.rules, world.line, world.pardons, at)


def _instants(rules: StreakRules, line: ZoneLine, base: int) -> st.SearchStrategy[int]:
    """Draw instants on the edges of periods and of their grace, where a wrong comparison shows."""
    nudges = (0, SECOND, rules.grace - SECOND, rules.grace, -SECOND, 12 * HOUR)
    return st.builds(
        lambda label, nudge: rules.calendar.begins(label, line.zones[0]) + nudge,
        st.integers(base, base + _DAYS),
        st.sampled_from(nudges),
    )


@st.composite
def _rules(draw: st.DrawFn, *, target: int | None, wide: bool, modes: tuple[GraceMode, ...]) -> StreakRules:
    kinds: tuple[Kind, ...] = ("daily", "daily", "daily", "weekly")
    kind: Kind = draw(st.sampled_from((*kinds, "days", "monthly", "hourly") if wide else kinds))
    rest = draw(st.sampled_from(((), (), (5, 6), (0, 2, 3)))) if kind == "daily" else ()
    calendar = Calendar(
        kind,
        week_start=draw(st.integers(0, 6)),
        day_start=draw(st.sampled_from((0, 0, 30, 240))),
        days=draw(st.integers(2, 4)) if kind == "days" else 1,
        anchor=draw(st.integers(700_000, 700_003)) if kind == "days" else 1,
    )
    days = wide and draw(st.booleans())
    most = {"daily": 1, "hourly": 1, "days": calendar.days}.get(kind, 3) if days else 3
    goals = draw(st.lists(st.integers(1, most), max_size=3)) if wide and target is None else []
    return StreakRules(
        calendar,
        grace=draw(st.sampled_from((0, 0, 2 * HOUR, DAY, 30 * HOUR))),
        grace_mode=draw(st.sampled_from(modes)),
        target=1 if goals else target or draw(st.integers(1, min(most, 3))),
        rest_weekdays=frozenset(rest),
        freeze_cap=draw(st.integers(0, 2)),
        freeze_every=draw(st.integers(0, 3)) if wide else 0,
        distinct_days=days,
        goals=tuple(goals),
        match=draw(st.sampled_from(("all", "any"))),
    )


@st.composite
def worlds(  # noqa: PLR0913 - each law asks for what it is about
    draw: st.DrawFn,
    *,
    target: int | None = None,
    freezes: bool = True,
    wide: bool = False,
    modes: tuple[GraceMode, ...] = ("keep_alive",),
    places: tuple[tuple[str, str], ...] = PLACES,
) -> World:
    """Draw a world in one zone, with pauses, repairs and (unless refused) freezes.

    A `wide` one has all kinds of periods, several goals, distinct days and earned freezes; `modes` are those of
    grace.
    """
    rules = draw(_rules(target=target, wide=wide, modes=modes))
    if not freezes:
        rules = evolve(rules, freeze_every=0)
    name, start = draw(st.sampled_from(places))
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
    times = draw(st.lists(instants, max_size=14 if wide else 10))
    marks = [mark_at(at, number, rules, line) for number, at in enumerate(sorted(times), 1)]
    if rules.goals:
        marks = [
            mark._replace(part=part, weight=weight)
            for mark in marks
            for part, weight in draw(st.lists(_SHARES, min_size=1, max_size=2))
        ]
    return World(
        rules,
        line,
        Pardons(tuple(pauses), repaired, tuple(grants)),
        tuple(sorted(set(marks))),
        draw(instants),
    )


def mark_at(at: int, number: int, rules: StreakRules, line: ZoneLine) -> Mark:
    """Return the mark of an activity at an instant."""
    here = line.at(at)
    return Mark(rules.calendar.label(at, here), at, number, day=Calendar().label(at, here))


@st.composite
def travels(draw: st.DrawFn, *, modes: tuple[GraceMode, ...] = ("keep_alive",)) -> World:
    """Draw a daily streak of someone who hops between far zones, every day if need be."""
    grace, cap = draw(st.sampled_from((0, 2 * HOUR, 25 * HOUR))), draw(st.integers(0, 1))
    mode: GraceMode = draw(st.sampled_from(modes))
    rules = StreakRules(grace=grace, grace_mode=mode, freeze_cap=cap, freeze_every=draw(st.integers(0, 2)))
    home = ZoneLine((zone(draw(st.sampled_from(_FAR_APART))),))
    base = rules.calendar.label(1_767_225_600 * SECOND, home.zones[0])
    instants = _instants(rules, home, base)
    changes = sorted(draw(st.sets(instants, max_size=4)))
    zones = draw(st.lists(st.sampled_from(_FAR_APART), min_size=len(changes), max_size=len(changes)))
    line = ZoneLine((*home.zones, *map(zone, zones)), tuple(changes))
    edges = st.sampled_from(changes) if changes else instants
    times = draw(st.lists(st.one_of(instants, edges), max_size=10))
    marks = tuple(mark_at(at, n, rules, line) for n, at in enumerate(sorted(times), 1))
    grants = draw(st.lists(st.tuples(instants, st.just(1)), max_size=2))
    return World(rules, line, Pardons(grants=tuple(grants)), marks, draw(st.one_of(instants, edges)))


@st.composite
def carried_worlds(draw: st.DrawFn, *, modes: tuple[GraceMode, ...] = ("keep_alive",)) -> World:
    """Draw a streak whose activities carry their own offsets."""
    mode: GraceMode = draw(st.sampled_from(modes))
    grace, target = draw(st.sampled_from((0, 2 * HOUR))), draw(st.integers(1, 2))
    rules = StreakRules(grace=grace, grace_mode=mode, target=target)
    instants = _instants(rules, CARRIED, 739_617)
    times = draw(st.lists(st.tuples(instants, st.sampled_from((-39_600, 0, 19_800, 50_400))), max_size=8))
    marks = tuple(
        Mark(rules.calendar.label(at, fixed(offset)), at, n, offset)
        for n, (at, offset) in enumerate(sorted(times), 1)
    )
    return World(rules, CARRIED, NO_PARDONS, marks, draw(instants))
