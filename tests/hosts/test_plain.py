"""The application's own transaction, joined on a plain sqlite3 connection."""

# ruff: noqa: PT012 - what raises is a whole block

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from gamify_core import (
    AdminRequired,
    Award,
    BadgeEarned,
    BadValue,
    Catalog,
    Emit,
    Engine,
    HandleInUse,
    HostStore,
    InsufficientPoints,
    ManualClock,
    NoTransaction,
    Side,
    StoreBusy,
    StoreError,
    StoreNewer,
    StoreOlder,
)
from gamify_core.game import Game
from gamify_core.services.event_answers import EventAnswer
from tests.hosts.conftest import CATALOG, ORDERS, orders


def balance(game: Engine, who: str = "ada") -> int:
    """Return what somebody has, as a stranger sees it."""
    return int(game.points.balance(who).balance)


def play(tx: Game) -> None:
    """Do a bit of everything."""
    tx.participants.upsert("ada", display_name="Ada", timezone="Asia/Tokyo")
    tx.events.emit("ada", "lesson", idempotency_key="l-1")
    sent = tx.events.emit_batch([Emit("bob", "lesson"), Emit("ada", "lesson")])
    tx.points.award_batch([Award("ada", 200), Award("cleo", 7)])
    tx.points.transfer("ada", "bob", 20)
    claim = tx.rewards.claim("mug", "ada")
    tx.rewards.cancel(claim.claim_id)
    copy = tx.assets.mint("copy", "bob")
    tx.trades.execute(Side("bob", assets=[copy.asset_id]), Side("ada", points=3))
    tx.definitions.badges.create(
        {"code": "rich", "criteria": "points.balance >= 100"}, on_change="reevaluate"
    )
    lesson = sent.results[0].answer
    assert isinstance(lesson, EventAnswer)
    tx.events.retract(lesson.event_id)
    tx.settle()
    assert tx.leaderboards.top("week").entries[0].participant_id == "ada"


def test_award_and_order_are_committed_or_taken_back_together(
    game: Engine, shop: sqlite3.Connection, path: Path
) -> None:
    """The block ends and nothing is committed; the application's COMMIT or ROLLBACK is for both."""
    before = 0
    for end, kept in (("ROLLBACK", 0), ("COMMIT", 1), ("ROLLBACK", 1)):
        shop.execute("BEGIN IMMEDIATE")
        shop.execute("INSERT INTO orders (buyer) VALUES ('ada')")
        with game.transaction(connection=shop) as tx:
            tx.events.emit("ada", "lesson")
        assert (orders(path), balance(game)) == (before, 15 * before)
        shop.execute(end)
        assert (orders(path), balance(game)) == (kept, 15 * kept)
        before = kept
    assert game.points.award("ada", 1).new_balance == 16
    assert game.leaderboards.rank("all", "ada").score == 16


def test_what_raises_in_the_block_leaves_the_rest_of_the_transaction(
    game: Engine, shop: sqlite3.Connection, path: Path
) -> None:
    """An error in the middle takes the block back alone; what becomes of the order is the application's to say."""
    shop.execute("BEGIN IMMEDIATE")
    shop.execute("INSERT INTO orders (buyer) VALUES ('ada')")
    with pytest.raises(InsufficientPoints), game.transaction(connection=shop) as tx:
        tx.points.award("ada", 50)
        tx.points.deduct("ada", 51)
    with game.transaction(connection=shop) as tx:
        with pytest.raises(InsufficientPoints):
            tx.points.deduct("ada", 1)
        tx.points.award("ada", 3)
    shop.execute("COMMIT")
    assert (orders(path), balance(game)) == (1, 3)


def test_nested_blocks_and_dry_runs_are_parts_of_it(game: Engine, shop: sqlite3.Connection) -> None:
    """A part is taken back alone, a dry run leaves nothing, and the rest is the application's."""
    shop.execute("BEGIN IMMEDIATE")
    with game.transaction(connection=shop) as tx:
        tx.points.award("ada", 1)
        with pytest.raises(ZeroDivisionError), tx.transaction() as part:
            part.points.award("ada", 10)
            raise ZeroDivisionError
        with tx.dry_run() as trial:
            assert trial.points.award("ada", 100).new_balance == 101
        with tx.transaction() as part:
            part.points.award("ada", 1_000)
        with pytest.raises(BadValue, match="inside a transaction already"):
            tx.transaction(connection=shop).__enter__()
        with pytest.raises(HandleInUse):
            game.transaction(connection=shop).__enter__()
        with pytest.raises(HandleInUse):
            game.points.balance("ada")
    shop.execute("COMMIT")
    assert balance(game) == 1_001


def test_a_dry_run_sees_the_application_s_transaction_and_leaves_it(
    game: Engine, shop: sqlite3.Connection, path: Path
) -> None:
    """The order is there before and after; of the trial nothing is, whether its block ends or raises."""
    with pytest.raises(NoTransaction):
        game.dry_run(connection=shop).__enter__()
    shop.execute("BEGIN IMMEDIATE")
    shop.execute("INSERT INTO orders (buyer) VALUES ('ada')")
    with game.transaction(connection=shop) as tx:
        tx.points.award("ada", 5)
    with game.dry_run(connection=shop) as trial:
        assert trial.points.award("ada", 100).new_balance == 105
    with pytest.raises(InsufficientPoints), game.dry_run(connection=shop) as trial:
        trial.points.deduct("ada", 6)
    with game.transaction(connection=shop) as tx:
        assert tx.points.balance("ada").balance == 5
    shop.execute("COMMIT")
    assert (orders(path), balance(game)) == (1, 5)


def rows_as_bytes(connection: sqlite3.Connection) -> None:
    """Make a connection as strange as one can be."""
    connection.text_factory = bytes
    connection.row_factory = lambda _, row: {"row": row}


@pytest.mark.parametrize("isolation_level", [None, "", "IMMEDIATE"])
@pytest.mark.parametrize("strange", [False, True])
def test_any_connection_will_do_and_is_left_as_it_is(
    game: Engine, path: Path, isolation_level: Any, *, strange: bool
) -> None:
    """Factories, isolation level and foreign keys that are enforced: the same state as an engine by itself makes."""
    connection = sqlite3.connect(path, isolation_level=isolation_level, detect_types=sqlite3.PARSE_DECLTYPES)
    connection.execute("PRAGMA foreign_keys=ON")
    if strange:
        rows_as_bytes(connection)
    else:
        connection.row_factory = sqlite3.Row
    before = connection.row_factory, connection.text_factory, connection.isolation_level
    pragmas = ["foreign_keys", "synchronous", "busy_timeout", "cache_size", "query_only", "trusted_schema"]
    settings = [str(list(connection.execute(f"PRAGMA {name}").fetchone())) for name in pragmas]
    connection.execute("INSERT INTO orders (buyer) VALUES ('ada')")  # with an isolation level, this begins
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")
    with game.transaction(connection=connection) as tx:
        play(tx)
        row = connection.execute("SELECT buyer FROM orders").fetchone()
        assert row == {"row": (b"ada",)} if strange else row["buyer"] == "ada"
    assert connection.in_transaction
    connection.commit()
    assert (connection.row_factory, connection.text_factory, connection.isolation_level) == before
    assert [str(list(connection.execute(f"PRAGMA {name}").fetchone())) for name in pragmas] == settings
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    alone = Engine(CATALOG, clock=ManualClock("2026-03-02T09:00+00:00"), seed=1)
    with alone.transaction() as tx:
        play(tx)
    assert game.history.state_digest() == alone.history.state_digest()


def test_threads_each_with_a_connection_and_other_writers(game: Engine, path: Path) -> None:
    """Joined transactions, kept and taken back, beside the engine's own commands: all that was kept adds up."""
    faults: list[BaseException] = []

    def work(number: int) -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            for turn in range(12):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO orders (buyer) VALUES ('ada')")
                with game.transaction(connection=connection) as tx:
                    tx.points.award("ada", 1)
                    tx.events.emit(f"p{number}-{turn}", "lesson")
                connection.execute("COMMIT" if turn % 3 else "ROLLBACK")
                game.points.award("ada", 100)
        except BaseException as error:  # noqa: BLE001 - the test shows it
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert orders(path) == 4 * 8
    assert balance(game) == 4 * 8 + 4 * 12 * 100
    assert game.leaderboards.top("all").total_participants == 1 + 4 * 8
    assert game.leaderboards.rank("week", "ada").rank == 1
    seqs = [row.seq for row in game.history.activity()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_key_is_given_back_with_the_transaction(game: Engine, shop: sqlite3.Connection) -> None:
    """After a rollback the same key acts anew; after a commit it is answered with what was."""
    replayed = []
    for end in ("ROLLBACK", "COMMIT", "COMMIT"):
        shop.execute("BEGIN IMMEDIATE")
        with game.transaction(connection=shop) as tx:
            replayed.append(tx.points.award("ada", 5, idempotency_key="order-1").replayed)
        shop.execute(end)
    assert replayed == [False, False, True]
    assert balance(game) == 5


def test_listeners_are_told_when_the_application_says_so(game: Engine, shop: sqlite3.Connection) -> None:
    """`committed()` tells what the block did, once; before the end, or when all was taken back, nobody is told."""
    heard: list[str] = []
    game.on(BadgeEarned, lambda effect: heard.append(effect.participant_id))
    shop.execute("BEGIN IMMEDIATE")
    with game.transaction(connection=shop) as tx:
        tx.events.emit("ada", "lesson")
        with pytest.raises(HandleInUse, match="after its end"):
            tx.committed()
    assert heard == []
    shop.execute("COMMIT")
    tx.committed()
    tx.committed()
    assert heard == ["ada"]
    shop.execute("BEGIN IMMEDIATE")
    with pytest.raises(ZeroDivisionError), game.transaction(connection=shop) as tx:
        tx.events.emit("bob", "lesson")
        raise ZeroDivisionError
    shop.execute("COMMIT")
    tx.committed()
    assert heard == ["ada"]


def test_a_changed_catalog_is_adopted_within_it(path: Path, shop: sqlite3.Connection, game: Engine) -> None:
    """Adopting and holding everybody against a new catalog goes with the transaction, both ways."""
    game.points.award("ada", 60)
    wider = Catalog.from_dict(
        {**CATALOG.to_dict(), "badges": {"sixty": {"criteria": "points.balance >= 60"}}}
    )
    with Engine(wider, path, on_change="reevaluate") as other:
        for end, held in (("ROLLBACK", []), ("COMMIT", ["sixty"])):
            shop.execute("BEGIN IMMEDIATE")
            with other.transaction(connection=shop) as tx:
                tx.points.award("bob", 1)
            shop.execute(end)
            assert [row.code for row in other.badges.list("ada", earned_only=True)] == held


def test_scopes_and_standard_handles_join_as_well(game: Engine, shop: sqlite3.Connection) -> None:
    """Whoever may begin a transaction may join one, and speaks for whom they spoke for."""
    shop.execute("BEGIN IMMEDIATE")
    with game.scope("guild").standard().transaction(connection=shop) as tx:
        tx.points.award("ada", 5)
        tx.scope("other").points.award("ada", 7)
        with pytest.raises(AdminRequired):
            tx.participants.list()
    shop.execute("COMMIT")
    assert [game.scope(name).points.balance("ada").balance for name in ("", "guild", "other")] == [0, 5, 7]


# -- refusals -------------------------------------------------------------------------------------------


def test_without_a_transaction_it_is_refused(game: Engine, shop: sqlite3.Connection) -> None:
    """Nothing would say when to commit, so nothing is done."""
    for call in (lambda: game.transaction(connection=shop).__enter__(), lambda: game.migrate(shop)):
        with pytest.raises(NoTransaction, match="BEGIN IMMEDIATE first"):
            call()
    assert not shop.in_transaction
    shop.close()
    with pytest.raises(StoreError, match="closed"):
        game.transaction(connection=shop).__enter__()
    assert balance(game) == 0


def test_what_is_no_connection_to_this_file_is_refused(game: Engine, tmp_path: Path) -> None:
    """Another file, memory, a path, or nothing: `BadValue` says what was given."""
    other = sqlite3.connect(tmp_path / "other.db")
    memory = sqlite3.connect(":memory:")
    for wrong in (other, memory, "shop.db", object(), None):
        with pytest.raises(BadValue) as caught:
            game.transaction(connection=wrong).__enter__()  # type: ignore[call-overload]
        assert caught.value.field == "connection"
    with pytest.raises(BadValue, match="MemoryStore"):
        Engine(Catalog()).transaction(connection=memory).__enter__()
    other.close()
    memory.close()


def test_a_lost_snapshot_says_what_to_set(game: Engine, shop: sqlite3.Connection, path: Path) -> None:
    """A deferred transaction that has read, and lost its snapshot to another writer, cannot be joined."""
    shop.execute("BEGIN")
    shop.execute("SELECT * FROM orders").fetchall()
    game.points.award("ada", 1)
    with pytest.raises(StoreBusy, match=r'began to read .*"transaction_mode": "IMMEDIATE"'):
        game.transaction(connection=shop).__enter__()
    shop.execute("ROLLBACK")
    other = sqlite3.connect(path, isolation_level=None, timeout=0.1)
    shop.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN")
    with pytest.raises(StoreBusy, match=r'"transaction_mode": "IMMEDIATE"') as caught:
        game.transaction(connection=other).__enter__()
    assert 0.05 < caught.value.waited < 5
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    other.close()
    assert balance(game) == 1


def test_ending_the_transaction_inside_the_block_is_told(game: Engine, shop: sqlite3.Connection) -> None:
    """What comes after it is refused, and the block fails instead of committing row by row."""
    for end in ("COMMIT", "ROLLBACK"):
        shop.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(NoTransaction, match="ended its transaction"),
            game.transaction(connection=shop) as tx,
        ):
            tx.points.award("ada", 1)
            shop.execute(end)
        shop.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(NoTransaction, match="ended its transaction"),
            game.transaction(connection=shop) as tx,
        ):
            shop.execute(end)
            shop.execute("BEGIN IMMEDIATE")
        shop.execute("ROLLBACK")
    assert balance(game) == 0


# -- an engine that lives in the application's database --------------------------------------------------


def test_an_engine_without_a_file_of_its_own() -> None:
    """Tables are made when asked for, and everything is done on the connection; without one it is refused."""
    game = Engine(CATALOG, HostStore())
    for call in (lambda: game.points.balance("ada"), lambda: game.points.award("ada", 1)):
        with pytest.raises(NoTransaction, match="connection=…"):
            call()
    for _ in range(2):  # it is no one database: each connection may lead to another one
        shop = sqlite3.connect(":memory:", isolation_level=None)
        shop.execute(ORDERS)
        shop.execute("BEGIN")
        with pytest.raises(StoreOlder, match=r"engine.migrate\(connection\)") as caught:
            game.transaction(connection=shop).__enter__()
        assert caught.value.found == 0
        game.migrate(shop)
        with game.transaction(connection=shop) as tx:
            play(tx)
        shop.execute("ROLLBACK")
        assert shop.execute("SELECT name FROM sqlite_schema").fetchall() == [("orders",)]
        shop.execute("BEGIN")
        game.migrate(shop)
        game.migrate(shop)
        shop.execute("COMMIT")
        for n in (1, 2):
            shop.execute("BEGIN")
            with game.transaction(connection=shop) as tx:
                assert tx.points.award("ada", 5).new_balance == 5 * n
            shop.execute("COMMIT")
        assert shop.execute("SELECT balance FROM balances").fetchall() == [(10,)]
        shop.execute("INSERT INTO gamify_schema (number) VALUES (99)")
        shop.execute("BEGIN")
        for newer in (game.migrate, lambda c: game.transaction(connection=c).__enter__()):
            with pytest.raises(StoreNewer):
                newer(shop)
        shop.execute("ROLLBACK")
        shop.execute("DELETE FROM gamify_schema")
        shop.execute("DROP TABLE gamify_job")
        shop.execute("BEGIN")
        with pytest.raises(StoreOlder):
            game.transaction(connection=shop).__enter__()
        shop.close()
