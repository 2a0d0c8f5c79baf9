"""What kind of value each piece of an expression comes to, as far as the declared properties tell.

Promise: only what is certain to be wrong is found: a comparison that can never be true, a calculation that
can never be worked out. Where a kind is not known, nothing is said.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.domain.condition_facts import is_path
from gamify_core.domain.condition_grammar import Tree, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["KINDS_TOLD", "Mismatch", "kind_of", "mismatches"]

_FUNCTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("lower", "upper"), "text"),
    **dict.fromkeys(("len", "min", "max", "abs", "floor", "ceil", "round", "roll", "metric"), "number"),
    **dict.fromkeys(("has", "chance", "startswith", "endswith", "contains"), "boolean"),
}
_LOCAL: Final[Mapping[str, str]] = {
    "event.local_hour": "number",
    "event.local_weekday": "number",
    "event.local_date": "text",
}
_LITERALS: Final[Mapping[type, str]] = {bool: "boolean", int: "number", float: "number", str: "text"}
_SHAPES: Final[Mapping[type[ast.expr], str]] = {
    ast.Tuple: "list",
    ast.List: "list",
    ast.Compare: "boolean",
    ast.BoolOp: "boolean",
    ast.UnaryOp: "number",
    ast.BinOp: "number",
}
_KINDS: Final[Mapping[str, str]] = {"integer": "number", "any": ""}
KINDS_TOLD: Final[Mapping[str, str]] = {
    "integer": "a number",
    "number": "a number",
    "text": "text",
    "boolean": "true or false",
    "list": "a list",
}


class Mismatch(NamedTuple):
    """A piece of an expression that can never work: what, what to do, and where (line, column)."""

    message: str
    remedy: str
    at: tuple[int, int]


class _Reader:
    """Reads the kinds of one expression. An empty kind is not known."""

    def __init__(self, tree: Tree, property_kind: Callable[[str], str | None]) -> None:
        self.tree = tree
        self.property_kind = property_kind

    def kind(self, node: ast.expr) -> str:
        """Return the kind a node comes to."""
        if is_path(node):
            return self._path(self.tree.text(node))
        match node:
            case ast.Constant(value=value):
                return _LITERALS.get(type(value), "")
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._sum(left, right)
            case ast.IfExp(body=yes, orelse=no):
                return self._common(yes, no)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._common(*args) if name == "coalesce" else _FUNCTIONS.get(name, "")
        return "boolean" if _negates(node) else _SHAPES.get(type(node), "")

    def mismatches(self, node: ast.expr) -> Iterator[Mismatch]:
        """Find what can never work in a node and below it."""
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                for operator, first, second in zip(operators, [left, *others], others, strict=False):
                    yield from self._compared(node, operator, first, second)
            case ast.BinOp(left=left, op=operator, right=right):
                yield from self._reckoned(operator, left, right)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from self.mismatches(child)

    def _path(self, text: str) -> str:
        if text in _LOCAL:
            return _LOCAL[text]
        root, _, rest = text.partition(".")
        if rest or root in ("participant", "event"):
            return ""
        kind = self.property_kind(root) or ""
        return _KINDS.get(kind, kind)

    def _sum(self, left: ast.expr, right: ast.expr) -> str:
        kinds = {self.kind(left), self.kind(right)}
        return next((kind for kind in ("text", "number") if kind in kinds), "")

    def _common(self, *nodes: ast.expr) -> str:
        kinds = {self.kind(node) for node in nodes}
        return kinds.pop() if len(kinds) == 1 else ""

    def _compared(
        self, whole: ast.expr, operator: ast.cmpop, first: ast.expr, second: ast.expr
    ) -> Iterator[Mismatch]:
        left, right = self.kind(first), self.kind(second)
        told = f"{self._told(first, left)} and {self._told(second, right)}"
        if isinstance(operator, ast.In | ast.NotIn):
            if right in ("number", "boolean"):
                yield self._at(whole, f"nothing is in {self._told(second, right)}", "write a list: [1, 2]")
            elif left and right == "list" and isinstance(second, ast.Tuple | ast.List) and second.elts:
                items = {self.kind(item) for item in second.elts}
                if "" not in items and left not in items:
                    yield self._at(whole, f"{told} never meet, the list holds {KINDS_TOLD[items.pop()]}", "")
            elif left and right == "text" and left != "text":
                yield self._at(whole, f"{told} never meet", "")
        elif left and right and left != right:
            yield self._at(whole, f"{told} cannot be compared", self._instead(first, second, left, right))
        elif left in ("boolean", "list") and right and not isinstance(operator, ast.Eq | ast.NotEq):
            yield self._at(whole, f"{told} have no order", "write == or !=")

    def _reckoned(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> Iterator[Mismatch]:
        kinds = self.kind(left), self.kind(right)
        if isinstance(operator, ast.Add) and set(kinds) <= {"text", ""}:
            return
        for node, kind in zip((left, right), kinds, strict=True):
            if kind and kind != "number":
                yield self._at(node, f"{self._told(node, kind)}, which cannot be reckoned with", "")
                return

    def _instead(self, first: ast.expr, second: ast.expr, left: str, right: str) -> str:
        for node, other in ((first, left), (second, right)):
            if isinstance(node, ast.Constant) and {left, right} == {"number", "text"}:
                bare = self.tree.text(node)
                return f'write "{bare}"' if other == "number" else f"write it without quotes: {bare[1:-1]}"
        return ""

    def _told(self, node: ast.expr, kind: str) -> str:
        text = self.tree.text(node)
        return f"{text} ({KINDS_TOLD[kind]})" if kind else text

    def _at(self, node: ast.expr, message: str, remedy: str) -> Mismatch:
        return Mismatch(message, remedy, self.tree.position(node))


def _negates(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def kind_of(source: str, property_kind: Callable[[str], str | None]) -> str:
    """Return the kind an expression comes to (`number`, `text`, `boolean`, `list`), or an empty text."""
    tree = parse_text(source)
    return _Reader(tree, property_kind).kind(tree.body)


def mismatches(source: str, property_kind: Callable[[str], str | None]) -> tuple[Mismatch, ...]:
    """Return what in a (valid) expression can never work, given the kinds of the properties."""
    tree = parse_text(source)
    return tuple(_Reader(tree, property_kind).mismatches(tree.body))
