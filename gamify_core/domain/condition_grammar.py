"""What may be written in a condition, and where each piece of it stands.

Promise: `parse_text` and `check_tree` turn any text into a bounded tree of allowed nodes, or raise a
`ConditionError` with line, column and what to write instead; nothing else ever leaves them. Nothing is
evaluated here, and nothing in the library ever hands a condition to `eval` or `compile`.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final, NamedTuple

from gamify_core.errors import ConditionError

__all__ = ["LONGEST_SOURCE", "Place", "Tree", "check_tree", "parse_text"]

LONGEST_SOURCE: Final = 2_000
LONGEST_LITERAL: Final = 500
LARGEST_LITERAL: Final = 2**63
DEEPEST: Final = 32
MOST_NODES: Final = 200
SHOWN_SOURCE: Final = 120

_ALLOWED: Final[tuple[type[ast.AST], ...]] = (
    ast.BoolOp,
    ast.UnaryOp,
    ast.BinOp,
    ast.Compare,
    ast.Call,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Tuple,
    ast.List,
    ast.IfExp,
)

_OPERATORS_REFUSED: Final[dict[type[ast.AST], tuple[str, str]]] = {
    ast.BitAnd: ("`&`", "write `and`, not `&`"),
    ast.BitOr: ("`|`", "write `or`, not `|`"),
    ast.BitXor: ("`^`", "write `(a and not b) or (b and not a)`"),
    ast.Invert: ("`~`", "write `not`, not `~`"),
    ast.UAdd: ("unary `+`", "leave the `+` out"),
    ast.Pow: ("`**`", "write the product out: `x * x`"),
    ast.LShift: ("`<<`", "multiply instead"),
    ast.RShift: ("`>>`", "divide with `//` instead"),
    ast.MatMult: ("`@`", 'write metric("name@window")'),
    ast.Is: ("`is`", "write `==`; to ask for a missing property write `not has(x)`"),
    ast.IsNot: ("`is not`", "write `!=`; to ask for a property write `has(x)`"),
}

_NODES_REFUSED: Final[dict[type[ast.AST], tuple[str, str]]] = {
    ast.Subscript: ("a subscript", "write the dotted path to a property: `cart.total`"),
    ast.JoinedStr: ("an f-string", "join texts with `+`"),
    ast.NamedExpr: ("`:=`", "to compare write `==`"),
    ast.Starred: ("a star argument", "write the arguments out"),
    ast.Set: ("a set", 'write a list: `["a", "b"]`'),
    ast.Dict: ("a dictionary", "conditions read properties, they build none"),
    ast.Lambda: ("a lambda", "conditions define no functions"),
    ast.ListComp: ("a comprehension", "use `in`, `contains` or a counter metric"),
    ast.SetComp: ("a comprehension", "use `in`, `contains` or a counter metric"),
    ast.DictComp: ("a comprehension", "use `in`, `contains` or a counter metric"),
    ast.GeneratorExp: ("a comprehension", "use `in`, `contains` or a counter metric"),
}

_EMPTY: Final = "the expression is empty"
_NO_CONDITION: Final = "to accept everything, write no condition"
_QUOTED: Final = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_SYNTAX_HINTS: Final = (
    (re.compile(r"&&"), "write `and`, not `&&`"),
    (re.compile(r"\|\|"), "write `or`, not `||`"),
    (re.compile(r"==="), "write `==`"),
    (re.compile(r"<>"), "write `!=`"),
    (re.compile(r"=>"), "write `>=`"),
    (re.compile(r"=<"), "write `<=`"),
    (re.compile(r"!(?!=)"), "write `not`, not `!`"),
    (re.compile(r"(?<![<>=!:])=(?!=)"), "`=` compares nothing, write `==`"),
    (re.compile(r"\?"), "write `a if test else b`"),
    (re.compile(r"\b(?:AND|OR|NOT|IN)\b"), "`and`, `or`, `not` and `in` are written in small letters"),
)


class Place(NamedTuple):
    """Where a piece of an expression stands: the whole source, its own text, line from 1, column from 0."""

    source: str
    text: str
    line: int
    column: int

    def error(self, detail: str, hint: str = "") -> ConditionError:
        """Return the error that says `detail` about this piece."""
        text = self.text if len(self.text) <= SHOWN_SOURCE else f"{self.text[: SHOWN_SOURCE - 3]}..."
        return ConditionError(self.source, f"{text}: {detail}", line=self.line, column=self.column, hint=hint)


class Tree(NamedTuple):
    """A parsed expression: the source as given, the lines that were parsed (in UTF-8) and the root node."""

    source: str
    lines: tuple[bytes, ...]
    body: ast.expr

    def text(self, node: ast.expr) -> str:
        """Return the source text of a node on one line."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        start, end = node.col_offset, node.end_col_offset
        if first == last:
            return self.lines[first][start:end].decode()
        pieces = (self.lines[first][start:], *self.lines[first + 1 : last], self.lines[last][:end])
        return " ".join(piece.decode().strip() for piece in pieces)

    def position(self, node: ast.expr) -> tuple[int, int]:
        """Return (line, column) of a node in the source as the author wrote it, in characters."""
        column = len(self.lines[node.lineno - 1][: node.col_offset].decode())
        return node.lineno, column - 1 if node.lineno == 1 else column

    def place(self, node: ast.expr) -> Place:
        """Return the place of a node."""
        return Place(self.source, self.text(node), *self.position(node))


def parse_text(source: str) -> Tree:
    """Parse `source` into a tree of at most 200 nodes; its nodes are not yet held against the allow-list."""
    text = _plain_text(source)
    # Wrapped in parentheses so that a condition may begin with a blank and run over several lines of a TOML
    # string. A text that closes our parenthesis itself ("a) or (b") shows: its root then starts at column 0.
    wrapped = f"({text}\n)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text is no business of the host's warning filters
            body = ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(source, text, error) from None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        raise ConditionError(source, "the expression is nested too deeply to be read") from None
    if body.lineno == 1 and body.col_offset == 0:
        raise _unwrapped(source, body)
    if sum(isinstance(node, ast.expr) for node in ast.walk(body)) > MOST_NODES:
        raise ConditionError(
            source, f"the expression has more than {MOST_NODES} parts", hint="split it into two rules"
        )
    return Tree(source, tuple(wrapped.encode().split(b"\n")), body)


def check_tree(tree: Tree) -> None:
    """Refuse every node, operator and literal that is not part of the language."""
    _check(tree, tree.body, 1)


def _plain_text(source: str) -> str:
    """Return the text to parse with line ends as the parser sees them, or refuse it."""
    if not isinstance(source, str):
        raise ConditionError(repr(source), f"an expression is text, not {type(source).__name__}")
    if len(source) > LONGEST_SOURCE:
        raise ConditionError(
            source, f"the expression is {len(source)} characters long; at most {LONGEST_SOURCE} are read"
        )
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise ConditionError(source, "the expression is not valid text", column=error.start) from None
    if "\0" in source:
        raise ConditionError(source, "the expression is not valid text", column=source.index("\0"))
    if not source.strip():
        raise ConditionError(source, _EMPTY, hint=_NO_CONDITION)
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _unwrapped(source: str, body: ast.expr) -> ConditionError:
    """Return the error for a text that is no single expression: a list of them, a comment or `a) or (b`."""
    if isinstance(body, ast.Tuple):
        if not body.elts:
            return ConditionError(source, _EMPTY, hint=_NO_CONDITION)
        return ConditionError(source, "an expression is one value, not several", hint="join tests with `and`")
    if isinstance(body, ast.GeneratorExp):
        return ConditionError(source, "a comprehension is not part of the language")
    return ConditionError(source, "the parentheses do not match")


def _syntax_error(source: str, text: str, error: SyntaxError) -> ConditionError:
    """Return our error for the parser's, with its position in the author's text."""
    lines = text.split("\n")
    line = min(max(error.lineno or 1, 1), len(lines))
    column = (error.offset or 1) - (2 if line == 1 else 1)
    if (error.lineno or 1) > len(lines):  # it points at the parenthesis that was added
        column = len(lines[-1])
    column = min(max(column, 0), len(lines[line - 1]))
    bare = _QUOTED.sub("''", text)
    hint = next((remedy for pattern, remedy in _SYNTAX_HINTS if pattern.search(bare)), "")
    message = error.msg.partition(". ")[0].partition(" (<unknown>")[0]
    return ConditionError(source, f"cannot be read: {message}", line=line, column=column, hint=hint)


def _check(tree: Tree, node: ast.expr, depth: int) -> None:
    """Check one node and all below it."""
    if depth > DEEPEST:
        raise tree.place(node).error(f"nested deeper than {DEEPEST}", "split the expression into two rules")
    if not isinstance(node, _ALLOWED):
        what, remedy = _NODES_REFUSED.get(type(node), (f"`{type(node).__name__}`", ""))
        raise tree.place(node).error(f"{what} is not part of the language", remedy)
    _check_operators(tree, node)
    if isinstance(node, ast.Constant):
        _check_literal(tree, node)
    elif isinstance(node, ast.Call):
        _check_call(tree, node)
    elif isinstance(node, ast.Attribute) and not isinstance(node.value, ast.Name | ast.Attribute):
        raise tree.place(node).error(
            "only a property has a dotted path", "write names and dots: `cart.total`"
        )
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            _check(tree, child, depth + 1)


def _check_operators(tree: Tree, node: ast.expr) -> None:
    """Refuse an operator that is not part of the language."""
    operators: list[ast.AST] = []
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        operators.append(node.op)
    elif isinstance(node, ast.Compare):
        operators.extend(node.ops)
    for operator in operators:
        refused = _OPERATORS_REFUSED.get(type(operator))
        if refused is not None:
            raise tree.place(node).error(f"{refused[0]} is not part of the language", refused[1])


def _check_literal(tree: Tree, node: ast.Constant) -> None:
    """Refuse literals of other kinds than number, text, True, False and None, and oversized ones."""
    value = node.value
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > LONGEST_LITERAL:
            raise tree.place(node).error(f"a text in an expression has at most {LONGEST_LITERAL} characters")
    elif isinstance(value, int):
        if value >= LARGEST_LITERAL:
            raise tree.place(node).error("a number in an expression is smaller than 2**63")
    elif isinstance(value, float):
        if value == float("inf"):
            raise tree.place(node).error("the number is too large")
    else:
        raise tree.place(node).error(f"a {type(value).__name__} literal is not part of the language")


def _check_call(tree: Tree, node: ast.Call) -> None:
    """Refuse calls of anything but a plain function name with plain arguments."""
    if isinstance(node.func, ast.Attribute):
        method = node.func.attr
        remedy = f"write {method}({tree.text(node.func.value)}, ...)" if node.args else ""
        remedy = remedy or f"write {method}({tree.text(node.func.value)})"
        raise tree.place(node).error("values have no methods", remedy)
    if not isinstance(node.func, ast.Name):
        raise tree.place(node).error("only the language's own functions can be called")
    if node.keywords:
        raise tree.place(node).error("arguments are given by place, not by name", "to compare write `==`")
