"""Thresholds on metrics: criteria as a designer writes them, and which rungs a rising value reaches.

    lessons >= 1 and (streak.daily >= 7 or points.earned@yearly >= 500)

Promise: criteria hold nothing but thresholds joined by `and` and `or`, so they can be indexed by metric and
become true only when a metric rises. `progress` is 1.0 exactly when they are met, and never falls when a
value rises.
"""

from __future__ import annotations

import ast
import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from gamify_core.domain.condition_facts import is_path
from gamify_core.domain.condition_grammar import LARGEST_LITERAL, Tree, parse_text
from gamify_core.domain.decimals import one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gamify_core.errors import ConditionError

__all__ = ["Atom", "Criteria", "Lack", "parse_criteria", "rung"]

_BELOW_ONE: Final = math.nextafter(1.0, 0.0)
DEEPEST: Final = 32


class Atom(NamedTuple):
    """One threshold: the metric (with `@window` where given) and the least value that meets it."""

    metric: str
    minimum: int


class Lack(NamedTuple):
    """A threshold not yet met, with the value as it stands."""

    metric: str
    minimum: int
    value: int


class _Group(NamedTuple):
    """Thresholds joined by one word: all of them (`and`) or any of them (`or`)."""

    every: bool
    parts: tuple[Atom | _Group, ...]


_Goal = Atom | _Group


@attrs.frozen(eq=False, repr=False)
class Criteria:
    """Parsed criteria, equal when their source is; `atoms` are the distinct thresholds in written order."""

    source: str
    atoms: tuple[Atom, ...]
    _goal: _Goal

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics the criteria look at."""
        return frozenset([atom.metric for atom in self.atoms])

    def met(self, value_of: Callable[[str], int]) -> bool:
        """Return whether the criteria hold for these values."""
        return _met(self._goal, value_of)

    def progress(self, value_of: Callable[[str], int]) -> float:
        """Return how far along the way, 0.0 to 1.0.

        `and` is the mean of its parts, each counted as at most whole; `or` is its best branch. The mean and
        not the least of the parts: whoever did six of seven things wants to see six sevenths.
        """
        values = self._values(value_of)
        if _met(self._goal, values.__getitem__):
            return 1.0
        return min(_share(self._goal, values), _BELOW_ONE)

    def missing(self, value_of: Callable[[str], int]) -> tuple[Lack, ...]:
        """Return what still lacks on the shortest way: of an `or`, the branch that is furthest along."""
        values = self._values(value_of)
        highest: dict[str, Lack] = {}
        for lack in _lacking(self._goal, values):
            if lack.metric not in highest or lack.minimum > highest[lack.metric].minimum:
                highest[lack.metric] = lack
        return tuple(highest.values())

    def __eq__(self, other: object) -> bool:
        """Compare by source."""
        return self.source == other.source if isinstance(other, Criteria) else NotImplemented

    def __hash__(self) -> int:
        """Hash by source."""
        return hash(self.source)

    def __repr__(self) -> str:
        """Return `Criteria('lessons >= 1')`."""
        return f"Criteria({self.source!r})"

    def __str__(self) -> str:
        """Return the source."""
        return self.source

    def _values(self, value_of: Callable[[str], int]) -> dict[str, int]:
        """Read each metric once: a reading may cost a query."""
        return {metric: value_of(metric) for metric in dict.fromkeys(atom.metric for atom in self.atoms)}


def _whole(metric: str) -> int:  # noqa: ARG001 - of all metrics alike
    return 0


def parse_criteria(source: str, scale: Callable[[str], int] = _whole) -> Criteria:
    """Parse criteria; raise `ConditionError` for anything that is not thresholds joined by `and` and `or`.

    Where `scale` says that a metric has decimals, its values are integers of the smallest unit, and so is its minimum.
    """
    tree = parse_text(source)
    goal = _read(tree, tree.body, 1, scale)
    return Criteria(source, tuple(dict.fromkeys(_atoms(goal))), goal)


def rung(minimums: Sequence[int], value: int) -> int:
    """Return the index of the highest of the ascending `minimums` that `value` reaches, or -1."""
    return bisect_right(minimums, value) - 1


def _met(goal: _Goal, value_of: Callable[[str], int]) -> bool:
    """Return whether a goal is met."""
    if isinstance(goal, Atom):
        return value_of(goal.metric) >= goal.minimum
    if goal.every:
        return all(_met(part, value_of) for part in goal.parts)
    return any(_met(part, value_of) for part in goal.parts)


def _share(goal: _Goal, values: dict[str, int]) -> float:
    """Return how far along a goal is, 0.0 to 1.0."""
    if isinstance(goal, Atom):
        value = values[goal.metric]
        return 1.0 if value >= goal.minimum else max(value, 0) / goal.minimum
    shares = [_share(part, values) for part in goal.parts]
    return sum(shares) / len(shares) if goal.every else max(shares)


def _lacking(goal: _Goal, values: dict[str, int]) -> list[Lack]:
    """Return the unmet thresholds on the shortest way to a goal."""
    if _met(goal, values.__getitem__):
        return []
    if isinstance(goal, Atom):
        return [Lack(goal.metric, goal.minimum, values[goal.metric])]
    if goal.every:
        return [lack for part in goal.parts for lack in _lacking(part, values)]
    ways = [(part, _lacking(part, values)) for part in goal.parts]
    return max(ways, key=lambda way: (_share(way[0], values), -len(way[1])))[1]


def _atoms(goal: _Goal) -> list[Atom]:
    """Return the thresholds of a goal in written order."""
    return [goal] if isinstance(goal, Atom) else [atom for part in goal.parts for atom in _atoms(part)]


def _read(tree: Tree, node: ast.expr, depth: int, scale: Callable[[str], int]) -> _Goal:
    """Return the goal a node stands for."""
    if depth > DEEPEST:
        raise _refused(tree, node)
    if not isinstance(node, ast.BoolOp):
        return _atom(tree, node, scale)
    every = isinstance(node.op, ast.And)
    parts: list[_Goal] = []
    for value in node.values:
        part = _read(tree, value, depth + 1, scale)
        # `(a and b) and c` is three parts, not two: parentheses must not change the progress
        parts.extend(part.parts if isinstance(part, _Group) and part.every == every else [part])
    return _Group(every, tuple(parts))


def _atom(tree: Tree, node: ast.expr, scale: Callable[[str], int]) -> Atom:
    """Return the threshold a node stands for; a bare metric is at least 1."""
    match node:
        case ast.Compare(
            left=metric, ops=[ast.GtE() | ast.Gt() as sign], comparators=[ast.Constant() as bound]
        ):
            pass
        case ast.Compare(
            left=ast.Constant() as bound, ops=[ast.LtE() | ast.Lt() as sign], comparators=[metric]
        ):
            pass
        case ast.Compare():
            raise _refused(tree, node)
        case _:
            name = _metric(tree, node)
            return Atom(name, one(scale(name)))
    if type(bound.value) is not int:
        raise _refused(tree, node)
    name = _metric(tree, metric)
    minimum = bound.value * one(scale(name)) + isinstance(sign, ast.Gt | ast.Lt)
    if not 1 <= minimum < LARGEST_LITERAL:
        raise tree.place(node).error("a threshold lies between 1 and 2**63 - 1")
    return Atom(name, minimum)


def _metric(tree: Tree, node: ast.expr) -> str:
    """Return the name of a metric: dotted, with a window after `@`."""
    match node:
        case ast.BinOp(left=name, op=ast.MatMult(), right=ast.Name(id=window)) if is_path(name):
            return f"{_dotted(name)}@{window}"
    if is_path(node):
        return _dotted(node)
    raise _refused(tree, node)


def _dotted(node: ast.expr) -> str:
    """Return the text of a dotted path."""
    return ast.unparse(node)


def _refused(tree: Tree, node: ast.expr) -> ConditionError:
    """Return the error for what is no threshold."""
    return tree.place(node).error(
        "criteria are thresholds",
        "write metric >= number, joined by and / or; anything else is a rule's `when`",
    )
