"""How streaks stand as of now: what they count, how long they live, and whether somebody should be reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import iso, moment
from gamify_core.domain.streaks import NO_PARDONS, read
from gamify_core.road.streak_rows import case_of, line_of, row_of, state_in

if TYPE_CHECKING:
    from gamify_core.domain.streaks import Reading, State, Status
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["GoalProgress", "StreakList", "StreakState", "streak_state", "streak_states"]

_DONE_OR_OVER = frozenset({"none", "active", "broken"})


@attrs.frozen
class GoalProgress:
    """How far one goal of a streak is in this period: `progress` of `target`, of what its metric counts."""

    metric: str
    progress: int
    target: int


@attrs.frozen
class StreakState:
    """How a streak stands as of now. Instants are aware datetimes in UTC.

    `status` is `none`, `active` (this period is done), `pending` (not yet), `grace`, `excused`, `frozen` or `broken`.
    While the run lives it does so until just before `expires_at`, `freezes` left aside; `at_risk` says that this is
    near and this period not done. `progress` of `target` activities are in this period; of a streak with goals, so
    many of them are reached, and `parts` tells how far each is.
    """

    code: str
    name: str
    current_count: int
    longest_count: int
    last_recorded_at: datetime | None
    period: str
    status: Status
    expires_at: datetime | None
    progress: int
    target: int
    lost_count: int
    broken_at: datetime | None
    freezes: int = 0
    at_risk: bool = False
    parts: tuple[GoalProgress, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the document's streak."""
        return {
            "code": self.code,
            "name": self.name,
            "current_count": self.current_count,
            "longest_count": self.longest_count,
            "last_recorded_at": iso(self.last_recorded_at) if self.last_recorded_at else None,
            "period": self.period,
        }


@attrs.frozen
class StreakList:
    """The streaks of a participant: a page of the `total` that there are."""

    participant_id: str
    streaks: tuple[StreakState, ...]
    total: int
    page: int = attrs.field(default=1, repr=False)
    page_size: int = attrs.field(default=100, repr=False)

    def __iter__(self) -> Iterator[StreakState]:
        """Go through the streaks, in the order of the catalog."""
        return iter(self.streaks)

    def __len__(self) -> int:
        """Return how many are listed."""
        return len(self.streaks)

    def to_dict(self) -> dict[str, object]:
        """Return the document's list."""
        return {
            "participant_id": self.participant_id,
            "streaks": [streak.to_dict() for streak in self.streaks],
        }


def streak_states(seen: Snapshot, person: ParticipantRow | None) -> tuple[StreakState, ...]:
    """Return how every streak of the catalog stands."""
    return tuple(streak_state(seen, person, plan) for plan in seen.plan.streaks.values())


def streak_state(seen: Snapshot, person: ParticipantRow | None, plan: StreakPlan) -> StreakState:
    """Return how a streak stands; somebody never seen has one of nothing."""
    _, reader, as_of, catalog = seen
    if person is None:
        line = line_of(reader, None, plan, catalog.zone)
        return _state(plan, None, read(None, plan.rules, line, NO_PARDONS, as_of), as_of)
    row = row_of(reader, person.number, plan.streak.code)
    state = state_in(row)
    return _state(plan, state, case_of(reader, person, plan, catalog.zone, row).read(state, as_of), as_of)


def _state(plan: StreakPlan, state: State | None, reading: Reading, as_of: int) -> StreakState:
    streak, expires = plan.streak, reading.expires_at
    near = expires is not None and expires - as_of <= plan.risk
    return StreakState(
        streak.code,
        streak.name,
        reading.current,
        reading.longest,
        moment(state.seen) if state is not None else None,
        streak.period,
        reading.status,
        moment(expires) if expires is not None else None,
        reading.progress,
        reading.target,
        reading.lost_count,
        moment(reading.broken_at) if reading.broken_at is not None else None,
        reading.freezes,
        near and reading.status not in _DONE_OR_OVER,
        tuple(
            GoalProgress(metric, *part) for (metric, _), part in zip(streak.goals, reading.parts, strict=True)
        ),
    )
