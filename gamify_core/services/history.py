"""`engine.history`: the activity, row by row, and a digest of everything it has led to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import attrs

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.clock import iso, moment
from gamify_core.effects import Effect, decode
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly
from gamify_core.history.looking import rows_of
from gamify_core.history.past import Past
from gamify_core.history.then import refuse
from gamify_core.history.verifying import Progress, verify
from gamify_core.road.requests import asked_with
from gamify_core.road.seal import canonical
from gamify_core.services.access import Access
from gamify_core.services.moving import export, restore
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, SETTING, ActivityRow
from gamify_core.storage.tables.definitions import JOB
from gamify_core.storage.tables.metrics import SCORE_LEVEL

if TYPE_CHECKING:
    from gamify_core.history.comparing import Play
    from gamify_core.history.report import Report
    from gamify_core.replay.adopting import Adoption
    from gamify_core.replay.report import Backtest
    from gamify_core.road.corrections import Take
    from gamify_core.services.correcting import Applied
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["Activity", "History"]

_WHEN_WRITTEN = {
    "activity": {"recorded_at", "digest", "late"},
    "payload": {"salt", "hash"},
    "participant": {"created_at"},
    "definition": {"recorded_at"},
    "gift": {"created_at"},
    "metric": {"day", "day_down", "day_reached"},
    "score_level": {"day", "before", "emptied"},
}
"""What depends on when (and with what luck of the salt) a row was written: left out of the state's digest."""
_AT_ONCE = 1_000


@attrs.frozen
class Activity:
    """One accepted command: what was asked, and what came of it."""

    seq: int
    scope: str
    kind: str
    participant_id: str | None
    recorded_at: datetime
    occurred_at: datetime
    request: Mapping[str, object] | None
    effects: tuple[Effect, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; the arguments are None where they were erased."""
        return {
            **attrs.asdict(self, recurse=False),
            "recorded_at": iso(self.recorded_at),
            "occurred_at": iso(self.occurred_at),
            "request": dict(self.request) if self.request is not None else None,
            "effects": [effect.to_dict() for effect in self.effects],
        }


class History:
    """What was done, in order."""

    def __init__(self, access: Access, play: Play) -> None:
        """Hang off an engine; `play` makes others, to decide this history again on."""
        self._access = access
        self._play = play

    def activity(
        self, *, after: int = 0, limit: int = 100, every_scope: bool = False
    ) -> tuple[Activity, ...]:
        """Return up to `limit` (1 to 100) accepted commands that follow number `after`, in order.

        They are those of this scope (the default scope has the adoptions of catalogs too), or of every scope.
        To follow the activity, ask again with `after` the last `seq` that was returned.
        """
        size = border.whole(limit, "limit", 1, 100)
        after = border.whole(after, "after", 0, 2**63 - 2)
        every = border.flag(every_scope, "every_scope")
        found: list[Activity] = []
        with self._access.read() as reader:
            while len(found) < size:
                rows = reader.scan(ACTIVITY, None, (), start=(after + 1,), limit=_AT_ONCE)
                for row in rows:
                    if len(found) < size and (every or row.scope == self._access.scope):
                        found.append(self._activity(reader, row))
                if len(rows) < _AT_ONCE:
                    break
                after = rows[-1].seq
        return tuple(found)

    def _activity(self, reader: Reader, row: ActivityRow) -> Activity:
        road = self._access.road
        seq = row.seq
        one = road.recall(reader, row)
        effects = tuple(
            decode(words, one.people, one.catalog, one.seq, ordinal, one.occurred_at)
            for ordinal, words in enumerate(one.outcome)
            if words[0] != "="
        )
        who = one.participant_id if row.participant is not None else None
        recorded_at, occurred_at = moment(row.recorded_at), moment(row.occurred_at)
        request = asked_with(reader, seq)
        return Activity(seq, row.scope, row.kind, who, recorded_at, occurred_at, request, effects)

    def verify(self, *, replay: bool = False, limit: int = 100, progress: Progress | None = None) -> Report:
        """Recompute everything that is derived, in every scope, and report what is not as it should be.

        Looked at are the file itself, the seal (gaps, digests, payloads, keys), the ledger (every balance, what went
        between participants), metrics, boards and the counts kept beside them, rungs, badges, streaks, copies, stock,
        codes, claims. It reads one snapshot a stretch at a time, so others may go on writing; on a large store it takes
        its time, of which `progress` is told: how many rows were read, and about how many there are. Up to `limit`
        (1 to 10,000) mismatches are listed, all are counted. What was erased is counted, and is no mismatch.

        With `replay` every command is decided again as well, on a store of its own, and every row compared: that finds
        what rests on the way by which things came about (bounds of rules, dates, fields of people, definitions). It
        takes about as long as it took to write. Once words were erased, that is done for everybody whom they do not
        concern: `passed_over` and `not_compared` say what was left out, and `not_replayed` sums it up.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 5)
        >>> game.history.verify().ok
        True
        """
        limit = border.whole(limit, "limit", 1, 10_000)
        border.told(progress)
        with self._access.read() as reader:
            _as_it_is(reader)
            play = self._play if border.flag(replay, "replay") else None
            return verify(reader, self._access.road, play, limit=limit, progress=progress)

    def backtest(
        self,
        catalog: Catalog | str | os.PathLike[str] | None = None,
        *,
        top: int = 20,
        costs: Mapping[str, float] | None = None,
        progress: Progress | None = None,
    ) -> Backtest:
        """Decide everything that was recorded again, in memory, under another catalog, and report what is otherwise.

        `catalog` (a `Catalog`, or the path of a TOML or JSON file) is in force from the first command to the last;
        definitions made at run time are laid over it as they came, where it does not define the same itself. Without
        one each command is decided by the catalog that was in force then, and nothing comes out otherwise. The report
        covers all scopes: who gains and loses and by what, what each rule gave, badges, tiers, what was issued and is
        outstanding, what would have been refused, and the `top` largest movers (0 to 10,000) with their reasons.
        Behaviour is held fixed, draws are as lucky as they were. Nothing is written; a store in memory is locked
        meanwhile. `progress` is told how many of how many commands are done.
        `costs`, such as `{"points": 0.01}`, is what one of a currency costs you when it is spent, in your money: with
        it the report says what was spent costs, and what is outstanding may yet (`currencies[…].costs`).
        Raises `CatalogError`, `NotFound` for the cost of a currency that there is not, `BadValue`, and `GamifyError`
        for a rule that a Python function decides which is not here.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson", award=10)]))
        >>> _ = game.events.emit("ada", "lesson")
        >>> report = game.history.backtest(Catalog(rules=[Rule("lesson", on="lesson", award=15)]))
        >>> dict(report.movers[0].points)
        {'points': 5}
        >>> game.history.backtest().same
        True
        """
        from gamify_core.replay.backtest import compare  # noqa: PLC0415 - it stands above the engine
        from gamify_core.replay.costs import costs_of  # noqa: PLC0415 - as above

        top = border.whole(top, "top", 0, 10_000)
        known = costs_of(costs)
        border.told(progress)
        if catalog is not None and not isinstance(catalog, Catalog):
            border.path(catalog, "catalog")
        chosen = catalog if catalog is None or isinstance(catalog, Catalog) else Catalog.load(catalog)
        with self._access.read() as reader:
            _as_it_is(reader)
            return compare(reader, self._access.road, chosen, top=top, costs=known, told=progress)

    def adoption(self, catalog: Catalog | str | os.PathLike[str]) -> Adoption:
        """Return what differs between the definitions in force and a catalog, and what follows of adopting it.

        That is what an engine opened with this catalog would do with its first command: which metrics and boards are
        filled from history, which streaks are judged anew, who is placed on new ladders, what stays as it was and what
        acts from now on. Definitions made at run time are laid over it, as they would be. Nothing is written.
        Raises `CatalogError`.

        >>> from gamify_core import Catalog, Engine, Metric
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 5)
        >>> print(*game.history.adoption(Catalog(metrics=[Metric("lessons", "lesson")])).changes)
        metrics.lessons is new
        """
        from gamify_core.replay.adopting import adoption  # noqa: PLC0415 - as below

        chosen = catalog if isinstance(catalog, Catalog) else Catalog.load(catalog)
        with self._access.read() as reader:
            _as_it_is(reader)
            return adoption(reader, self._access.road, chosen)

    def apply(
        self,
        report: Backtest,
        *,
        give: bool = True,
        take: Take = "never",
        progress: Progress | None = None,
    ) -> Applied:
        """Give people what a backtest found that they would have had, or take back what they would not: once.

        For each participant the points that definitions would have given in sum, and the badges, are given where that
        is more, with the cause `backtest:<id>`, counted in the windows in which they would have come; what that sets
        off is part of the sum. Where it is less, `take` says: `"never"`; `"unspent"`, as far as it is still there;
        `"all"`, into debts. What is taken is a reversal of what gave it, newest first. Price changes, claims and what
        rules would have deducted are not made up for. Points that are promised and have not matured are in no balance,
        then or now: what is otherwise of them comes only once they have matured, with a later backtest.

        Some participants are one commit, so others get their turns; after a crash the same call goes on, and the same
        report a second time does nothing (giving and taking are once each, whatever the policy). A later backtest finds
        what was applied here to be as it should be.

        The engine's catalog must be the one that the report was made for, and the history the one it is of. New
        activity since is no matter, unless it was decided by other definitions; nor may what the report counts have
        been taken back, nor another report have been applied: then it is refused with `HistoryMovedOn`.
        Raises `BadValue`, `AdminRequired`, `IdempotencyConflict` where the same was taken by another policy.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> from gamify_core.storage.memory import MemoryStore
        >>> store = MemoryStore()
        >>> _ = Engine(Catalog(), store).events.emit("ada", "lesson")
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson", award=10)]), store)
        >>> report = game.history.backtest(game.catalog)
        >>> game.history.apply(report).given, game.history.apply(report).given
        ({'points': 10}, {})
        """
        from gamify_core.services.correcting import carry_out  # noqa: PLC0415 - done seldom

        self._access.require_admin()
        if not hasattr(report, "differences"):
            detail = f"report must be what backtest returned, not {type(report).__name__}"
            raise BadValue("report", report, detail)
        take = exactly(take)
        if not isinstance(take, str) or take not in {"never", "unspent", "all"}:
            detail = f"take must be 'never', 'unspent' or 'all', not {in_words(take)}"
            raise BadValue("take", take, detail)
        giving = border.flag(give, "give")
        border.told(progress)
        return carry_out(self._access, report, give=giving, take=take, told=progress)

    def export(
        self,
        target: str | os.PathLike[str] | TextIO,
        *,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Write the whole history, of every scope, as JSON Lines to a path or a text stream; return how many lines.

        It is read from one snapshot, while others go on writing; a file is there whole or not at all. What was erased
        is as it is here: only its hashes. `progress` is told how many lines are written.

        >>> from io import StringIO
        >>> from gamify_core import Catalog, Engine
        >>> game, other, lines = Engine(Catalog()), Engine(Catalog()), StringIO()
        >>> _ = game.points.award("ada", 5)
        >>> _ = game.history.export(lines), lines.seek(0), other.history.restore(lines)
        >>> other.history.state_digest() == game.history.state_digest()
        True
        """
        border.told(progress)
        return export(self._access, target, progress if progress is not None else _untold)

    def restore(
        self,
        source: str | os.PathLike[str] | TextIO,
        *,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Lay an exported history out in this empty store, in one commit, and return how many rows there were.

        Raises `BadHistory` with its line for a file that was cut or altered, and `StoreError` where the store is not
        empty; then nothing is written. An engine whose catalog is another than the history's adopts its own with the
        next command. A file that was made with care can hold anything: `verify` says whether it adds up.
        """
        border.told(progress)
        return restore(self._access, source, progress if progress is not None else _untold)

    def state_digest(self) -> str:
        """Return a SHA-256 over every row that commands have led to, in every scope.

        Two stores of any kind that were given the same commands have the same digest: ids and derived rows count,
        the moments of recording do not. As of a past instant all that was recorded by then is decided again; where
        words of it were erased since, that cannot be done, and raises `ReadOnly`.
        """
        with self._access.read() as reader:
            if not isinstance(reader, Past):
                return _digest(reader)
            store = reader.decided_again()
            if store is None or any(row.request is None for row in rows_of(reader, PAYLOAD)):
                refuse(reader.instant)
            with store.view() as then:
                return _digest(then)


def _digest(reader: Reader | Unit) -> str:
    digest = hashlib.sha256()
    for table in TABLES:
        if table in (SETTING, JOB):  # the luck of a store, and work it has not finished
            continue
        left_out = _WHEN_WRITTEN.get(table.name, set())
        kept = [place for place, column in enumerate(table.columns) if column not in left_out]
        digest.update(table.name.encode())
        for row in rows_of(reader, table):
            if table is ACTIVITY and row.participant is None:  # about nobody: it occurs when it is recorded
                row = row._replace(occurred_at=0)  # noqa: PLW2901 - the same row, without its moment
            if table is SCORE_LEVEL and row.holders is None:  # only says how a day began
                continue
            words = [row[place] for place in kept]
            digest.update(canonical([w.hex() if isinstance(w, bytes) else w for w in words]).encode())
    return digest.hexdigest()


def _untold(_done: int) -> None:
    """Tell nobody how far it is."""


def _as_it_is(reader: object) -> None:
    """Refuse to look at all rows of the past: some of them are worked out for who asks. Raises `ReadOnly`."""
    if isinstance(reader, Past):
        refuse(reader.instant)
