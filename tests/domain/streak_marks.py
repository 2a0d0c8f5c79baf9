"""Marks of a few days of March 2026, and what they come to: all in UTC."""

from __future__ import annotations

from gamify_core.domain.streaks import NO_PARDONS, Mark, Pardons, State, StreakRules, fold
from gamify_core.domain.zones import ZoneLine, zone
from tests.domain.streak_cases import instant

__all__ = ["DAILY", "IN_UTC", "marks_of", "state_of"]

IN_UTC = ZoneLine((zone("UTC"),))
DAILY = StreakRules()


def marks_of(*texts: str, rules: StreakRules = DAILY) -> list[Mark]:
    """Return a mark for each day and time (`02 12:00`), numbered in this order."""
    return [
        Mark(rules.calendar.label(at, zone("UTC")), at, number)
        for number, at in enumerate((instant(f"2026-03-{text}") for text in texts), 1)
    ]


def state_of(marks: list[Mark], rules: StreakRules = DAILY, pardons: Pardons = NO_PARDONS) -> State:
    """Return the state that marks come to; there has to be one."""
    state = fold(marks, rules, IN_UTC, pardons)
    assert state is not None
    return state
