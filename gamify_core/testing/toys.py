"""Toy tables, one for each promise a store makes, and what a range means in the plainest words.

The contract and the machine use these rather than the engine's own tables, so that a store is judged by the
protocol alone and a change of the engine's schema changes no test of a store.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from gamify_core.errors import StoreError
from gamify_core.storage.protocol import Index, Key, Table

__all__ = [
    "CITY",
    "CITY_BY_CODE",
    "CITY_BY_SIZE",
    "LETTER",
    "LETTER_BY_TEXT",
    "LEVEL",
    "PERSON",
    "PERSON_BY_NAME",
    "PERSON_BY_NICK",
]
__all__ += [
    "RUNNER",
    "RUNNER_BY_DAY",
    "RUNNER_BY_PERSON",
    "RUNNER_BY_RANK",
    "TOYS",
    "CityRow",
    "LetterRow",
    "LevelRow",
    "PersonRow",
]
__all__ += ["RunnerRow", "columns_of", "order_of", "range_of"]

Row = TypeVar("Row", bound=tuple[Any, ...])


class CityRow(NamedTuple):
    """A keyed row with a text key, a partial unique column and every type of value."""

    name: str
    code: str | None
    size: int
    seal: bytes | None


class PersonRow(NamedTuple):
    """A link of the one chain of its table, with a unique name and a unique nick for those who have one."""

    number: int
    scope: str
    name: str
    nick: bytes | None
    note: str | None


class LetterRow(NamedTuple):
    """A link of one of many chains, named by two columns."""

    box: int
    lane: str
    n: int
    text: str


class RunnerRow(NamedTuple):
    """A keyed row that may stand on a board (`down` and `tie`), best first, marked by a day."""

    person: int
    race: int
    down: int | None
    tie: str | None
    day: int | None
    note: str | None


class LevelRow(NamedTuple):
    """A row whose key order is itself the counted one."""

    race: int
    down: int
    holders: int


CITY_BY_CODE = Index("toy_city_by_code", ("code",), unique=True, present="code")
CITY_BY_SIZE = Index("toy_city_by_size", ("size",))
CITY = Table("toy_city", CityRow, key=1, indexes=(CITY_BY_CODE, CITY_BY_SIZE))
PERSON_BY_NAME = Index("toy_person_by_name", ("scope", "name"), unique=True)
PERSON_BY_NICK = Index("toy_person_by_nick", ("nick",), unique=True, present="nick")
PERSON = Table("toy_person", PersonRow, key=1, chain=True, indexes=(PERSON_BY_NAME, PERSON_BY_NICK))
LETTER_BY_TEXT = Index("toy_letter_by_text", ("text",))
LETTER = Table("toy_letter", LetterRow, key=3, chain=True, indexes=(LETTER_BY_TEXT,))
RUNNER_BY_RANK = Index(
    "toy_runner_by_rank",
    ("race", "down", "tie"),
    counted=True,
    present="down",
    marked="day",
    carried=("note",),
)
RUNNER_BY_DAY = Index("toy_runner_by_day", ("race", "day"), present="day")
RUNNER_BY_PERSON = Index("toy_runner_by_person", ("person", "day"), present="day")
RUNNER = Table("toy_runner", RunnerRow, key=2, indexes=(RUNNER_BY_RANK, RUNNER_BY_DAY, RUNNER_BY_PERSON))
LEVEL = Table("toy_level", LevelRow, key=2, counted=True)
TOYS: tuple[Table[Any], ...] = (CITY, PERSON, LETTER, RUNNER, LEVEL)


def columns_of(table: Table[Row], index: Index | None) -> list[str]:
    """Return the columns of an order: those of its index, and what else the key has."""
    own = index.columns if index is not None else ()
    return [*own, *(name for name in table.columns[: table.key] if name not in own)]


def order_of(table: Table[Row], index: Index | None, rows: Iterable[Row]) -> list[tuple[Key, Row]]:
    """Return the rows that an order has, each under the columns of the order."""
    shown = table.columns.index(index.present) if index is not None and index.present else 0
    places = [table.columns.index(name) for name in columns_of(table, index)]
    entries = [(tuple(row[p] for p in places), row) for row in rows if row[shown] is not None]
    return sorted(entries, key=lambda entry: entry[0])


def range_of(  # noqa: PLR0913 - the arguments of a scan
    table: Table[Row],
    index: Index | None,
    rows: Iterable[Row],
    prefix: Key = (),
    *,
    start: Key | None = None,
    stop: Key | None = None,
    reverse: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> list[Row]:
    """Return what a scan over exactly these rows has to answer: filter, sort, turn round, cut."""
    width = len(prefix)
    if max(len(start or ()), len(stop or ())) > len(columns_of(table, index)) - width:
        raise StoreError("a bound has more columns than its order")
    found = [
        row
        for entry, row in order_of(table, index, rows)
        if entry[:width] == prefix
        and (start is None or entry[width:] >= start)
        and (stop is None or entry[width:] < stop)
    ]
    if reverse:
        found.reverse()
    return found[offset:] if limit is None else found[offset : offset + limit]
