"""The catalogs of a store: which one decisions are made under, how another comes into force, which were before.

Promise: what is decided is decided by the engine's own catalog together with the definitions in the store, and the row
before it says so: where that names another, adopting this one is itself an activity, and comes first. Whatever a row
names can be read for ever, from the store itself. Plans and catalogs are made once and kept, a bounded number of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from gamify_core.catalog import Catalog
from gamify_core.errors import CatalogError, Fault, StoreCorrupt
from gamify_core.road import reevaluation
from gamify_core.road.adopting import Adopting
from gamify_core.road.commands import NOBODY
from gamify_core.road.definitions import Merged, identity, merged, refuse_unsound, versions
from gamify_core.road.plan import Plan, compile_plan
from gamify_core.road.rebuild import Changes, changes, rebuild
from gamify_core.road.scales import check_scales
from gamify_core.road.seal import FIRST, canonical
from gamify_core.road.turn import Turn
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, CATALOG_BY_FINGERPRINT, CatalogRow
from gamify_core.storage.unit import Unit, remember

if TYPE_CHECKING:
    from gamify_core.road.recording import Recorder
    from gamify_core.storage.protocol import Reader, Store
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["PLANS_KEPT", "Catalogs", "OnChange", "last_catalog"]

OnChange = Literal["keep", "reevaluate", "refuse"]
PLANS_KEPT = 16
_log = logging.getLogger("gamify_core")


class Catalogs:
    """An engine's catalog, beside those that its store was written under."""

    def __init__(
        self,
        catalog: Catalog,
        known: dict[object, Any],
        recorder: Recorder,
        seed: Callable[[Unit], int],
        on_change: OnChange,
    ) -> None:
        """Begin with the engine's own; `known` are the facts that its units share."""
        self.base: Plan = compile_plan(catalog)
        self.on_change: OnChange = on_change
        self._known = known
        self._recorder = recorder
        self._seed = seed
        self._plans: dict[str, Plan] = {catalog.fingerprint: self.base}
        self._catalogs: dict[str, Catalog] = {}
        self._told: set[str] = set()

    def knowing(self, known: dict[object, Any]) -> Catalogs:
        """Return the same over another store, of which other facts are `known`."""
        other = copy(self)
        other._known = known  # noqa: SLF001 - its own copy
        return other

    def in_force(self, unit: Unit, now: int) -> tuple[Plan, ActivityRow]:
        """Return the plan to decide by and the last activity, adopting the plan first where it is not in force.

        The last activity says which catalog that was: as long as it is one that is known to be what this engine's
        own catalog and the definitions in the store come to, there is nothing to be read.
        """
        head = self._recorder.last(unit)
        if head is not None:
            for facts in (self._known, unit.memo):
                known = facts.get("plan")
                if known is not None and known[0] == head.catalog:
                    return known[1], head
        made_of, plan = self.effective(unit)
        number = self._number(unit, made_of, plan)
        if head is None or head.catalog != number:
            head = self._adopt(unit, plan, number, head, now)
        unit.memo["plan"] = number, plan  # the last one alone: after many edits all of them would be a heap
        reevaluation.look(unit)
        return plan, head

    def plan_in(self, reader: Reader | Unit) -> Plan:
        """Return the plan to read by: what this engine's catalog and the definitions in the store come to.

        Where it is not in force yet and asks for rows that are not there, it says so (`Plan.ahead`).
        """
        head = reader.last(ACTIVITY)
        number = 0 if head is None else head.catalog
        known = self._known.get("read")
        if known is not None and known[0] == number:
            shared: Plan = known[1]
            return shared
        memo = reader.memo if isinstance(reader, Unit) else self._known
        known = memo.get("read")
        if known is not None and known[0] == number:
            plan: Plan = known[1]
            return plan
        made_of, plan = self.effective(reader)
        row = reader.find(CATALOG, CATALOG_BY_FINGERPRINT, (made_of,)) if number else None
        if number and (row is None or row.number != number):
            changed = changes(plan, compile_plan(self.catalog_of(reader, number)))
            plan = plan.awaiting(changed) if changed else plan
        remember(memo, {"read": (number, plan)})
        return plan

    def adopting(self, reader: Reader | Unit, changed: Changes, now: int) -> Adopting:
        """Return a reader that shows what adopting the plan to read by will change."""
        head = reader.last(ACTIVITY)
        assert head is not None  # noqa: S101 - else there is nothing to be made up for
        plan = self.effective(reader)[1]
        at = max(now, head.recorded_at + 1)

        def turn_in(unit: Unit) -> Turn:
            return Turn(unit, plan, self._seed, "", head.seq + 1, at, at, 0, NOBODY)

        ahead = Adopting(reader, turn_in, changed)
        ahead.memo["plan"] = head.catalog, plan  # what is tried out on top of it adopts nothing again
        return ahead

    def effective(self, reader: Reader | Unit, edit: Turn | None = None) -> tuple[str, Plan]:
        """Return the plan of this engine's catalog together with the definitions made at run time, and its identity.

        Definitions that are unsound beside this engine's own are left out, unless it is an `edit` that makes them so.
        """
        made = versions(reader)
        made_of = identity(self.base.catalog, made)
        plan = self._plans.get(made_of)
        if plan is None:
            whole = merged(self.base.catalog, made)
            if edit is not None:
                refuse_unsound(whole, edit.plan.catalog, edit.seq)
            self._warn(whole)
            if len(self._plans) > PLANS_KEPT:
                self._plans = {self.base.catalog.fingerprint: self.base}
            same = whole.catalog is self.base.catalog
            plan = self._plans[made_of] = self.base if same else compile_plan(whole.catalog)
        return made_of, plan

    def _warn(self, whole: Merged) -> None:
        """Log what is left out of the catalog, each fault once."""
        for version, faults in whole.left_out:
            for fault in faults:
                told = f"{version.path} is left out: {fault}"
                if not version.deleted and told not in self._told:
                    self._told.add(told)
                    _log.warning("the definition made at run time %s", told)

    def _number(self, unit: Unit, made_of: str, plan: Plan) -> int:
        """Return the number of a catalog in the file, putting it there where it is new."""
        row = unit.find(CATALOG, CATALOG_BY_FINGERPRINT, (made_of,))
        if row is None:
            last = unit.last(CATALOG)
            document = canonical(plan.catalog.to_dict())
            row = CatalogRow(1 if last is None else last.number + 1, made_of, document)
            unit.add(CATALOG, row)
        return row.number

    def _adopt(self, unit: Unit, plan: Plan, number: int, head: ActivityRow | None, now: int) -> ActivityRow:
        """Write that from here on decisions are made under this catalog; newly kept metrics are rebuilt."""
        before = self.catalog_of(unit, head.catalog) if head is not None else plan.catalog
        if self.on_change == "refuse" and before.fingerprint != plan.catalog.fingerprint:
            fault = Fault(
                "catalog", "it differs from the one this store was last written under", 'on_change="keep"'
            )
            raise CatalogError([fault])
        check_scales(unit, before, plan.catalog)
        seq, recorded_at = (1, now) if head is None else (head.seq + 1, max(now, head.recorded_at + 1))
        turn = Turn(unit, plan, self._seed, "", seq, recorded_at, recorded_at, 0, NOBODY)
        if head is not None:
            rebuild(turn, compile_plan(before))
            if self.on_change == "reevaluate":
                reevaluation.begin(turn)
        told = {"fingerprint": plan.catalog.fingerprint, "on_change": self.on_change}
        row = unit.get(CATALOG, (number,))
        if row is not None and row.fingerprint != plan.catalog.fingerprint:
            told["made_of"] = row.fingerprint
        request = canonical(told)
        self._recorder.record(
            unit, turn, "catalog.adopted", request, number, None, None, head.digest if head else FIRST
        )
        adopted = self._recorder.last(unit)
        assert adopted is not None  # noqa: S101 - it was just written
        return adopted

    def edited(self, turn: Turn) -> int:
        """Put what a command made of the definitions in force, and return the number of the catalog they come to.

        The outcome says by fingerprints which that is, so that the seal covers its document and its name.
        """
        made_of, after = self.effective(turn.unit, turn)
        before, turn.plan = turn.plan, after
        number = self._number(turn.unit, made_of, after)
        rebuild(turn, before)
        turn.say("=", None, "catalog", after.catalog.fingerprint, made_of)
        turn.unit.memo["plan"] = number, after
        return number

    def catalog_of(self, reader: Reader | Unit, number: int) -> Catalog:
        """Return the catalog that decisions were made under, from the file itself where it is not one of ours."""
        row = reader.get(CATALOG, (number,))
        if row is None:
            return self.base.catalog
        plan = self._plans.get(row.fingerprint)
        if plan is not None:
            return plan.catalog
        catalog = self._catalogs.get(row.fingerprint)
        if catalog is None:
            if len(self._catalogs) >= PLANS_KEPT:
                self._catalogs = {}
            catalog = self._catalogs[row.fingerprint] = _catalog_in(row)
        return catalog


def last_catalog(store: Store, name: str) -> Catalog:
    """Return the catalog that a store was last written under; `name` is what to call the store in an error."""
    store.migrate(TABLES)
    with store.view() as view:
        head = view.last(ACTIVITY)
        row = view.get(CATALOG, (head.catalog,)) if head is not None else None
    if row is None:
        raise CatalogError(
            [Fault("catalog", "nothing was written here yet, so it carries no catalog")], source=name
        )
    return _catalog_in(row)


def _catalog_in(row: CatalogRow) -> Catalog:
    """Return the catalog that a row holds. Raises `StoreCorrupt` where that is no JSON any more."""
    try:
        document = json.loads(row.document)
    except ValueError as error:
        detail = f"catalog {row.number} of this store cannot be read: {error}"
        raise StoreCorrupt(detail) from error
    return Catalog.from_dict(document)
