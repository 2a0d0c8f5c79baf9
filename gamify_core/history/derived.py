"""Rows of the past that follow from others: worked out when they are asked for, by the functions that decided then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from gamify_core.history.told import Closings, Told
from gamify_core.road.commands import NOBODY
from gamify_core.road.repeating import fill, replay, wanted_of
from gamify_core.road.streak_rows import _NOTHING, FREEZES, PAUSES, REPAIRS, case_of, marks_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
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
    WINDOW,
    WINDOW_BY_NAME,
    MetricRow,
    ScoreLevelRow,
    SeenRow,
)
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.rewards import CLAIM, CODE, STOCK, CodeRow, StockRow
from gamify_core.storage.tables.streaks import FREEZE, PAUSE, REPAIR, STREAK, StreakRow

if TYPE_CHECKING:
    from gamify_core.history.past import Past
    from gamify_core.road.compiled import Tracker
    from gamify_core.storage.protocol import Index, Key, Table
    from gamify_core.storage.tables.participants import ParticipantRow

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
    metrics = _Metrics(past)
    return {
        METRIC: metrics,
        SCORE_LEVEL: _Levels(metrics),
        SEEN: _Seen(metrics),
        STREAK: _Streaks(past),
        CLOSING: Closings(past),
        ASSET: _Assets(past),
        SUPPLY: _Supplies(past),
        STOCK: _Stocks(past),
        CODE: _Codes(past),
        REVERSAL: _Reversals(past),
    }


class _Bare:
    """The past without what is counted in it, to count it in."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def __getattr__(self, name: str) -> Any:
        return getattr(self._past, name)

    def get(self, table: Table[Any], key: Key) -> Any:
        return None if table in _COUNTED else self._past.get(table, key)

    def scan(self, table: Table[Any], index: Index | None = None, prefix: Key = (), **how: Any) -> list[Any]:
        return [] if table in _COUNTED else self._past.scan(table, index, prefix, **how)


_COUNTED = frozenset({METRIC, SEEN, SCORE_LEVEL})


class _Metrics:
    """A participant's metrics from their history, a board from everybody's."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._boards: dict[tuple[str, str, str], dict[int, list[MetricRow]]] = {}
        self._seen: dict[tuple[str, str, str], dict[tuple[int, int], list[SeenRow]]] = {}
        self._people: dict[tuple[int, str, str], dict[int, MetricRow]] = {}
        self._closed: dict[int, list[MetricRow] | None] = {}
        self._before: dict[int, _Metrics] = {}

    def get(self, key: Key) -> MetricRow | None:
        number, window = key
        named = self._named(window)
        who = self._past.get(PARTICIPANT, (number,))
        if named is None or who is None:
            return None
        scope, tracker = named
        if _is_bound(tracker):
            return self._bound(who, int(str(window)))
        then = self._then(int(str(window)))
        if then is not None:
            entry = then[0].get(key)
            return _placed(entry, then[1], who) if entry is not None else None
        board = self._boards.get((scope, *tracker.key))
        if board is not None:
            return next((row for row in board.get(int(str(window)), []) if row.participant == number), None)
        return self._of(who, tracker).get(int(str(window)))

    def rows(self, index: Index | None, prefix: Key) -> list[MetricRow]:
        if index is not None:
            return self.board(prefix[0])
        who = self._past.get(PARTICIPANT, (prefix[0],))
        if who is None:
            return []
        counted = {
            window
            for tracker in self._past.plan.trackers.values()
            if not _is_bound(tracker)
            for window in self._of(who, tracker)
        }
        rows = self._past.reader.scan(METRIC, None, prefix[:1])  # such as are final, and keep what is gone
        if any(map(_is_bound, self._past.plan.trackers.values())) and (store := self._past.decided_again()):
            with store.view() as view:
                rows += view.scan(METRIC, None, prefix[:1])
        kept = {row.window for row in rows}
        found = [self.get((who.number, window)) for window in sorted(counted | kept)]
        return [row for row in found if row is not None]

    def board(self, window: Any) -> list[MetricRow]:
        """Return the entries of a window."""
        closed = self._final(window)
        if closed is not None:
            return closed
        name = self._filled(window)
        return self._boards[name].get(window, []) if name is not None else []

    def seen(self, number: Any, window: Any) -> list[SeenRow]:
        """Return the different values that a participant had shown in a window."""
        name = self._filled(window)
        return self._seen[name].get((number, window), []) if name is not None else []

    def _bound(self, who: ParticipantRow, window: int) -> MetricRow | None:
        """Return what of a rule's bound a participant had used: only deciding all of it again tells that."""
        row, store = self._past.reader.get(WINDOW, (window,)), self._past.decided_again()
        if row is None or store is None:
            return None
        with store.view() as view:
            there = view.find(WINDOW, WINDOW_BY_NAME, row[1:5])
            found = view.get(METRIC, (who.number, there.number)) if there is not None else None
        return found._replace(window=window) if found is not None else None

    def _final(self, window: int) -> list[MetricRow] | None:
        """Return the entries of a window that was final by then, None for one that was not.

        They are those of the moment before it was, or of a board that was made later, of the moment at which it was:
        from then on nothing changes it any more but who is hidden.
        """
        if window not in self._closed:
            self._closed[window] = self._as_closed(window)
        return self._closed[window]

    def _as_closed(self, window: int) -> list[MetricRow] | None:
        then = self._then(window)
        if then is None:
            return None
        metrics, tracker = then
        found = []
        for entry in metrics.board(window):
            who = self._past.get(PARTICIPANT, (entry.participant,))
            if who is not None:
                found.append(_placed(entry, tracker, who))
        return found

    def _then(self, window: int) -> tuple[_Metrics, Tracker] | None:
        """Return what was counted at the moment before a window was final, None where it was not by then."""
        row = self._past.reader.get(WINDOW, (window,))
        named = self._named(window)
        due = named[1].due(row.label) if row is not None and named is not None else None
        if named is None or due is None or due > self._past.instant:
            return None
        tracker = named[1]
        then = self._past.kept_since(self._past.before(due), lambda plan: tracker.key in plan.trackers)
        if then is None or then.seq == self._past.seq:
            return None
        metrics = self._before.get(then.instant)
        if metrics is None:
            found = then.derived(METRIC)
            assert isinstance(found, _Metrics)  # noqa: S101 - as of any past
            metrics = self._before[then.instant] = found
        return metrics, tracker

    def _filled(self, window: Any) -> tuple[str, str, str] | None:
        """Go through everybody's history for the tracker of a window, once, and say under what name it is kept."""
        named = self._named(window)
        if named is None:
            return None
        scope, tracker = named
        name = (scope, *tracker.key)
        if name not in self._boards:
            unit, turn = self._turn(scope)
            fill(turn, [tracker], scope)
            board = self._boards[name] = {}
            for row in unit.queued(METRIC):
                board.setdefault(row.window, []).append(row)
            shown = self._seen[name] = {}
            for each in unit.queued(SEEN):
                shown.setdefault((each.participant, each.window), []).append(each)
        return name

    def _of(self, who: ParticipantRow, tracker: Tracker) -> dict[int, MetricRow]:
        name = (who.number, *tracker.key)
        rows = self._people.get(name)
        if rows is None:
            unit, turn = self._turn(who.scope, who)
            replay(turn, wanted_of(self._past.plan, [tracker]))
            rows = self._people[name] = {row.window: row for row in unit.queued(METRIC)}
        return rows

    def _turn(self, scope: str, who: ParticipantRow | None = None) -> tuple[Trial, Turn]:
        unit = Trial(_Bare(self._past))
        return unit, Turn(unit, self._past.plan, lambda _: 0, scope, 0, 0, 0, 0, who or NOBODY)

    def _named(self, window: Any) -> tuple[str, Tracker] | None:
        row = self._past.reader.get(WINDOW, (window,))
        tracker = self._past.plan.trackers.get((row.metric, row.calendar)) if row is not None else None
        return (row.scope, tracker) if row is not None and tracker is not None else None


def _is_bound(tracker: Tracker) -> bool:
    """Say whether a metric is what rules have used of their bounds."""
    return tracker.metric.startswith("rule.")


def _placed(entry: MetricRow, tracker: Tracker, who: ParticipantRow) -> MetricRow:
    """Return an entry of a final table where its owner stands now: who is hidden stands nowhere."""
    down = tracker.down(entry.value, who.is_hidden)
    return entry._replace(down=down, tie=who.participant_id if down is not None else None)


class _Seen:
    """The different values behind a number of them, which a rolling board adds up."""

    def __init__(self, metrics: _Metrics) -> None:
        self._metrics = metrics

    def get(self, key: Key) -> SeenRow | None:
        return next((row for row in self.rows(None, key[:2]) if row.value == key[2]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[SeenRow]:
        number, window = prefix
        return self._metrics.seen(number, window)


class _Levels:
    """Who held which score of a board, and as its last day began."""

    def __init__(self, metrics: _Metrics) -> None:
        self._metrics = metrics

    def get(self, key: Key) -> ScoreLevelRow | None:
        return next((row for row in self.rows(None, key[:1]) if row.down == key[1]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[ScoreLevelRow]:
        entries = self._metrics.board(prefix[0])
        today = max((row.day for row in entries if row.day is not None), default=None)
        now = Counter(row.down for row in entries if row.down is not None)
        moved = [row for row in entries if today is not None and row.day == today]
        changed = {row.down for row in moved} | {row.day_down for row in moved}
        came = Counter(row.down for row in moved)
        left = Counter(row.day_down for row in moved if row.day_down is not None)
        found = []
        for down in sorted({*now, *left}):
            held = now[down] or None
            if down not in changed:
                found.append(ScoreLevelRow(prefix[0], down, held, None, None, None))  # type: ignore[arg-type]
                continue
            before = now[down] - came[down] + left[down] or None
            emptied = None if held else today
            found.append(ScoreLevelRow(prefix[0], down, held, today, before, emptied))  # type: ignore[arg-type]
        return found


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
            pardons |= bit if past.scan(table, None, key, limit=1) else 0
        marks = marks_of(past, who.number, plan.streak.code)
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
        return next((row for row in self.rows(None, key[:2]) if row.version == key[2]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[ReversalRow]:
        if not self._past.reader.scan(REVERSAL, None, prefix[:2], limit=1):
            return []
        taken: dict[tuple[int, str, int], int] = {}
        for entry in self._past.scan(ENTRY, None, prefix[:2]):
            if entry.reverses is not None:
                of = (entry.participant, entry.currency, entry.reverses)
                taken[of] = taken.get(of, 0) + abs(entry.amount)
        return [ReversalRow(*of, amount) for of, amount in taken.items()]
