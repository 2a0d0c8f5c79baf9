"""Loops that would never end: repeatable badges whose gifts earn each other.

Promise: every loop that is reported is one of repeatable badges only. A badge that is earned once ends any
loop it stands in, so edges through it are free; so does a challenge, which is completed once in each window, and no
rule is woken by what another gives.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gamify_core.domain.thresholds import parse_criteria

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gamify_core.catalog.definitions import Badge

__all__ = ["Loop", "loops"]

Loop = tuple[str, ...]


def loops(badges: Sequence[Badge]) -> tuple[Loop, ...]:
    """Return the loops as paths that end where they begin: `badges.a`, `points.earned`, `badges.a`.

    Criteria must be sound. Of loops that share a badge one is enough to say what to mend.
    """
    arrows = _arrows([badge for badge in badges if badge.repeatable and badge.criteria])
    found: list[Loop] = []
    told: set[str] = set()
    for start in [node for node in arrows if node.startswith("badges.") and node != "badges.count"]:
        if start not in told and (loop := _shortest(arrows, start)):
            found.append(loop)
            told.update(loop)
    return tuple(found)


def _arrows(badges: Sequence[Badge]) -> Mapping[str, tuple[str, ...]]:
    """Return where each leads: a badge to the metrics it moves, a metric to the badges it may earn."""
    arrows: dict[str, tuple[str, ...]] = {}
    for badge in badges:
        moved = [f"{currency}.{part}" for currency, _ in badge.points for part in ("earned", "balance")]
        arrows[f"badges.{badge.code}"] = (*moved, "badges.count")
    for badge in badges:
        for metric in parse_criteria(badge.criteria or "").metrics:
            base = metric.partition("@")[0]
            arrows[base] = (*arrows.get(base, ()), f"badges.{badge.code}")
    return arrows


def _shortest(arrows: Mapping[str, tuple[str, ...]], start: str) -> Loop:
    """Return the shortest way from a node back to itself, or nothing."""
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for following in arrows.get(node, ()):
            if following == start:
                way = [start, node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if following not in came:
                came[following] = node
                waiting.append(following)
    return ()
