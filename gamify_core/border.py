"""What may cross into the engine: every argument a caller passes is held against these checks first.

Promise: what passes is exact, plain and our own copy (later changes to the caller's objects change nothing), and
what does not is a `BadValue` that names the field, says what came and what to pass instead.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import attrs

from gamify_core.clock import instant_of
from gamify_core.domain.decimals import FINEST, exact, kept
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

__all__ = [
    "MOST",
    "Json",
    "Limits",
    "amount",
    "at",
    "code",
    "flag",
    "given",
    "idempotency_key",
    "members",
    "minor",
    "number",
    "page",
    "participant",
    "plain",
    "properties",
    "scope",
    "several",
    "text",
    "whole",
    "word",
]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MOST = 2**53 - 1  # exact in JSON and JavaScript, and sums of a thousand million of them fit 63 bits
_DEEP = 32
_WIDE = 10_000
_ID_CHARACTERS = 255
_PAGES = 10**12
_Key = TypeVar("_Key")
_Member = TypeVar("_Member")
_TEXT_CHARACTERS = 10_000
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@attrs.frozen
class Limits:
    """Bounds tighter than the library's own, such as those of an HTTP API in front of it."""

    amount: int = MOST
    reason: int = _TEXT_CHARACTERS
    batch: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse bounds that are none, or wider than the library's own."""
        whole(self.amount, "limits.amount", 1, MOST)
        whole(self.reason, "limits.reason", 0, _TEXT_CHARACTERS)
        if self.batch is not None:
            whole(self.batch, "limits.batch", 1, MOST)

    def check_batch(self, size: int) -> None:
        """Refuse a batch that is larger than allowed."""
        if self.batch is not None and size > self.batch:
            detail = f"a batch holds at most {self.batch} items, not {size}"
            raise BadValue("batch", size, detail)


def _sound(value: str, field: str) -> str:
    """Refuse text that no store could keep: NUL and lone surrogates."""
    if "\x00" in value:
        detail = f"{field} contains a NUL character"
        raise BadValue(field, value, detail)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            detail = f"{field} is not valid Unicode text (a lone surrogate at position {error.start})"
            raise BadValue(field, value, detail) from None
    return value


def participant(value: object, field: str = "participant_id") -> str:
    """Return a participant id: the application's own string, 1 to 255 characters."""
    if type(value) is str and 0 < len(value) <= _ID_CHARACTERS and value[0] != "@":
        return value if value.isascii() and "\x00" not in value else _sound(value, field)
    value = exactly(value)
    if isinstance(value, int) and not isinstance(value, bool):
        detail = f"{field} must be a string, not int: pass '{_digits(value)}'"
        raise BadValue(field, value, detail)
    if not isinstance(value, str):
        detail = f"{field} must be a string, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    if not 0 < len(value) <= _ID_CHARACTERS:
        detail = f"{field} must be 1 to {_ID_CHARACTERS} characters, not {len(value)}"
        raise BadValue(field, value, detail)
    return _sound(value, field)


def amount(value: object, field: str = "amount", most: int = MOST) -> int:
    """Return an amount: a whole number from 1 to 2^53-1 (or to the limit that was set)."""
    if type(value) is int and 0 < value <= most:
        return value
    value = exactly(value)
    if isinstance(value, bool) or not isinstance(value, int):
        detail = f"{field} must be a whole number, not {type(value).__name__} {in_words(value)}"
        raise BadValue(field, value, detail, hint="points are integers; a currency with a scale has decimals")
    if 0 < value <= most:  # a member of an IntEnum, and other kinds of int
        return value
    detail = f"{field} must be from 1 to {most}, not {_digits(value)}"
    raise BadValue(field, value, detail)


def given(value: object, currency: str, field: str = "amount", least: int = 1, most: int = MOST) -> int | str:
    """Return an amount of a currency as a command's arguments keep it: a whole number, or a decimal as text.

    One number is one text, however it was written, so that a retry finds its first answer. How many decimals the
    currency has is asked where the command is decided (`minor`); `points` have none.
    """
    if type(value) is int or currency == "points":
        return minor(value, field, 0, most, least)
    number = _number(value, field)
    units = kept(number, FINEST)
    if units is None:
        detail = f"{field} must be a number of at most {FINEST} decimals, not {in_words(value)}"
        raise BadValue(field, value, detail)
    return int(number) if number == int(number) else f"{exact(units, FINEST):f}".rstrip("0")


def minor(value: object, field: str, scale: int, most: int = MOST, least: int = 1) -> int:
    """Return an amount in the smallest unit of its currency: 1234 for 12.34 of scale 2.

    Whole numbers are whole units: 12 is 12.00. Where there is a scale, a `Decimal` and a number as text are taken as
    exactly as they were written, and what has more decimals is refused, as a float is.
    """
    if not scale:
        return amount(value, field, most) if least == 1 else whole(value, field, least, most)
    units = kept(_number(value, field), scale)
    if units is None:
        detail = f"{field} must be a number of at most {scale} decimals, not {in_words(value)}"
        raise BadValue(field, value, detail)
    bound = min(most * 10**scale, MOST)
    lowest = least if least > 0 else max(least * 10**scale, -MOST)
    if not lowest <= units <= bound:
        detail = (
            f"{field} must be from {exact(lowest, scale)} to {exact(bound, scale)}, not {in_words(value)}"
        )
        raise BadValue(field, value, detail)
    return units


def number(value: object, field: str) -> int | Decimal:
    """Return a number as it was written, in its shortest form: an integer where it is whole. Floats are not exact."""
    exactly_so = _number(value, field)
    if not -MOST <= exactly_so <= MOST:
        detail = f"{field} must be from {-MOST} to {MOST}, not {_brief(exactly_so)}"
        raise BadValue(field, value, detail)
    if exactly_so == int(exactly_so):
        return int(exactly_so)
    return Decimal(f"{exactly_so:f}".rstrip("0"))  # as text: arithmetic rounds to the context's precision


def _number(value: object, field: str) -> int | Decimal:
    """Return a number that is exactly what was written."""
    value = exactly(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    detail = f"{field} must be a number, not {type(value).__name__} {in_words(value)}"
    raise BadValue(field, value, detail, hint="pass 12, Decimal('12.34') or '12.34': floats are not exact")


def _digits(value: int) -> str:
    """Return a number as text, but never the millions of digits a hostile caller may send."""
    return str(value) if abs(value) < 10**40 else f"a number of {value.bit_length()} bits"


def scope(value: object) -> str:
    """Return the name of a scope: at most 255 characters; the empty one is the default."""
    value = exactly(value)
    return "" if type(value) is str and not value else participant(value, "scope")


def code(value: object, field: str) -> str:
    """Return the code of a definition; whether it exists is the catalog's question."""
    value = exactly(value)
    if not isinstance(value, str):
        detail = f"{field} must be a string, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    return _sound(value, field)


def word(value: object, field: str) -> str:
    """Return a code that the application makes up: it is kept where no free text is, beyond any erasure."""
    checked = code(value, field)
    if not _WORD.fullmatch(checked):
        detail = f"{field} must be 1 to 100 letters, digits, '_', '.' and '-', not {in_words(value)}"
        raise BadValue(field, value, detail, hint="such as 'quiz' or 'gift_redeemed'")
    return checked


def text(value: object, field: str, most: int = _TEXT_CHARACTERS) -> str | None:
    """Return free text, or None where none was given."""
    if value is None:
        return None
    value = exactly(value)
    if not isinstance(value, str):
        detail = f"{field} must be a string, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    if len(value) > most:
        detail = f"{field} must be at most {most} characters, not {len(value)}"
        raise BadValue(field, value, detail)
    return _sound(value, field)


def idempotency_key(value: object) -> str | None:
    """Return an idempotency key: 1 to 255 characters, or None."""
    if value is None:
        return None
    return participant(value, "idempotency_key")


def whole(value: object, field: str, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    value = exactly(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        detail = f"{field} must be a whole number from {least} to {most}, not {_brief(value)}"
        raise BadValue(field, value, detail)
    return value


def flag(value: object, field: str) -> bool:
    """Return True or False; nothing else is taken for one of them."""
    value = exactly(value)
    if not isinstance(value, bool):
        detail = f"{field} must be True or False, not {_brief(value)}"
        raise BadValue(field, value, detail)
    return value


def _brief(value: object) -> str:
    """Return what a caller sent, short enough for a sentence."""
    return _digits(value) if isinstance(value, int) and not isinstance(value, bool) else f"{in_words(value)}"


def page(number: object, size: object) -> tuple[int, int]:
    """Return a page number (from 1) and its size (1 to 100)."""
    return whole(number, "page", 1, _PAGES), whole(size, "page_size", 1, 100)


def several(value: object, field: str) -> list[object]:
    """Return the items of a batch; what they are is looked at one by one."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        detail = f"{field} must be a list, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    try:
        items = iter(value)
    except Exception as error:  # the caller's own code runs here
        detail = f"{field} cannot be gone through: {type(error).__name__}"
        raise BadValue(field, None, detail) from error
    return list(items)  # a source that breaks off half-way has its own error to tell


def told(value: object, field: str = "progress") -> None:
    """Refuse what cannot be told how far something is; None is nobody."""
    if value is not None and not callable(value):
        detail = f"{field} must be a function, not {type(value).__name__}"
        raise BadValue(field, value, detail)


def path(value: object, field: str) -> None:
    """Refuse what is no path of a file."""
    if not isinstance(value, str | os.PathLike):
        detail = f"{field} must be the path of a file, not {type(value).__name__}"
        raise BadValue(field, value, detail)


def at(value: datetime) -> str:
    """Return an instant as it is kept among a command's arguments, with the offset it carried."""
    instant_of(value)
    return exactly(value).isoformat()


def properties(value: object, field: str) -> dict[str, Json]:
    """Return a copy of a JSON object; None is the empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        detail = f"{field} must be a mapping of plain JSON values, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    copied = plain(value, field)
    assert isinstance(copied, dict)  # noqa: S101 - narrows the type: a mapping is copied as a dict
    return copied


def plain(value: object, field: str, depth: int = 0) -> Json:
    """Return a deep copy of plain JSON; anything JSON cannot say exactly is refused with its path."""
    value = exactly(value)
    if isinstance(value, str):
        return value if value.isascii() and "\x00" not in value else _sound(value, field)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(value, field)
    if isinstance(value, float):
        if not math.isfinite(value):
            detail = f"{field} is {in_words(value)}, which JSON cannot hold"
            raise BadValue(field, value, detail)
        return value
    return _compound(value, field, depth)


def _whole(value: int, field: str) -> int:
    if not -(2**63) <= value < 2**63:
        detail = f"{field} is {_digits(value)}, beyond 64 bits"
        raise BadValue(field, value, detail)
    return value


def _compound(value: object, field: str, depth: int) -> Json:
    if not isinstance(value, Mapping | list | tuple):
        detail = f"{field} is a {type(value).__name__}, which plain JSON cannot hold"
        raise BadValue(field, value, detail, hint="pass text, numbers, true/false, null, lists and objects")
    if depth >= _DEEP:
        detail = f"{field} is nested deeper than {_DEEP} levels"
        raise BadValue(field, value, detail)
    if isinstance(value, Mapping):
        return {
            _key(key, field): plain(member, f"{field}.{_key(key, field)}", depth + 1)
            for key, member in _narrow(members(value, field), field)
        }
    inside = _narrow(_through(value.__iter__, field), field)
    return [plain(member, f"{field}[{place}]", depth + 1) for place, member in enumerate(inside)]


def _narrow(inside: list[_Member], field: str) -> list[_Member]:
    if len(inside) > _WIDE:
        detail = f"{field} has {len(inside)} members, more than {_WIDE}"
        raise BadValue(field, inside, detail)
    return inside


def _key(given: object, field: str) -> str:
    key = exactly(given)
    if not isinstance(key, str):
        detail = f"{field} has the key {in_words(key)}, which is no string"
        raise BadValue(field, key, detail)
    return _sound(key, field)


def members(value: Mapping[_Key, _Member], field: str) -> list[tuple[_Key, _Member]]:
    """Return what a mapping holds; it may be of the caller's own making, and fail."""
    return _through(value.items, field)


def _through(items: Callable[[], Iterable[_Member]], field: str) -> list[_Member]:
    try:
        return list(items())
    except Exception as error:
        detail = f"{field} cannot be gone through: {type(error).__name__}"
        raise BadValue(field, None, detail) from error
