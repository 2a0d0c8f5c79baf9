"""What becomes of points by when they were issued: spent or lapsed so long after, first in, first out.

A season is cut into stretches of as many days as make at most `MOST` of them; all that was issued in one is a cohort.
What is not spent or lapsed by the season's end may yet be, so shares are told of those that were watched so long, as
of people who had not been watched to the end (cumulative incidence, with two ways out).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from gamify_core.simulation.tallies import Tally
    from gamify_core.storage.tables.ledger import EntryRow

__all__ = ["MOST", "Fate", "Triangle", "count", "fate", "stretch", "triangle"]

MOST: Final = 8
"""How many cohorts there are at most: a triangle that fits a page."""
_LAPSED: Final = "@expired"


class Triangle(NamedTuple):
    """By cohort what was issued, and by cohort and age what was spent and what lapsed; ages to come are absent."""

    issued: list[int]
    spent: list[list[int]]
    lapsed: list[list[int]]


class Fate(NamedTuple):
    """The share of points that is spent, lapsed and still open by the end of each age, as far as any was watched.

    `expected` is how many of the outstanding points will be spent, if they go the way of those before them.
    """

    spent: list[float]
    lapsed: list[float]
    open: list[float]
    expected: float


def stretch(days: int) -> int:
    """Return how many days a cohort has in a season of so many."""
    return max(1, math.ceil(days / MOST))


def count(tally: Tally, currency: str, entries: Iterable[EntryRow], day_of: Callable[[int], int]) -> None:
    """Count what became of one wallet's points; `day_of` says on which day (from 0) an instant falls."""
    length = stretch(tally.days)
    lots: deque[list[int]] = deque()
    for entry in entries:
        now = day_of(entry.occurred_at) // length
        left = -entry.amount
        if left <= 0:
            lots.append([now, entry.amount])
            continue
        if entry.reverses is not None:  # never issued, as far as it is still there
            while left > 0 and lots:
                left -= _taken(lots, -1, left)
            continue
        if (
            entry.peer is not None
        ):  # it changes hands, and is told of whoever spends it, from when they had it
            while left > 0 and lots:
                left -= _taken(lots, 0, left)
            continue
        counts = tally.lapsed if entry.account == _LAPSED else tally.redeemed
        while left > 0 and lots:
            issued = lots[0][0]
            took = _taken(lots, 0, left)
            counts[currency, issued, max(now - issued, 0)] += took
            left -= took


def _taken(lots: deque[list[int]], place: int, amount: int) -> int:
    """Take from the first lot or the last, and return how much was there."""
    lot = lots[place]
    took = min(lot[1], amount)
    lot[1] -= took
    if not lot[1]:
        del lots[place]
    return took


def triangle(tally: Tally, currency: str) -> Triangle:
    """Return the triangle of a currency."""
    length = stretch(tally.days)
    whole = math.ceil(tally.days / length)
    issued = [0] * whole
    for day, amount in enumerate(tally.flow("issued", currency)):
        issued[day // length] += amount
    for day, amount in enumerate(tally.flow("reversed", currency)):
        issued[day // length] += amount  # below zero
    spent, lapsed = (
        [[counts[currency, cohort, age] for age in range(whole - cohort)] for cohort in range(whole)]
        for counts in (tally.redeemed, tally.lapsed)
    )
    return Triangle(issued, spent, lapsed)


def fate(found: Triangle) -> Fate:
    """Return what becomes of points by their age, told from the cohorts that were watched so long."""
    left = [max(each, 0) for each in found.issued]
    spent, lapsed, still = [], [], []
    s = gone = 0.0
    kept = 1.0
    for age in range(len(left)):
        watched = range(len(left) - age)
        there = sum(left[cohort] for cohort in watched)
        used = sum(found.spent[cohort][age] for cohort in watched)
        over = sum(found.lapsed[cohort][age] for cohort in watched)
        if there > 0:
            s += kept * used / there
            gone += kept * over / there
            kept *= max(1 - (used + over) / there, 0.0)
        for cohort in watched:
            left[cohort] = max(left[cohort] - found.spent[cohort][age] - found.lapsed[cohort][age], 0)
        spent.append(s)
        lapsed.append(gone)
        still.append(kept)
    last = len(left) - 1
    expected = 0.0
    for cohort, amount in enumerate(left):
        age = last - cohort
        if still[age] > 0:
            expected += amount * (s - spent[age]) / still[age]
    return Fate(spent, lapsed, still, expected)
