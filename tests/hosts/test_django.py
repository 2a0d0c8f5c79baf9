"""Points in a Django application's own transactions: `atomic()` decides for the order and for the award."""

# ruff: noqa: PT012 - what raises is a whole block

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, models, transaction

from gamify_core import BadValue, Engine, HostStore, PointsAwarded, StoreBusy
from tests.hosts.conftest import CATALOG, ORDERS, orders

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "replaced.db"}}, USE_TZ=True
)
django.setup()


class Order(models.Model):  # type: ignore[misc]  # to mypy, all of Django is `Any`
    """An order of the shop."""

    buyer = models.TextField()

    class Meta:
        """The table that the shop's file has."""

        app_label = "shop"
        db_table = "orders"
        managed = False

    def __str__(self) -> str:
        """Name the buyer."""
        return str(self.buyer)


@pytest.fixture
def use() -> Iterator[Callable[..., None]]:
    """Give what points Django to a database, for this test."""

    def use(name: Path | str, **options: Any) -> None:
        connection.close()
        connection.settings_dict.update(NAME=str(name), OPTIONS=options)

    yield use
    connection.close()
    connection.settings_dict.update(NAME="replaced.db", OPTIONS={})


@pytest.fixture
def shop(path: Path, use: Callable[..., None]) -> None:
    """Point Django to the shop's file as one should: its transactions begin for writing."""
    use(path, transaction_mode="IMMEDIATE", timeout=30)


def buy(game: Engine, buyer: str) -> None:
    """Order and award, in one transaction."""
    with transaction.atomic():
        order = Order.objects.create(buyer=buyer)
        with game.transaction(connection=connection.connection) as tx:
            tx.points.award(buyer, 10, idempotency_key=f"order-{order.pk}")
        transaction.on_commit(tx.committed)


@pytest.mark.usefixtures("shop")
def test_award_and_order_are_one(game: Engine, path: Path) -> None:
    """They are committed together, and an error after both takes both back; listeners are told of the first alone."""
    heard: list[object] = []
    game.on(PointsAwarded, lambda effect: heard.append(effect.amount))
    buy(game, "ada")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        buy(game, "ada")
        raise ZeroDivisionError
    assert (orders(path), game.points.balance("ada").balance, heard) == (1, 10, [10])


@pytest.mark.usefixtures("shop")
def test_an_inner_atomic_that_fails_takes_its_award_along(game: Engine, path: Path) -> None:
    """Django's savepoints and ours nest, either way round."""
    with transaction.atomic():
        buy(game, "ada")
        with pytest.raises(IntegrityError), transaction.atomic():
            buy(game, "bob")
            Order.objects.create(buyer=None)
        with game.transaction(connection=connection.connection) as tx:
            tx.points.award("cleo", 1)
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                Order.objects.create(buyer="cleo")
                raise ZeroDivisionError
    assert orders(path) == 1
    assert [game.points.balance(who).balance for who in ("ada", "bob", "cleo")] == [10, 0, 1]


@pytest.mark.usefixtures("shop")
def test_each_thread_has_its_own_connection(game: Engine, path: Path) -> None:
    """Requests in several threads: every order has its points."""
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                buy(game, "ada")
        except BaseException as error:  # noqa: BLE001 - the test shows it
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (orders(path), game.points.balance("ada").balance) == (40, 400)


def test_a_deferred_transaction_that_lost_its_snapshot_says_what_to_set(
    game: Engine, path: Path, use: Callable[..., None]
) -> None:
    """Django's default begins to read first; beside another writer the sentence names the setting."""
    use(path)
    with pytest.raises(StoreBusy, match='"transaction_mode": "IMMEDIATE" in OPTIONS'), transaction.atomic():
        assert Order.objects.count() == 0
        game.points.award("ada", 1)
        with game.transaction(connection=connection.connection):
            pass
    assert game.points.balance("ada").balance == 1


@pytest.mark.usefixtures("shop")
def test_djangos_own_wrapper_is_refused_with_what_to_pass(game: Engine) -> None:
    """`django.db.connection` is not the driver's connection, and before the first query there is none."""
    with pytest.raises(BadValue, match=r"django.db.connection.connection"):
        game.transaction(connection=connections["default"]).__enter__()


def test_djangos_test_database_in_memory(use: Callable[..., None]) -> None:
    """Where only Django can open the database, the engine lives in it: tables by a migration, the rest as usual."""
    use(":memory:")
    game = Engine(CATALOG, HostStore())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ORDERS)
        game.migrate(connection.connection)
    buy(game, "ada")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        buy(game, "ada")
        raise ZeroDivisionError
    with transaction.atomic(), game.transaction(connection=connection.connection) as tx:
        assert tx.points.balance("ada").balance == 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT participant_id, balance FROM balances")
        assert cursor.fetchall() == [("ada", 10)]
