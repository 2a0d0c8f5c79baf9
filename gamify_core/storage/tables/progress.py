"""What people have become: rungs they stood on, badges they earned, events they sent.

Each is a chain whose last row is the present and whose earlier rows are its history.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["BADGE", "ENDED", "EVENT", "RETRACTION", "REVIEW", "REVIEW_DUE", "STANDING", "VOID"]
__all__ += [
    "BadgeRow",
    "EventRow",
    "RetractionRow",
    "ReviewRow",
    "StandingRow",
    "ended_by",
    "is_void",
    "voided",
]


class StandingRow(NamedTuple):
    """A change of rung. `how` is `automatic`, `assigned` (pinned until cleared) or `cleared`."""

    participant: int
    ladder: str
    n: int
    tier: str | None
    how: str
    occurred_at: int
    activity: int


class ReviewRow(NamedTuple):
    """When the rung that a participant stands on is reviewed; who stands on one that cannot be lost has no such row."""

    participant: int
    ladder: str
    due: int


class BadgeRow(NamedTuple):
    """A badge earned (`held` = 1) or taken back (0).

    A row with the source `void:<n>` says that earning `n` is void, as if it had never been, and one with `ended:<n>`
    that it is over; `held` says what is left.
    """

    participant: int
    badge: str
    n: int
    held: int
    occurred_at: int
    activity: int
    source: str | None


class EventRow(NamedTuple):
    """An event of a participant; its properties are in the payload of its activity.

    `retracted` is the activity that took it back, or None.
    """

    participant: int
    n: int
    name: str
    occurred_at: int
    activity: int
    retracted: int | None


class RetractionRow(NamedTuple):
    """An event that was taken back: `event` is its number in the chain of the participant's events."""

    participant: int
    n: int
    event: int
    activity: int


def is_void(row: BadgeRow) -> bool:
    """Say whether a row voids an earning, rather than being one, or the end of one."""
    return row.source is not None and row.source.startswith(VOID)


def ended_by(row: BadgeRow) -> int | None:
    """Return which earning of its badge a row ends, or None where it is something else."""
    source = row.source or ""
    return int(source.removeprefix(ENDED)) if source.startswith(ENDED) else None


def voided(rows: Iterable[BadgeRow]) -> set[tuple[str, int]]:
    """Return which earnings of badges are void, as (badge, n)."""
    return {(row.badge, int(row.source.removeprefix(VOID))) for row in rows if row.source and is_void(row)}


VOID = "void:"
ENDED = "ended:"
_PARENTS = {"participant": "participant", "activity": "activity"}
STANDING = Table("standing", StandingRow, key=3, chain=True, parents=_PARENTS)
REVIEW_DUE = Index("review_due", ("participant", "due"))
REVIEW = Table("review", ReviewRow, key=2, indexes=(REVIEW_DUE,), parents={"participant": "participant"})
BADGE = Table("badge", BadgeRow, key=3, chain=True, parents=_PARENTS)
EVENT = Table("event", EventRow, key=2, chain=True, parents=_PARENTS)
RETRACTION = Table("retraction", RetractionRow, key=2, chain=True, parents=_PARENTS)
