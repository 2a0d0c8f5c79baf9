"""What a period has come to: its marks counted by weight or by day, for one goal or several.

Promise: a tally is a function of the set of marks that are counted for a period and of the order of their
instants; the one number that a state keeps of it (`packed`) tells how far each goal is.
"""

from __future__ import annotations

from operator import ge
from typing import TYPE_CHECKING

from gamify_core.domain.streak_facts import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.domain.streak_facts import Mark
    from gamify_core.domain.streak_rules import StreakRules

__all__ = ["Tally", "filled", "standing"]


class Tally:
    """How far one period is, mark by mark, in the order of their instants."""

    __slots__ = ("_any", "_days", "_goals", "_sums", "reached", "satisfied")

    def __init__(self, rules: StreakRules) -> None:
        """Begin with nothing done."""
        self._goals = rules.goals or (rules.target,)
        self._any = rules.match == "any"
        self._sums = [0] * len(self._goals)
        self._days: set[tuple[int, int]] | None = set() if rules.distinct_days else None
        self.reached: Mark | None = None
        self.satisfied: bool = False

    def lacks(self, mark: Mark) -> bool:
        """Say whether the mark would bring the period further, which is not satisfied yet."""
        part = self._part(mark)
        if self.satisfied or part < 0 or self._sums[part] >= self._goals[part]:
            return False
        return self._days is None or (part, mark.day) not in self._days

    def add(self, mark: Mark) -> None:
        """Count a mark."""
        if mark.part == BASELINE:
            self._sums = [done + goal for done, goal in zip(self._sums, self._goals, strict=True)]
            self.satisfied, self.reached = True, mark
            return
        part = self._part(mark)
        if part < 0:
            return
        if self._days is None:
            self._sums[part] += mark.weight
        elif (part, mark.day) not in self._days:
            self._days.add((part, mark.day))
            self._sums[part] += 1
        if not self.satisfied and self._enough():
            self.satisfied = True
            self.reached = mark

    @property
    def packed(self) -> int:
        """The tally as one number: of one goal the sum itself, of several what counts towards each."""
        if len(self._goals) == 1:
            return self._sums[0]
        packed = 0
        for done, goal in zip(self._sums, self._goals, strict=True):
            packed = packed * (goal + 1) + min(done, goal)
        return packed

    def _part(self, mark: Mark) -> int:
        if len(self._goals) == 1:
            return 0
        return mark.part if 0 <= mark.part < len(self._goals) else -1

    def _enough(self) -> bool:
        reached = map(ge, self._sums, self._goals)
        return any(reached) if self._any else all(reached)


def standing(packed: int, rules: StreakRules) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Return progress, target and parts of a packed tally."""
    if len(rules.goals) < 2:  # noqa: PLR2004 - one goal is a sum
        target = rules.goals[0] if rules.goals else rules.target
        progress = min(packed, target)
        return progress, target, ((progress, target),) if rules.goals else ()
    parts = list[tuple[int, int]]()
    for goal in reversed(rules.goals):
        packed, done = divmod(packed, goal + 1)
        parts.append((done, goal))
    reached = sum(done == goal for done, goal in parts)
    target = 1 if rules.match == "any" else len(parts)
    return min(reached, target), target, tuple(reversed(parts))


def filled(marks: Iterable[Mark], rules: StreakRules) -> bool:
    """Say whether these marks, were they all counted for one period, would satisfy it."""
    tally = Tally(rules)
    for mark in sorted(set(marks)):
        tally.add(mark)
    return tally.satisfied
