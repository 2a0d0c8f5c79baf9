"""Why a condition was false, in the words it was written in.

Promise: an explanation says the same as the condition itself, takes the same draws in the same order, and
names the tests that made it false with the values they read.
"""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.condition_closures import test_of
from gamify_core.domain.condition_facts import Facts, Reading, Test, readings
from gamify_core.domain.condition_functions import RANDOM
from gamify_core.domain.condition_values import shown
from gamify_core.errors import ConditionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.domain.condition_grammar import Tree

__all__ = ["Clause", "Explanation", "Failed", "clause_of", "explain", "is_random"]


@attrs.frozen
class Failed:
    """A test that was false: its text and the values of the names it reads (None where missing)."""

    source: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        """Return `score >= 60 is false (score = 41)`."""
        read = [
            f"{name} is missing" if value is None else f"{name} = {shown(value)}"
            for name, value in self.values.items()
        ]
        return f"{self.source} is false" + (f" ({', '.join(read)})" if read else "")


@attrs.frozen
class Explanation:
    """Whether a condition holds, and if not, the tests that made it false."""

    holds: bool
    failed: tuple[Failed, ...] = ()

    def __str__(self) -> str:
        """Return the reasons in one line."""
        return "holds" if self.holds else "; ".join(str(reason) for reason in self.failed)


@attrs.frozen
class Single:
    """One test of a condition as explanations see it, with the names it reads."""

    source: str
    test: Test
    reads: tuple[Reading, ...]
    random: bool


@attrs.frozen
class Joined:
    """Clauses joined by `and` (all of them) or `or`."""

    every: bool
    parts: tuple[Single | Joined, ...]
    random: bool


Clause = Single | Joined


def is_random(node: ast.expr) -> bool:
    """Return whether the node draws luck anywhere."""
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in RANDOM
        for part in ast.walk(node)
    )


def clause_of(tree: Tree, node: ast.expr) -> Clause:
    """Return the clauses of a checked tree."""
    if isinstance(node, ast.BoolOp):
        parts = tuple([clause_of(tree, part) for part in node.values])
        return Joined(isinstance(node.op, ast.And), parts, is_random(node))
    return Single(tree.text(node), test_of(tree, node), readings(tree, node), is_random(node))


def explain(clause: Clause, facts: Facts) -> Explanation:
    """Work a clause out as its closure would, keeping the reasons."""
    if isinstance(clause, Single):
        if clause.test(facts):
            return Explanation(holds=True)
        values = {reading.key: reading.work(facts) for reading in clause.reads}
        return Explanation(holds=False, failed=(Failed(clause.source, MappingProxyType(values)),))
    reasons: list[Failed] = []
    for index, part in enumerate(clause.parts):
        answer = explain(part, facts)
        reasons.extend(answer.failed)
        if answer.holds is clause.every:
            continue
        if answer.holds:
            return answer
        return Explanation(
            holds=False, failed=(*reasons, *_further(clause.parts[index + 1 :], facts, reasons))
        )
    return Explanation(holds=clause.every, failed=tuple(reasons))


def _further(parts: tuple[Clause, ...], facts: Facts, known: list[Failed]) -> list[Failed]:
    """Return what else is false after the test that decided an `and`: a learner wants to hear all of it.

    Those tests were not reached, so ones that draw luck or cannot be worked out are left alone, as are those
    that only repeat that a property is missing.
    """
    missing = {name for reason in known for name, value in reason.values.items() if value is None}
    found: list[Failed] = []
    for part in parts:
        if part.random:
            continue
        try:
            answer = explain(part, facts)
        except ConditionError:
            continue
        found.extend([reason for reason in answer.failed if not missing & reason.values.keys()])
    return found
