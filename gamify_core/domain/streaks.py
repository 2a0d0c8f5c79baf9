"""Streaks: runs of calendar periods in each of which enough was done.

Promise: pure functions over values. `fold` is the definition, `step` its O(1) continuation, `surplus` the same
for a late activity that nothing waited for, `read` a look at any instant, `missed` what time did by itself,
`compare` what one activity changed, `history` the runs so far.
"""

from __future__ import annotations

from gamify_core.domain.streak_facts import (
    MEMORY,
    NO_PARDONS,
    Correction,
    GraceMode,
    Mark,
    Miss,
    Pardons,
    Reading,
    Recorded,
    Run,
    State,
    Status,
    StreakRules,
)
from gamify_core.domain.streak_fold import fold, history, missed, step, surplus
from gamify_core.domain.streak_reading import compare, read, satisfied

__all__ = [
    "MEMORY",
    "NO_PARDONS",
    "Correction",
    "GraceMode",
    "Mark",
    "Miss",
    "Pardons",
    "Reading",
    "Recorded",
    "Run",
    "State",
    "Status",
    "StreakRules",
    "compare",
    "fold",
    "history",
    "missed",
    "read",
    "satisfied",
    "step",
    "surplus",
]
