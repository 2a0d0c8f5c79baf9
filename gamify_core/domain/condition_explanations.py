"""Why a condition was false, in the words it was written in.

Promise: an explanation says the same as the condition itself, takes the same draws in the same order, and
names the tests that made it false with the values they read, those that were drawn included.
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
    """A test that was false: its text, the values of the names it reads (None where missing), and what it drew.

    What was drawn is among the values by the text of the call: of `chance(0.1)` a number from 0 up to 1, of which only
    those below 0.1 win; of `roll(1, 6)` what was rolled.
    """

    source: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        """Return `score >= 60 is false (score = 41)`, `chance(0.1) is false (drew 0.734105)`."""
        read = [_read(name, value) for name, value in self.values.items()]
        return f"{self.source} is false" + (f" ({', '.join(read)})" if read else "")


def _read(name: str, value: object) -> str:
    if "(" in name and name.partition("(")[0].strip() == "chance":
        return f"drew {shown(value)}"
    return f"{name} is missing" if value is None else f"{name} = {shown(value)}"


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


class _Told(Facts):
    """The same facts and the same luck, and what was drawn of it."""

    __slots__ = ("drawn",)

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.properties, facts.participant, facts.metric, facts.local, facts.luck)
        self.drawn: dict[str, object] = {}

    def drew(self, call: str, value: object) -> None:
        """Keep what was drawn; of a call that stands there twice, both."""
        name, times = call, 1
        while name in self.drawn:
            times += 1
            name = f"{call} #{times}"
        self.drawn[name] = value


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
        told = _Told(facts)
        if clause.test(told):
            return Explanation(holds=True)
        values = {reading.key: reading.work(facts) for reading in clause.reads} | told.drawn
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
