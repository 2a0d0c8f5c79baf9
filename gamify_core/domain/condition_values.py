"""The values a condition works with, and every operation on them.

Promise: a value is an integer, a `Decimal`, a text, True or False, a list (held as a tuple), an opaque
object, or missing (None). A float becomes the `Decimal` a reader sees, so 49.99 * 100 is 4999. Results are
exact as long as they fit 100 digits, else rounded to 28; they stay within 10**40. True is not 1: a truth
value equals only a truth value. Comparing never fails, calculating with what is not a number does.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from gamify_core.domain.condition_grammar import Place

__all__ = [
    "LARGEST",
    "PLAIN",
    "QUICK",
    "ROUNDINGS",
    "Operands",
    "calculate",
    "compare",
    "contained",
    "negative",
    "number",
    "plain",
    "same",
    "shown",
    "whole",
]

LARGEST: Final = 10**40
LONGEST_TEXT: Final = 10_000
DEEPEST_LIST: Final = 8
SHOWN_TEXT: Final = 80
SHOWN_ITEMS: Final = 5

PLAIN: Final[frozenset[type]] = frozenset({int, str, bool, NoneType})
ROUNDINGS: Final[Mapping[str, str]] = {"floor": ROUND_FLOOR, "round": ROUND_HALF_UP, "ceil": ROUND_CEILING}

# Contexts of our own: the host's decimal context (precision, traps) must not change what a rule means. They
# are shared between threads, which is safe because a trap looks at its own operation and nobody reads flags.
_FAULTS: Final = (InvalidOperation, DivisionByZero, Overflow)
_EXACT: Final = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[*_FAULTS, Inexact])
_ROUNDED: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, traps=[*_FAULTS])

_NUMBERS: Final[frozenset[type]] = frozenset({int, Decimal})

_INTEGERS: Final[Mapping[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}

_DecimalOperation = Callable[[Decimal | int, Decimal | int], Decimal]
_DECIMALS: Final[Mapping[type[ast.operator], tuple[_DecimalOperation, _DecimalOperation]]] = {
    ast.Add: (_EXACT.add, _ROUNDED.add),
    ast.Sub: (_EXACT.subtract, _ROUNDED.subtract),
    ast.Mult: (_EXACT.multiply, _ROUNDED.multiply),
    ast.Div: (_EXACT.divide, _ROUNDED.divide),
}

# Callers have looked at the types already, which no checker sees through an operator function: hence Any.
QUICK: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Operands(NamedTuple):
    """A calculation in the source: its place and the texts of its two sides, for messages."""

    place: Place
    left: str
    right: str


def plain(value: object, where: Place, depth: int = 0) -> object:
    """Return a value from outside as the language sees it; what is no JSON value stays an opaque object."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, float | Decimal):
        # The repr of the plain float: numpy's own float reads "np.float64(1.5)"
        exact = Decimal(float.__repr__(value)) if isinstance(value, float) else value
        if not exact.is_finite():
            raise where.error(f"{exact} is not a number one can reckon with")
        return exact
    if isinstance(value, list | tuple):
        if depth == DEEPEST_LIST:
            raise where.error(f"lists are nested deeper than {DEEPEST_LIST}")
        return tuple([plain(item, where, depth + 1) for item in value])
    # Members of a str or int enumeration and the like: from here on a look at the type says what a value is.
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else value


def shown(value: object) -> str:
    """Return a value as messages show it: short, and safe for numbers of any size."""
    if value is None or isinstance(value, bool):
        return "missing" if value is None else str(value)
    if isinstance(value, str):
        return repr(value) if len(value) <= SHOWN_TEXT else f"{value[: SHOWN_TEXT - 3]!r}..."
    if isinstance(value, int):
        # str() of an integer of more than 4,300 digits raises, and nobody reads one of 40
        return str(value) if abs(value) <= LARGEST else f"an integer of {value.bit_length()} bits"
    if isinstance(value, Decimal):
        text = f"{value:f}" if -SHOWN_TEXT < value.adjusted() < SHOWN_TEXT else str(value)
        return text if len(text) <= SHOWN_TEXT else f"{text[: SHOWN_TEXT - 3]}..."
    if isinstance(value, tuple):
        tail = ", ..." if len(value) > SHOWN_ITEMS else ""
        return f"[{', '.join(shown(item) for item in value[:SHOWN_ITEMS])}{tail}]"
    return "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def number(value: object, text: str, where: Place) -> int | Decimal:
    """Return `value` if it is a number, else raise saying what `text` is instead."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if value is None:
        raise where.error(f"{text} is missing", "coalesce(x, 0) gives a missing number a value")
    named = shown(value) if text == shown(value) else f"{text} = {shown(value)}"
    raise where.error(f"{named} is not a number")


def calculate(kind: type[ast.operator], left: object, right: object, of: Operands) -> object:
    """Return `left kind right` for texts and numbers alike, or raise saying why it cannot be worked out."""
    if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise of.place.error(f"the text is longer than {LONGEST_TEXT} characters")
        return left + right
    a, b = number(left, of.left, of.place), number(right, of.right, of.place)
    if b == 0 and kind in (ast.Div, ast.FloorDiv, ast.Mod):
        raise of.place.error(f"division by zero ({shown(a)} by {of.right} = {shown(b)})")
    if isinstance(a, int) and isinstance(b, int) and kind is not ast.Div:
        return _bounded(_INTEGERS[kind](a, b), a, b, of)
    try:
        if kind is ast.FloorDiv:
            return _bounded(int(_floored(a, b)[0]), a, b, of)
        if kind is ast.Mod:
            return _bounded(_floored(a, b)[1], a, b, of)
        return _bounded(_decimal(kind, a, b), a, b, of)
    except DecimalException:
        raise of.place.error(f"the result is too large ({shown(a)} and {shown(b)})") from None


def negative(value: object, text: str, where: Place) -> int | Decimal:
    """Return minus a number."""
    given = number(value, text, where)
    return -given if isinstance(given, int) else given.copy_negate()


def whole(value: object, rounding: str, text: str, where: Place) -> int:
    """Return a number as an integer, rounded by one of the `decimal` module's modes."""
    given = number(value, text, where)
    if isinstance(given, int):
        return given
    if given.copy_abs() > LARGEST:  # int(Decimal("1e999999")) would build the digits
        raise where.error(f"{shown(given)} is too large")
    return int(given.to_integral_value(rounding=rounding))


def same(left: object, right: object) -> bool:
    """Return whether two values of one kind are equal; values of different kinds never are."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if type(left) in _NUMBERS:
        return type(right) in _NUMBERS and left == right
    return type(left) is type(right) and type(left) in PLAIN and left == right


def compare(kind: type[ast.cmpop], left: object, right: object) -> bool:
    """Return whether `left kind right` holds: never where a side is missing, no order between kinds."""
    if left is None or right is None:
        return False
    if kind is ast.Eq or kind is ast.NotEq:
        return same(left, right) is (kind is ast.Eq)
    if kind is ast.In or kind is ast.NotIn:
        return isinstance(right, str | tuple) and contained(left, right) is (kind is ast.In)
    kinds = {type(left), type(right)}
    return (kinds <= _NUMBERS or kinds == {str}) and QUICK[kind](left, right)


def contained(item: object, container: object) -> bool:
    """Return whether a list holds the item, or a text the text; nothing else contains anything."""
    if isinstance(container, str):
        return isinstance(item, str) and item in container
    return isinstance(container, tuple) and item is not None and any(same(item, other) for other in container)


def _decimal(kind: type[ast.operator], a: Decimal | int, b: Decimal | int) -> Decimal:
    """Return the exact result where it fits, else the rounded one."""
    exact, rounded = _DECIMALS[kind]
    try:
        return exact(a, b)
    except Inexact:
        return rounded(a, b)


def _floored(a: Decimal | int, b: Decimal | int) -> tuple[Decimal, Decimal]:
    """Return quotient and remainder as integers have them: rounded down, remainder with the divisor's sign.

    `Decimal` itself truncates towards zero, so -7.5 // 2 would differ from -8 // 2 in direction.
    """
    quotient, remainder = _EXACT.divmod(a, b)
    if remainder and (remainder < 0) != (b < 0):
        return _EXACT.subtract(quotient, 1), _decimal(ast.Add, remainder, b)
    return quotient, remainder


def _bounded(result: int | Decimal, a: int | Decimal, b: int | Decimal, of: Operands) -> int | Decimal:
    """Return the result if its size is sane."""
    if -LARGEST <= result <= LARGEST:
        return result
    raise of.place.error(f"the result is too large ({shown(a)} and {shown(b)})")
