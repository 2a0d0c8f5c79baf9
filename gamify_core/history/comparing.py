"""Two stores held against each other, row by row: a history, and what it comes to when it is decided again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol

from gamify_core.errors import GamifyError, StoreError
from gamify_core.history.looking import rows_of, spelt
from gamify_core.history.report import Mismatch
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, SETTING, ActivityRow
from gamify_core.storage.tables.definitions import DEFINITION, JOB
from gamify_core.storage.tables.gifts import GIFT
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader, Store, Table

__all__ = ["Play", "Played", "again"]


class Around(Protocol):
    """What was passed over, for words were erased: which commands, and whom they concerned."""

    @property
    def commands(self) -> Collection[int]:
        """The numbers of the activities."""
        ...

    @property
    def people(self) -> Collection[int]:
        """The numbers of the participants."""
        ...


class Played(Protocol):
    """A history that was decided again."""

    @property
    def store(self) -> Store:
        """What it came to."""
        ...

    @property
    def erased(self) -> Sequence[int]:
        """The activities whose words were erased."""
        ...

    @property
    def around(self) -> Around:
        """What was passed over: these, and what rests on them."""
        ...


Play = Callable[["Reader", "Road", Callable[[int], object]], Played]
"""Decides a history again; hears how many commands are done."""

_PASSED_OVER = {"activity": {"digest"}, "payload": {"salt", "hash"}}
"""What luck (a salt) leaves in a row."""
_WHOLE = (CATALOG, DEFINITION, GIFT)
"""What is nobody's, and comes of commands that are never erased."""


def again(
    reader: Reader, road: Road, play: Play, advance: Callable[[int], None]
) -> Iterator[Mismatch | Played]:
    """Decide a history again, and compare all rows, in key order, but for what luck leaves in them.

    Where words were erased, what does not rest on them is compared: the rows of everybody whom they did not concern.
    """
    try:
        played = play(reader, road, lambda _done: advance(1))
    except StoreError:
        raise
    except GamifyError as error:
        yield Mismatch("replay.refused", error.code, str(error))
        return
    yield played
    with played.store.view() as other:
        if played.around.commands:
            yield from _beside(reader, other, played.around)
            return
        for table in TABLES:
            if table in (SETTING, JOB):
                continue
            left_out = _PASSED_OVER.get(table.name, set())
            kept = [place for place, name in enumerate(table.columns) if name not in left_out]
            yield from _compared(table, kept, rows_of(reader, table), rows_of(other, table))


def _compared(
    table: Table[Any], kept: Sequence[int], one: Iterable[Any], other: Iterable[Any]
) -> Iterator[Mismatch]:
    code = "replay.activity" if table is ACTIVITY else "replay.rows"
    for mine, theirs in zip_longest(one, other):
        found, expected = (
            tuple([row[place] for place in kept]) if row is not None else None for row in (mine, theirs)
        )
        if found != expected:
            key = (mine if mine is not None else theirs)[: table.key]
            yield Mismatch(code, f"{table.name} {spelt(*key)}", found, expected)
            if found is None or expected is None or found[: table.key] != expected[: table.key]:
                return  # from here on all of them would be beside each other by chance


def _beside(one: Reader, other: Reader, around: Around) -> Iterator[Mismatch]:
    """Compare what erased words have nothing to do with.

    Windows of metrics are numbered as they come, so other ones are where somebody is missing: they go by their names.
    What an answer says beside its effects may be a rank, which is among all.
    """
    first = min(around.commands)
    told = [place for place, name in enumerate(ACTIVITY.columns) if name != "digest"]
    yield from _compared(
        ACTIVITY, told, *(map(_effects_from(first), rows_of(each, ACTIVITY)) for each in (one, other))
    )
    for table in TABLES:
        name = "number" if table is PARTICIPANT else "participant"
        if table in (ACTIVITY, METRIC, SEEN) or (table not in _WHOLE and name not in table.columns):
            continue
        whose = table.columns.index(name) if name in table.columns else None
        yield from _compared(
            table, range(len(table.columns)), *(_others(each, table, whose, around) for each in (one, other))
        )
    for who in rows_of(one, PARTICIPANT):
        if who.number not in around.people:
            for counted in (METRIC, SEEN):
                mine, theirs = (_named(each, counted, who.number) for each in (one, other))
                yield from _compared(counted, range(len(counted.columns)), mine, theirs)


def _effects_from(first: int) -> Callable[[ActivityRow], ActivityRow]:
    def effects(row: ActivityRow) -> ActivityRow:
        if row.seq < first:
            return row
        told = [words for words in json.loads(row.outcome) if words[0] != "="]
        return row._replace(outcome=json.dumps(told))

    return effects


def _others(reader: Reader, table: Table[Any], whose: int | None, around: Around) -> Iterator[Any]:
    return (row for row in rows_of(reader, table) if whose is None or row[whose] not in around.people)


def _named(reader: Reader, table: Table[Any], number: int) -> list[Any]:
    """Return the metrics of a participant, or the values seen, with the names of windows for their numbers."""
    found = []
    for row in reader.scan(table, None, (number,)):
        window = reader.get(WINDOW, (row.window,))
        found.append(row._replace(window=window[1:5] if window is not None else None))
    return sorted(found, key=repr)
