"""Whether a catalog makes sense as a whole.

Promise: everything that is wrong is found in one go, each thing once, in the order of the sections; and no
value, however odd, makes the checks themselves fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gamify_core.catalog.board_checks import check_board
from gamify_core.catalog.definitions import (
    Badge,
    Cap,
    Challenge,
    Currency,
    Definition,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
)
from gamify_core.catalog.expected import check_expected
from gamify_core.catalog.expressions import check_amount, check_counted, check_criteria, check_expression
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.known import Known
from gamify_core.catalog.loops import loops
from gamify_core.catalog.notes import notes
from gamify_core.catalog.parts import SECTIONS
from gamify_core.catalog.shapes import check_calendar, check_code, check_shape
from gamify_core.catalog.streak_checks import check_streak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gamify_core.catalog.parts import Parts
    from gamify_core.catalog.values import Problem

__all__ = ["examine"]

_OF_MULTIPLIERS: Final = ("factor", "duration", "multiplies", "stacking", "rounding")


def examine(parts: Parts) -> Findings:
    """Return everything there is to say about these definitions."""
    findings = Findings()
    check_calendar(findings, parts.timezone, parts.week_start, parts.name)
    sound = [
        (path, definition)
        for section, kind in SECTIONS.items()
        for path, definition in _named(findings, section, kind, getattr(parts, section))
    ]
    if not all(
        isinstance(each, kind) for section, kind in SECTIONS.items() for each in getattr(parts, section)
    ):
        return findings  # nothing can be said about names while some of them are not even definitions
    for path, definition in sound:
        check_shape(findings, path, definition)
    known = Known(parts)
    for path, definition in sound:
        _check_meaning(findings, known, path, definition)
    for path, definition in sound:
        scaled = definition.scale if isinstance(definition, Currency) and definition.code == "points" else 0
        if scaled and findings.sound(f"{path}.scale"):
            remedy = "give what has decimals a code of its own"
            findings.fault(f"{path}.scale", "points are whole numbers", remedy)
    if findings.sound("badges"):
        _check_loops(findings, parts.badges)
    check_expected(findings, parts)
    if not findings.found:
        findings.notes.extend(notes(parts))
    return findings


def _named(
    findings: Findings, section: str, kind: type[Definition], definitions: Iterable[object]
) -> list[tuple[str, Definition]]:
    """Return the definitions of a section with their paths, but for those that have no usable code."""
    named: dict[str, Definition] = {}
    for place, definition in enumerate(definitions):
        where = f"{section}[{place}]"
        if not isinstance(definition, kind):
            findings.fault(
                where, f"{shown(definition)} is not a {kind.__name__}", f"write {kind.__name__}(…)"
            )
            continue
        path = f"{section}.{definition.code}"
        if not check_code(findings, where, definition):
            continue
        if path in named:
            findings.fault(path, f"{definition.code!r} is declared twice", "give each a code of its own")
        named.setdefault(path, definition)
    return list(named.items())


def _check_meaning(findings: Findings, known: Known, path: str, definition: Definition) -> None:
    """Check what a definition refers to, as far as its own values are sound."""
    match definition:
        case Metric():
            _check_metric(findings, known, path, definition)
        case Rule():
            _check_rule(findings, known, path, definition)
        case Streak():
            _check_streak(findings, known, path, definition)
        case Badge():
            _refer(findings, f"{path}.points", known.currency, (pair[0] for pair in definition.points))
            if definition.criteria is not None and findings.sound(f"{path}.criteria"):
                check_criteria(findings, known, f"{path}.criteria", definition.criteria)
        case Ladder():
            _refer(findings, f"{path}.metric", known.laddered, (definition.metric,))
        case Leaderboard():
            _refer(findings, f"{path}.metric", known.ranked, (definition.metric,))
            check_board(findings, known, path, definition)
        case Reward():
            _check_reward(findings, known, path, definition)
        case Challenge():
            _check_challenge(findings, known, path, definition)


def _check_metric(findings: Findings, known: Known, path: str, metric: Metric) -> None:
    on = _check_events(findings, known, path, metric.on)
    taken = {name: getattr(metric, name) for name in ("sum", "max", "min", "latest", "distinct")}
    given = [name for name, source in taken.items() if source is not None]
    plainly = [name for name in ("days", "count") if getattr(metric, name)]
    if len(given) + len(plainly) != 1:
        ways = ", ".join([*given, *plainly]) or "nothing"
        remedy = "write one of count, sum, max, min, latest, distinct and days"
        findings.fault(path, f"takes {ways} of its events", remedy)
    elif metric.scale and given in ([], ["distinct"]) and findings.sound(f"{path}.scale"):
        findings.fault(f"{path}.scale", "what is counted has no decimals", "leave scale out")
    for name in given:
        if findings.sound(f"{path}.{name}"):
            check = check_expression if name == "distinct" else check_amount
            check(findings, known, f"{path}.{name}", taken[name], on)
    _check_when(findings, known, path, metric.when, on)
    for name in (*given, *(["when"] if metric.when is not None else [])):
        if findings.sound(f"{path}.{name}"):
            check_counted(findings, f"{path}.{name}", getattr(metric, name))


def _check_rule(findings: Findings, known: Known, path: str, rule: Rule) -> None:
    on = _check_events(findings, known, path, rule.on)
    if isinstance(rule.when, str):
        _check_when(findings, known, path, rule.when, on)
    for word, amounts in (("award", rule.award), ("deduct", rule.deduct)):
        where = f"{path}.{word}"
        _refer(findings, where, known.currency, (pair[0] for pair in amounts))
        for currency, amount in amounts if findings.sound(where) else ():
            if isinstance(amount, str):
                spot = where if len(amounts) == 1 and currency == "points" else f"{where}.{currency}"
                check_amount(findings, known, spot, amount, on)
    capped = isinstance(rule.cap, Cap) and rule.cap.points is not None
    if capped and findings.sound(f"{path}.award"):
        scales = {known.scales.get(f"{currency}.earned", 0) for currency, _ in rule.award}
        if len(scales) > 1:
            told = "caps the sum of currencies with different decimals"
            findings.fault(f"{path}.cap", told, "write a rule for each, with a cap of its own")
    _refer(findings, f"{path}.streak", known.recorded, rule.streak)
    _refer(findings, f"{path}.badge", known.badge, rule.badge)
    _refer(findings, f"{path}.mint", known.badge, rule.mint)
    _refer(findings, f"{path}.reward", known.reward, rule.reward)
    _refer(findings, f"{path}.advance", known.challenge, rule.advance)
    _check_season(findings, path, rule)


def _check_streak(findings: Findings, known: Known, path: str, streak: Streak) -> None:
    on: Sequence[str] = ()
    if streak.on:
        on = _check_events(findings, known, path, streak.on)
    elif streak.when is not None:
        findings.fault(f"{path}.when", "is asked by no event", "name the events in on, or use a rule")
    _check_when(findings, known, path, streak.when, on)
    check_streak(findings, known, path, streak)


def _check_reward(findings: Findings, known: Known, path: str, reward: Reward) -> None:
    _refer(findings, f"{path}.currency", known.currency, (reward.currency,))
    _refer(findings, f"{path}.multiplies", known.currency, (reward.multiplies,))
    if not findings.sound(f"{path}.type"):
        return
    if reward.type == "points_multiplier":
        for field, remedy in (
            ("factor", "write factor = 1.5, say"),
            ("duration", 'write duration = "24h", say'),
        ):
            if getattr(reward, field) is None:
                findings.fault(f"{path}.{field}", f"a points_multiplier needs a {field}", remedy)
        return
    for field in filter(lambda name: findings.sound(f"{path}.{name}"), _OF_MULTIPLIERS):
        if getattr(reward, field) != getattr(attrs.fields(Reward), field).default:
            message = f"a {reward.type} reward multiplies nothing"
            findings.fault(f"{path}.{field}", message, 'write type = "points_multiplier", or leave it out')


def _check_challenge(findings: Findings, known: Known, path: str, challenge: Challenge) -> None:
    if findings.sound(f"{path}.goals"):
        check_criteria(findings, known, f"{path}.goals", challenge.goals, "goals")
    _refer(findings, f"{path}.points", known.currency, (pair[0] for pair in challenge.points))
    _refer(findings, f"{path}.badge", known.badge, challenge.badge)
    _refer(findings, f"{path}.reward", known.reward, challenge.reward)
    _check_season(findings, path, challenge)


def _check_season(findings: Findings, path: str, definition: Rule | Challenge) -> None:
    if not (findings.sound(f"{path}.starts") and findings.sound(f"{path}.ends")):
        return
    if definition.starts is not None and definition.ends is not None and definition.ends <= definition.starts:
        what = type(definition).__name__.lower()
        findings.fault(f"{path}.ends", f"the {what} ends before it starts", "the end lies after the start")


def _check_when(findings: Findings, known: Known, path: str, when: str | None, on: Sequence[str]) -> None:
    if when is not None and findings.sound(f"{path}.when"):
        check_expression(findings, known, f"{path}.when", when, on)


def _check_events(findings: Findings, known: Known, path: str, on: tuple[str, ...]) -> Sequence[str]:
    """Check the events something listens to, and return those whose properties can be asked about."""
    where = f"{path}.on"
    if not on:
        findings.fault(where, "no event is named", 'write on = "lesson_finished", the event it listens to')
    if not findings.sound(where):
        return ()
    _refer(findings, where, known.event, on)
    return [event for event in on if event in known.events]


def _refer(
    findings: Findings, path: str, lookup: Callable[[str], Problem | None], names: Iterable[str]
) -> None:
    """Hold every name against what is known."""
    if findings.sound(path):
        for problem in filter(None, [lookup(name) for name in names]):
            findings.fault(path, *problem)


def _check_loops(findings: Findings, badges: Sequence[Badge]) -> None:
    for loop in loops(badges):
        findings.fault(
            f"{loop[0]}.criteria",
            f"a loop of repeatable badges that never ends: {' → '.join(loop)}",
            "make one of them once-only (repeatable = false), or let its criteria ask for something else",
        )
