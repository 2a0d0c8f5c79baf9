"""People who were merged: one person, and the several numbers under which their rows stand.

Promise: a row stays under the number it was written under, for ever, so what was sealed of it stays true and the past
shows two people. Who reads the history of a person reads that of all their numbers, here, and nowhere looks at them one
by one. Of somebody who was never merged that is told by their own row, and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Index, Key, Reader, Table
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["gather", "is_alias", "own_numbers", "page_of", "same_person", "the_one"]

Row = TypeVar("Row", bound=tuple[Any, ...])


def is_alias(row: ParticipantRow) -> bool:
    """Say whether somebody was merged into another one, so that their name is one more name of that one."""
    return row.person is not None and row.person != row.number


def the_one(reader: Reader | Unit, row: ParticipantRow) -> ParticipantRow:
    """Return the row of the person that somebody is: their own, or that of whom they were merged into."""
    if row.person is None or row.person == row.number:
        return row
    return reader.get(PARTICIPANT, (row.person,)) or row


def own_numbers(reader: Reader | Unit, who: ParticipantRow) -> tuple[int, ...]:
    """Return the numbers under which rows of a person stand; nothing stands for itself under an alias any more."""
    if who.person is None:
        return (who.number,)
    if who.person != who.number:
        return ()
    rows = reader.scan(PARTICIPANT, PARTICIPANT_BY_PERSON, (who.number,))
    return tuple([row.number for row in rows])


def same_person(reader: Reader | Unit, one: int | None, other: int | None) -> bool:
    """Say whether two numbers are those of one person."""
    if one is None or other is None or one == other:
        return one == other
    rows = [reader.get(PARTICIPANT, (number,)) for number in (one, other)]
    people = {row.person for row in rows if row is not None}
    return len(people) == 1 and None not in people


def gather(  # noqa: PLR0913 - a range of rows, and whose
    reader: Reader | Unit,
    who: ParticipantRow,
    table: Table[Row],
    index: Index | None = None,
    rest: Key = (),
    *,
    start: Key | None = None,
    stop: Key | None = None,
) -> list[Row]:
    """Return a range of a person's rows in a table that begins with the participant, number by number."""
    if who.person is None:
        return reader.scan(table, index, (who.number, *rest), start=start, stop=stop)
    return [
        row
        for number in own_numbers(reader, who)
        for row in reader.scan(table, index, (number, *rest), start=start, stop=stop)
    ]


def page_of(  # noqa: PLR0913 - a stretch of rows, whose, and in what order
    reader: Reader,
    who: ParticipantRow,
    table: Table[Row],
    index: Index | None,
    rest: Key,
    order: Callable[[Row], Any],
    *,
    offset: int,
    limit: int,
    kept: Callable[[Row], bool] | None = None,
) -> tuple[int, list[Row]]:
    """Return how many rows of a person there are in all, and a stretch of them, the last in `order` first.

    It is the order they have under each number. Of a person with several all of them are read, to be put in one; those
    that are to be `kept` are told.
    """
    prefix = (who.number, *rest)
    if who.person is None:
        total = reader.count(table, index, prefix)
        return total, reader.scan(table, index, prefix, reverse=True, offset=offset, limit=limit)
    found = gather(reader, who, table, index, rest)
    rows = sorted([row for row in found if kept is None or kept(row)], key=order, reverse=True)
    return len(rows), rows[offset : offset + limit]
