"""Two roads that a history is decided again on: as it was, and as it would have been under another catalog.

Promise: both stand where the command stood that is being repeated (its clock, its key, its luck), and what a command
brings about on them is heard. The rules are those of every other road.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from gamify_core.catalog import Catalog
from gamify_core.road import reevaluation
from gamify_core.road.catalogs import PLANS_KEPT, Catalogs, OnChange
from gamify_core.road.commands import NOBODY, Ask, Decided
from gamify_core.road.plan import Plan, compile_plan
from gamify_core.road.road import Road
from gamify_core.road.turn import Turn
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.unit import Unit

__all__ = ["AsItWas", "Repeating"]

_ANY = 2**62


class Repeating(Road):
    """A road on which recorded commands are repeated, on a new store in memory."""

    def __init__(self, catalog: Catalog, seed: int | None) -> None:
        """Begin before the first command; draws go by `seed`, that of the history."""
        self._now = self._offset = 0
        self.row: ActivityRow | None = None
        self.heard: list[Decided] = []
        super().__init__(
            MemoryStore(),
            catalog,
            lambda: (self._now, self._offset),
            accept_late=None,
            accept_early=_ANY,
            on_change="keep",
            seed=seed,
        )

    @property
    def plan_in_force(self) -> Plan:
        """The plan that the last command was decided by."""
        known = self.known.get("plan")
        plan: Plan = known[1] if known is not None else self.base
        return plan

    def stand(self, row: ActivityRow, now: int, offset: int = 0) -> None:
        """Stand where this command stood: at `now`, with its key and its luck; what is heard begins anew.

        `offset` is how many seconds the clock of then was ahead of UTC.
        """
        self._now, self._offset, self.row, self.heard = now, offset, row, []

    def perform(
        self, unit: Unit, scope: str, ask: Ask, *, backfill: bool = False, now: int | None = None
    ) -> Decided:
        """Decide a command with the luck of the one that it repeats."""
        luck = self.row.seq if self.row is not None else 0

        def decide(turn: Turn) -> None:
            turn.luck = luck
            ask.decide(turn)

        decided = super().perform(unit, scope, ask._replace(decide=decide), backfill=backfill, now=now)
        self.heard.append(decided)
        return decided

    def _keyed(self, scope: str, ask: Ask, key: str, request: str) -> tuple[bytes, bytes]:
        """Return the hashes that the command was recorded with: nobody knows its key any more."""
        if self.row is None or self.row.key is None or self.row.fingerprint is None:
            return super()._keyed(scope, ask, key, request)
        return self.row.key, self.row.fingerprint


class _AsTold(Catalogs):
    """Catalogs that are told which one was in force, and never work it out."""

    def __init__(self, road: Repeating, catalog_of: Callable[[int], tuple[str, Catalog]]) -> None:
        super().__init__(Catalog(), road.known, road.recorder, road.seed, "keep")
        self.current: int | None = None
        """The number, in the history, of the catalog that the next command is decided under."""
        self._road = road
        self._catalog_of = catalog_of
        self._compiled: dict[int, tuple[str, Plan]] = {}

    def effective(self, reader: Reader | Unit, edit: Turn | None = None) -> tuple[str, Plan]:
        """Return the plan of then; of an `edit` that of what it was recorded under, which is what it made of it."""
        if edit is not None and self._road.row is not None:
            return self._plan(self._road.row.catalog)
        if self.current is None:
            return super().effective(reader, edit)
        return self._plan(self.current)

    def _plan(self, number: int) -> tuple[str, Plan]:
        found = self._compiled.get(number)
        if found is None:
            if len(self._compiled) > PLANS_KEPT:
                self._compiled, self._plans = {}, {}
            made_of, catalog = self._catalog_of(number)
            found = self._compiled[number] = made_of, compile_plan(catalog)
            self._plans[made_of] = found[1]
        return found


class AsItWas(Repeating):
    """The road that follows a history: each command is decided by the catalog that it was recorded under.

    It is told which definitions were in force, code and run time together, and never works that out itself: a history
    does not say what was code in it.
    """

    def __init__(
        self, reader: Reader, catalog_of: Callable[[int], tuple[str, Catalog]], seed: int | None
    ) -> None:
        """Follow a history; `catalog_of` gives the fingerprint and the catalog of a number in it."""
        super().__init__(Catalog(), seed)
        self._source = reader
        self.catalogs: _AsTold = _AsTold(self, catalog_of)

    def adopt(self, row: ActivityRow, on_change: OnChange) -> None:
        """Do again what adopting a catalog did."""
        self.catalogs.current, self.catalogs.on_change = row.catalog, on_change
        for name in ("plan", "read"):
            self.known.pop(name, None)
        with self.whole() as unit:
            self.in_force(unit)

    def pass_over(self, row: ActivityRow, people: int) -> None:
        """Leave a row that cannot be decided any more in its place, so that what follows has its numbers.

        So have those who come later, for everybody up to `people` is known from here on.
        """
        outcome: list[Words] = json.loads(row.outcome)
        with self.whole() as unit:
            plan, head = self.catalogs.in_force(unit, self._now)
            self._acquaint(unit, people)
            known = unit.get(PARTICIPANT, (row.participant,)) if row.participant is not None else None
            turn = Turn(
                unit,
                plan,
                self.seed,
                row.scope,
                row.seq,
                row.recorded_at,
                row.occurred_at,
                0,
                known or NOBODY,
            )
            turn.outcome = outcome
            self.recorder.record(
                unit, turn, row.kind, "", row.catalog, row.key, row.fingerprint, head.digest, erases=True
            )

    def _acquaint(self, unit: Unit, people: int) -> None:
        """Let people of the history be there, who may be known by an alias alone; numbers are given in their order."""
        last = unit.last(PARTICIPANT)
        for n in range(last.number + 1 if last is not None else 1, people + 1):
            row = self._source.get(PARTICIPANT, (n,))
            assert row is not None  # noqa: S101 - rows of people are never removed
            unit.add(PARTICIPANT, row)

    def followed(self, row: ActivityRow) -> None:
        """Go on under what a command was recorded under: after an edit that is what the edit made of it."""
        self.catalogs.current = row.catalog

    def reevaluate(self, unit: Unit, people: int) -> list[Decided]:  # noqa: ARG002 - the signature of the road
        """Leave it to the rows: they say whom it came to, and when."""
        job = reevaluation.pending(unit)
        if job is not None:
            reevaluation.go_on(unit, job, None)
        return []
