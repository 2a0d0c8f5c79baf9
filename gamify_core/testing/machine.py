"""A machine that does the same random things to a store and to the model, and wants the same answers.

Subclass it, say how a store is made, and hand its `TestCase` to the test runner::

    class MyMachine(StoreMachine):
        def make_store(self):
            return MyStore(...)

    TestMyStore = MyMachine.TestCase

Everything a store can be asked is asked: writes to every kind of table, in one call and in many, transactions
that are kept and given up, facts stated twice, every order along every kind of range. Values are few and at
the edges, so that ties, conflicts and empty ranges are the rule. What it leaves out is what the protocol
leaves open: two changed rows that swap a unique value in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from gamify_core.errors import StoreError
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.protocol import Index, Key, Reader, Store, Table, Transaction
from gamify_core.testing.toys import (
    CITY,
    CITY_BY_CODE,
    LETTER,
    LEVEL,
    PERSON,
    PERSON_BY_NAME,
    PERSON_BY_NICK,
    RUNNER,
    RUNNER_BY_RANK,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    PersonRow,
    RunnerRow,
    columns_of,
)

__all__ = ["StoreMachine"]

Row = TypeVar("Row", bound=tuple[Any, ...])
Answer = TypeVar("Answer")

TEXTS = st.sampled_from(["", "a", "b", "Z", "é", "\uffff", "\U0001f600"])
NUMBERS = st.sampled_from([-(2**63), -2, -1, 0, 1, 2, 3, 2**63 - 1])
SMALL = st.integers(1, 3)
MAYBE = st.booleans()
BLOBS = st.none() | st.sampled_from([b"", b"\x00", b"\xff"])
CITIES = st.builds(CityRow, TEXTS, st.none() | TEXTS, NUMBERS, BLOBS)
BOARDED = st.builds(RunnerRow, SMALL, SMALL, NUMBERS, TEXTS, st.none() | NUMBERS, st.none() | TEXTS)
UNBOARDED = st.builds(RunnerRow, SMALL, SMALL, st.none(), st.none(), st.none() | NUMBERS, st.none() | TEXTS)
LEVELS = st.builds(LevelRow, SMALL, NUMBERS, NUMBERS)
CROWDS = st.lists(st.tuples(st.integers(1, 300), st.integers(-9, 9)), min_size=1, max_size=120)
ORDERS: list[tuple[Table[Any], Index | None]] = [(table, None) for table in TOYS]
ORDERS += [(table, index) for table in TOYS for index in table.indexes]
COUNTED: list[tuple[Table[Any], Index | None]] = [(RUNNER, RUNNER_BY_RANK), (LEVEL, None)]
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "code": TEXTS,
    "size": NUMBERS,
    "number": st.integers(0, 6),
    "scope": TEXTS,
    "nick": st.sampled_from([b"", b"\x00", b"\xff"]),
    "box": SMALL,
    "lane": TEXTS,
    "n": st.integers(0, 4),
    "text": TEXTS,
    "person": SMALL,
    "race": SMALL,
    "down": NUMBERS,
    "tie": TEXTS,
    "day": NUMBERS,
}


def _values(draw: st.DataObject, columns: Sequence[str], least: int = 0) -> Key:
    """Draw values for some leading columns."""
    width = draw.draw(st.integers(least, len(columns)))
    return tuple(draw.draw(COLUMNS[column]) for column in columns[:width])


class StoreMachine(RuleBasedStateMachine):
    """The same operations on a store and on the model; any difference of answer or of error type fails."""

    def __init__(self) -> None:
        """Begin with two empty stores."""
        super().__init__()
        self.model: Store = MemoryStore()
        self.store: Store = self.make_store()
        self.open: tuple[Transaction, Transaction] | None = None
        self.written: set[tuple[object, ...]] = set()

    def make_store(self) -> Store:
        """Return a new, empty store."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Give up what is open and close both."""
        if self.open:
            self.end("rollback")
        self.model.close()
        self.store.close()

    # -- both at once ---------------------------------------------------------------------------------

    def ask(self, question: Callable[[Reader], Answer]) -> Answer:
        """Ask both, inside the open transaction or through views, and give the answer they agree on."""
        if self.open:
            answers = [question(reader) for reader in self.open]
        else:
            answers = []
            for store in (self.model, self.store):
                with store.view() as view:
                    answers.append(question(view))
        assert answers[0] == answers[1], f"model: {answers[0]!r}\nstore: {answers[1]!r}"
        return answers[0]

    def attempt(
        self, table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]
    ) -> str:
        """Let both replace rows, and give what came of it in both alike: `done` or the type of the error."""
        return self.tried(lambda transaction: transaction.replace(table, dict(before), dict(after)))

    def tried(self, write: Callable[[Transaction], None]) -> str:
        """Let both write, and give what came of it in both alike: `done` or the type of the error."""
        assert self.open
        outcomes = []
        for transaction in self.open:
            try:
                write(transaction)
            except StoreError as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("done")
        assert outcomes[0] == outcomes[1], f"model: {outcomes[0]}, store: {outcomes[1]}"
        return outcomes[0]

    def replace(self, table: Table[Row], after: Mapping[Key, Row | None]) -> None:
        """Replace rows as they are now by others, leaving out what changes nothing or is left open."""
        before: dict[Key, Row | None] = {}
        for key in after:
            before[key] = self.ask(lambda reader, key=key: reader.get(table, key))  # type: ignore[misc]
        real = {key: row for key, row in after.items() if row is not None or before[key] is not None}
        if not real or _swaps(table, before, real):
            return
        if self.attempt(table, {key: before[key] for key in real}, real) == "done":
            self.written.update((table, *key) for key in real)

    # -- transactions ---------------------------------------------------------------------------------

    @initialize()
    def migrate(self) -> None:
        """Make the tables."""
        for store in (self.model, self.store):
            store.migrate(TOYS)

    @precondition(lambda self: self.open is None)
    @rule()
    def begin(self) -> None:
        """Open a write transaction."""
        self.open = (self.model.begin(["toys"]), self.store.begin(["toys"]))

    @precondition(lambda self: self.open is not None)
    @rule(how=st.sampled_from(["commit", "commit", "rollback"]))
    def end(self, how: str) -> None:
        """Keep it or give it up."""
        assert self.open
        for transaction in self.open:
            getattr(transaction, how)()
        self.open = None
        self.written.clear()

    # -- writes ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.open is not None)
    @rule(rows=st.lists(CITIES, min_size=1, max_size=4), gone=st.lists(TEXTS, max_size=2))
    def write_cities(self, rows: list[CityRow], gone: list[str]) -> None:
        """Insert, change and remove keyed rows in one call."""
        after: dict[Key, CityRow | None] = {(name,): None for name in gone}
        after.update(((row.name,), row) for row in rows)
        self.replace(CITY, after)

    @precondition(lambda self: self.open is not None)
    @rule(row=CITIES)
    def insert_city(self, row: CityRow) -> None:
        """Insert a row that may be there: the key itself is a unique fact."""
        self.attempt(CITY, {(row.name,): None}, {(row.name,): row})

    @precondition(lambda self: self.open is not None)
    @rule(rows=st.lists(st.tuples(TEXTS, TEXTS, BLOBS), min_size=1, max_size=3))
    def add_people(self, rows: list[tuple[str, str, bytes | None]]) -> None:
        """Append to the one chain, with names and nicks that may be taken."""
        head = self.ask(lambda reader: reader.last(PERSON))
        first = head.number + 1 if head else 1
        after: dict[Key, PersonRow | None] = {
            (number,): PersonRow(number, scope, name, nick, None)
            for number, (scope, name, nick) in enumerate(rows, first)
        }
        self.replace(PERSON, after)

    @precondition(lambda self: self.open is not None)
    @rule(number=st.integers(1, 6), name=TEXTS, nick=BLOBS)
    def change_person(self, number: int, name: str, nick: bytes | None) -> None:
        """Change a link in place."""
        row = self.ask(lambda reader: reader.get(PERSON, (number,)))
        if row:
            self.replace(PERSON, {(number,): row._replace(name=name, nick=nick)})

    @precondition(lambda self: self.open is not None)
    @rule(box=SMALL, lane=TEXTS, texts=st.lists(TEXTS, min_size=1, max_size=3))
    def add_letters(self, box: int, lane: str, texts: list[str]) -> None:
        """Append to one of many chains, the first link in place of the head where there is one."""
        count = self.ask(lambda reader: reader.count(LETTER, None, (box, lane)))
        first = max(count, 1)
        self.replace(
            LETTER, {(box, lane, n): LetterRow(box, lane, n, text) for n, text in enumerate(texts, first)}
        )

    @precondition(lambda self: self.open is not None)
    @rule(
        links=st.lists(st.tuples(SMALL, TEXTS, TEXTS), min_size=1, max_size=4),
        skew=st.sampled_from([0, 0, 0, -1]),
    )
    def append_letters(self, links: list[tuple[int, str, str]], skew: int) -> None:
        """Add to the ends of several chains by the short way; with a `skew`, a number that is there already."""
        ends: dict[tuple[int, str], int] = {}
        rows = []
        for box, lane, text in links:
            if (box, lane) not in ends:
                head = self.ask(lambda reader, name=(box, lane): reader.last(LETTER, name))  # type: ignore[misc]
                ends[box, lane] = (head.n + (skew if head.n > 1 else 0)) if head else 0
            ends[box, lane] += 1
            rows.append(LetterRow(box, lane, ends[box, lane], text))
        if self.tried(lambda transaction: transaction.append(LETTER, rows)) == "done":
            self.written.update((LETTER, *row[:3]) for row in rows)

    @precondition(lambda self: self.open is not None)
    @rule(box=SMALL, lane=TEXTS, most=st.integers(1, 3))
    def take_letters_off(self, box: int, lane: str, most: int) -> None:
        """Remove the newest links of a chain, as far as this transaction wrote them."""
        count = self.ask(lambda reader: reader.count(LETTER, None, (box, lane)))
        gone: dict[Key, LetterRow | None] = {}
        for n in range(count, max(count - most, 0), -1):
            if (LETTER, box, lane, n) not in self.written:
                break
            gone[box, lane, n] = None
        self.replace(LETTER, gone)

    @precondition(lambda self: self.open is not None)
    @rule(
        rows=st.lists(BOARDED | UNBOARDED, min_size=1, max_size=5),
        gone=st.lists(st.tuples(SMALL, SMALL), max_size=2),
    )
    def write_runners(self, rows: list[RunnerRow], gone: list[tuple[int, int]]) -> None:
        """Move rows about on boards, onto them and off them."""
        after: dict[Key, RunnerRow | None] = dict.fromkeys(gone)
        after.update(((row.person, row.race), row) for row in rows)
        self.replace(RUNNER, after)

    @precondition(lambda self: self.open is not None)
    @rule(crowd=CROWDS, race=SMALL)
    def write_crowd(self, crowd: list[tuple[int, int]], race: int) -> None:
        """Move many at once, so that counted orders have to split what they keep."""
        self.replace(
            RUNNER,
            {
                (person, race): RunnerRow(person, race, down, f"p{person}", None, None)
                for person, down in crowd
            },
        )

    @precondition(lambda self: self.open is not None)
    @rule(race=SMALL, down=st.integers(-9, 9))
    def drop_crowd(self, race: int, down: int) -> None:
        """Remove everybody with a score, so that counted orders have to give up what they keep."""
        rows = self.ask(lambda reader: reader.scan(RUNNER, RUNNER_BY_RANK, (race, down)))
        self.replace(RUNNER, {(row.person, row.race): None for row in rows})

    @precondition(lambda self: self.open is not None)
    @rule(rows=st.lists(LEVELS, min_size=1, max_size=4), gone=st.lists(st.tuples(SMALL, NUMBERS), max_size=3))
    def write_levels(self, rows: list[LevelRow], gone: list[tuple[int, int]]) -> None:
        """Write rows whose key order is counted."""
        after: dict[Key, LevelRow | None] = dict.fromkeys(gone)
        after.update(((row.race, row.down), row) for row in rows)
        self.replace(LEVEL, after)

    # -- reads ----------------------------------------------------------------------------------------

    @rule(order=st.sampled_from(ORDERS), draw=st.data())
    def scan(self, order: tuple[Table[Any], Index | None], draw: st.DataObject) -> None:
        """Read any range along any order."""
        table, index = order
        columns = columns_of(table, index)
        prefix = _values(draw, columns)
        rest = columns[len(prefix) :]
        start, stop = (_values(draw, rest, 1) if draw.draw(MAYBE) and rest else None for _ in range(2))
        reverse = draw.draw(st.booleans())
        offset = draw.draw(st.sampled_from([0, 0, 1, 2, 50]))
        limit = draw.draw(st.sampled_from([None, 0, 1, 2, 10]))
        self.ask(
            lambda reader: reader.scan(
                table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
            )
        )
        self.ask(lambda reader: reader.count(table, index, prefix))
        self.ask(lambda reader: reader.count(table, index, prefix, start=start, stop=stop))

    @rule(order=st.sampled_from(COUNTED), race=SMALL, draw=st.data())
    def position(self, order: tuple[Table[Any], Index | None], race: int, draw: st.DataObject) -> None:
        """Ask for a rank by a partial or a whole bound, and for the row at it."""
        table, index = order
        columns = columns_of(table, index)[1:]
        bound = _values(draw, columns, 1)
        place = self.ask(lambda reader: reader.position(table, index, (race,), bound))
        self.ask(lambda reader: reader.scan(table, index, (race,), offset=place, limit=2))
        self.ask(lambda reader: reader.position(table, index, (race,), None))
        start, stop = sorted([bound, _values(draw, columns, 1)])
        self.ask(lambda reader: reader.span(table, index, (race,), start, stop))
        above, below = draw.draw(st.sampled_from([(0, 1), (1, 0), (2, 3), (20, 20), (5, 600)]))
        length = above + below
        self.ask(lambda reader: reader.beside(table, index, (race,), bound, before=above, length=length))
        if index is not None:
            mark = draw.draw(SMALL)
            self.ask(lambda reader: reader.position(table, index, (race,), bound, mark))
            self.ask(lambda reader: reader.position(table, index, (race,), None, mark))

    @rule(draw=st.data())
    def get(self, draw: st.DataObject) -> None:
        """Get rows by key, one and many."""
        table: Table[Any] = draw.draw(st.sampled_from(TOYS))
        columns = table.columns[: table.key]
        keys = [_values(draw, columns, len(columns)) for _ in range(draw.draw(st.integers(1, 3)))]
        self.ask(lambda reader: reader.get_many(table, keys))
        column = draw.draw(st.sampled_from(table.columns))
        self.ask(lambda reader: reader.values(table, keys, column))
        self.ask(lambda reader: reader.get(table, keys[0]))

    @rule(scope=TEXTS, name=TEXTS, nick=BLOBS, code=st.none() | TEXTS)
    def find(self, scope: str, name: str, nick: bytes | None, code: str | None) -> None:
        """Find rows by unique values."""
        self.ask(lambda reader: reader.find(PERSON, PERSON_BY_NAME, (scope, name)))
        self.ask(lambda reader: reader.find(PERSON, PERSON_BY_NICK, (nick,)))
        self.ask(lambda reader: reader.find(CITY, CITY_BY_CODE, (code,)))

    @rule(box=SMALL, lane=TEXTS)
    def last(self, box: int, lane: str) -> None:
        """Ask for the heads of chains."""
        self.ask(lambda reader: reader.last(LETTER, (box, lane)))
        self.ask(lambda reader: reader.last(PERSON))


def _swaps(table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]) -> bool:
    """Say whether a changed row takes a unique value that another changed row of the same call had."""
    changed = {key for key, row in after.items() if row is not None and before[key] is not None}
    for _, places in table.unique:
        had = {tuple(before[key][place] for place in places): key for key in changed}  # type: ignore[index]
        for key in changed:
            values = tuple(after[key][place] for place in places)  # type: ignore[index]
            if had.get(values, key) != key:
                return True
    return False
