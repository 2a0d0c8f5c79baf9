"""Challenges that were completed, once in each of a challenge's windows, and what rules advanced them by.

The steps are kept one by one for the day on which a challenge is prolonged: its window is another one then, which holds
what it would hold had it been that long from the start.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["ADVANCE", "COMPLETION", "AdvanceRow", "CompletionRow"]


class CompletionRow(NamedTuple):
    """A challenge completed in the window `label` (0 where it has but one)."""

    participant: int
    challenge: str
    label: int
    occurred_at: int
    activity: int


class AdvanceRow(NamedTuple):
    """The steps by which the rules of one activity advanced a challenge."""

    participant: int
    challenge: str
    activity: int
    occurred_at: int
    steps: int


_PARENTS = {"participant": "participant", "activity": "activity"}
COMPLETION = Table("completion", CompletionRow, key=3, parents=_PARENTS)
ADVANCE = Table("advance", AdvanceRow, key=3, parents=_PARENTS)
