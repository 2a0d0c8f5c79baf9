"""Grace that gives credit: an activity just after the end of a period fills that period before its own.

Promise: each mark counts once. In the order of their instants, each fills the earliest required period that has
begun, is not satisfied yet, whose grace has not run out and which the mark brings further; when there is none,
it counts for its own. Where no date comes twice, that fills as many periods as can be filled at all with one
activity each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gamify_core.domain.streak_deadlines import furthest, ground, is_excused, reaches
from gamify_core.domain.streak_facts import BASELINE
from gamify_core.domain.streak_tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gamify_core.domain.streak_facts import Mark, Terms

__all__ = ["credited", "in_grace", "open_before"]

_NONE: Final = range(0)


def credited(marks: Sequence[Mark], terms: Terms) -> dict[int, Tally]:
    """Return the tallies of all periods that marks, which are in order of their instants, are counted for.

    A baseline has a period of its own, and no activity is spent on what lies before it.
    """
    rules, tallies = terms.rules, dict[int, Tally]()
    since = max((mark.label for mark in marks if mark.part == BASELINE), default=None)
    for mark in marks:
        home = mark.label
        for label in in_grace(mark, terms):
            if since is not None and label <= since:
                continue
            tally = tallies.get(label)
            # To ask what is satisfied is quicker than to ask what is excused, and nearly always the answer.
            if (tally is None or tally.lacks(mark)) and _asked(label, mark, terms):
                home = label
                break
        tallies.setdefault(home, Tally(rules)).add(mark)
    return tallies


def open_before(mark: Mark, terms: Terms) -> Iterator[int]:
    """Return the required periods before a mark's own whose grace has not run out at its instant."""
    return (label for label in in_grace(mark, terms) if _asked(label, mark, terms))


def in_grace(mark: Mark, terms: Terms) -> range:
    """Return the periods before a mark's own whose grace has not run out at its instant, excused or not."""
    # A deadline lies after an instant exactly when the next period had not begun a grace before.
    calendar, line = terms.rules.calendar, ground(terms.line, mark.offset)
    label, since = mark.label, mark.instant - terms.rules.grace
    if reaches(calendar, line, label) <= since:  # as nearly always, and told without reckoning a date
        return _NONE
    return range(furthest(calendar, line, since), label)


def _asked(label: int, mark: Mark, terms: Terms) -> bool:
    rules, line, pardons = terms
    return not is_excused(label, rules, ground(line, mark.offset), pardons)
