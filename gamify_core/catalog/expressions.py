"""Conditions, amounts and criteria, held against what the catalog declares.

Promise: an expression that passes compiles, reads only properties that each of its events has, and metrics
that are kept; and no comparison in it is of kinds that never meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gamify_core.catalog.fixed import failures
from gamify_core.catalog.kinds import KINDS_TOLD, kind_of, mismatches
from gamify_core.catalog.values import Problem
from gamify_core.domain.conditions import Expression, compile_condition
from gamify_core.domain.thresholds import parse_criteria
from gamify_core.errors import ConditionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamify_core.catalog.findings import Findings
    from gamify_core.catalog.known import Known, Use

__all__ = ["check_amount", "check_counted", "check_criteria", "check_expression"]

_COUNTED: Final = "a metric counts what events say; put the condition into a rule"


def check_expression(findings: Findings, known: Known, path: str, source: str, on: Sequence[str]) -> bool:
    """Check an expression that is asked when one of these events comes; say whether it is sound."""
    try:
        expression = compile_condition(source)
    except ConditionError as error:
        findings.condition(path, error)
        return False
    _check_names(findings, known, path, expression, on)
    for mismatch in mismatches(source, lambda name: known.kind(on, name)):
        findings.fault(path, *mismatch)
    if findings.sound(path):
        for failure in failures(source):
            findings.condition(path, failure)
    return findings.sound(path)


def check_counted(findings: Findings, path: str, source: str) -> None:
    """Check that a sound expression reads the event alone: a metric that is new is rebuilt from stored events."""
    expression = compile_condition(source)
    for key, position in expression.positions.items():
        if key not in expression.fields:
            findings.fault(path, f"{key} is not said by the event", _COUNTED, position)
    if expression.random:
        findings.fault(path, "luck is not said by the event", _COUNTED)


def check_amount(findings: Findings, known: Known, path: str, source: str, on: Sequence[str]) -> None:
    """Check an expression that has to come to a number."""
    if check_expression(findings, known, path, source, on):
        kind = kind_of(source, lambda name: known.kind(on, name))
        if kind not in ("", "number"):
            findings.fault(
                path, f"{source} comes to {KINDS_TOLD[kind]}", "write an expression that comes to a number"
            )


def check_criteria(findings: Findings, known: Known, path: str, source: str, use: Use = "criteria") -> None:
    """Check the thresholds of a badge or a challenge."""
    try:
        criteria = parse_criteria(source)
    except ConditionError as error:
        findings.condition(path, error)
        return
    for metric in dict.fromkeys(atom.metric for atom in criteria.atoms):
        if problem := known.metric(metric, use):
            findings.fault(path, *problem)


def _check_names(
    findings: Findings, known: Known, path: str, expression: Expression, on: Sequence[str]
) -> None:
    """Check the properties and metrics that an expression reads, in the order in which it reads them."""
    for key, position in sorted(expression.positions.items(), key=lambda item: item[1]):
        problem = None
        if key in expression.fields:
            problem = _property(known, key, on)
            metric = key.removeprefix("metric.").removeprefix("metrics.")
            if problem and metric in known.metrics and path.startswith("rules."):  # which alone read metrics
                problem = Problem(problem[0], f'a metric is read by metric("{metric}")')
        elif key.startswith('metric("'):
            problem = known.metric(key[len('metric("') : -len('")')], "expression")
        if problem:
            findings.fault(path, *problem, position)


def _property(known: Known, name: str, on: Sequence[str]) -> Problem | None:
    """Say what is wrong with a property that every one of these events should have."""
    root, _, rest = name.partition(".")
    for event in on:
        if problem := known.property(event, root):
            return problem
    told = KINDS_TOLD.get(known.kind(on, root) or "")
    return Problem(f"{root} has no parts, it is {told}", f"write {root}") if rest and told else None
