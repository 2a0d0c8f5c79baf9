"""Cursors of boards: the place after an entry, as text that an application can hand to its users and take back."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

if TYPE_CHECKING:
    from gamify_core.services.board_answers import Table
    from gamify_core.services.orders import Key

__all__ = ["Cursor", "cursor_of", "read_cursor"]

_LIMIT = 2**63


class Cursor(NamedTuple):
    """Where a page ended: in which table, and on which entry."""

    code: str
    period: str
    of: str | None
    group: str | None
    key: Key


def cursor_of(table: Table, key: Key) -> str:
    """Return the cursor of a place."""
    words = [table.leaderboard_code, table.period, table.of, table.group, *key]
    return base64.urlsafe_b64encode(json.dumps(words, separators=(",", ":")).encode()).decode()


def read_cursor(text: object, code: str, period: str | None, group: str | None) -> Cursor:
    """Return what a cursor says. Raises `BadValue` for what is none, or none of this board, period and group."""
    found = _read(text)
    if found is None:
        detail = f"after {in_words(text)} is not a cursor"
        raise BadValue("after", text, detail, hint="pass the next_cursor of the page before")
    if (found.code, found.group) != (code, group) or period not in (None, found.period):
        raise BadValue(
            "after", text, f"the cursor is of {found.code} {found.period}, and not of what is asked for"
        )
    return found


def _read(text: object) -> Cursor | None:
    text = exactly(text)
    if not isinstance(text, str):
        return None
    try:
        words = json.loads(base64.b64decode(text.encode(), b"-_", validate=True))
        code, period, of, group, down, reached, tie = words
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    texts = all(isinstance(each, str) and "\0" not in each for each in (code, period, tie))
    perhaps = all(each is None or isinstance(each, str) for each in (of, group))
    numbers = all(type(each) is int and -_LIMIT <= each < _LIMIT for each in (down, reached))
    return Cursor(code, period, of, group, (down, reached, tie)) if texts and perhaps and numbers else None
