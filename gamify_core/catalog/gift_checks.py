"""Whether what milestones and prizes give makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.catalog import values

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Milestone, Prize
    from gamify_core.catalog.findings import Findings
    from gamify_core.catalog.known import Known
    from gamify_core.catalog.values import Problem

__all__ = ["NOTHING", "check_gift", "unknown_gifts"]

NOTHING = "gives nothing", "write points = 50, a badge or a reward"
"""What is wrong with what gives nothing, and what to write instead."""


def check_gift(findings: Findings, where: str, gift: Milestone | Prize) -> None:
    """Check what kind of things are given, not whether they are there."""
    for currency, amount in gift.points:
        if problem := values.code(currency) or values.amount(amount, expressions=False):
            findings.fault(f"{where}.points", *problem)
    for name in ("badge", "reward"):
        if problem := values.each(values.code)(getattr(gift, name)):
            findings.fault(f"{where}.{name}", *problem)


def unknown_gifts(known: Known, gift: Milestone | Prize) -> Iterator[Problem]:
    """Say which currencies, badges and rewards are given that there are none of."""
    lookups = (
        (known.currency, [currency for currency, _ in gift.points]),
        (known.badge, gift.badge),
        (known.reward, gift.reward),
    )
    for lookup, codes in lookups:
        for code in codes:
            problem: Problem | None = lookup(code)
            if problem is not None:
                yield problem
