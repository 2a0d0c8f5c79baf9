"""A game: the services, over one way to reach a store.

The engine is one, and so are a scope, a past instant, a transaction, a dry run and a handle without admin rights: what
can be done with the one can be done with the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from gamify_core import border
from gamify_core.border import Limits
from gamify_core.catalog import Catalog

if TYPE_CHECKING:
    from gamify_core.replay.again import Again
    from gamify_core.road.road import Road
    from gamify_core.services.access import Access
    from gamify_core.services.analytics import Analytics
    from gamify_core.services.assets import Assets
    from gamify_core.services.badges import Badges
    from gamify_core.services.challenges import Challenges
    from gamify_core.services.definitions import Definitions
    from gamify_core.services.events import Events
    from gamify_core.services.gifts import Gifts
    from gamify_core.services.history import History
    from gamify_core.services.leaderboards import Leaderboards
    from gamify_core.services.participants import Participants
    from gamify_core.services.points import Points
    from gamify_core.services.rewards import Rewards
    from gamify_core.services.scores import Scores
    from gamify_core.services.settling import Settled
    from gamify_core.services.streaks import Streaks
    from gamify_core.services.tiers import Tiers
    from gamify_core.services.trades import Trades
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.sqlite_joined import HostConnection

__all__ = ["Game", "Joined"]

_OWN: Any = object()  # no connection was given: not None, which is what a host's is before it has connected


class Game:
    """The services, over one way to reach the store: the engine's own, a scope's, or a handle's.

    Each is loaded and hung when it is first asked for: a handle that awards one thing needs no more than points.
    """

    def __init__(self, access: Access, limits: Limits) -> None:
        """Hang off a way to reach the store."""
        self._access = access
        self._limits = limits

    @cached_property
    def points(self) -> Points:
        """Points and other currencies."""
        from gamify_core.services.points import Points  # noqa: PLC0415 - see above

        return Points(self._access, self._limits)

    @cached_property
    def badges(self) -> Badges:
        """Badges: earned by criteria, by rules, or by hand."""
        from gamify_core.services.badges import Badges  # noqa: PLC0415 - see above

        return Badges(self._access)

    @cached_property
    def tiers(self) -> Tiers:
        """Ladders of tiers or levels."""
        from gamify_core.services.tiers import Tiers  # noqa: PLC0415 - see above

        return Tiers(self._access)

    @cached_property
    def streaks(self) -> Streaks:
        """Consecutive periods with activity."""
        from gamify_core.services.streaks import Streaks  # noqa: PLC0415 - see above

        return Streaks(self._access)

    @cached_property
    def leaderboards(self) -> Leaderboards:
        """Rankings by any metric, in calendar periods."""
        from gamify_core.services.leaderboards import Leaderboards  # noqa: PLC0415 - see above

        return Leaderboards(self._access)

    @cached_property
    def events(self) -> Events:
        """Events of the application, and what they bring about."""
        from gamify_core.services.events import Events  # noqa: PLC0415 - see above

        return Events(self._access, self._limits, _before)

    @cached_property
    def participants(self) -> Participants:
        """The people."""
        from gamify_core.services.participants import Participants  # noqa: PLC0415 - see above

        return Participants(self._access)

    @cached_property
    def history(self) -> History:
        """What was done, in order."""
        from gamify_core.services.history import History  # noqa: PLC0415 - see above

        return History(self._access, _again)

    @cached_property
    def assets(self) -> Assets:
        """Numbered copies of badges: minted, owned, handed on."""
        from gamify_core.services.assets import Assets  # noqa: PLC0415 - see above

        return Assets(self._access)

    @cached_property
    def trades(self) -> Trades:
        """Swaps between two participants, whole or not at all."""
        from gamify_core.services.trades import Trades  # noqa: PLC0415 - see above

        return Trades(self._access, self._limits)

    @cached_property
    def scores(self) -> Scores:
        """Scores that are posted by hand."""
        from gamify_core.services.scores import Scores  # noqa: PLC0415 - see above

        return Scores(self._access, self._limits)

    @cached_property
    def rewards(self) -> Rewards:
        """What can be claimed for points."""
        from gamify_core.services.rewards import Rewards  # noqa: PLC0415 - see above

        return Rewards(self._access, self._limits)

    @cached_property
    def gifts(self) -> Gifts:
        """Gift campaigns, redeemed once by each participant."""
        from gamify_core.services.gifts import Gifts  # noqa: PLC0415 - see above

        return Gifts(self._access, self._limits)

    @cached_property
    def challenges(self) -> Challenges:
        """Goals to be reached within a window."""
        from gamify_core.services.challenges import Challenges  # noqa: PLC0415 - see above

        return Challenges(self._access)

    @cached_property
    def analytics(self) -> Analytics:
        """How points and gifts flow, and who owns what."""
        from gamify_core.services.analytics import Analytics  # noqa: PLC0415 - see above

        return Analytics(self._access)

    @cached_property
    def definitions(self) -> Definitions:
        """Definitions that are made and changed at run time."""
        from gamify_core.services.definitions import Definitions  # noqa: PLC0415 - see above

        return Definitions(self._access)

    def settle(self, until: datetime | None = None, *, limit: int | None = None) -> Settled:
        """Write down what time has done by itself up to `until` (default now), in the order in which it was due.

        Freezes that were used and streaks that broke are told, and heard by listeners, each exactly once, however many
        threads and processes settle or write meanwhile. Nothing depends on it but being told: reading works all of
        this out. It is the whole store that is settled, all scopes of it; with `limit`, only the first so many things.
        Raises `OutOfWindow` for the future. `gamify settle DB` does it from cron.

        >>> from gamify_core import Catalog, Engine, ManualClock, Streak
        >>> clock = ManualClock()
        >>> game = Engine(Catalog(streaks=[Streak("daily")]), clock=clock)
        >>> _ = game.streaks.record("ada", "daily")
        >>> _ = clock.advance(days=3)
        >>> [(effect.tag, effect.participant_id, effect.count) for effect in game.settle()]
        [('streak_broken', 'ada', 1)]
        >>> len(game.settle())
        0
        """
        from gamify_core.services.settling import settled  # noqa: PLC0415 - as the services

        return settled(self._access, until, limit)

    def due(self, until: datetime, *, participant_id: str | None = None, limit: int | None = None) -> Settled:
        """Say what time will have done by an instant, should nothing else happen until then; nothing is written.

        It is what `settle` will do, tried out by the very code with the clock moved on: streaks that break, freezes
        that are used, prizes of boards that close, and whatever else lapses or ends by then. It is about the whole
        store, or what comes to one participant.

        >>> from datetime import timedelta
        >>> from gamify_core import Catalog, Engine, ManualClock, Streak
        >>> clock = ManualClock("2026-03-02T09:00+00:00")
        >>> game = Engine(Catalog(streaks=[Streak("daily")]), clock=clock)
        >>> _ = game.streaks.record("ada", "daily")
        >>> print(game.due(clock.now() + timedelta(days=7), participant_id="ada"))
        2026-03-04 00:00 ada · streak daily            broken after 1 day
        """
        from gamify_core.services.settling import due  # noqa: PLC0415 - as the services

        return due(self._access, until, participant_id, limit)

    @property
    def catalog(self) -> Catalog:
        """The catalog that decisions are made under."""
        return self._access.plan.catalog

    def scope(self, name: str) -> Game:
        """Return the same engine for an isolated set of people, such as a tenant or a guild.

        Boards, balances, badges and idempotency keys are per scope, and so are stock, codes, editions and gifts; the
        catalog is shared, definitions made at run time too.
        """
        return Game(self._access.for_scope(border.scope(name)), self._limits)

    def at(self, instant: datetime) -> Game:
        """Return the same game as of a past instant, for reading: every read answers what it answered then.

        It is the recorded axis: what had been recorded by then counts, whenever it occurred; what came late, was
        reversed or retracted, or was defined otherwise since does not. What was due by then is done, as a read of then
        did it: points that had matured or lapsed, holds that were over, rungs that were reviewed, whoever wrote that
        down later.
        A balance, a statement, a rung, badges and an asset's owner take O(log n); what waited for somebody also takes
        what has become of that since, and what time had done to them by then a metric that it moves; a metric or a
        streak takes the history of its participant; a board, stock, or what is owed, the history of the scope; `due`
        and `events.explain` take all that was recorded. What rules have used of their caps, and a state's digest, are
        found by deciding all of that again.
        Of who was erased since there is what was left of them. Commands raise `ReadOnly`, and so do `history.verify`
        and `export`, which are about a store as it is; a future instant raises `OutOfWindow`. An engine with another
        catalog than then reads by the one of then.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> before = game.points.award("ada", 5).recorded_at
        >>> _ = game.points.award("ada", 7)
        >>> game.at(before).points.balance("ada").balance, game.points.balance("ada").balance
        (5, 12)
        """
        from gamify_core.services.then import at  # noqa: PLC0415 - as the services

        return Game(at(self._access, instant, _before), self._limits)

    def standard(self) -> Game:
        """Return the same game without admin rights, for code that speaks for participants.

        `participants.list`, `participants.anonymize`, `participants.delete`, `gifts.create`, `rewards.add_codes`,
        `leaderboards.hide`, `unhide` and `hidden`, and `create`, `update` and `delete` of all `definitions` raise
        `AdminRequired`; everything else is as on the engine, awarding points and reading about anybody too. Its scopes,
        transactions and dry runs are as it is; there is no way back from it.

        >>> from gamify_core import Catalog, Engine
        >>> Engine(Catalog()).standard().participants.list()
        Traceback (most recent call last):
        gamify_core.errors.AdminRequired: API key requires 'admin' scope (use the engine itself, not engine.standard())
        """
        return Game(self._access.without_admin(), self._limits)

    @overload
    def transaction(self) -> AbstractContextManager[Game]: ...
    @overload
    def transaction(self, connection: HostConnection) -> AbstractContextManager[Joined]: ...
    def transaction(self, connection: HostConnection = _OWN) -> AbstractContextManager[Game]:
        """Make several commands one: all of them are committed when the `with` block ends, or none if it raises.

        Use the handle that it gives: `with engine.transaction() as tx: tx.points.award(…)`. Each command is
        atomic inside, so a refusal that is caught leaves the rest. Nested, it is a part that can be taken back.
        The handle belongs to the thread that opened it. Using the engine itself meanwhile, in that thread, or the
        handle in another, raises `HandleInUse`; other writers wait.

        With a `connection` of your own (a `sqlite3.Connection` to the engine's file, inside a transaction that you
        began) the block is a savepoint in your transaction: what it did is committed with your rows or goes with
        them, and no other writer gets in from here until you end it. Your connection is left as it is. Who listens is
        told when you call `committed()` of the handle after your commit. Raises `NoTransaction` where you have begun
        none, `StoreOlder` before `engine.migrate(connection)`, and `StoreBusy` when your transaction cannot write
        (any more): begin it with BEGIN IMMEDIATE, which is `"transaction_mode": "IMMEDIATE"` in Django's OPTIONS.

        >>> import os, sqlite3, tempfile
        >>> from gamify_core import Catalog, Engine
        >>> path = os.path.join(tempfile.mkdtemp(), "shop.db")
        >>> game = Engine(Catalog(), path)
        >>> shop = sqlite3.connect(path, isolation_level=None)
        >>> _ = shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT)")
        >>> _ = shop.execute("BEGIN IMMEDIATE")
        >>> _ = shop.execute("INSERT INTO orders VALUES (1, 'ada')")
        >>> with game.transaction(connection=shop) as tx:
        ...     _ = tx.points.award("ada", 50, idempotency_key="order-1")
        >>> _ = shop.execute("ROLLBACK")
        >>> game.points.balance("ada").balance
        0
        >>> shop.close(); game.close()
        """
        return self._transaction(connection)

    @contextmanager
    def _transaction(self, connection: HostConnection) -> Iterator[Game]:
        own = connection is _OWN
        with self._access.handle(keep=True, connection=_connection(connection)) as access:
            yield Game(access, self._limits) if own else Joined(access, self._limits)

    @contextmanager
    def dry_run(self, connection: HostConnection = _OWN) -> Iterator[Game]:
        """Try any commands: the real answers, and nothing kept when the `with` block ends. Nobody is told.

        While it is open it holds the writer, as a transaction does. With a `connection` of your own, inside a
        transaction that you began, it sees what that has done so far, and is taken back alone: your rows stay. It
        raises what `transaction` does.
        """
        with self._access.handle(keep=False, connection=_connection(connection)) as access:
            yield Game(access, self._limits)


class Joined(Game):
    """The handle of a block inside the application's own transaction."""

    def committed(self) -> None:
        """Tell the listeners what the block did: call it after your own commit, from any thread.

        Once, and only when you have committed: nobody else can know. In Django it is
        `transaction.on_commit(tx.committed)`. Where nobody listens there is no need of it.
        """
        self._access.committed()


def _connection(given: HostConnection) -> object:
    from gamify_core.services.access import OWN  # noqa: PLC0415 - as the services

    return OWN if given is _OWN else given


def _again(reader: Reader, road: Road, told: Callable[[int], object]) -> Again:
    """Decide a history again, on a store in memory: which takes an engine."""
    from gamify_core.replay.again import Again  # noqa: PLC0415 - only who audits a history needs it

    repeated = Again(reader, road)
    repeated.run(told)
    return repeated


def _before(reader: Reader, road: Road, seq: int) -> Road:
    """Decide again all that came before a command, on a store in memory, and stand where it stood."""
    from gamify_core.replay.again import Again  # noqa: PLC0415 - as above

    return Again(reader, road).before(seq)
