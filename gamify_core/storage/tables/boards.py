"""Leaderboards beyond the scores themselves: groups of participants, and periods that close.

The board of a group is a window of its own, whose rows are those of its members once more, so a rank inside a group
costs what any rank does. The groups themselves are ranked by one row each.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = [
    "CLOSED",
    "CLOSING",
    "CLOSING_DUE",
    "GROUP",
    "GROUP_BY_RANK",
    "ClosedRow",
    "ClosingRow",
    "GroupRow",
]


class GroupRow(NamedTuple):
    """A group on the board of groups that `window` is: how many of its members are ranked, and what they have in all.

    `down` orders the groups, best first, by the sum or the average of that.
    """

    window: int
    name: str
    members: int
    total: int
    down: int


class ClosingRow(NamedTuple):
    """When a window is final; None once that has been done."""

    window: int
    due: int | None


class ClosedRow(NamedTuple):
    """A period of a leaderboard (`weekly 2026-W07`) that was closed, its prizes paid."""

    scope: str
    leaderboard: str
    period: str
    due: int
    activity: int


GROUP_BY_RANK = Index("group_by_rank", ("window", "down", "name"), counted=True)
GROUP = Table("group", GroupRow, key=2, indexes=(GROUP_BY_RANK,), parents={"window": "window"})
CLOSING_DUE = Index("closing_due", ("due",), present="due")
CLOSING = Table("closing", ClosingRow, key=1, indexes=(CLOSING_DUE,), parents={"window": "window"})
CLOSED = Table("closed", ClosedRow, key=3, parents={"activity": "activity"})
