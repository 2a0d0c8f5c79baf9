"""Streaks: runs of calendar periods in each of which enough was done.

Promise: pure functions over values. `fold` is the definition, `step` its O(1) continuation, `surplus` the same
for a late activity that nothing waited for, `read` a look at any instant, `missed` what time did by itself and
`due` when it will do more, `compare` what one activity changed, `history` the runs so far, `calendar_of` the
periods one by one, `repairable` what a broken run lacks. `ahead` is what `missed` and `due` say, in one look.
"""

from __future__ import annotations

from gamify_core.domain.streak_calendar import calendar_of, repairable
from gamify_core.domain.streak_facts import (
    BASELINE,
    MEMORY,
    NO_PARDONS,
    Correction,
    Mark,
    Miss,
    Pardons,
    Period,
    PeriodStatus,
    Reading,
    Recorded,
    Run,
    State,
    Status,
)
from gamify_core.domain.streak_fold import fold, history, missed, satisfied_labels
from gamify_core.domain.streak_reading import Outlook, ahead, compare, due, read
from gamify_core.domain.streak_rules import GraceMode, Match, StreakRules, plain
from gamify_core.domain.streak_step import satisfied, step, surplus
from gamify_core.domain.streak_tallies import filled

__all__ = [
    "BASELINE",
    "MEMORY",
    "NO_PARDONS",
    "Correction",
    "GraceMode",
    "Mark",
    "Match",
    "Miss",
    "Outlook",
    "Pardons",
    "Period",
    "PeriodStatus",
    "Reading",
    "Recorded",
    "Run",
    "State",
    "Status",
    "StreakRules",
    "ahead",
    "calendar_of",
    "compare",
    "due",
    "filled",
    "fold",
    "history",
    "missed",
    "plain",
    "read",
    "repairable",
    "satisfied",
    "satisfied_labels",
    "step",
    "surplus",
]
