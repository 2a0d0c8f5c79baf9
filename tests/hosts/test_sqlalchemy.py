"""Points in a SQLAlchemy session's own transaction."""

# ruff: noqa: PT012 - what raises is a whole block

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from gamify_core import BadValue, Engine, NoTransaction, PointsAwarded
from tests.hosts.conftest import orders


class Base(DeclarativeBase):
    """The shop's mappings."""


class Order(Base):
    """An order of the shop."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer: Mapped[str]


@pytest.fixture
def database(path: Path) -> Iterator[sqlalchemy.Engine]:
    """Give the shop's database, set up as SQLAlchemy's manual says: transactions really begin, for writing."""
    made = sqlalchemy.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(made, "connect")
    def plain(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(made, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    yield made
    made.dispose()


def driver(session: Session) -> sqlite3.Connection:
    """Return the driver's connection that a session works on."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def buy(game: Engine, session: Session, buyer: str) -> None:
    """Order and award."""
    order = Order(buyer=buyer)
    session.add(order)
    session.flush()
    with game.transaction(connection=driver(session)) as tx:
        tx.points.award(buyer, 10, idempotency_key=f"order-{order.id}")
    event.listen(session, "after_commit", lambda _: tx.committed(), once=True)


def test_award_and_order_are_one(game: Engine, database: sqlalchemy.Engine, path: Path) -> None:
    """They are committed together, and an error after both takes both back; listeners are told of the first alone."""
    heard: list[object] = []
    game.on(PointsAwarded, lambda effect: heard.append(effect.amount))
    with Session(database) as session, session.begin():
        buy(game, session, "ada")
    with pytest.raises(ZeroDivisionError), Session(database) as session, session.begin():
        buy(game, session, "ada")
        raise ZeroDivisionError
    assert (orders(path), game.points.balance("ada").balance, heard) == (1, 10, [10])


def test_a_nested_transaction_that_fails_takes_its_award_along(
    game: Engine, database: sqlalchemy.Engine, path: Path
) -> None:
    """SQLAlchemy's savepoints and ours nest."""
    with Session(database) as session, session.begin():
        buy(game, session, "ada")
        with pytest.raises(IntegrityError), session.begin_nested():
            buy(game, session, "bob")
            session.add(Order(buyer=None))
            session.flush()
    assert orders(path) == 1
    assert [game.points.balance(who).balance for who in ("ada", "bob")] == [10, 0]


def test_each_thread_has_its_own_connection(game: Engine, database: sqlalchemy.Engine, path: Path) -> None:
    """Sessions in several threads: every order has its points."""
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                with Session(database) as session, session.begin():
                    buy(game, session, "ada")
        except BaseException as error:  # noqa: BLE001 - the test shows it
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (orders(path), game.points.balance("ada").balance) == (40, 400)


def test_without_that_set_up_the_driver_begins_late(game: Engine, path: Path) -> None:
    """By default the driver begins with the first row that is written: before it we are refused, after it welcome."""
    database = sqlalchemy.create_engine(f"sqlite:///{path}")
    with Session(database) as session, session.begin():
        with pytest.raises(NoTransaction):
            game.transaction(connection=driver(session)).__enter__()
        buy(game, session, "ada")
    database.dispose()
    assert (orders(path), game.points.balance("ada").balance) == (1, 10)


def test_sqlalchemys_own_connection_is_refused_with_what_to_pass(
    game: Engine, database: sqlalchemy.Engine
) -> None:
    """What a session calls its connection is not the driver's."""
    with (
        Session(database) as session,
        session.begin(),
        pytest.raises(BadValue, match="driver_connection"),
    ):
        game.transaction(connection=session.connection()).__enter__()  # type: ignore[call-overload]
