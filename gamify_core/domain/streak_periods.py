"""Which periods a set of marks is counted for, and with which mark each was satisfied.

Promise: the order in which marks are given does not matter, and one that is given twice is counted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.streak_credit import credited
from gamify_core.domain.streak_facts import BASELINE
from gamify_core.domain.streak_tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gamify_core.domain.streak_facts import Mark, Terms

__all__ = ["Counted", "counted", "when"]


class Counted(NamedTuple):
    """A period with the marks counted for it: how far it is, and the mark with which it was satisfied.

    That mark has the label of the period here, also where its own is a later one.
    """

    label: int
    tally: int
    reached: Mark | None


def when(mark: Mark) -> tuple[int, int, Mark]:
    """Return what marks are ordered by in time, whatever their labels."""
    return mark.instant, mark.id, mark


def counted(marks: Iterable[Mark], terms: Terms) -> list[Counted]:
    """Return the periods that marks are counted for, in order of label; what lies before a baseline is not."""
    rules, marks = terms.rules, list(marks)
    if rules.simple:
        return _summed(sorted(marks), rules.target)
    if rules.grace_mode == "credit":
        tallies = credited(sorted(set(marks), key=when), terms)
    else:
        tallies = {}
        for mark in sorted(set(marks)):
            tallies.setdefault(mark.label, Tally(rules)).add(mark)
    since = max((mark.label for mark in marks if mark.part == BASELINE), default=None)
    return [
        Counted(label, tally.packed, _moved(tally.reached, label))
        for label, tally in sorted(tallies.items())
        if since is None or label >= since
    ]


def _moved(mark: Mark | None, label: int) -> Mark | None:
    """Return a mark with the label of the period that it was counted for."""
    return mark if mark is None or mark.label == label else mark._replace(label=label)


def _summed(marks: Sequence[Mark], target: int) -> list[Counted]:
    """Do the same, quickly, where all is a sum of weights in the marks' own periods."""
    periods = list[Counted]()
    before: Mark | None = None
    reached: Mark | None = None
    total = 0
    for mark in marks:
        if mark == before:
            continue
        if before is not None and mark.label != before.label:
            periods.append(Counted(before.label, total, reached))
            total, reached = 0, None
        if mark.part == BASELINE:
            periods.clear()
            total, reached = total + target, mark
        else:
            total += mark.weight
        if reached is None and total >= target:
            reached = mark
        before = mark
    if before is not None:
        periods.append(Counted(before.label, total, reached))
    return periods
