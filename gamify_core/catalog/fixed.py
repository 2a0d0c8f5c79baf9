"""Pieces of an expression in which nothing varies, and which can never be worked out.

Promise: only what is certain to fail is found: a division by what is always zero, a function that refuses the
values written in its brackets.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gamify_core.domain.condition_closures import work_of
from gamify_core.domain.condition_facts import Facts
from gamify_core.domain.condition_grammar import Tree, parse_text
from gamify_core.errors import ConditionError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["failures"]

_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)


def failures(source: str) -> tuple[ConditionError, ...]:
    """Return what in a (valid) expression fails whatever the event."""
    tree = parse_text(source)
    return tuple(_failures(tree, tree.body))


def _failures(tree: Tree, node: ast.expr) -> Iterator[ConditionError]:
    if _is_fixed(node):
        try:
            _value(tree, node)
        except ConditionError as error:
            yield error
        return  # a piece of it that fails alone may be one that is never reached
    if isinstance(node, ast.BinOp) and isinstance(node.op, _DIVISIONS) and _is_zero(tree, node.right):
        yield tree.place(node).error("divides by zero, whatever the event")
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _failures(tree, child)


def _is_fixed(node: ast.expr) -> bool:
    """Say whether nothing in a piece is read from the event; luck, which may come out anyhow, is not read."""
    names = {call.func for call in ast.walk(node) if isinstance(call, ast.Call)}
    return not any(
        isinstance(each, ast.Name) and (each not in names or each.id == "metric") for each in ast.walk(node)
    )


def _is_zero(tree: Tree, node: ast.expr) -> bool:
    try:
        return _is_fixed(node) and _value(tree, node) == 0
    except ConditionError:
        return False


def _value(tree: Tree, node: ast.expr) -> object:
    return work_of(tree, node)(Facts({}, luck=lambda: 0))
