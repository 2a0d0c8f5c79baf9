"""What every service holds: which scope it speaks for, and how it reaches the store.

The engine itself, `engine.scope(…)`, and the handles of `engine.transaction()` and `engine.dry_run()` differ in
nothing but their `Access`: with a unit of their own, commands join it, each atomic inside it; without, each command
opens and commits one. There is no ambient state: who wants to be in a transaction uses the handle.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from typing import Any

from gamify_core.errors import (
    AdminRequired,
    BadValue,
    CatalogError,
    GamifyError,
    HandleInUse,
    StoreClosed,
    StoreError,
)
from gamify_core.road import reevaluation, settling
from gamify_core.road.batches import Batch, Failure, Item
from gamify_core.road.commands import Ask, Decided
from gamify_core.road.erasing import NOWHERE
from gamify_core.road.joined import the_one
from gamify_core.road.plan import Plan
from gamify_core.road.road import Road
from gamify_core.road.trial import Trial
from gamify_core.services.blocks import COVERED, ENDED, Block
from gamify_core.services.listening import Listeners, tell
from gamify_core.storage.protocol import Reader
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID, ParticipantRow
from gamify_core.storage.unit import Unit

__all__ = ["OWN", "Access", "Shared"]

_log = logging.getLogger("gamify_core")
_PEOPLE_AT_ONCE = 500
_DUE_AT_ONCE = 500
OWN: Any = object()
"""Says that a transaction is the engine's own."""


class Shared:
    """What an engine and all its handles have in common."""

    __slots__ = ("closed", "holding", "listeners", "road")

    def __init__(self, road: Road) -> None:
        """Start with nobody listening and no handle open."""
        self.closed: bool = False
        self.road: Road = road
        self.listeners: Listeners = []
        self.holding: threading.local = threading.local()

    def beside(self, connection: object) -> Shared:
        """Return the same over a connection of the application's."""
        other = copy(self)
        other.road = self.road.beside(connection)
        return other


class Access:
    """How a service reaches the store."""

    __slots__ = ("_block", "admin", "backfill", "quiet", "road", "scope", "shared")

    def __init__(  # noqa: PLR0913 - for whom and how, all but the first by name
        self,
        shared: Shared,
        scope: str = "",
        block: Block | None = None,
        *,
        quiet: bool = False,
        backfill: bool = False,
        admin: bool = True,
    ) -> None:
        """Speak for `scope`, inside `block` where one is given. A `quiet` access tells no listener."""
        self.shared: Shared = shared
        self.road: Road = shared.road
        """The road that all writes take."""
        self.scope: str = scope
        self.quiet: bool = quiet
        self.backfill: bool = backfill
        self.admin: bool = admin
        self._block = block

    @property
    def unit(self) -> Unit | None:
        """The unit of the handle that this access belongs to, or None for the engine itself."""
        block = self._block
        if block is None:
            return None
        if block.owner != threading.get_ident():
            detail = "this handle belongs to another thread"
            raise HandleInUse(detail, hint="use it in the thread whose with statement gave it")
        return block.unit

    @property
    def plan(self) -> Plan:
        """The plan that a read of this moment goes by."""
        with self.read() as reader:
            return self.road.plan_in(reader)

    def for_scope(self, scope: str) -> Access:
        """Return the same access to another scope; where deleted people went, nobody follows."""
        if scope == NOWHERE:
            detail = f"scope {scope!r} is the library's own"
            raise BadValue("scope", scope, detail)
        return Access(
            self.shared, scope, self._block, quiet=self.quiet, backfill=self.backfill, admin=self.admin
        )

    def without_admin(self) -> Access:
        """Return the same access for code that speaks for participants; whatever it hands out inherits that."""
        other = self.for_scope(self.scope)
        other.admin = False
        return other

    def require_admin(self) -> None:
        """Refuse what a handle for participant-facing code may not do. Raises `AdminRequired`."""
        if not self.admin:
            raise AdminRequired

    def importing(self) -> Access:
        """Return the same access for history: any age is accepted, the clock follows, nobody is told."""
        other = self.for_scope(self.scope)
        other.backfill = True
        return other

    # -- writing ----------------------------------------------------------------------------------------------

    def write(self, ask: Ask) -> Decided:
        """Carry one command out: whole, or not at all."""
        if self.unit is not None:
            return self._inside(self.unit, ask)
        self._outside()
        unit = self.road.open((ask.participant_id, *ask.others))  # not `whole`, which costs three calls more
        try:
            decided = self.road.perform(unit, self.scope, ask, backfill=self.backfill)
            if not decided.written:
                unit.rollback()
                return decided
            unit.commit()
        except BaseException:
            unit.rollback()
            raise
        self._committed([decided])
        return decided

    def write_many(self, batch: Batch) -> tuple[list[Decided | Failure], bool]:
        """Carry many commands out in one commit; each that is refused fails alone.

        Returns what came of each, and whether the whole batch was a replay.
        """
        if self._block is not None and self.unit is not None:
            return self._many_inside(self._block, batch)
        self._outside()
        people = sorted({item.participant_id for item in batch.items if isinstance(item, Ask)})
        with self.road.whole(people) as unit:
            decided, replayed = self._batch(unit, batch)
        self._committed(decided)
        return decided, replayed

    def _many_inside(self, block: Block, batch: Batch) -> tuple[list[Decided | Failure], bool]:
        unit = block.unit
        mark, told = unit.mark(), len(block.decided)
        try:
            answered = self._batch(unit, batch)
        except BaseException:
            unit.rewind(mark)
            del block.decided[told:]
            raise
        unit.release()
        return answered

    def _batch(self, unit: Unit, batch: Batch) -> tuple[list[Decided | Failure], bool]:
        again = batch.again(self.road, unit, self.scope)
        if again is not None:
            return again, True
        decided = [self._item(unit, item) for item in batch.items]
        batch.keep(self.road, unit, self.scope, decided)
        return decided, False

    def _item(self, unit: Unit, ask: Item) -> Decided | Failure:
        if isinstance(ask, GamifyError):
            return Failure(ask)
        try:
            return self._inside(unit, ask)
        except (StoreError, CatalogError):  # no fault of the item: whatever came next would fail as well
            raise
        except GamifyError as error:
            return Failure(error)

    def _inside(self, unit: Unit, ask: Ask) -> Decided:
        decided = self.road.attempt(unit, self.scope, ask, backfill=self.backfill)
        if not decided.written:
            return decided
        if self._block is not None and not self.backfill:
            self._block.decided.append(decided)
            while ask.edits and reevaluation.known(unit.memo):  # the handle shows what comes of it at once
                self._block.decided.extend(self.road.reevaluate(unit, _PEOPLE_AT_ONCE))
        return decided

    def settle(self, until: int, limit: int) -> list[Decided]:
        """Do what is due up to an instant, at most so many things; some at a time, so that others get their turns."""
        if self._block is not None and self.unit is not None:
            decided = self._settle_inside(self.unit, until, limit)
            self._block.decided.extend(decided)
            return decided
        self._outside()
        done: list[Decided] = []
        while len(done) < limit:
            most = min(limit - len(done), _DUE_AT_ONCE)
            unit = self.road.open()
            try:
                decided = settling.settle(self.road, unit, until, most)
                if decided:
                    unit.commit()
                else:
                    unit.rollback()
            except BaseException:
                unit.rollback()
                raise
            if self.shared.listeners:
                self._tell(decided)
            done += decided
            if len(decided) < most:
                break
        return done

    def _settle_inside(self, unit: Unit, until: int, limit: int) -> list[Decided]:
        mark = unit.mark()
        try:
            decided = settling.settle(self.road, unit, until, limit)
        except BaseException:
            unit.rewind(mark)
            raise
        if decided:
            unit.release()
        else:  # nothing was due: then the catalog is not adopted either, as by any command that writes nothing
            unit.rewind(mark)
        return decided

    def _committed(self, decided: Sequence[Decided | Failure]) -> None:
        """Tell the listeners what was committed, and do what an edit has left to do."""
        if self.shared.listeners:
            self._tell([one for one in decided if isinstance(one, Decided)])
        if reevaluation.known(self.road.known):
            self._go_on()

    def _go_on(self) -> None:
        """Do what an edit has left to do, some people at a time, so that other writers get their turns.

        What was asked for is committed already. If the store fails here, the next command that is written goes on.
        """
        try:
            while reevaluation.known(self.road.known):
                with self.road.whole() as unit:
                    decided = self.road.reevaluate(unit, _PEOPLE_AT_ONCE)
                self._tell(decided)
                if not reevaluation.ours(self.road.known):
                    return
        except StoreError:
            _log.exception("a reevaluation was interrupted; it goes on with the next command")

    # -- reading ----------------------------------------------------------------------------------------------

    def read(self) -> AbstractContextManager[Reader]:
        """Give something to read from: the handle's unit, or a snapshot of the store."""
        if self._block is not None and (unit := self.unit) is not None:
            return nullcontext(unit)
        shared = self.shared
        if shared.closed or getattr(shared.holding, "handle", False):
            self._outside()
        return self.road.store.view()

    def person(self, reader: Reader, participant_id: str) -> ParticipantRow | None:
        """Return a participant's row, or None for somebody who has not been seen."""
        row = reader.find(PARTICIPANT, PARTICIPANT_BY_ID, (self.scope, participant_id))
        return row if row is None or row.person is None else the_one(reader, row)

    def present(self, reader: Reader, participant_id: str, now: int) -> Reader:
        """Return a reader that shows of a participant what time has done by now, also where nobody has said it yet.

        It is done in a trial, by the very code that will write it, and nothing is written.
        """
        person = self.person(reader, participant_id)
        if person is None or person.due is None or person.due > now:
            return reader
        return self.ahead(reader, person, now)[0]

    def ahead(self, reader: Reader, person: ParticipantRow, until: int) -> tuple[Reader, list[Decided]]:
        """Return a reader that shows what time will have done to a participant by an instant, and what that is."""
        trial = Trial(reader)
        return trial, self.road.settle_people(trial, [person.number], until)

    # -- handles ----------------------------------------------------------------------------------------------

    @contextmanager
    def handle(self, *, keep: bool, connection: object = OWN) -> Iterator[Access]:
        """Open a unit for a `with` block; keep what it did, or (a dry run) take it back.

        On a `connection` of the application's, what is kept is left to the application's transaction.
        """
        if self._block is not None:
            if connection is not OWN:
                detail = "this handle is inside a transaction already"
                raise BadValue("connection", connection, detail, hint="use it without a connection")
            yield from self._nested(self._block, keep=keep)
            return
        self._outside()
        shared = self.shared if connection is OWN else self.shared.beside(connection)
        unit = shared.road.open()
        block = Block(unit)
        self.shared.holding.handle = True
        try:
            yield Access(shared, self.scope, block, quiet=not keep, admin=self.admin)
            if connection is not OWN:
                while reevaluation.known(unit.memo):  # later would be without the application's connection
                    block.decided.extend(shared.road.reevaluate(unit, _PEOPLE_AT_ONCE))
            self.shared.holding.handle = False
            if keep:
                unit.commit()
            else:
                unit.rollback()
        except BaseException:
            unit.rollback()
            block.decided.clear()
            raise
        finally:
            self.shared.holding.handle = False
            block.unit = ENDED
        if keep and connection is OWN:
            self._committed(block.decided)

    def committed(self) -> None:
        """Tell the listeners, once, what was left to a transaction that the application has committed now."""
        block = self._block
        if block is None or block.unit is not ENDED:
            detail = "what a transaction did is told after its end"
            raise HandleInUse(detail, hint="call committed() when your own transaction is committed")
        decided, block.decided = block.decided, []
        self._tell(decided)

    def _nested(self, outer: Block, *, keep: bool) -> Iterator[Access]:
        unit = outer.unit
        mark = unit.mark()
        block = Block(unit)
        outer.unit = COVERED
        try:
            yield Access(
                self.shared,
                self.scope,
                block,
                quiet=self.quiet or not keep,
                backfill=self.backfill,
                admin=self.admin,
            )
        except BaseException:
            unit.rewind(mark)
            raise
        else:
            if keep:
                unit.release()
                outer.decided.extend(block.decided)
            else:
                unit.rewind(mark)
        finally:
            outer.unit = unit
            block.unit = ENDED

    def _outside(self) -> None:
        if self.shared.closed:
            detail = "the engine was closed"
            raise StoreClosed(detail)
        if getattr(self.shared.holding, "handle", False):
            detail = "this thread is inside engine.transaction() or engine.dry_run()"
            raise HandleInUse(detail, hint="use the handle that the with statement gave you")

    def _tell(self, decided: Sequence[Decided]) -> None:
        """Tell the listeners what was committed, unless this is a dry run or an import."""
        if not self.quiet and not self.backfill:
            tell(self.shared.listeners, decided)
