"""Whether a streak makes sense: its period, what it asks for, and what it forgives.

Promise: each fault stands at the field that has to change, with what to write there; a field that is unsound by itself
is not looked at again.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final

from gamify_core.catalog import definitions as d
from gamify_core.catalog import values
from gamify_core.catalog.conversions import GIVEN
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.gift_checks import NOTHING, check_gift, unknown_gifts
from gamify_core.catalog.keys import misshapen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gamify_core.catalog.known import Known

__all__ = ["check_goals_shape", "check_milestones_shape", "check_streak"]

_DAYS_IN: Final[Mapping[str, int]] = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
_LONGEST: Final = 1_000_000
_LARGEST: Final = 1_000_000_000
_COLUMN: Final = 1 << 62  # how far each of them is stands in one number

Fault = tuple[str, str, str]


def check_goals_shape(findings: Findings, path: str, goals: object) -> None:
    """Check that goals are minimums by metric; whether the metrics are there is asked later."""
    if not isinstance(goals, tuple) or not all(isinstance(pair, tuple) for pair in goals):
        findings.fault(path, f"{shown(goals)} are not goals", "write goals = { lessons = 3 }")
        return
    for metric, minimum in goals:
        if problem := values.code(metric):
            findings.fault(path, *problem)
        elif problem := values.whole(1, _LARGEST)(minimum):
            findings.fault(f"{path}.{metric}", *problem)
    if findings.sound(path) and prod(minimum + 1 for _, minimum in goals) > _COLUMN:
        findings.fault(path, "these goals are too great to be kept together", "write smaller minimums")


def check_milestones_shape(findings: Findings, path: str, milestones: tuple[object, ...]) -> None:
    """Check the lengths of milestones and what kind of things they give."""
    seen = set()
    for milestone in milestones:
        if not isinstance(milestone, d.Milestone):
            remedy = 'write { 7 = 50 } or { 7 = { points = 50, badge = "keen" } }'
            misshapen(findings, path, milestone, "a milestone", remedy, GIVEN)
            continue
        where = f"{path}.{milestone.length}"
        if problem := values.whole(1, _LONGEST)(milestone.length):
            findings.fault(path, *problem)
        elif milestone.length in seen:
            findings.fault(where, f"the length {milestone.length} stands twice", "once is enough")
        elif not (milestone.points or milestone.badge or milestone.reward):
            findings.fault(where, *NOTHING)
        seen.add(milestone.length)
        check_gift(findings, where, milestone)


def check_streak(findings: Findings, known: Known, path: str, streak: d.Streak) -> None:
    """Check what the fields of a streak say together."""
    faults = [_period(streak), _goals(known, streak), _forgiven(streak)]
    if findings.sound(f"{path}.milestones"):  # else what they give need not be names that can be looked up
        faults.append(_gifts(known, streak))
    for field, message, remedy in (fault for group in faults for fault in group):
        if findings.sound(f"{path}.{field}") and findings.sound(f"{path}.period"):
            findings.fault(f"{path}.{field}", message, remedy)


def _period(streak: d.Streak) -> Iterator[Fault]:
    if streak.rest_days and streak.period != "daily":
        yield "rest_days", "only a daily streak has rest days", 'write period = "daily"'
    if streak.period == "days" and streak.days is None:
        yield "days", "periods of so many days need their number", "write days = 14, say"
    for field in ("days", "anchor"):
        if streak.period != "days" and getattr(streak, field) is not None:
            yield field, f"a period that is {streak.period} has no {field}", 'write period = "days"'
    most = streak.days if streak.period == "days" else _DAYS_IN.get(str(streak.period))
    if streak.count != "days" or type(most) is not int:
        return
    asked = [streak.target] if not streak.goals else [pair[1] for pair in _pairs(streak)]
    for number in asked:
        if type(number) is int and number > most:
            field = "goals" if streak.goals else "target"
            yield (
                field,
                f"a period has {most} days, not {number}",
                f"ask for {most} at most, or a longer period",
            )


def _pairs(streak: d.Streak) -> Iterator[tuple[str, int]]:
    pairs: object = streak.goals
    if isinstance(pairs, tuple):
        yield from (pair for pair in pairs if isinstance(pair, tuple))


def _goals(known: Known, streak: d.Streak) -> Iterator[Fault]:
    if not streak.goals:
        if streak.match != "all":
            yield "match", "there are no goals to match", "name metrics in goals, or leave match out"
        return
    for metric, _ in _pairs(streak):
        if problem := known.added_up(metric):
            yield ("goals", *problem)
    if streak.on:
        yield "on", "its goals say which events count", "leave on out, or write a metric that counts them"
    if streak.target != 1:
        yield "target", "its goals say how much is asked for", "leave target out"


def _forgiven(streak: d.Streak) -> Iterator[Fault]:
    for field in ("freeze_every", "freeze_cost"):
        if getattr(streak, field) and streak.freeze_cap == 0:
            yield field, "none can be held: freeze_cap is 0", "write freeze_cap = 2, say"
    if streak.repair_cost and streak.repair_hours == 0:
        yield "repair_cost", "nothing can be repaired: repair_hours is 0", "write repair_hours = 48, say"


def _gifts(known: Known, streak: d.Streak) -> Iterator[Fault]:
    for milestone in streak.milestones:
        yield from (("milestones", *problem) for problem in unknown_gifts(known, milestone))
