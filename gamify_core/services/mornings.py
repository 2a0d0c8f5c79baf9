"""Where the entries of a page stood as a day began, from a few questions for all of them.

How many came before a bound in the morning is how many do now without those who moved that day, and with those of
them who stood there then. Either is a number of entries along an order, so along a page it follows from the number
before its first entry by counting those in between, which were read. Only a bound outside of what was read is asked
of the store: that of somebody who came from further down, say.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import add
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Asked", "Bound", "Counted", "Morning", "Mornings"]

Bound = tuple[int] | tuple[int, int, str]
"""A score, or a whole key."""


class Mornings(Protocol):
    """What tells of a morning."""

    def before(self, bounds: list[Bound]) -> list[int]:
        """Return for each bound how many came before it as the day began."""
        ...


class Asked:
    """How many come before a bound, asked each time."""

    def __init__(self, ask: Callable[[Bound], int]) -> None:
        """Take what answers."""
        self._ask = ask

    def before(self, bounds: list[Bound]) -> list[int]:
        """Return for each bound how many come before it."""
        return list(map(self._ask, bounds))


class Counted:
    """How many of some entries come before a bound: counted in a stretch of them, asked outside of it."""

    def __init__(
        self,
        ask: Callable[[Bound], int],
        stretch: list[Bound],
        low: Bound | None,
        high: Bound,
        above: int | None = None,
    ) -> None:
        """Take all of them from `low` (None: the first there is) to before `high`, of whom `above` come before."""
        self._ask = ask
        self._stretch = stretch
        self._low = low
        self._high = high
        self._above = 0 if low is None else above
        self._asked: dict[Bound, int] = {}  # those of one score ask the same

    def before(self, bounds: list[Bound]) -> list[int]:
        """Return for each bound how many come before it."""
        low, high, stretch = self._low, self._high, self._stretch
        found = []
        for bound in bounds:
            if (low is None or low <= bound) and bound <= high:
                if self._above is None:
                    self._above = self._asked_for(low) if low is not None else 0
                found.append(self._above + bisect_left(stretch, bound))
            else:
                found.append(self._asked_for(bound))
        return found

    def _asked_for(self, bound: Bound) -> int:
        found = self._asked.get(bound)
        if found is None:
            found = self._asked[bound] = self._ask(bound)
        return found


class Morning:
    """How many came before a bound as a day began: those who stayed, and those who moved away since."""

    def __init__(self, stayed: Counted, moved: Counted) -> None:
        """Add up what is counted now and what is counted as it was."""
        self._stayed = stayed
        self._moved = moved

    def before(self, bounds: list[Bound]) -> list[int]:
        """Return for each bound how many came before it."""
        return list(map(add, self._stayed.before(bounds), self._moved.before(bounds)))
