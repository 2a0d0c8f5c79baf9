"""Streaks: every accepted activity with the label it was given, and what they amount to.

A label freezes with its activity: a later change of zone or of zone data does not rewrite history. The state row
is the fold of the marks, kept so that recording in order and reading touch one row.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["MARK", "STREAK", "MarkRow", "StreakRow"]


class MarkRow(NamedTuple):
    """One activity; `carried` is the offset from UTC, in seconds, that its instant came with."""

    participant: int
    streak: str
    label: int
    instant: int
    activity: int
    carried: int


class StreakRow(NamedTuple):
    """The state of one participant's streak; the columns are those of the fold's own state."""

    participant: int
    streak: str
    last: int | None
    last_at: int | None
    run: int
    longest: int
    longest_at: int | None
    runs: int
    stock: int
    settled: int | None
    consumed: int
    behind: int
    carried: int
    label: int
    tally: int
    seen: int
    seen_id: int


_PARENTS = {"participant": "participant", "activity": "activity"}
MARK = Table("mark", MarkRow, key=5, parents=_PARENTS)
STREAK = Table("streak", StreakRow, key=2, parents={"participant": "participant"})
