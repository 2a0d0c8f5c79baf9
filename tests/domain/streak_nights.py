"""The oracle of streaks: a nightly job that lives through everything in order of time.

It shares nothing with the library but its values: labels and first instants are worked out by way of the standard
library's own dates, and each deadline is an event of its own.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.periods import DAY, HOUR

if TYPE_CHECKING:
    from gamify_core.domain.streaks import Mark, StreakRules
    from tests.domain.streak_worlds import World

__all__ = ["Night", "asked", "first", "most_filled", "nightly", "wall_label"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Night(NamedTuple):
    """What the nightly job has in its books."""

    current: int
    longest: int
    stock: int
    used: int
    told: dict[int, str]
    """What became of labels: satisfied, frozen, missed."""


class _Books:
    """The books of the job, in which each event writes."""

    def __init__(self, rules: StreakRules) -> None:
        self.rules = rules
        self.current = self.longest = self.stock = self.used = 0
        self.last: int | None = None
        self.told: dict[int, str] = {}
        self.open: list[int] = []
        self.sums: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.days: defaultdict[tuple[int, int], set[int]] = defaultdict(set)

    def grant(self, number: int) -> None:
        self.stock = min(self.rules.freeze_cap, self.stock + number)

    def close(self, label: int) -> None:
        self.open.remove(label)
        if not self.current or label in self.told or (self.last is not None and label < self.last):
            return
        if self.stock:
            self.stock, self.used, self.told[label] = self.stock - 1, self.used + 1, "frozen"
        else:
            self.current, self.told[label] = 0, "missed"

    def act(self, mark: Mark) -> None:
        goals = self.rules.goals or (self.rules.target,)
        part = mark.part if self.rules.goals and len(goals) > 1 else 0
        if not 0 <= part < len(goals):
            return
        home = mark.label
        if self.rules.grace_mode == "credit":
            waiting = [label for label in sorted(self.open) if label < mark.label]
            home = next((label for label in waiting if self._helps(mark, part, label, goals)), home)
        self.days[home, part].add(mark.day)
        self.sums[home, part] += mark.weight
        done = [self._done(home, number) >= goal for number, goal in enumerate(goals)]
        if home not in self.told and (any(done) if self.rules.match == "any" else all(done)):
            self.told[home] = "satisfied"
            self.current, self.last = self.current + 1, home
            self.longest = max(self.longest, self.current)
            if self.rules.freeze_every and self.current % self.rules.freeze_every == 0:
                self.grant(1)

    def _helps(self, mark: Mark, part: int, label: int, goals: tuple[int, ...]) -> bool:
        if label in self.told or self._done(label, part) >= goals[part]:
            return False
        return not self.rules.distinct_days or mark.day not in self.days[label, part]

    def _done(self, label: int, part: int) -> int:
        return len(self.days[label, part]) if self.rules.distinct_days else self.sums[label, part]


def nightly(world: World) -> Night:
    """Live through everything up to `until`, with a job that wakes at every deadline."""
    rules, _, pardons, marks, until = world
    books = _Books(rules)
    events: list[tuple[int, int, int]] = [(at, 0, number) for at, number in pardons.grants if at <= until]
    if marks:
        lowest = min(wall_label(mark.instant - rules.grace, world) for mark in marks)
        books.open = [k for k in range(lowest, wall_label(until, world) + 1) if asked(k, world)]
    events += [(first(k + 1, world) + rules.grace, 1, k) for k in books.open]
    events += [(mark.instant, 2, number) for number, mark in enumerate(marks)]
    for at, what, value in sorted(events):
        if what == 0:
            books.grant(value)
        elif what == 2:
            books.act(marks[value])
        elif at <= until and value < wall_label(until, world):
            books.close(value)
    return Night(books.current, books.longest, books.stock, books.used, books.told)


def most_filled(world: World) -> int:
    """Return how many required periods can be filled with one activity each: a maximum matching."""
    holders: dict[int, int] = {}
    choices = []
    for mark in world.marks:
        lowest = wall_label(mark.instant - world.rules.grace, world)
        within = [k for k in range(lowest, mark.label + 1) if asked(k, world)]
        choices.append([k for k in within if mark.instant < first(k + 1, world) + world.rules.grace])

    def place(number: int, tried: set[int]) -> bool:
        for label in choices[number]:
            if label not in tried:
                tried.add(label)
                if label not in holders or place(holders[label], tried):
                    holders[label] = number
                    return True
        return False

    return sum(place(number, set()) for number in range(len(choices)))


def wall_label(instant: int, world: World) -> int:
    """Return the label of an instant by way of the standard library's own dates."""
    calendar = world.rules.calendar
    if calendar.kind == "hourly":
        return instant // HOUR
    here = world.line.at(instant)
    wall = (_EPOCH + timedelta(microseconds=instant)).astimezone(here).replace(tzinfo=None)
    day = (wall - timedelta(minutes=calendar.day_start)).date()
    if calendar.kind == "monthly":
        return day.year * 12 + day.month - 1
    if calendar.kind == "days":
        return (day - date.fromordinal(calendar.anchor)).days // calendar.days
    if calendar.kind == "daily":
        return day.toordinal()
    into = (day.weekday() - calendar.week_start) % 7
    return (day.toordinal() - into - 1 - calendar.week_start) // 7


def first(label: int, world: World) -> int:
    """Find the first instant of a label by halving; in the zones drawn here the date hardly goes back."""
    calendar = world.rules.calendar
    if calendar.kind == "hourly":
        return label * HOUR
    if calendar.kind == "monthly":
        day = date(label // 12, label % 12 + 1, 1).toordinal()
    else:
        day = {"daily": label, "weekly": label * 7 + 1, "days": label * calendar.days + calendar.anchor}[
            calendar.kind
        ]
    low = (day - 719_163 - 3) * DAY
    high = low + 14 * DAY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wall_label(middle, world) >= label else (middle, high)
    return high


def asked(label: int, world: World) -> bool:
    """Say whether a period is required."""
    rules, pardons = world.rules, world.pardons
    start, end = first(label, world), first(label + 1, world)
    if rules.calendar.kind == "daily" and datetime.fromordinal(label).weekday() in rules.rest_weekdays:
        return False
    paused = any(start < to and since < end for since, to in pardons.pauses)
    return start != end and label not in pardons.repaired and not paused
