"""Streaks: every accepted activity with the label it was given, what they amount to, and what is forgiven.

A label freezes with its activity: a later change of zone or of zone data does not rewrite history. The state row
is the fold of the marks and of the other facts, kept so that recording in order and reading touch one row.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["FREEZE", "MARK", "MILESTONE", "PAUSE", "REPAIR", "STREAK", "STREAK_DUE"]
__all__ += ["FreezeRow", "MarkRow", "MilestoneRow", "PauseRow", "RepairRow", "StreakRow"]


class MarkRow(NamedTuple):
    """One activity; `carried` is the offset from UTC, in seconds, that its instant came with.

    `part` is the place of the goal that it counts for, by `weight`; `day` the ordinal of its day where days count.
    """

    participant: int
    streak: str
    label: int
    instant: int
    activity: int
    carried: int
    part: int
    weight: int
    day: int


class StreakRow(NamedTuple):
    """The state of one participant's streak: the columns of the fold's own state, and three of its surroundings.

    There is a row without a `label` where somebody was given a freeze, or is paused, before the first activity.
    `pardons` says which other facts there are (1 freezes, 2 pauses, 4 repairs). What time does by itself has been
    said up to `told`, and at `due` it does something again, if nothing is done.
    """

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
    label: int | None
    tally: int
    seen: int
    seen_id: int
    pardons: int
    told: int | None
    due: int | None


class FreezeRow(NamedTuple):
    """Freezes that somebody was `given`, or `bought`; those that runs earn are worked out from the marks."""

    participant: int
    streak: str
    instant: int
    activity: int
    number: int
    source: str


class PauseRow(NamedTuple):
    """A stretch [starts, ends) in which nothing is asked; without `ends` it goes on. They do not overlap."""

    participant: int
    streak: str
    starts: int
    ends: int | None
    activity: int


class RepairRow(NamedTuple):
    """A period that was missed and made good later."""

    participant: int
    streak: str
    label: int
    activity: int


class MilestoneRow(NamedTuple):
    """How many times a length of a run was rewarded."""

    participant: int
    streak: str
    length: int
    times: int


_PARENTS = {"participant": "participant", "activity": "activity"}
MARK = Table("mark", MarkRow, key=7, parents=_PARENTS)
STREAK_DUE = Index("streak_due", ("streak", "due", "participant"), present="due")
STREAK = Table("streak", StreakRow, key=2, indexes=(STREAK_DUE,), parents={"participant": "participant"})
FREEZE = Table("freeze", FreezeRow, key=4, parents=_PARENTS)
PAUSE = Table("pause", PauseRow, key=3, parents=_PARENTS)
REPAIR = Table("repair", RepairRow, key=3, parents=_PARENTS)
MILESTONE = Table("milestone", MilestoneRow, key=3, parents={"participant": "participant"})
