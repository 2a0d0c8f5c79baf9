"""The condition language: small expressions over one event, in Python's syntax and with rules of their own.

    score >= 60 and topic in ("loops", "recursion") and not has(hint_used)
    10 + score // 10 if participant.level == "pro" else 5

Promise: `compile_condition` either gives an `Expression` or raises `ConditionError`, whatever the text. An
expression reads the facts it is given and nothing else, ends soon, and answers the same for the same ones.

- A bare name is an event property, a dotted path goes into nested ones; `participant.<attribute>`,
  `metric("lessons@weekly")` and `event.local_hour` reach the rest.
- A missing or null property makes the comparison it stands in false, `!=` and `not in` too. `not (x == 1)`
  is therefore true when x is missing, and `x != 1` is not; `has(x)` asks.
- Numbers are exact: a float is the decimal it prints as. `/` is exact where the quotient ends and has 28
  digits otherwise; `//` and `%` round down for decimals as for integers; `round` goes half away from zero.
- True is not 1. Values of different kinds are unequal, and no order holds between them.
- Calculating with a missing value or a text, or dividing by zero, raises: an amount is never made up.
- `and`, `or` and `not` answer True or False and stop as soon as the answer is known.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.domain import condition_explanations
from gamify_core.domain.condition_closures import test_of, work_of
from gamify_core.domain.condition_explanations import (
    Clause,
    Explanation,
    Failed,
    clause_of,
    is_random,
)
from gamify_core.domain.condition_facts import Facts, Work, readings
from gamify_core.domain.condition_grammar import Place, check_tree, parse_text
from gamify_core.domain.condition_values import ROUNDINGS, number, shown, whole
from gamify_core.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Explanation", "Expression", "Facts", "Failed", "compile_condition"]


@attrs.frozen(eq=False, repr=False)
class Expression:
    """A compiled expression; two are equal when their source is.

    `fields`, `participant` and `metrics` are the names it reads; `positions` says where each stands first, as
    (line from 1, column from 0), keyed as explanations show them: `score`, `participant.level`,
    `metric("lessons@weekly")`. `random` tells that it draws luck.

    `holds(facts)` says whether the condition is true: missing, zero and empty values are not.
    """

    source: str
    fields: frozenset[str]
    participant: frozenset[str]
    metrics: frozenset[str]
    random: bool
    positions: Mapping[str, tuple[int, int]]
    # The closure itself, not a method around it: each event checks rules, and a call is a third of a check.
    holds: Callable[[Facts], bool]
    _work: Work
    _clause: Clause

    def value(self, facts: Facts) -> int | Decimal | str | bool | None:
        """Return what the expression comes to; None is missing."""
        value = self._work(facts)
        if value is None or isinstance(value, int | Decimal | str):
            return value
        raise self._place().error(f"comes to {shown(value)}, not to a number, a text or a truth value")

    def amount(self, facts: Facts, rounding: Literal["floor", "round", "ceil"] | None = None) -> int:
        """Return the integer the expression comes to, rounded as told; untold, it must be whole."""
        value = self._work(facts)
        if type(value) is int:
            return value
        if rounding is not None and rounding not in ROUNDINGS:
            raise BadValue("rounding", rounding, f"rounding is floor, round or ceil, not {rounding!r}")
        place = self._place()
        given = number(value, "the result", place)
        result = whole(given, ROUNDINGS[rounding or "floor"], "the result", place)
        if rounding is None and result != given:
            raise place.error(
                f"{shown(given)} is not whole", "use floor() or round(), or the rule's rounding"
            )
        return result

    def explain(self, facts: Facts) -> Explanation:
        """Return whether it holds and, if not, which tests were false and what they read."""
        return condition_explanations.explain(self._clause, facts)

    def __eq__(self, other: object) -> bool:
        """Compare by source."""
        return self.source == other.source if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        """Hash by source."""
        return hash(self.source)

    def __repr__(self) -> str:
        """Return `Expression('score >= 60')`."""
        return f"Expression({self.source!r})"

    def __str__(self) -> str:
        """Return the source."""
        return self.source

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        """Travel to another process as the source, since closures do not."""
        return compile_condition, (self.source,)

    def _place(self) -> Place:
        """Return the place of the whole expression."""
        return Place(self.source, self.source, 1, 0)


def compile_condition(source: str) -> Expression:
    """Compile a condition or an amount expression; raise `ConditionError` for what is not in the language."""
    tree = parse_text(source)
    check_tree(tree)
    work, holds = work_of(tree, tree.body), test_of(tree, tree.body)
    reads = readings(tree, tree.body)
    return Expression(
        source=source,
        fields=frozenset([read.name for read in reads if read.kind == "field"]),
        participant=frozenset([read.name for read in reads if read.kind == "participant"]),
        metrics=frozenset([read.name for read in reads if read.kind == "metric"]),
        random=is_random(tree.body),
        positions=MappingProxyType({read.key: read.position for read in reads}),
        holds=holds,
        work=work,
        clause=clause_of(tree, tree.body),
    )
