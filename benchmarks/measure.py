"""How every benchmark measures: two in turn, medians, the garbage collector on, the same draws for both.

A rate says little about another machine; a ratio of two rates taken in turn, in one process, says nearly
all. So a script states its result against a floor or a peer, round by round, and prints the spread with it.
"""

from __future__ import annotations

import gc
import os
import platform
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from typing import NamedTuple

__all__ = ["PARTICIPANTS", "Comparison", "Spread", "Work", "compare", "environment", "everyone"]
__all__ += ["in_batches", "picks", "rate", "singly", "table"]

PARTICIPANTS = 10_000
DRAWN = 100_000

Work = Callable[[int], object]
"""Does as many operations as it is told to."""


class Spread(NamedTuple):
    """A figure taken several times: the median, and the extremes, which say how far to trust it."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Sum up the figures of all rounds."""
        return cls(median(figures), min(figures), max(figures))

    def __str__(self) -> str:
        """Print `1,234 (1,200 … 1,300)`; ratios, being small, with two decimals."""
        form = ",.0f" if self.high > 100 else ".2f"  # noqa: PLR2004 - no ratio is that large, no rate that small
        return f"{self.middle:{form}} ({self.low:{form}} … {self.high:{form}})"


class Comparison(NamedTuple):
    """Two rates per second, and the one over the other, round by round."""

    floor: Spread
    engine: Spread
    ratio: Spread


def everyone(count: int = PARTICIPANTS) -> list[str]:
    """Return the ids of all participants."""
    return [f"player-{number:05}" for number in range(1, count + 1)]


def picks(seed: int, count: int = PARTICIPANTS) -> Iterator[str]:
    """Return an endless stream of participants, picked uniformly; a seed always gives the same one.

    The draws are made beforehand and go round: drawing one costs as much as half an award in memory.
    """
    return cycle(random.Random(seed).choices(everyone(count), k=DRAWN))


def singly(award: Callable[[str, int], object], *, amount: int = 10, seed: int = 1) -> Work:
    """Return work of which one operation is one call."""
    chosen = picks(seed)

    def work(count: int) -> None:
        for participant_id in islice(chosen, count):
            award(participant_id, amount)

    return work


def in_batches(
    award_batch: Callable[[list[tuple[str, int]]], object], size: int, *, amount: int = 10, seed: int = 1
) -> Work:
    """Return work of which one operation is one item of a batch; ask it for multiples of `size`."""
    chosen = picks(seed)

    def work(count: int) -> None:
        for _ in range(count // size):
            award_batch([(participant_id, amount) for participant_id in islice(chosen, size)])

    return work


def rate(work: Work, count: int, *, rounds: int = 5) -> Spread:
    """Return how many operations are done in a second, `count` of them in each round."""
    work(count)
    return Spread.of([_round(work, count) for _ in range(rounds)])


def compare(floor: Work, engine: Work, count: int, *, rounds: int = 5) -> Comparison:
    """Return the rates of both, taken in turn, and the ratio `engine / floor` of each round.

    Who goes first changes with every round: a machine that warms up, or a neighbour that wakes up, then
    favours nobody. Both do one round that is not counted, so that neither pays for a cold cache. Give both
    new stores for each comparison: a file gets slower as it grows, so one that took part in an earlier
    comparison loses by up to a seventh against its own twin.
    """
    floors: list[float] = []
    engines: list[float] = []
    for number in range(rounds + 1):
        turns = [(floor, floors), (engine, engines)]
        for work, rates in turns if number % 2 else reversed(turns):
            rates.append(_round(work, count))
    del floors[0], engines[0]
    ratios = [mine / theirs for mine, theirs in zip(engines, floors, strict=True)]
    return Comparison(Spread.of(floors), Spread.of(engines), Spread.of(ratios))


def _round(work: Work, count: int) -> float:
    """Time one round. The collector starts clean and stays on, because applications run with it, too."""
    gc.enable()
    gc.collect()
    started = perf_counter()
    work(count)
    return count / (perf_counter() - started)


def environment() -> str:
    """Return, in one line, what the figures were taken on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"{python}, SQLite {sqlite3.sqlite_version}, {machine}"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as a table that reads well on a terminal and renders as Markdown."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
