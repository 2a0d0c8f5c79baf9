"""What commands about streaks answer."""

from __future__ import annotations

from datetime import datetime

from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.services.undo import Undone

__all__ = ["FreezesAnswer", "PauseAnswer", "RepairAnswer", "StreakAnswer", "StreakRetractAnswer"]


class _OfStreak(Answer):
    """A command about a streak."""

    __slots__ = ()

    @property
    def streak_code(self) -> str:
        """The streak."""
        return str(self._said()[2])


class StreakAnswer(_OfStreak):
    """An activity of a streak."""

    __slots__ = ()

    @property
    def new_count(self) -> int:
        """The run after it."""
        return int(self._said()[3] or 0)

    @property
    def longest_count(self) -> int:
        """The longest run after it."""
        return int(self._said()[4] or 0)

    @property
    def is_new_record(self) -> bool:
        """Whether the longest run grew."""
        return bool(self._said()[5])

    @property
    def already_recorded(self) -> bool:
        """Whether the period was complete before, so that the count stayed."""
        return bool(self._said()[6])

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a recording."""
        return {
            "streak_code": self.streak_code,
            "new_count": self.new_count,
            "longest_count": self.longest_count,
            "is_new_record": self.is_new_record,
            "already_recorded": self.already_recorded,
        }


class FreezesAnswer(_OfStreak):
    """Freezes that were given or bought."""

    __slots__ = ()

    @property
    def added(self) -> int:
        """How many came; of a gift, what fits under the cap."""
        return int(self._said()[3] or 0)

    @property
    def freezes(self) -> int:
        """How many are held after it."""
        return int(self._said()[4] or 0)

    @property
    def cost(self) -> int:
        """How many points they cost."""
        return int(self._said()[5] or 0)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "streak_code": self.streak_code,
            "added": self.added,
            "freezes": self.freezes,
            "cost": self.cost,
        }


class PauseAnswer(_OfStreak):
    """A pause that was begun, or ended."""

    __slots__ = ()

    @property
    def starts(self) -> datetime | None:
        """The first instant of the pause, also where it met an earlier one; None where none was to be ended."""
        return _moment(self._said()[3])

    @property
    def ends(self) -> datetime | None:
        """The first instant after it, or None while it has no end."""
        return _moment(self._said()[4])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "streak_code": self.streak_code,
            "starts": iso(self.starts) if self.starts else None,
            "ends": iso(self.ends) if self.ends else None,
        }


class RepairAnswer(_OfStreak):
    """A broken run that lives again."""

    __slots__ = ()

    @property
    def current_count(self) -> int:
        """The run that lives again."""
        return int(self._said()[3] or 0)

    @property
    def cost(self) -> int:
        """How many points it cost."""
        return int(self._said()[4] or 0)

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods that were made good: `("2026-03-04",)`."""
        return tuple(str(period) for period in self._said()[5:])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "streak_code": self.streak_code,
            "current_count": self.current_count,
            "cost": self.cost,
            "periods": list(self.periods),
        }


class StreakRetractAnswer(Undone, _OfStreak):
    """An activity that was taken back."""

    __slots__ = ()

    @property
    def retracted_activity_id(self) -> int:
        """The activity that was taken back."""
        return int(self._said()[3] or 0)

    @property
    def already_retracted(self) -> bool:
        """Whether it had been taken back before, so that nothing was written."""
        return bool(self._said()[4])

    @property
    def new_count(self) -> int:
        """The run after it."""
        return int(self._said()[5] or 0)

    @property
    def longest_count(self) -> int:
        """The longest run after it."""
        return int(self._said()[6] or 0)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "streak_code": self.streak_code,
            "activity_id": self.retracted_activity_id,
            "already_retracted": self.already_retracted,
            "new_count": self.new_count,
            "longest_count": self.longest_count,
            "stayed": [skipped.to_dict() for skipped in self.stayed],
        }


def _moment(instant: object) -> datetime | None:
    return moment(instant) if isinstance(instant, int) else None
