"""`engine.streaks`: recording activity by hand, and how streaks stand now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.answers import StreakAnswer
from gamify_core.clock import iso, moment
from gamify_core.road import streaks
from gamify_core.road.road import Ask
from gamify_core.road.streak_rows import reading_of, state_of
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.reading import Snapshot, snapshot

if TYPE_CHECKING:
    from gamify_core.domain.streaks import Status
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["StreakList", "StreakState", "Streaks", "streak_states"]


@attrs.frozen
class StreakState:
    """How a streak stands as of now. Instants are aware datetimes in UTC.

    `status` is `none`, `active` (this period is done), `pending` (not yet), `grace`, `excused`, `frozen` or `broken`.
    While the run lives it does so until just before `expires_at`. `progress` of `target` activities are in this period.
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
    """All streaks of a participant."""

    participant_id: str
    streaks: tuple[StreakState, ...]

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


class Streaks:
    """Consecutive periods with activity."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def record(
        self,
        participant_id: str,
        streak_code: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> StreakAnswer:
        """Record an activity. In a period that is complete already the count stays (`already_recorded`).

        `at` is the document's `timestamp`: late activity (within `accept_late`) heals, early is refused.
        Raises `NotFound` (`Streak definition not found: …`), `OutOfWindow`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily_login")]))
        >>> game.streaks.record("ada", "daily_login").new_count
        1
        """
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        request = request_of(at, participant_id=who, streak_code=code)

        def decide(turn: Turn) -> None:
            plan = turn.plan.streak(code)
            done = streaks.record(turn, turn.who, plan, "direct")
            turn.say(
                "=",
                turn.who.number,
                plan.streak.code,
                done.new_count,
                done.longest_count,
                int(done.is_new_record),
                int(done.already_recorded),
            )

        ask = Ask("streaks.record", who, request, at, border.idempotency_key(idempotency_key), decide)
        return StreakAnswer(self._access.write(ask))

    def get(self, participant_id: str, streak_code: str) -> StreakState:
        """Return how a streak stands as of now. Reading writes nothing."""
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        with snapshot(self._access) as seen:
            return _state(seen, self._access.person(seen.reader, who), seen.plan.streak(code))

    def list(self, participant_id: str) -> StreakList:
        """Return how every streak stands as of now."""
        who = border.participant(participant_id)
        with snapshot(self._access) as seen:
            return StreakList(who, streak_states(seen, self._access.person(seen.reader, who)))


def streak_states(seen: Snapshot, person: ParticipantRow | None) -> tuple[StreakState, ...]:
    """Return how every streak of the catalog stands."""
    return tuple(_state(seen, person, plan) for plan in seen.plan.streaks.values())


def _state(seen: Snapshot, person: ParticipantRow | None, plan: StreakPlan) -> StreakState:
    _, reader, as_of, catalog = seen
    state = state_of(reader, person.number, plan.streak.code) if person is not None else None
    reading = reading_of(reader, person, plan, catalog.zone, as_of)
    return StreakState(
        plan.streak.code,
        plan.streak.name,
        reading.current,
        reading.longest,
        moment(state.seen) if state is not None else None,
        plan.streak.period,
        reading.status,
        moment(reading.expires_at) if reading.expires_at is not None else None,
        reading.progress,
        reading.target,
        reading.lost_count,
        moment(reading.broken_at) if reading.broken_at is not None else None,
    )
