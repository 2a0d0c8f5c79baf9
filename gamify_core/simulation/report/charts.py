"""Small charts as SVG, written by hand: no script, nothing to load, legible on a phone.

Everything is drawn 420 units wide, so that text is about as large as the page's own on a phone and on a desk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from gamify_core.simulation.report.style import COLOURS

__all__ = ["Bar", "Series", "bars", "legend", "lines", "ranges", "stacked"]

WIDTH, HEIGHT = 420, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 24
ROW = 26
_WORD = 56
_ENOUGH = 240  # points of a line; more than that nobody sees at this size

Spelt = Callable[[float], str]


class Series(NamedTuple):
    """A line, with the band that repetitions spread over, where there are several."""

    label: str
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


class Bar(NamedTuple):
    """A bar, or a range: a value with what lies around it, and a note at its end."""

    label: str
    value: float
    low: float
    high: float
    note: str = ""


def short(value: float) -> str:
    """Return a number in a few letters: 1.2k, 3.4M."""
    if not math.isfinite(value):
        return "–"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def share(value: float) -> str:
    """Return a share in per cent."""
    percent = 100 * value
    return f"{percent:.0f} %" if percent == int(percent) or percent >= 10 else f"{percent:.1f} %"  # noqa: PLR2004


def legend(labels: Sequence[str], colour: int = 0) -> str:
    """Return what each colour stands for, from a first one on."""
    items = [
        f'<li><i class="b{place % COLOURS}"></i>{escape(label)}</li>'
        for place, label in enumerate(labels, colour)
    ]
    return f'<ul class="legend">{"".join(items)}</ul>'


def lines(
    series: Sequence[Series], *, spelt: Spelt = short, x: str = "day", first: int = 1, colour: int = 0
) -> str:
    """Return lines over days, with their bands."""
    longest = max([2, *[len(each.values) for each in series]])
    tops = [value for each in series for value in (*each.values, *each.high) if math.isfinite(value)]
    frame = _Frame(longest, 0.0, max([0.0, *tops]), spelt, x, first)
    parts = [frame.grid()]
    for place, each in enumerate(series, colour):
        if each.low:
            there = [*enumerate(each.high)]
            back = [*enumerate(each.low)][::-1]
            parts.append(
                f'<polygon class="band f{place % COLOURS}" points="{frame.points([*there, *back])}"/>'
            )
    for place, each in enumerate(series, colour):
        if each.values:
            told = f"<title>{escape(each.label)}</title>"
            parts.append(
                f'<polyline class="series s{place % COLOURS}" '
                f'points="{frame.points(_thin(each.values))}">{told}</polyline>'
            )
    return _svg(HEIGHT, "".join(parts), ", ".join(each.label for each in series))


def stacked(
    up: Sequence[Series], down: Sequence[Series] = (), *, spelt: Spelt = short, most: float | None = None
) -> str:
    """Return areas on top of each other: what comes above the line, what goes below it."""
    longest = max([2, *[len(each.values) for each in (*up, *down)]])
    above = _sums(up, longest)
    below = _sums(down, longest)
    top = most if most is not None else max([0.0, *above[-1]])
    frame = _Frame(longest, -max([0.0, *below[-1]]), top, spelt, "day", 1)
    parts = [frame.grid()]
    for place, each in enumerate(up):
        parts.append(_area(frame, above[place], above[place + 1], place, each.label))
    for place, each in enumerate(down):
        floor, roof = ([-value for value in sums] for sums in (below[place], below[place + 1]))
        parts.append(_area(frame, floor, roof, len(up) + place, each.label))
    if down:
        zero = frame.y(0)
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>')
    return _svg(HEIGHT, "".join(parts), ", ".join(each.label for each in (*up, *down)))


def bars(rows: Sequence[Bar], *, spelt: Spelt = share, most: float | None = None) -> str:
    """Return bars with whiskers, the label above each."""
    top = most or _nice(max([0.0, *[each.high for each in rows], *[each.value for each in rows]]))
    parts, wide = [], WIDTH - 2
    for place, each in enumerate(rows):
        y = place * (ROW + 10) + 14
        end = 1 + (wide - 1) * each.value / top if top else 1
        parts.append(f'<text class="strong" x="0" y="{y}">{escape(each.label)}</text>')
        parts.append(f'<text x="{WIDTH}" y="{y}" text-anchor="end">{escape(each.note)}</text>')
        parts.append(
            f'<rect fill="var(--grid)" stroke="none" x="0" y="{y + 6}" width="{wide}" height="9" rx="4.5"/>'
        )
        parts.append(
            f'<rect class="f{place % COLOURS}" x="0" y="{y + 6}" width="{max(end, 1):.1f}" '
            f'height="9" rx="4.5"><title>{escape(each.label)}: {spelt(each.value)}</title></rect>'
        )
        if top and each.high > each.low:
            low, high = (wide * max(0.0, min(1.0, value / top)) for value in (each.low, each.high))
            parts.append(_whisker(low, high, y + 10.5))
    return _svg(len(rows) * (ROW + 10) + 2, "".join(parts), ", ".join(each.label for each in rows))


def ranges(rows: Sequence[Bar]) -> str:
    """Return a range a row, from low to high with a dot at the value."""
    top = _nice(max([1.0, *[each.high for each in rows]]))
    parts = []
    for place, each in enumerate(rows):
        y = place * (ROW + 14) + 14
        low, middle, high = (
            (WIDTH - 12) * max(0.0, value) / top + 6 for value in (each.low, each.value, each.high)
        )
        parts.append(f'<text class="strong" x="0" y="{y}">{escape(each.label)}</text>')
        parts.append(f'<text x="{WIDTH}" y="{y}" text-anchor="end">{escape(each.note)}</text>')
        parts.append(f'<line class="rule" x1="0" x2="{WIDTH}" y1="{y + 14}" y2="{y + 14}"/>')
        told = f"<title>{short(each.low)} – {short(each.value)} – {short(each.high)}</title>"
        parts.append(
            f'<line class="s{place % COLOURS}" stroke-width="7" stroke-linecap="round" opacity="0.45" '
            f'x1="{low:.1f}" x2="{high:.1f}" y1="{y + 14}" y2="{y + 14}">{told}</line>'
        )
        parts.append(
            f'<circle class="f{place % COLOURS}" cx="{middle:.1f}" cy="{y + 14}" r="6">{told}</circle>'
        )
    return _svg(len(rows) * (ROW + 14) + 4, "".join(parts), ", ".join(each.label for each in rows))


# -- drawing ------------------------------------------------------------------------------------------------


class _Frame:
    """Where things are: days from left to right, values from below."""

    def __init__(  # noqa: PLR0913 - two axes, each with its bounds and its words
        self, days: int, low: float, high: float, spelt: Spelt, x: str, first: int
    ) -> None:
        self.days, self.spelt, self._x, self._first = days, spelt, x, first
        self.step = _nice((high - low) / 4 or 0.25)
        self.low, self.high = (
            math.floor(low / self.step) * self.step,
            math.ceil(high / self.step - 1e-9) * self.step,
        )
        self.high = self.high if self.high > self.low else self.low + self.step

    def x(self, day: float) -> float:
        """Return where a day stands."""
        return LEFT + (WIDTH - LEFT - RIGHT) * day / (self.days - 1)

    def y(self, value: float) -> float:
        """Return where a value stands."""
        kept = min(max(value, self.low), self.high)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (kept - self.low) / (self.high - self.low)

    def points(self, pairs: Sequence[tuple[float, float]]) -> str:
        """Return pairs of day and value as SVG has them."""
        return " ".join(
            f"{self.x(day):.1f},{self.y(value):.1f}" for day, value in pairs if math.isfinite(value)
        )

    def grid(self) -> str:
        """Return the lines behind, with what they stand for."""
        parts = []
        for place in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + place * self.step
            y = self.y(value)
            shown = self.spelt(abs(value)) if self.low < 0 else self.spelt(value)
            parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>')
        apart = max(1, round(_nice((self.days - 1) / 4)))
        numbers = [
            n for n in range(self._first, self._first + self.days) if n % apart == 0 or n == self._first
        ]
        for number in numbers:
            x, anchor = self.x(number - self._first), "start" if number == self._first else "middle"
            if x > WIDTH - RIGHT - 14:
                anchor = "end"
            if number != self._first and x < LEFT + _WORD:  # it would stand in the first one's word
                continue
            word = f"{self._x} {number}" if number == self._first else f"{number}"
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 7}" text-anchor="{anchor}">{word}</text>')
        return "".join(parts)


def _area(frame: _Frame, floor: Sequence[float], roof: Sequence[float], place: int, label: str) -> str:
    there, back = _thin(roof), _thin(floor)[::-1]
    told = f"<title>{escape(label)}</title>"
    points = frame.points([*there, *back])
    return f'<polygon class="area f{place % COLOURS}" points="{points}">{told}</polygon>'


def _whisker(low: float, high: float, y: float) -> str:
    ends = "".join(
        f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 4}" y2="{y + 4}"/>' for x in (low, high)
    )
    return f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>{ends}'


def _sums(series: Sequence[Series], days: int) -> list[list[float]]:
    sums = [[0.0] * days]
    for each in series:
        sums.append(
            [
                before + value
                for before, value in zip(
                    sums[-1], [*each.values, *[0.0] * (days - len(each.values))], strict=True
                )
            ]
        )
    return sums


def _thin(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the points of a line, no more of them than can be seen; the last is always there."""
    step = max(1, math.ceil(len(values) / _ENOUGH))
    kept = list(enumerate(values))[::step]
    last = (len(values) - 1, values[-1])
    return [*kept, *([last] if kept[-1] != last else [])]


def _nice(value: float) -> float:
    """Return the least of 1, 2, 2.5 and 5 times a power of ten that is no less."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        (times * power for times in (1, 2, 2.5, 5, 10) if times * power >= value * 0.9999), 10 * power
    )


def _svg(height: float, inner: str, about: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(about, quote=True)}">{inner}</svg>'
