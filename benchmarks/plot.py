"""A small picture of times against sizes, both logarithmic, as an SVG that reads on light and on dark paper."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log10

__all__ = ["plotted"]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
COLOURS = ("#c0392b", "#7f8c8d", "#2471a3", "#1e8449")
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #6e7781; }
  .title { font-weight: 600; }
  .grid { stroke: #8c959f; stroke-opacity: 0.4; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) { text { fill: #9ea7b3; } }
"""


def plotted(title: str, lines: Mapping[str, Mapping[int, float]]) -> str:
    """Return the picture; `lines` are microseconds by size, each under its name, drawn in this order."""
    sizes = [size for line in lines.values() for size in line]
    times = [time for line in lines.values() for time in line.values()]
    left, right = floor(log10(min(sizes))), max(ceil(log10(max(sizes))), floor(log10(min(sizes))) + 1)
    low, high = floor(log10(min(times))), ceil(log10(max(times)))
    high = max(high, low + 1)

    def x(size: float) -> float:
        return LEFT + (log10(size) - left) / (right - left) * (WIDTH - LEFT - RIGHT)

    def y(time: float) -> float:
        return HEIGHT - BOTTOM - (log10(time) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="{LEFT}" y="22">{title}</text>',
    ]
    for power in range(left, right + 1):
        at = x(10**power)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_time(power)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">participants on the board</text>'
    )
    taken: list[float] = []
    ends = sorted(lines, key=lambda name: y(lines[name][max(lines[name])]))
    for name in ends:  # names stand at the ends of their lines, a line of text apart
        taken.append(max(y(lines[name][max(lines[name])]) + 4, taken[-1] + 17 if taken else 0))
    labels = dict(zip(ends, taken, strict=True))
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        points = " ".join(f"{x(size):.1f},{y(time):.1f}" for size, time in sorted(line.items()))
        parts.append(f'<polyline class="line" stroke="{colour}" points="{points}"/>')
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(time):.1f}" r="3.5" fill="{colour}"/>'
            for size, time in line.items()
        ]
        parts.append(
            f'<text x="{WIDTH - RIGHT + 12}" y="{labels[name]:.1f}" style="fill: {colour}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _time(power: int) -> str:
    """Return a power of ten of microseconds as people say it."""
    if power >= 6:  # noqa: PLR2004 - a second
        return f"{10 ** (power - 6):,} s"
    return f"{10 ** (power - 3):,} ms" if power >= 3 else f"{10.0**power:g} µs"  # noqa: PLR2004 - a millisecond
