"""Metrics as of now, for reads: the same values that decisions see, from a snapshot and without a turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.road.compiled import Tracker
from gamify_core.road.compiling import natural
from gamify_core.road.plan import Plan
from gamify_core.road.rolling import value_in_days
from gamify_core.road.trial import Trial
from gamify_core.road.values import natural_value
from gamify_core.services.access import Access
from gamify_core.storage.protocol import Reader
from gamify_core.storage.tables.metrics import METRIC, WINDOW, WINDOW_BY_NAME

if TYPE_CHECKING:
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "Snapshot",
    "level_ladder",
    "snapshot",
    "tier_ladder",
    "value_for",
    "value_in",
    "window_named",
    "window_of",
]


class Snapshot(NamedTuple):
    """What one answer is read from, and the one instant that is now to all parts of it."""

    access: Access
    reader: Reader
    as_of: int
    plan: Plan


@contextmanager
def snapshot(access: Access, about: str | None = None) -> Iterator[Snapshot]:
    """Open something to read from, then read the clock once: whatever is seen has been written by then.

    Of the participant that it is `about` all is seen that time has done by then, written or not. Under a catalog that
    is not in force yet everything is as its adoption will leave it.
    """
    with access.read() as found:
        now, plan = access.road.now()[0], access.road.plan_in(found)
        reader = found if plan.ahead is None else access.road.adopting(found, plan.ahead)
        yield Snapshot(access, access.present(reader, about, now) if about is not None else reader, now, plan)


def tier_ladder(plan: Plan) -> LadderPlan | None:
    """Return the ladder that the documents of participants call the tier: `tier`, or else the first there is."""
    return plan.ladders.get("tier") or next(iter(plan.ladders.values()), None)


def level_ladder(plan: Plan) -> LadderPlan | None:
    """Return the ladder that the profile page counts levels on: `level`, or else what is called the tier."""
    return plan.ladders.get("level") or tier_ladder(plan)


def value_for(seen: Snapshot, person: ParticipantRow | None, name: str) -> int:
    """Return a participant's value of a metric (`points.earned`, `lessons@weekly`, `streak.daily`) as of now."""
    if person is None:
        return 0
    if "@" not in name and natural(name):
        return natural_value(seen.reader, person, seen.plan, name, seen.as_of)
    tracker = seen.plan.reading(name)
    days = seen.plan.rollings.get(name)
    if days is not None:
        return value_in_days(seen.reader, person, seen.plan, tracker, days, seen.as_of)
    label = tracker.label(tracker.standing(seen.as_of))
    return value_in(seen, person, tracker, label) if label is not None else 0


def value_in(seen: Snapshot, person: ParticipantRow, tracker: Tracker, label: int) -> int:
    """Return a participant's value in the window with this label."""
    window = window_of(seen.access, seen.reader, tracker, label)
    row = seen.reader.get(METRIC, (person.number, window)) if window else None
    return 0 if row is None else row.value


def window_of(access: Access, reader: Reader, tracker: Tracker, label: int) -> int:
    """Return the number of the window with this label, or 0."""
    return window_named(access, reader, tracker.metric, tracker.text, label)


def window_named(access: Access, reader: Reader, metric: str, calendar: str, label: int) -> int:
    """Return the number of the window of this name, or 0."""
    name = (access.scope, metric, calendar, label)
    road = access.road
    number: int | None = road.known.get(name)
    if number is None:
        row = reader.find(WINDOW, WINDOW_BY_NAME, name)
        if row is None:
            return 0
        number = row.number
        # A snapshot shows committed rows only, and a window's number never changes
        if access.unit is None and not isinstance(reader, Trial):
            road.learn(name, number)
    return number
