"""The rows of a store as they were after a certain activity, so that whatever reads rows reads the past.

Promise: every read answers what it answered then, from rows that are found by their keys and orders. How a table's past
is found is said once for each kind of table:

- most rows were written once by an activity, and are there from it on; where they are a chain, its end of then is
  found by bisecting (a balance, a rung, a statement: O(log n));
- some had a column set later, which is taken back (an event that was retracted since, a claim that was cancelled);
- a few were rewritten, and left word of what they were (`tables.former`), among them what waits for people, and so
  is known when something was due for them;
- what rules have used of their bounds is decided as they go, and so is decided again, all of it;
- the rest follows from others, and is worked out from these (`history.derived`): a metric from its participant's
  history, a streak from its activities, an owner from the last step of a copy's way, and a board from the history of
  all participants of the scope, which takes as long as that is.

What was erased since is not there: the name and the words of a person who was, and of a deleted one all but the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.road.chains import first_from
from gamify_core.road.joined import is_alias, the_one
from gamify_core.storage.ranges import Uncounted, arranged
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD, SETTING
from gamify_core.storage.tables.assets import ASSET
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.ledger import ENTRY, HOLD, HOLD_DUE, LOT
from gamify_core.storage.tables.metrics import WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_PERSON, PARTICIPANT_DUE
from gamify_core.storage.tables.progress import EVENT
from gamify_core.storage.tables.rewards import BOOST, CLAIM
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import MARK, MILESTONE, PAUSE, REPAIR
from gamify_core.storage.tables.waiting import WAITING

if TYPE_CHECKING:
    from gamify_core.history.derived import Derived
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Index, Key, Reader, Store, Table, Value
    from gamify_core.storage.tables.former import FormerRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Past"]

Row = TypeVar("Row", bound=tuple[Any, ...])

_ALWAYS = frozenset({CATALOG, SETTING, WINDOW, PARTICIPANT})
"""What is there without an activity, or is looked at in another way."""
_BY = {ACTIVITY: "seq", PAYLOAD: "seq", CLAIM: "claimed_by", BOOST: "claimed_by", ASSET: "minted_by"}
"""Where a table calls the activity that wrote a row by another name."""
_REWRITTEN = frozenset({MARK, REPAIR, PAUSE, ADVANCE, BOOST, FIRED, MILESTONE, PARTICIPANT})
_REWRITTEN |= {table for table, _ in WAITING}


class Past(Uncounted):
    """A reader of the rows as they were when nothing after an instant had been recorded."""

    def __init__(
        self,
        reader: Reader,
        instant: int,
        plan_of: Callable[[Past], Plan],
        again: Callable[[Past], Store] | None = None,
        *,
        telling: bool = False,
    ) -> None:
        """Find the last activity that was recorded by `instant`; `plan_of` gives the plan that was in force.

        `again` decides all of it again, for what is found in no other way. With `telling`, streaks say how far they
        were told: that takes all that was recorded, and no read asks for it.
        """
        self.reader = reader
        self.seq: int = first_from(reader, ACTIVITY, (), lambda row: row.recorded_at, instant + 1) - 1
        head = reader.get(ACTIVITY, (self.seq,)) if self.seq else None
        self.until: int = head.recorded_at if head is not None else -(2**63)
        self.instant = instant
        self.telling = telling
        self._plan_of = plan_of
        self._again = again
        self._derived: dict[Table[Any], Derived] | None = None
        self._known: dict[tuple[int, str], dict[Key, Any]] = {}

    @property
    def plan(self) -> Plan:
        """The plan that was in force."""
        return self._plan_of(self)

    def before(self, instant: int) -> Past:
        """Return the rows as they were when nothing at or after an earlier instant had been recorded."""
        return self if instant > self.instant else Past(self.reader, instant - 1, self._plan_of, self._again)

    def to_go_on(self) -> Past:
        """Return the same rows for who tries out what would come next."""
        return Past(self.reader, self.instant, self._plan_of, self._again, telling=True)

    def decided_again(self) -> Store | None:
        """Return a store in which all that was recorded by then was decided again, where that can be done."""
        return self._again(self) if self._again is not None else None

    def kept_since(self, then: Past, holds: Callable[[Plan], bool]) -> Past | None:
        """Return the rows of an earlier moment if something held of the plan then, or of when it first did since."""
        if then is self or holds(then.plan):
            return then
        number = None
        for row in self.reader.scan(ACTIVITY, None, (), start=(then.seq + 1,), stop=(self.seq + 1,)):
            if row.catalog != number:
                number = row.catalog
                later = Past(self.reader, row.recorded_at, self._plan_of, self._again)
                if holds(later.plan):
                    return later
        return None

    def derived(self, table: Table[Any]) -> Derived | None:
        """Return how the rows of a table are worked out, or None where they are found."""
        if self._derived is None:
            from gamify_core.history.derived import derived  # noqa: PLC0415 - which reads the past itself

            self._derived = derived(self)
        return self._derived.get(table)

    # -- what a reader answers ---------------------------------------------------------------------------------

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key as it was."""
        derived = self.derived(table)
        if derived is not None:
            found: Row | None = derived.get(key)
            return found
        if table in _REWRITTEN:
            return next((row for row in self._rewritten(table, None, key) if row[: table.key] == key), None)
        return self._then(table, self.reader.get(table, key))

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys as they were, None where there was none."""
        return [self.get(table, key) for key in keys]

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys had in one column, None where there was no row."""
        place = table.columns.index(column)
        return [None if row is None else row[place] for row in self.get_many(table, keys)]

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has, as it was: what makes a row unique never changes."""
        row = self.reader.find(table, index, values)
        return None if row is None else self.get(table, row[: table.key])

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of a chain as it was then."""
        if table is PARTICIPANT:
            number = first_from(self.reader, PARTICIPANT, (), lambda row: row.created_at, self.until + 1) - 1
            return self.get(table, (number,)) if number else None
        if table in _ALWAYS:
            return self.reader.last(table, prefix)
        n = self._end(table, prefix)
        return self.get(table, (*prefix, n)) if n else None

    def scan(  # noqa: PLR0913 - the same range as the store's own scan
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
        reverse: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Return a range of rows as they were."""
        if index is None and table.chain and len(prefix) == table.key - 1 and self._plain(table):
            beyond = (self._end(table, prefix) + 1,)
            rows = self.reader.scan(
                table,
                None,
                prefix,
                start=start,
                stop=beyond if stop is None else min(stop, beyond),
                reverse=reverse,
                offset=offset,
                limit=limit,
            )
            return [row for each in rows if (row := self._then(table, each)) is not None]
        derived = self.derived(table)
        if derived is not None:
            found = derived.rows(index, prefix)
        elif table in _REWRITTEN and table is not PARTICIPANT:
            found = self._rewritten(table, index, prefix)
        else:
            found = self._candidates(table, index, prefix)
        return arranged(found, table, index, prefix, start, stop, reverse=reverse, offset=offset, limit=limit)

    def count(
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
    ) -> int:
        """Return how many rows there were with these leading columns, between bounds."""
        whole = start is None and stop is None
        if whole and index is None and table.chain and len(prefix) == table.key - 1 and self._plain(table):
            return self._end(table, prefix)
        return len(self.scan(table, index, prefix, start=start, stop=stop))

    # -- how it was --------------------------------------------------------------------------------------------

    def _plain(self, table: Table[Any]) -> bool:
        """Say whether the rows of a chain are found by their numbers, and no word of them was left elsewhere."""
        return table not in _ALWAYS and table not in _REWRITTEN and self.derived(table) is None

    def _end(self, table: Table[Any], prefix: Key) -> int:
        """Return the number of the last link that a chain had then."""
        place, n = _writer(table), table.key - 1
        head = self.reader.last(table, prefix)
        if head is None or place is None or head[place] <= self.seq:
            return 0 if head is None else int(head[n])
        return first_from(self.reader, table, prefix, lambda row: int(row[place]), self.seq + 1) - 1

    def _then(self, table: Table[Row], row: Row | None) -> Row | None:
        """Return a row as it was, or None where it was not there yet."""
        if row is None:
            return None
        place = _writer(table)
        if place is not None and row[place] > self.seq:
            return None
        alter = _SET_LATER.get(table)
        return row if alter is None else alter(row, self.seq)

    def _candidates(self, table: Table[Row], index: Index | None, prefix: Key) -> list[Row]:
        """Return all rows as they were that may stand under a prefix."""
        if table is CLAIM and index is not None:
            from gamify_core.storage.tables.rewards import CLAIM_BY_PERSON  # noqa: PLC0415 - its own order

            rows = self.reader.scan(table, CLAIM_BY_PERSON, prefix[:1])
        elif index is PARTICIPANT_DUE:  # of whom nothing waits now something may have waited
            rows = self.reader.scan(table)
        elif index is PARTICIPANT_BY_PERSON and prefix:
            rows = self.reader.scan(table, index, (self._person_now(prefix[0]),))
        else:
            rows = self.reader.scan(table, index, prefix)
        if table is PARTICIPANT:
            return [row for each in rows if (row := self.get(table, each[:1])) is not None]
        return [row for each in rows if (row := self._then(table, each)) is not None]

    def _person_now(self, number: Value) -> Value:
        """Return under which number somebody is one person with others now: merged since, all of them moved on."""
        row = self.reader.get(PARTICIPANT, (number,))
        return number if row is None else row.person

    def _rewritten(self, table: Table[Any], index: Index | None, prefix: Key) -> list[Any]:
        """Return the rows that may stand under a prefix as they were."""
        rows = self._taken_back(table, index, prefix)
        if table is PARTICIPANT:
            was = [row for row in rows.values() if row.created_at <= self.until]
            return [row._replace(due=self._due(row)) for row in was]
        return [row for _, row in sorted(rows.items()) if self._there(table, row)]

    def _taken_back(self, table: Table[Any], index: Index | None, prefix: Key) -> dict[Key, Any]:
        """Return the rows that may stand under a prefix without what was done to them since, by their keys."""
        rows: dict[Key, Any] = {row[: table.key]: row for row in self.reader.scan(table, index, prefix)}
        people = {row[_whose(table)] for row in rows.values()}
        order = table.columns if index is None else index.columns
        if table is PARTICIPANT or (prefix and order[0] == "participant"):  # some of it may be gone
            people.add(prefix[0])
        for number in people:
            rows.update(self._were(number, table))
        return {key: row for key, row in rows.items() if row is not None}

    def _were(self, number: int, table: Table[Any]) -> dict[Key, Any]:
        """Return what the rows of a participant were that were rewritten since, None where there was none."""
        name = (number, table.name)
        were = self._known.get(name)
        if were is None:
            were = self._known[name] = {}
            words = [text or "null" for change in self._words(number, table) for text in change[-2:]]
            for place, values in enumerate(json.loads(f"[{','.join(words)}]")):  # at once: it costs a tenth
                if values is not None:  # the first word of a row says what it was then
                    was = table.row(*values)
                    were.setdefault(was[: table.key], was if place % 2 == 0 else None)
        return were

    def _words(self, number: int, table: Table[Any], limit: int | None = None) -> list[FormerRow]:
        """Return what was left word of since: how rows of a participant were rewritten."""
        return self.reader.scan(FORMER, None, (number, table.name), start=(self.seq + 1,), limit=limit)

    def _there(self, table: Table[Any], row: Any) -> bool:
        """Say whether a row of which no word tells otherwise was there: a lot comes with its movement."""
        if table is LOT:
            return self.get(ENTRY, row[:3]) is not None
        return self._then(table, row) is not None

    def _due(self, person: ParticipantRow) -> int | None:
        """Return when something was due first for a participant."""
        if person.erased is not None or is_alias(person):
            return None
        now = self.reader.get(PARTICIPANT, (person.number,))
        numbers = self._own_numbers(person)
        one = the_one(self.reader, now) if now is not None else None
        if (one is None or (one.due is None and not one.is_closed)) and not any(
            self._words(number, table, 1) for number in numbers for table, _ in WAITING
        ):
            return None
        waiting = WAITING if not person.is_closed else ((HOLD, HOLD_DUE),)
        firsts = [
            self.scan(table, index, (number,), limit=1) for number in numbers for table, index in waiting
        ]
        return min((rows[0].due for rows in firsts if rows), default=None)

    def _own_numbers(self, person: ParticipantRow) -> list[int]:
        """Return the numbers that somebody had; of whom they are by now no more is asked."""
        if person.person is None:
            return [person.number]
        together = self.reader.scan(PARTICIPANT, PARTICIPANT_BY_PERSON, (self._person_now(person.number),))
        were = (self._taken_back(PARTICIPANT, None, row[:1])[row[:1]] for row in together)
        return [row.number for row in were if row.person == person.number]


def _writer(table: Table[Any]) -> int | None:
    """Return where a row names the activity that wrote it, or None where it does not."""
    name = _BY.get(table, "activity")
    return table.columns.index(name) if name in table.columns else None


def _whose(table: Table[Any]) -> int:
    """Return where a row says whose it is."""
    return table.columns.index("participant") if "participant" in table.columns else 0


_SET_LATER: Mapping[Table[Any], Callable[[Any, int], Any]] = {
    EVENT: lambda row, seq: row if (row.retracted or 0) <= seq else row._replace(retracted=None),
    CLAIM: lambda row, seq: row if row.cancelled_by <= seq else row._replace(standing=1, cancelled_by=0),
}
"""Columns that are set after a row was written, and how they are taken back."""
