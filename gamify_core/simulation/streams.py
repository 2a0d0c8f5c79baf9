"""Luck that is keyed by what it is for, and the draws made of it.

Promise: what a participant draws depends on (seed, replication, participant, purpose) and on nothing else: not on the
order in which participants are played, nor on how many workers share them out, nor on what the rules do. So two
catalogs can be compared on the same luck. All draws are made of `Random.random()` alone, the one method whose values
Python promises to keep from version to version.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random

__all__ = ["Draw", "log_normal", "normal", "number", "pick", "poisson", "stream", "weighted"]

Draw = Callable[[], float]
"""A number from 0 up to, and not including, 1."""


def number(seed: int, replication: int, participant: int, purpose: str) -> int:
    """Return 63 bits that are nothing but these four."""
    name = f"{seed}|{replication}|{participant}|{purpose}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1


def stream(seed: int, replication: int, participant: int, purpose: str) -> Draw:
    """Return the draws of one participant for one purpose."""
    return Random(number(seed, replication, participant, purpose)).random  # noqa: S311 - repeatable, not secret


def poisson(draw: Draw, mean: float) -> int:
    """Return a count whose mean this is."""
    if mean <= 0:
        return 0
    left, count = math.exp(-min(mean, 500.0)), 0
    product = draw()
    while product > left:
        product *= draw()
        count += 1
    return count


def normal(draw: Draw, mean: float, deviation: float) -> float:
    """Return a value around a mean."""
    radius = math.sqrt(-2 * math.log(1 - draw()))
    return mean + deviation * radius * math.cos(2 * math.pi * draw())


def log_normal(draw: Draw, median: float, sigma: float) -> float:
    """Return a positive value of which half lie below the median, with a long tail above."""
    return median * math.exp(normal(draw, 0.0, sigma))


def weighted(weights: Sequence[float]) -> tuple[float, ...]:
    """Return the running sums that `pick` chooses by."""
    return tuple(accumulate(weights))


def pick(draw: Draw, sums: tuple[float, ...]) -> int:
    """Return a place, each as likely as its weight."""
    # A draw is less than 1, but its product with the whole may be rounded up to it: a last place stands in
    return bisect_right(sums, draw() * sums[-1], 0, len(sums) - 1)
