"""A history, decided again command by command on a store in memory.

Promise: without a catalog each command is decided by the one it was recorded under, with the clock, the key, the luck
and the order of then, and ends in the same outcomes and the same rows: the law of replay (`differing_rows` finds
none). With a catalog that one is in force from the first command to the last, and definitions made at run time are laid
over it as they came, where it does not define the same itself.

Under another catalog
- adoptions and reevaluations of then are not repeated: there is nothing to be adopted, and an edit that asks for a
  reevaluation has one;
- what time did by itself is what it would have done by then, for everybody (`rest`: by the last command);
- corrections that a backtest made (`history.apply`) are not repeated: what they make up for happens by itself;
- ids that a command refers to (a claim, a copy, a transaction, an event) are those of what the same command made; where
  it made nothing, the command is not repeated, and the reason is told (`Missing`).

In both, commands whose words were erased with a person cannot be decided: they are passed over, and so is that person;
without a catalog so is whatever rests on what they did (`around`). A rule that a Python function decides needs the
function: `GamifyError` names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from gamify_core.border import Limits
from gamify_core.catalog import Catalog
from gamify_core.catalog.elsewhere import decidable
from gamify_core.domain.zones import CARRIED, fixed
from gamify_core.errors import BadValue, GamifyError, StoreError
from gamify_core.game import Game
from gamify_core.replay.around import Around
from gamify_core.replay.calls import call
from gamify_core.replay.names import Names
from gamify_core.replay.roads import AsItWas, Repeating
from gamify_core.road import corrections, reevaluation, settling
from gamify_core.road.commands import Decided
from gamify_core.road.seal import canonical
from gamify_core.road.trial import Trial
from gamify_core.services.access import Access, Shared
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD, SETTING
from gamify_core.storage.tables.definitions import JOB
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.streaks import MARK, MarkRow

if TYPE_CHECKING:
    from gamify_core.road.commands import Ask
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader, Store
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.unit import Unit

__all__ = ["ADOPTED", "Again", "Repeated", "differing_rows"]

ADOPTED: Final = "catalog.adopted"
_TIME: Final = frozenset(source.kind for source in settling.SOURCES)
_ITS_OWN_TIME: Final = _TIME | {ADOPTED, "events.amend"}
"""What does not occur when it is recorded, though it was not told when it did."""
_AT_IS_ANOTHER: Final = frozenset({"streaks.retract"})
"""What is told an instant that is not its own."""
_FURTHEST: Final = (-86_399, 86_399)
_PASSED_OVER: Final = frozenset({ADOPTED, reevaluation.KIND, corrections.KIND})
"""What another catalog makes superfluous."""
_AT_ONCE = 500
_KEY = "as it was"
_MOST = 2**31


@attrs.frozen
class Repeated:
    """A command of the history, and what came of it now: of itself first, then of what was due before it or followed.

    `request` is None where its words were erased; `decided` is empty where nothing was to be done, and where `error`
    says why it would have been refused.
    """

    row: ActivityRow
    request: dict[str, Any] | None
    decided: tuple[Decided, ...] = ()
    error: GamifyError | None = None


class Again:
    """A history being decided again. Go through `steps()`; `game` is how things stand by then."""

    def __init__(self, source: Reader, road: Road, catalog: Catalog | None = None) -> None:
        """Begin before the first command of `source`, which was written by way of `road`.

        `source` is to stay as it is meanwhile: a snapshot. Raises `GamifyError` for a catalog with a rule that a
        function decides which is not here.
        """
        self.source = source
        self._road = road
        setting = source.get(SETTING, ("seed",))
        self._seed = int(setting.value) if setting is not None else None
        self._following = AsItWas(source, self._catalog_of, self._seed) if catalog is None else None
        self.road: Repeating = self._following or Repeating(decidable(catalog or Catalog()), self._seed)
        self.game: Game = Game(Access(Shared(self.road)), Limits())
        self.names: Names = Names(source)
        self._scopes: dict[str, Game] = {"": self.game}
        self.erased: list[int] = []
        """The commands that were passed over, for their words were erased."""
        self.around: Around = Around()
        """As it was, all that was passed over: those, and what rests on what they did."""

    @property
    def store(self) -> Store:
        """Where what was decided stands."""
        return self.road.store

    def _catalog_of(self, number: int) -> tuple[str, Catalog]:
        row = self.source.get(CATALOG, (number,))
        assert row is not None  # noqa: S101 - activities refer to catalogs that are there
        return row.fingerprint, decidable(self._road.catalog_of(self.source, number))

    def steps(self) -> Iterator[Repeated]:
        """Decide one command after the other, and say what came of each."""
        for row, request in self._rows():
            yield self._step(row, request)

    def before(self, seq: int) -> Repeating:
        """Decide all that came before a command, and return the road, standing where that command stood."""
        for row, request in self._rows():
            if row.seq == seq:
                self._stand(row, request)
                break
            self._step(row, request)
        return self.road

    def _rows(self) -> Iterator[tuple[ActivityRow, dict[str, Any] | None]]:
        after = 0
        while rows := self.source.scan(ACTIVITY, None, (), start=(after + 1,), limit=_AT_ONCE):
            after = rows[-1].seq
            payloads = self.source.get_many(PAYLOAD, [(row.seq,) for row in rows])
            for row, payload in zip(rows, payloads, strict=True):
                asked = payload.request if payload is not None else None
                yield row, json.loads(asked) if asked is not None else None

    def run(self, told: Callable[[int], object] | None = None) -> None:
        """Decide all of it; `told` hears how many commands are done."""
        for done, _ in enumerate(self.steps(), 1):
            if told is not None:
                told(done)

    def rest(self, last: ActivityRow) -> Reader | Unit:
        """Do what else was due by the last command, and return the history with that done in it too.

        What time does is recorded when somebody settles, or with the next command of those it came to: at the end of a
        history some of it stands open, and would differ for no other reason. Nothing is written to the history.
        """
        end = last.recorded_at
        then, trial = AsItWas(self.source, self._catalog_of, self._seed), Trial(self.source)
        then.followed(last)
        then.stand(last, end)
        self.road.stand(last, end)
        try:
            due = settling.settle(then, trial, end, _MOST)
            self._whole(lambda unit: settling.settle(self.road, unit, end, _MOST))
        except BadValue:  # a period that ends after the last day there is
            return self.source
        return trial if due else self.source

    def _step(self, row: ActivityRow, request: dict[str, Any] | None) -> Repeated:
        self._stand(row, request)
        try:
            self._repeat(row, request)
        except StoreError:
            raise
        except GamifyError as error:
            if self._following is not None:
                raise
            return Repeated(row, request, (), error)
        if self._following is not None:
            self._following.followed(row)
        # What was due for its people is done before a command and heard before it: other things, by other definitions
        heard = sorted(self.road.heard, key=lambda one: one.kind != row.kind)
        self.names.learn(row, heard)
        return Repeated(row, request, tuple(heard))

    def _stand(self, row: ActivityRow, request: dict[str, Any] | None) -> None:
        told = request is not None and (
            ("at" in request and row.kind not in _AT_IS_ANOTHER) or row.kind in _ITS_OWN_TIME
        )
        self.road.stand(row, row.recorded_at if told else row.occurred_at, 0 if told else self._offset(row))

    def _offset(self, row: ActivityRow) -> int:
        """Return how far the clock of a command was ahead of UTC: where that matters, an activity of a streak says."""
        streaks = self.road.plan_in_force.streaks.values() if row.participant is not None else ()
        carried = [plan for plan in streaks if plan.line is CARRIED]
        for plan in carried:
            first, last = (plan.rules.calendar.label(row.occurred_at, fixed(ahead)) for ahead in _FURTHEST)
            chain = (row.participant, plan.streak.code)
            for mark in self.source.scan(MARK, None, chain, start=(first,), stop=(last + 1,)):
                if mark.activity == row.seq:
                    return mark.carried
        if carried:  # or one that was taken back
            for kept in self.source.scan(FORMER, None, (row.participant, MARK.name), start=(row.seq,)):
                was = MarkRow(*json.loads(kept.before)) if kept.before is not None else None
                if was is not None and was.activity == row.seq:
                    return was.carried
        return 0

    def _repeat(self, row: ActivityRow, request: dict[str, Any] | None) -> None:
        if row.kind.endswith("_batch") and row.key is not None:
            self._batch(row, request)
        elif self._following is not None and self.around.passes(row, request):
            self.erased += [row.seq] if request is None else []
            self._following.pass_over(row, max(self.around.people, default=0))
        elif request is None:
            self.erased.append(row.seq)
        elif self._following is not None:
            self._as_it_was(self._following, row, request)
        else:
            self._otherwise(row, request)

    def _as_it_was(self, road: AsItWas, row: ActivityRow, request: dict[str, Any]) -> None:
        key = _KEY if row.key is not None else None
        if row.kind == ADOPTED:
            road.adopt(row, request["on_change"])
        elif row.kind == reevaluation.KIND:
            self._perform(row, reevaluation.of(str(request["participant_id"])))
        elif row.kind in _TIME:
            self._perform(row, settling.redo(row.kind, str(request["participant_id"]), row.occurred_at))
        elif row.kind == corrections.KIND:
            self._perform(row, corrections.correction(request, key))
        else:
            call(self._of(row.scope), row.kind, request, key)

    def _otherwise(self, row: ActivityRow, request: dict[str, Any]) -> None:
        if row.kind in _TIME:
            self._whole(lambda unit: settling.settle(self.road, unit, row.occurred_at, _MOST))
        elif row.kind not in _PASSED_OVER:
            translated = self.names.translated(request)
            call(self._of(row.scope), row.kind, translated, _KEY if row.key is not None else None)

    def _of(self, scope: str) -> Game:
        """Return the game of a scope, made once: what hangs off it is as dear as half a command."""
        game = self._scopes.get(scope)
        if game is None:
            game = self._scopes[scope] = self.game.scope(scope)
        return game

    def _perform(self, row: ActivityRow, ask: Ask) -> None:
        self._whole(lambda unit: self.road.perform(unit, row.scope, ask))

    def _batch(self, row: ActivityRow, request: dict[str, Any] | None) -> None:
        """Keep what the items of a batch became under its key."""
        assert row.key is not None  # noqa: S101 - a batch without a key leaves no row
        became = [self.names.seq(seq) or 0 for seq in json.loads(row.outcome)[0][2:]]
        kept = (canonical(request), [["=", None, *became]], row.key, row.fingerprint or b"")
        self._whole(lambda unit: self.road.note(unit, row.scope, row.kind, *kept))

    def _whole(self, work: Callable[[Unit], object]) -> None:
        with self.road.whole() as unit:
            work(unit)


_NOT_COMPARED: Final = {"activity": {"digest"}, "payload": {"salt", "hash"}}
"""What luck (a salt) leaves in a row."""
_LEFT_OUT: Final = (SETTING, JOB)


def differing_rows(one: Reader, other: Reader) -> dict[str, tuple[list[Any], list[Any]]]:
    """Return the tables whose rows differ between two stores, with the rows that only one of them has."""
    found = {}
    for table in TABLES:
        if table in _LEFT_OUT:
            continue
        passed_over = _NOT_COMPARED.get(table.name, set())
        kept = [place for place, name in enumerate(table.columns) if name not in passed_over]
        a, b = (
            [tuple([row[place] for place in kept]) for row in reader.scan(table)] for reader in (one, other)
        )
        if a != b:
            left, right = set(a), set(b)
            found[table.name] = (
                [row for row in a if row not in right],
                [row for row in b if row not in left],
            )
    return found
