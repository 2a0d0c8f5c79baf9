"""A caller's value as the plain one that it is: a kind of text as text, a kind of number as a number.

Promise: the code of a subclass never runs. What `exactly` gives back is of the built-in type itself, so it can be
compared, parsed, shown and kept without asking the caller's object for anything. What is none of these comes back
as it is.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar, cast

__all__ = ["exactly"]

_Value = TypeVar("_Value")
_PLAIN = frozenset({str, int, bool, float, datetime, date, Decimal, type(None), dict, list, tuple})
_FIELDS = [
    *(vars(date)[name] for name in ("year", "month", "day")),
    *(vars(datetime)[name] for name in ("hour", "minute", "second", "microsecond", "tzinfo", "fold")),
]


def exactly(value: _Value) -> _Value:
    """Return text, a number, a date or an instant as the very value of the built-in type.

    Of a member of an enumeration that is text or a number this is the text or the number. An instant keeps its zone.

    >>> from enum import StrEnum
    >>> who = StrEnum("Player", ["ADA"]).ADA
    >>> type(who).__name__, type(exactly(who)).__name__
    ('Player', 'str')
    """
    if type(value) in _PLAIN:
        return value
    made: object = value
    if isinstance(value, str):
        made = str.__str__(value)
    elif isinstance(value, int):
        made = int.__int__(value)
    elif isinstance(value, float):
        made = float.__float__(value)
    elif isinstance(value, Decimal):
        made = Decimal(value)
    elif isinstance(value, datetime):
        made = _moment(value)
    elif isinstance(value, date):
        made = date.fromordinal(date.toordinal(value))
    return cast("_Value", made)


def _moment(value: datetime) -> datetime:
    """Read the fields where `datetime` itself keeps them, past the properties of a subclass."""
    *fields, fold = (field.__get__(value) for field in _FIELDS)
    return datetime(*fields, fold=fold)  # noqa: DTZ001 - its zone is among them
