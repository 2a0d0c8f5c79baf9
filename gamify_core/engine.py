"""The engine: a game whose catalog, store and clock are its own; it opens them, and decides nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from gamify_core import border
from gamify_core.border import Limits
from gamify_core.catalog import Catalog
from gamify_core.clock import Clock, now_from
from gamify_core.errors import BadValue, HandleInUse, StoreError, in_words
from gamify_core.exactly import exactly
from gamify_core.game import Game

if TYPE_CHECKING:
    from gamify_core.effects import Effect
    from gamify_core.road.catalogs import OnChange
    from gamify_core.storage.protocol import Store
    from gamify_core.storage.sqlite_joined import HostConnection

__all__ = ["Engine"]

SomeEffect = TypeVar("SomeEffect", bound="Effect")
_MICROSECOND = timedelta(microseconds=1)


class Engine(Game):
    """A gamification engine in this process.

    `catalog` is a `Catalog` or the path of a TOML or JSON file; `store` a store, or the path of a SQLite file, which
    is made where there is none; left out, everything stays in memory. `clock` tells the time (see `gamify_core.clock`).
    Writes may carry an instant `at` up to `accept_late` (None: any) behind and `accept_early` ahead of the clock.
    `on_change` says what to do when the store was last written under another catalog: `"keep"` adopts the new one
    from now on (metrics it newly keeps are rebuilt from history; who has reached something already gets it with
    `"reevaluate"` only, which holds everybody against all of the new one), `"refuse"` raises `CatalogError` on the
    first write. Reads before the first write answer as they will after it: what the new catalog newly keeps is worked
    out meanwhile, a participant's values from their own history, a board at each reading from everybody's.
    `limits` are bounds tighter than the library's own. `seed` makes `chance` and `roll` of a new store repeatable.

    >>> from gamify_core import Catalog, Engine
    >>> game = Engine(Catalog())
    >>> game.points.award("ada", 5).new_balance
    5
    """

    def __init__(  # noqa: PLR0913 - the settings of an engine, all by name
        self,
        catalog: Catalog | str | os.PathLike[str],
        store: Store | str | os.PathLike[str] | None = None,
        *,
        clock: Clock | None = None,
        accept_late: timedelta | None = timedelta(days=7),
        accept_early: timedelta = timedelta(minutes=5),
        on_change: OnChange = "keep",
        limits: Limits | None = None,
        seed: int | None = None,
    ) -> None:
        """Open the store, and make its tables where it is new. Nothing else is written before the first command."""
        from gamify_core.road.road import Road  # noqa: PLC0415 - as the services
        from gamify_core.services.access import Access, Shared  # noqa: PLC0415

        chosen = catalog if isinstance(catalog, Catalog) else Catalog.load(_path(catalog))
        now = now_from(clock)
        late = None if accept_late is None else _window("accept_late", accept_late)
        early = _window("accept_early", accept_early)
        if limits is not None and not isinstance(limits, Limits):
            detail = f"limits must be Limits(…), not {type(limits).__name__}"
            raise BadValue("limits", limits, detail)
        if seed is not None:
            seed = border.whole(seed, "seed", -(2**63), 2**63 - 1)
        on_change = exactly(on_change)
        if not isinstance(on_change, str) or on_change not in {"keep", "reevaluate", "refuse"}:
            detail = f"on_change must be 'keep', 'reevaluate' or 'refuse', not {in_words(on_change)}"
            raise BadValue("on_change", on_change, detail)
        self._owned: bool = not _is_store(store)
        self._store = _store(store)
        try:
            road = Road(
                self._store,
                chosen,
                now,
                accept_late=late,
                accept_early=early,
                on_change=on_change,
                seed=seed,
            )
        except BaseException:
            if self._owned:
                self._store.close()
            raise
        super().__init__(Access(Shared(road)), limits if limits is not None else Limits())

    @classmethod
    def open(cls, catalog: Catalog | str | os.PathLike[str], url: str) -> Engine:
        """Open by a URL, for configuration files: `"sqlite:///game.db"` (four slashes: absolute) or `"memory:"`.

        A file takes the options of `SQLiteStore`: `"sqlite:///game.db?durability=normal&timeout=5"`.
        """
        from gamify_core.storage.urls import store_at  # noqa: PLC0415 - only who has a URL needs it

        store = store_at(url)
        try:
            engine = cls(catalog, store)
        except BaseException:
            store.close()
            raise
        engine._owned = True
        return engine

    @classmethod
    def reopen(
        cls, path: str | os.PathLike[str], *, read_only: bool = False, clock: Clock | None = None
    ) -> Engine:
        """Open a SQLite file under the catalog it was last written under, which it carries itself.

        Raises `StoreError` where there is no file, and `CatalogError` for one that was never written to.
        """
        from gamify_core.road.catalogs import last_catalog  # noqa: PLC0415 - as the services
        from gamify_core.storage.sqlite import SQLiteStore  # noqa: PLC0415 - only when a file is opened

        if not os.path.isfile(path):  # noqa: PTH113 - pathlib would be imported for this alone
            detail = f"there is no file {str(path)!r}"
            raise StoreError(detail)
        store = SQLiteStore(path, read_only=read_only)
        try:
            engine = cls(last_catalog(store, str(path)), store, clock=clock)
            engine._owned = True
        except BaseException:
            store.close()
            raise
        return engine

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy everything, as it is at this moment, to a new SQLite file at `path`, while others go on writing.

        The file appears under its name when it is whole. From memory, too: that is how to keep what was played there.
        A backup is restored by opening it. Raises `StoreError` where there is a file already.

        >>> import os, tempfile
        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 5)
        >>> copy = os.path.join(tempfile.mkdtemp(), "copy.db")
        >>> game.backup(copy)
        >>> with Engine.reopen(copy) as restored:
        ...     restored.points.balance("ada").balance
        5
        """
        chosen = _backup_path(path)
        with self._access.read() as reader:  # refuses inside a handle: what is there is not committed
            own = getattr(self._store, "backup", None)
            if own is not None:
                own(chosen)
                return
            from gamify_core.storage.copying import copied  # noqa: PLC0415 - only when a file is made
            from gamify_core.storage.tables import TABLES  # noqa: PLC0415 - as the services

            copied(reader, TABLES, chosen)

    def migrate(self, connection: HostConnection) -> None:
        """Make the tables that this version needs, in the transaction that you began on a connection of your own.

        Many processes may do it at once, each in a transaction begun with BEGIN IMMEDIATE; where there is nothing to do
        nothing is done. An engine on a file of its own has done it when it was opened. Raises `StoreNewer` for tables
        of a later version, and leaves them alone.
        """
        from gamify_core.storage.tables import TABLES  # noqa: PLC0415 - as the services

        self._access.road.beside(connection).store.migrate(TABLES)

    def on(self, effect: type[SomeEffect], listener: Callable[[SomeEffect], object]) -> None:
        """Call `listener` with every effect of this kind once it is committed.

        Never in dry runs, imports or replays. What a listener raises is logged (`gamify_core`), not passed on.
        """
        from gamify_core.effects import Effect  # noqa: PLC0415 - as the services

        kind: object = effect
        if not (isinstance(kind, type) and issubclass(kind, Effect)):
            detail = f"on() takes a kind of effect, such as TierChanged, not {in_words(effect)}"
            raise BadValue("effect", effect, detail)
        if not callable(listener):
            detail = f"on() takes a function to call, not {in_words(listener)}"
            raise BadValue("listener", listener, detail)
        listeners: list[tuple[type[Effect], Callable[..., object]]] = self._access.shared.listeners
        listeners.append((effect, listener))

    def close(self) -> None:
        """Close the store, unless it was handed in open: then it is its owner's. Closing twice is harmless."""
        if getattr(self._access.shared.holding, "handle", False):
            detail = "the engine cannot be closed inside its own transaction or dry run"
            raise HandleInUse(detail)
        self._access.shared.closed = True
        if self._owned:
            self._store.close()

    def __enter__(self) -> Self:
        """Use the engine in a `with` statement that closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _path(catalog: object) -> str:
    if isinstance(catalog, str | os.PathLike):
        return str(os.fspath(catalog))
    detail = f"catalog must be a Catalog or the path of a file, not {type(catalog).__name__}"
    raise BadValue("catalog", catalog, detail)


def _backup_path(path: object) -> str:
    if isinstance(path, str | os.PathLike):
        text = os.fspath(path)
        if isinstance(text, str) and text and "\0" not in text:
            return text
    detail = f"path must be the path of a new file, not {in_words(path)}"
    raise BadValue("path", path, detail)


def _window(field: str, value: object) -> int:
    """Return a stretch of time in microseconds."""
    if not isinstance(value, timedelta) or value < timedelta(0):
        detail = f"{field} must be a timedelta of zero or more, not {in_words(value)}"
        raise BadValue(field, value, detail, hint="e.g. timedelta(days=7)")
    return value // _MICROSECOND


def _is_store(store: object) -> bool:
    return hasattr(store, "begin") and hasattr(store, "view")


def _store(store: Store | str | os.PathLike[str] | None) -> Store:
    if store is None:
        from gamify_core.storage.memory import MemoryStore  # noqa: PLC0415 - only the store that is used is loaded

        return MemoryStore()
    if isinstance(store, str | os.PathLike):
        from gamify_core.storage.sqlite import SQLiteStore  # noqa: PLC0415 - as above; it brings sqlite-utils

        return SQLiteStore(store)
    if _is_store(store):
        return store
    detail = f"store must be a store or the path of a file, not {type(store).__name__}"
    raise BadValue("store", store, detail)
