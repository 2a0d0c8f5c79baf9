"""Two stores held against each other, row by row: a history, and what it comes to when it is decided again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from gamify_core.errors import GamifyError, StoreError
from gamify_core.history.looking import rows_of, spelt
from gamify_core.history.report import Mismatch
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, SETTING
from gamify_core.storage.tables.definitions import JOB

if TYPE_CHECKING:
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader, Store, Table

__all__ = ["Play", "again", "why_not"]

Play = Callable[["Reader", "Road", Callable[[int], object]], "Store"]
"""Decides a history again and gives the store that it comes to; hears how many commands are done."""

_PASSED_OVER = {"activity": {"digest"}, "payload": {"salt", "hash"}}
"""What luck (a salt) leaves in a row."""


def why_not(reader: Reader) -> str | None:
    """Return why a history cannot be decided again, or None where it can."""
    erased = sum(row.request is None for row in rows_of(reader, PAYLOAD))
    if erased:
        return f"the words of {erased:,} commands were erased, and what follows from them with them"
    return None


def again(reader: Reader, road: Road, play: Play, advance: Callable[[int], None]) -> Iterator[Mismatch]:
    """Decide a whole history again, and compare all rows, in key order, but for what luck leaves in them."""
    try:
        store = play(reader, road, lambda _done: advance(1))
    except StoreError:
        raise
    except GamifyError as error:
        yield Mismatch("replay.refused", error.code, str(error))
        return
    with store.view() as other:
        for table in TABLES:
            if table in (SETTING, JOB):
                continue
            left_out = _PASSED_OVER.get(table.name, set())
            kept = [place for place, name in enumerate(table.columns) if name not in left_out]
            yield from _compared(table, kept, reader, other)


def _compared(table: Table[Any], kept: list[int], one: Reader, other: Reader) -> Iterator[Mismatch]:
    code = "replay.activity" if table is ACTIVITY else "replay.rows"
    for mine, theirs in zip_longest(rows_of(one, table), rows_of(other, table)):
        found, expected = (
            tuple([row[place] for place in kept]) if row is not None else None for row in (mine, theirs)
        )
        if found != expected:
            key = (mine if mine is not None else theirs)[: table.key]
            yield Mismatch(code, f"{table.name} {spelt(*key)}", found, expected)
            if found is None or expected is None or found[: table.key] != expected[: table.key]:
                return  # from here on all of them would be beside each other by chance
