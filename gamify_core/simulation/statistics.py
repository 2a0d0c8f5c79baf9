"""How sure one may be of a number, from few repetitions or from many participants. Pure, and by hand.

An interval of a number that has bounds stays within them, and is the wider on the side where there is room; where the
mean is so near to a bound that a float cannot tell the two apart, the bound is all of it:

- shares of participants in one repetition: Wilson's (Wilson 1927; Brown, Cai and DasGupta 2001 on why);
- means of shares over repetitions: Student's t on the logit, carried back (the logit interval of the same paper);
- means of counts, amounts and rates, none of them below zero: the log-normal interval, mean / C to mean · C with
  C = exp(t · √ln(1 + cv²)) (Burnham, Anderson, White, Brownie and Pollock 1987, as distance sampling uses it);
- whatever else (balances that may be debts, differences of two catalogs): Student's t as it stands.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

__all__ = [
    "gini",
    "kaplan_meier",
    "log_interval",
    "logit_interval",
    "quantile",
    "student",
    "t_interval",
    "wilson",
]

_Z = 1.959963984540054
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def student(freedom: int) -> float:
    """Return the 97.5 % point of Student's distribution."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    return _Z + (_Z**3 + _Z) / (4 * freedom) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)


def t_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of a few repetitions, and the 95 % interval of it."""
    mean = fmean(values)
    if len(values) < 2 or not all(map(math.isfinite, values)):  # noqa: PLR2004 - one says nothing of the spread
        return mean, math.nan, math.nan
    half = student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def log_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of numbers of which none can be below zero, and its 95 % interval, which is not either."""
    mean, low, high = t_interval(values)
    if not low < mean or min(values) < 0:  # all alike, unknown, or below zero after all
        return mean, low, high
    if mean <= 0:
        return mean, mean, mean
    variation = stdev(values) / math.sqrt(len(values)) / mean
    factor = math.exp(student(len(values) - 1) * math.sqrt(math.log1p(variation * variation)))
    return mean, mean / factor, mean * factor


def logit_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of shares, and its 95 % interval, which lies between none and all."""
    mean, low, high = t_interval(values)
    if not low < mean or min(values) < 0 or max(values) > 1:  # as above
        return mean, low, high
    if not 0 < mean < 1:
        return mean, mean, mean
    error = stdev(values) / math.sqrt(len(values))
    half = student(len(values) - 1) * error / (mean * (1 - mean))
    middle = math.log(mean / (1 - mean))
    return (
        mean,
        min(_share(middle - half), mean),
        max(_share(middle + half), mean),
    )  # there and back is rounded


def _share(logit: float) -> float:
    """Return the share of a logit, however far out that is."""
    return 1 / (1 + math.exp(-logit)) if logit > 0 else (part := math.exp(max(logit, -700))) / (1 + part)


def wilson(hits: int, of: int) -> tuple[float, float, float]:
    """Return a share, and the 95 % interval of it that is honest for few and for rare too."""
    if not of:
        return math.nan, math.nan, math.nan
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return share, max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < of else 1.0


def quantile(counts: Counter[int], part: float) -> float:
    """Return the value below which this part of all lies, from how many have each value."""
    total = sum(counts.values())
    if not total:
        return math.nan
    place, seen = math.ceil(part * total), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= place:
            return value
    return math.nan


def gini(counts: Counter[int]) -> float:
    """Return how unequal holdings are: 0 where all hold the same, near 1 where one holds all. Debts count as 0."""
    total = sum(counts.values())
    whole = sum(max(value, 0) * many for value, many in counts.items())
    if not whole:
        return 0.0
    before, area = 0, 0
    for value in sorted(counts):
        many = counts[value]
        area += max(value, 0) * many * (2 * before + many)
        before += many
    return area / (total * whole) - 1


def kaplan_meier(ended: Mapping[int, int], censored: Mapping[int, int], last: int) -> list[float]:
    """Return the share for whom it has not happened up to each time, though many were not watched to the end."""
    at_risk = sum(ended.values()) + sum(censored.values())
    kept, shares = 1.0, []
    for time in range(last + 1):
        if at_risk > 0:
            kept *= 1 - ended.get(time, 0) / at_risk
        at_risk -= ended.get(time, 0) + censored.get(time, 0)
        shares.append(kept)
    return shares
