"""A road that leads to the past: all that reads goes along it as ever, and nothing is written.

What time had done by then and nobody had written is done in a trial over the rows of then, as a read of now does it: a
trial is a unit like any other, and what is decided in it goes by the plan that was in force. There is no other unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from gamify_core.clock import iso
from gamify_core.errors import ReadOnly
from gamify_core.history.past import Past
from gamify_core.road.catalogs import Catalogs
from gamify_core.road.plan import Plan, compile_plan
from gamify_core.road.road import Road
from gamify_core.road.trial import Trial, beneath
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG
from gamify_core.storage.unit import remember

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Reader, Store, Table, Transaction, View
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.unit import Unit

__all__ = ["Before", "refuse", "road_then"]

Before: TypeAlias = "Callable[[Reader, Road, int], Road]"


def refuse(instant: int) -> NoReturn:
    """Refuse whatever is no reading of an instant. Raises `ReadOnly`."""
    raise ReadOnly(iso(instant))


class _PastStore:
    """A store whose snapshots show its rows as they were at an instant."""

    def __init__(
        self, instant: int, read: Callable[[], AbstractContextManager[Reader]], road: Road, before: Before
    ) -> None:
        self._instant = instant
        self._read = read
        self._road = road
        self._before = before
        self._again: dict[int, Store] = {}

    @contextmanager
    def _past(self) -> Iterator[Past]:
        with self._read() as reader:
            yield Past(reader, self._instant, self._plan_of, self._decided_again)

    def view(self) -> View:
        return cast("View", self._past())

    def begin(self, locks: Sequence[str] = ()) -> Transaction:  # noqa: ARG002 - as any store
        refuse(self._instant)

    def migrate(self, tables: Iterable[Table[Any]]) -> None:
        """Need nothing: the store behind it has been migrated."""

    def close(self) -> None:
        """Leave the store behind it open."""

    def _decided_again(self, past: Past) -> Store:
        """Return a store in which all that was recorded by then was decided again: once for all reads of it."""
        store = self._again.get(past.seq)
        if store is None:
            self._again.clear()
            store = self._again[past.seq] = self._before(past.reader, self._road, past.seq + 1).store
        return store

    def _plan_of(self, past: Past) -> Plan:
        """Return the plan that was in force; before the first command that of this engine's own catalog."""
        if not past.seq:
            return self._road.base
        head = past.reader.get(ACTIVITY, (past.seq,))
        assert head is not None  # noqa: S101 - the past ends with it
        name = ("then", head.catalog)
        plan: Plan | None = self._road.known.get(name)
        if plan is None:
            row = past.reader.get(CATALOG, (head.catalog,))
            same = row is not None and row.fingerprint == self._road.base.catalog.fingerprint
            catalog = self._road.catalog_of(past.reader, head.catalog)
            plan = self._road.base if same else compile_plan(catalog)
            remember(self._road.known, {name: plan})
        return plan


class _Catalogs(Catalogs):
    """The catalogs of a past instant: the plan that was in force is found by what was recorded by then."""

    def __init__(self, catalogs: Catalogs) -> None:
        self.__dict__.update(vars(catalogs.knowing({})))

    def plan_in(self, reader: Reader | Unit) -> Plan:
        """Return the plan that was in force."""
        return cast("Past", beneath(reader)).plan

    def in_force(self, unit: Unit, now: int) -> tuple[Plan, ActivityRow]:
        """Return the plan that was in force and the last activity; before the first, adopt the engine's own."""
        head = unit.last(ACTIVITY)
        return super().in_force(unit, now) if head is None else (self.plan_in(unit), head)


class _Then(Road):
    """The road of a past instant: its clock stands there, and its plan is the one that was in force."""

    def __init__(
        self, road: Road, instant: int, read: Callable[[], AbstractContextManager[Reader]], before: Before
    ) -> None:
        self.__dict__.update(vars(road))
        self.store = _PastStore(instant, read, road, before)
        self.now = lambda: (instant, 0)
        self.known = {}
        self.catalogs = _Catalogs(road.catalogs)
        self.live = False

    def trial(self, reader: Reader | Unit) -> Trial:
        """Return a unit to try commands out in, over the rows as they were."""
        return Trial(cast("Past", reader).to_go_on())


def road_then(
    road: Road, instant: int, read: Callable[[], AbstractContextManager[Reader]], before: Before
) -> Road:
    """Return a road to the past of `instant`, whose rows are read by way of `read`.

    `before` decides again all that came before a command, for what rows do not tell.
    """
    return _Then(road, instant, read, before)
