"""Rows of the past that follow from others: worked out when they are asked for, by the functions that decided then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from gamify_core.history.metered import Levels, Metrics, Seen
from gamify_core.history.told import Closings, Told
from gamify_core.road.joined import gather, the_one
from gamify_core.road.streak_rows import _NOTHING, FREEZES, PAUSES, REPAIRS, case_of, marks_of
from gamify_core.storage.tables.assets import (
    ASSET,
    ASSET_BY_EDITION,
    ASSET_BY_OWNER,
    ASSET_OF_PERSON,
    PROVENANCE,
    PROVENANCE_BY_HOLDER,
    SUPPLY,
    AssetRow,
    SupplyRow,
)
from gamify_core.storage.tables.boards import CLOSING
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL, ReversalRow
from gamify_core.storage.tables.metrics import (
    METRIC,
    SCORE_LEVEL,
    SEEN,
)
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.rewards import CLAIM, CODE, STOCK, CodeRow, StockRow
from gamify_core.storage.tables.streaks import FREEZE, PAUSE, REPAIR, STREAK, StreakRow

if TYPE_CHECKING:
    from gamify_core.history.past import Past
    from gamify_core.storage.protocol import Index, Key, Table

__all__ = ["Derived", "derived"]


class Derived(Protocol):
    """How the rows of a table are worked out."""

    def get(self, key: Key, /) -> Any:
        """Return the row with this key, or None."""
        ...

    def rows(self, index: Index | None, prefix: Key, /) -> list[Any]:
        """Return all rows that may stand under a prefix of an order."""
        ...


def derived(past: Past) -> dict[Table[Any], Derived]:
    """Return how each such table is worked out."""
    metrics = Metrics(past)
    return {
        METRIC: metrics,
        SCORE_LEVEL: Levels(metrics),
        SEEN: Seen(metrics),
        STREAK: _Streaks(past),
        CLOSING: Closings(past),
        ASSET: _Assets(past),
        SUPPLY: _Supplies(past),
        STOCK: _Stocks(past),
        CODE: _Codes(past),
        REVERSAL: _Reversals(past),
    }


class _Streaks:
    """A streak from its activities and from what was forgiven by then."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._told = Told(past) if past.telling else None

    def get(self, key: Key) -> StreakRow | None:
        past = self._past
        number, code = key
        who = past.get(PARTICIPANT, (number,))
        plan = past.plan.streaks.get(str(code))
        if who is None or plan is None:
            return None
        facts: tuple[tuple[Table[Any], int], ...] = ((FREEZE, FREEZES), (PAUSE, PAUSES), (REPAIR, REPAIRS))
        pardons = 0
        for table, bit in facts:
            pardons |= bit if gather(past, who, table, None, (code,)) else 0
        marks = marks_of(past, who, plan.streak.code)
        if not marks and not pardons:
            return None
        bare = StreakRow(who.number, plan.streak.code, *_NOTHING, pardons, None, None)
        case = case_of(past, who, plan, past.plan.zone, bare)
        state = case.fold(marks)
        due = case.due(state, past.instant) if who.erased is None else None
        row: StreakRow = tuple.__new__(
            StreakRow, (who.number, plan.streak.code, *(state or _NOTHING), pardons, None, due)
        )
        return row if self._told is None else self._told.of(row, case)

    def rows(self, index: Index | None, prefix: Key) -> list[StreakRow]:
        if index is None:
            keys: list[Key] = [(prefix[0], code) for code in self._past.plan.streaks]
        else:  # whose time is due: everybody's is looked at
            last = self._past.last(PARTICIPANT)
            keys = [(number, prefix[0]) for number in range(1, last.number + 1 if last is not None else 1)]
        return [row for key in keys if (row := self.get(key)) is not None]


class _Assets:
    """Copies, each with the owner that its way had come to."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def get(self, key: Key) -> AssetRow | None:
        return self._then(self._past.reader.get(ASSET, key))

    def _then(self, row: AssetRow | None) -> AssetRow | None:
        if row is None or row.minted_by > self._past.seq:
            return None
        step = self._past.last(PROVENANCE, row[:2])
        while step is not None and step.holder is None and step.n > 1:  # burnt: it keeps when it was got last
            owned = self._past.get(PROVENANCE, (*row[:2], step.n - 1))
            assert owned is not None  # noqa: S101 - the links of a chain are all there
            return row._replace(owner=None, acquired_at=owned.occurred_at, acquired_by=owned.activity)
        if step is None:
            return None
        return row._replace(owner=step.holder, acquired_at=step.occurred_at, acquired_by=step.activity)

    def rows(self, index: Index | None, prefix: Key) -> list[AssetRow]:
        reader = self._past.reader
        if index in (ASSET_BY_OWNER, ASSET_OF_PERSON):
            steps = reader.scan(PROVENANCE, PROVENANCE_BY_HOLDER, prefix[:1], stop=(self._past.seq + 1,))
            keys = sorted({step[:2] for step in steps})
            found = reader.get_many(ASSET, keys)
        elif index is None:
            found = list(reader.scan(ASSET, None, prefix))
        else:
            found = list(reader.scan(ASSET, ASSET_BY_EDITION, prefix[:2]))
        return [row for each in found if (row := self._then(each)) is not None]


class _Supplies:
    """How many copies there were, and with how many owners."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def get(self, key: Key) -> SupplyRow | None:
        row = self._past.reader.get(SUPPLY, key)
        copies = self._past.scan(ASSET, ASSET_BY_EDITION, key)
        if row is None or not copies:
            return None
        untried = 1
        for copy in copies:
            untried += copy.edition == untried
        owners = {copy.owner for copy in copies} - {None}
        burned = sum(copy.owner is None for copy in copies)
        return row._replace(untried=untried, minted=len(copies), burned=burned, owners=len(owners))

    def rows(self, _index: Index | None, prefix: Key) -> list[SupplyRow]:
        kept = self._past.reader.scan(SUPPLY, None, prefix)
        return [row for each in kept if (row := self.get(each[:2])) is not None]


class _Stocks:
    """How often a reward had been claimed: there is no order of claims by reward, so all of them are looked at."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._claimed: dict[tuple[str, str], int] | None = None

    def get(self, key: Key) -> StockRow | None:
        if self._claimed is None:
            self._claimed = {}
            for claim in _standing(self._past):
                of = (claim[2], claim[3])
                self._claimed[of] = self._claimed.get(of, 0) + 1
        scope, reward = str(key[0]), str(key[1])
        codes = self._past.scan(CODE, None, (scope, reward))
        claimed = self._claimed.get((scope, reward), 0)
        if not claimed and not codes and self._past.reader.get(STOCK, key) is None:
            return None
        free = sum(code.free is not None for code in codes)
        return StockRow(scope, reward, claimed, len(codes), free)

    def rows(self, _index: Index | None, prefix: Key) -> list[StockRow]:
        kept = self._past.reader.scan(STOCK, None, prefix)
        return [row for each in kept if (row := self.get(each[:2])) is not None]


class _Codes:
    """The codes of a pool: free were those that no claim had."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._taken: set[tuple[str, str, int | None]] | None = None

    def get(self, key: Key) -> CodeRow | None:
        return self._then(self._past.reader.get(CODE, key))

    def _then(self, row: CodeRow | None) -> CodeRow | None:
        if row is None or row.activity > self._past.seq:
            return None
        if self._taken is None:
            self._taken = {(claim[2], claim[3], claim[5]) for claim in _standing(self._past)}
        return row._replace(free=None if row[:3] in self._taken else 1)

    def rows(self, _index: Index | None, prefix: Key) -> list[CodeRow]:
        kept = self._past.reader.scan(CODE, None, prefix[:2])
        return [row for each in kept if (row := self._then(each)) is not None]


def _standing(past: Past) -> Iterator[Any]:
    return (claim for claim in past.scan(CLAIM) if claim.standing is not None)


class _Reversals:
    """How much of a movement had been taken back: by the movements of its wallet that did."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def get(self, key: Key) -> ReversalRow | None:
        if self._past.reader.get(REVERSAL, key) is None:  # nothing of it was ever taken back
            return None
        return next((row for row in self._of(key[0], key[1]) if row.version == key[2]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[ReversalRow]:
        wallets = {row[:2] for row in self._past.reader.scan(REVERSAL, None, prefix)}
        return [row for number, currency in wallets for row in self._of(number, currency)]

    def _of(self, number: Any, currency: Any) -> list[ReversalRow]:
        who = self._past.get(PARTICIPANT, (number,))
        if who is None:
            return []
        taken: dict[tuple[int, str, int], int] = {}
        # What was taken back since they were merged is in the wallets that they were merged into
        for entry in gather(self._past, the_one(self._past, who), ENTRY, None, (currency,)):
            of = entry.participant if entry.peer is None else entry.peer
            if entry.reverses is not None and of == number:
                name = (of, entry.currency, entry.reverses)
                taken[name] = taken.get(name, 0) + abs(entry.amount)
        return [ReversalRow(*name, amount) for name, amount in taken.items()]
