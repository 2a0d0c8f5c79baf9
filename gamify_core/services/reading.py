"""Metrics as of now, for reads: the same values that decisions see, from a snapshot and without a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.plan import ALL_TIME, Tracker, natural
from gamify_core.road.streak_rows import reading_of
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, WINDOW, WINDOW_BY_NAME
from gamify_core.storage.tables.progress import EVENT

if TYPE_CHECKING:
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["value_for", "window_at", "window_of"]


def value_for(access: Access, reader: Reader, person: ParticipantRow | None, name: str) -> int:
    """Return a participant's value of a metric (`points.earned`, `lessons@weekly`, `streak.daily`) as of now."""
    if person is None:
        return 0
    road = access.road
    if "@" in name or not natural(name):
        window = window_at(access, reader, road.plan.reading(name), road.now()[0])
        row = reader.get(METRIC, (person.number, window)) if window else None
        return 0 if row is None else row.value
    if name == "events.count":
        event = reader.last(EVENT, (person.number,))
        return 0 if event is None else event.n
    if name.startswith("streak."):
        _, code, *longest = name.split(".")
        reading = reading_of(reader, person, road.plan.streaks[code], road.plan.zone, road.now()[0])
        return reading.longest if longest else reading.current
    currency, _, part = name.rpartition(".")
    entry = reader.last(ENTRY, (person.number, currency))
    if entry is None:
        return 0
    return {"earned": entry.earned, "spent": entry.spent, "balance": entry.balance}[part]


def window_at(access: Access, reader: Reader, tracker: Tracker, instant: int) -> int:
    """Return the number of the window that holds an instant, or 0 where nothing has happened in it."""
    label = tracker.calendar.label(instant, tracker.zone) if tracker.calendar is not ALL_TIME else 0
    return window_of(access, reader, tracker, label)


def window_of(access: Access, reader: Reader, tracker: Tracker, label: int) -> int:
    """Return the number of the window with this label, or 0."""
    name = (access.scope, tracker.metric, tracker.text, label)
    known = access.road.known
    number: int | None = known.get(name)
    if number is None:
        row = reader.find(WINDOW, WINDOW_BY_NAME, name)
        if row is None:
            return 0
        number = row.number
        if access.unit is None:  # a snapshot shows committed rows only, and a window's number never changes
            known[name] = number
    return number
