"""What a figure is held against: the bars that were set before anything was measured.

A bar that is missed is printed as missed, with both numbers; it is never bent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from benchmarks.measure import Comparison, Spread, table

__all__ = ["Bar", "Line", "at_least", "at_most", "microseconds", "missed", "page", "rate_of", "slowness"]

Figure = Literal["ratio", "rate"]


class Bar(NamedTuple):
    """A limit for the median of a line's ratio, or of its rate per second."""

    limit: float
    figure: Figure = "ratio"
    above: bool = True
    """Whether the limit is the least that will do, or the most."""

    def met(self, figure: float) -> bool:
        """Say whether a figure keeps to the limit."""
        return figure >= self.limit if self.above else figure <= self.limit

    def verdict(self, figure: float) -> str:
        """Print `met: 0.82 against 0.70`."""
        form = ",.0f" if self.figure == "rate" else ".2f"
        unit = "/s" if self.figure == "rate" else ""
        word = "met" if self.met(figure) else "missed"
        return f"{word}: {figure:{form}}{unit} against {self.limit:{form}}{unit}"


class Line(NamedTuple):
    """One line of a table: two rates per second, how they compare, and the bars they are held to."""

    what: str
    floor: Spread
    engine: Spread
    ratio: Spread
    bars: tuple[Bar, ...] = ()

    def verdicts(self) -> list[str]:
        """Return what is to be said of each bar."""
        return [bar.verdict(self._median(bar)) for bar in self.bars]

    def misses(self) -> list[str]:
        """Return the same of those that are missed."""
        return [bar.verdict(self._median(bar)) for bar in self.bars if not bar.met(self._median(bar))]

    def _median(self, bar: Bar) -> float:
        return self.ratio.middle if bar.figure == "ratio" else self.engine.middle


def at_least(limit: float) -> Bar:
    """Hold a line's ratio to this or more."""
    return Bar(limit)


def at_most(limit: float) -> Bar:
    """Hold a line's ratio to this or less."""
    return Bar(limit, above=False)


def rate_of(limit: float) -> Bar:
    """Hold a line's second rate to this many per second or more."""
    return Bar(limit, "rate")


def slowness(what: str, measured: Comparison, *bars: Bar) -> Line:
    """Return a line whose ratio is one of *times*: how long the second takes, as a multiple of the first.

    Hand the quantities to `compare` the other way round, so that its ratio of rates is this ratio of times.
    """
    return Line(what, measured.engine, measured.floor, measured.ratio, bars)


def page(title: str, heads: Sequence[str], lines: Sequence[Line]) -> str:
    """Return a titled table of lines; `heads` names the two rates and the ratio."""
    rows = [(line.what, line.floor, line.engine, line.ratio, "; ".join(line.verdicts())) for line in lines]
    return f"{title}\n\n{table(('what', *heads, 'bar'), rows)}\n"


def microseconds(line: Line) -> Line:
    """Return a line with the time of one operation instead of the rates."""
    return line._replace(floor=_inverse(line.floor), engine=_inverse(line.engine))


def _inverse(rate: Spread) -> Spread:
    return Spread(1e6 / rate.middle, 1e6 / rate.high, 1e6 / rate.low)


def missed(lines: Sequence[Line]) -> list[str]:
    """Return a sentence for each bar that is missed."""
    return [f"{line.what}: {miss}" for line in lines for miss in line.misses()]
