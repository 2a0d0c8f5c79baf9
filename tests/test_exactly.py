"""What a caller passes is taken for the plain value that it is, and its own code is never asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

import pytest

from gamify_core import BadValue, Catalog, Engine
from gamify_core.exactly import exactly
from tests.audit.fuzzing import Exact, Real, Text, When, Whole, Zone

PARIS = ZoneInfo("Europe/Paris")
AUTUMN = datetime(2026, 10, 25, 2, 30, 0, 7, tzinfo=PARIS, fold=1)  # the second half past two of that night


class Who(StrEnum):
    """Text that has a name."""

    ADA = "ada"


class Size(IntEnum):
    """A number that has a name."""

    ONE = 1


KINDS = [
    (Text("ada"), "ada"),
    (Whole(-5), -5),
    (Real(1.5), 1.5),
    (Exact("1.50"), Decimal("1.50")),
    (When(2026, 10, 25, 2, 30, 0, 7, tzinfo=PARIS, fold=1), AUTUMN),
    (type("Day", (date,), {})(2026, 3, 2), date(2026, 3, 2)),
    (Who.ADA, "ada"),
    (Size.ONE, 1),
]


@pytest.mark.parametrize(("given", "plain"), KINDS, ids=[type(given).__name__ for given, _ in KINDS])
def test_a_kind_of_a_value_is_that_value(given: object, plain: object) -> None:
    """Of the built-in type itself, and equal, the half of a repeated hour included."""
    found = exactly(given)
    assert (type(found), found, repr(found)) == (type(plain), plain, repr(plain))


def test_what_is_no_kind_of_them_is_itself() -> None:
    """Lists, tables and objects are passed on."""
    for value in (None, True, [1], {"a": 1}, b"x", timedelta(1), object()):
        assert exactly(value) is value


def test_a_hostile_kind_of_the_arguments_is_a_repetition() -> None:
    """The same key and the same arguments, whatever their type makes of being compared, shown or hashed."""
    game = Engine(Catalog())
    now = datetime.now(UTC)
    told = {"reason": "why", "metadata": {"n": 1}, "at": now, "idempotency_key": "k"}
    first = game.points.award("ada", 5, **told)  # type: ignore[arg-type]
    again = game.points.award(
        Text("ada"),
        Whole(5),
        reason=Text("why"),
        metadata={"n": Whole(1)},
        at=When.combine(now.date(), now.timetz()),
        idempotency_key=Text("k"),
    )
    assert (again.new_balance, again.replayed) == (first.new_balance, True)


def test_a_zone_that_fails_is_a_bad_value() -> None:
    """It is the caller's own code, and runs where the instant is read."""
    with pytest.raises(BadValue, match="at has a time zone that cannot tell its offset: RuntimeError"):
        Engine(Catalog()).points.award("ada", 5, at=datetime(2026, 3, 2, tzinfo=Zone()))
