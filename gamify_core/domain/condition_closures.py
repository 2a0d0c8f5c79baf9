"""From a checked tree to closures: a condition becomes nested functions, never code that is executed.

Promise: `work_of` gives the function that works a node out, `test_of` the one that says whether it is true.
The shapes designers write most (a property against a literal, and `and`, `or`, `not` of those) get closures
of their own, which is where the speed comes from.
"""

from __future__ import annotations

import ast
import operator
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

from gamify_core.domain.condition_facts import Facts, Test, Work, is_path, read_path
from gamify_core.domain.condition_functions import TESTS, called
from gamify_core.domain.condition_values import (
    LARGEST,
    QUICK,
    Operands,
    calculate,
    compare,
    negative,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gamify_core.domain.condition_grammar import Tree

__all__ = ["test_of", "work_of"]

EXACT_FLOATS: Final = 2**53

_MIRRORED: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
_WHOLE: Final[Mapping[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def work_of(tree: Tree, node: ast.expr) -> Work:
    """Return the closure that works the node out."""
    if is_path(node):
        return read_path(tree, node).work
    match node:
        case ast.BinOp():
            return _calculation(tree, node)
        case ast.Call():
            return called(tree, node, tuple([work_of(tree, argument) for argument in node.args]))
        case ast.UnaryOp(op=ast.USub()):
            return _negation(tree, node)
        case ast.UnaryOp() | ast.BoolOp() | ast.Compare():
            return test_of(tree, node)
    return _composed(tree, node)


def test_of(tree: Tree, node: ast.expr) -> Test:
    """Return the closure that says whether the node is true; missing, zero and empty are false."""
    match node:
        case ast.BoolOp():
            return _joined(isinstance(node.op, ast.And), [test_of(tree, part) for part in node.values])
        case ast.UnaryOp(op=ast.Not()):
            inner = test_of(tree, node.operand)
            return lambda facts: not inner(facts)
        case ast.Compare():
            return _comparison(tree, node)
    work = work_of(tree, node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TESTS:
        return work  # type: ignore[return-value]  # these functions answer True or False already
    return lambda facts: bool(work(facts))


def _joined(every: bool, parts: list[Test]) -> Test:  # noqa: FBT001
    """Return `and` or `or` of tests: two by two, which costs one call less than a loop over all of them."""
    first, *rest = parts
    if len(rest) > 1:
        second = _joined(every, rest)
    else:
        (second,) = rest
    if every:
        return lambda facts: first(facts) and second(facts)
    return lambda facts: first(facts) or second(facts)


def _composed(tree: Tree, node: ast.expr) -> Work:
    """Return the closure of a literal, a list or a choice."""
    match node:
        case ast.IfExp():
            test, yes, no = test_of(tree, node.test), work_of(tree, node.body), work_of(tree, node.orelse)
            return lambda facts: yes(facts) if test(facts) else no(facts)
        case ast.Tuple() | ast.List():
            items = tuple([work_of(tree, item) for item in node.elts])
            return lambda facts: tuple([item(facts) for item in items])
        case ast.Constant():
            value = _literal(node)
            return lambda _facts: value
    raise tree.place(node).error("is not part of the language")


def _literal(node: ast.Constant) -> object:
    """Return a literal as a value: a float is the decimal the author wrote."""
    return Decimal(repr(node.value)) if isinstance(node.value, float) else node.value


def _calculation(tree: Tree, node: ast.BinOp) -> Work:
    """Return the closure of an arithmetic operation, with a short way for small integers."""
    kind = type(node.op)
    left, right = work_of(tree, node.left), work_of(tree, node.right)
    of = Operands(tree.place(node), tree.text(node.left), tree.text(node.right))
    quick = _WHOLE.get(kind)
    if quick is None:
        return lambda facts: calculate(kind, left(facts), right(facts), of)

    divides = kind in (ast.FloorDiv, ast.Mod)

    def work(facts: Facts) -> object:
        a, b = left(facts), right(facts)
        if type(a) is int and type(b) is int and (b or not divides):
            result = quick(a, b)
            if -LARGEST <= result <= LARGEST:
                return result
        return calculate(kind, a, b, of)

    return work


def _negation(tree: Tree, node: ast.UnaryOp) -> Work:
    """Return the closure of unary minus; minus a literal is a literal."""
    place, text = tree.place(node), tree.text(node.operand)
    operand = work_of(tree, node.operand)
    if isinstance(node.operand, ast.Constant):
        value = negative(_literal(node.operand), text, place)
        return lambda _facts: value
    return lambda facts: negative(operand(facts), text, place)


def _comparison(tree: Tree, node: ast.Compare) -> Test:
    """Return the closure of a comparison, which may be a chain."""
    operands = [node.left, *node.comparators]
    for operand in operands:
        if isinstance(operand, ast.Constant) and operand.value is None:
            raise tree.place(node).error("a comparison with None is never true", "write has(x) or not has(x)")
    kinds = [type(operator_node) for operator_node in node.ops]
    if len(kinds) == 1:
        return _pair(tree, kinds[0], operands[0], operands[1])
    works = [work_of(tree, operand) for operand in operands]
    links = tuple(zip(kinds, works[1:], strict=True))
    first = works[0]

    def chain(facts: Facts) -> bool:
        left = first(facts)
        for kind, work in links:
            right = work(facts)
            if not compare(kind, left, right):
                return False
            left = right
        return True

    return chain


def _pair(tree: Tree, kind: type[ast.cmpop], left: ast.expr, right: ast.expr) -> Test:
    """Return the closure of one comparison of two sides."""
    if isinstance(left, ast.Constant) and kind in _MIRRORED:
        kind, left, right = _MIRRORED[kind], right, left
    if isinstance(left, ast.Name) and isinstance(right, ast.Constant) and kind in QUICK:
        return _against_literal(tree, kind, left, right)
    if isinstance(right, ast.Tuple | ast.List) and all(isinstance(item, ast.Constant) for item in right.elts):
        return _among_literals(tree, kind, left, right)
    first, second = work_of(tree, left), work_of(tree, right)
    quick = QUICK.get(kind)
    if quick is None:
        return lambda facts: compare(kind, first(facts), second(facts))

    def test(facts: Facts) -> bool:
        a, b = first(facts), second(facts)
        if type(a) is int and type(b) is int:
            return quick(a, b)
        return compare(kind, a, b)

    return test


def _against_literal(tree: Tree, kind: type[ast.cmpop], left: ast.Name, right: ast.Constant) -> Test:
    """Return the closure of a property against a literal: the commonest condition of all."""
    read_path(tree, left)  # refuses names that can mean nothing
    name, value, place, quick = left.id, _literal(right), tree.place(left), QUICK[kind]
    literal = right.value
    if isinstance(literal, bool) and kind not in (ast.Eq, ast.NotEq):
        return lambda _facts: False
    # An integer meets a number, a text meets a text: one look at the type replaces all of `compare`.
    expected: type = int if isinstance(literal, float) else type(literal)
    # The decimals that floats print as lie in the order of the floats, so two floats (or a float and an int
    # that is one) compare as they are: seven times as fast as making the decimal.
    near = isinstance(literal, float) or (type(literal) is int and literal < EXACT_FLOATS)

    def test(facts: Facts) -> bool:
        given = facts.properties.get(name)
        if type(given) is expected:
            return quick(given, value)
        if near and type(given) is float and isfinite(given):
            return quick(given, literal)
        return compare(kind, plain(given, place), value)

    return test


def _among_literals(tree: Tree, kind: type[ast.cmpop], left: ast.expr, right: ast.Tuple | ast.List) -> Test:
    """Return the closure of a comparison with a list of literals built once; texts are looked up in a set."""
    work = work_of(tree, left)
    values = tuple([_literal(item) for item in right.elts if isinstance(item, ast.Constant)])
    texts = frozenset([value for value in values if isinstance(value, str)])
    if kind not in (ast.In, ast.NotIn):
        return lambda facts: compare(kind, work(facts), values)
    inside = kind is ast.In

    def test(facts: Facts) -> bool:
        value = work(facts)
        if type(value) is str:
            return (value in texts) is inside
        return compare(kind, value, values)

    return test
