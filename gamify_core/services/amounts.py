"""What commands about a wallet are asked with: how much of what, whose and what for.

An amount is checked as it comes, as far as that goes, and in full where the command is decided: how many decimals a
currency has is for the plan in force to say, which only the road knows. `points` have none, so all is known at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from gamify_core import border
from gamify_core.domain.lots import length
from gamify_core.errors import BadValue, in_words

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn

__all__ = ["Asked", "asked", "length_of", "part_of"]

_row = tuple.__new__  # with every award: `Asked(…)` takes three times as long


class Asked(NamedTuple):
    """The arguments of a command about a wallet, and the amount among them as it was passed.

    `points` is the amount where it is of points, else 0.
    """

    who: str
    request: dict[str, border.Json]
    currency: str
    amount: object
    points: int
    most: int

    def units(self, turn: Turn) -> int:
        """Return the amount in the smallest unit of its currency. Raises `BadValue`, `NotFound` (currency)."""
        if self.currency == "points":
            return self.points
        scale = turn.plan.catalog.currency(self.currency).scale
        return border.minor(self.amount, "amount", scale, self.most)


def asked(  # noqa: PLR0913 - what such commands have in common
    limits: border.Limits,
    participant_id: str,
    amount: object,
    reason: str | None,
    metadata: Mapping[str, object] | None,
    currency: str,
    at: datetime | None,
    field: str = "participant_id",
) -> Asked:
    """Return what is asked, checked; the request has what was passed, and nothing else."""
    currency = border.code(currency, "currency")
    who = border.participant(participant_id, field)
    most = limits.amount
    given: int | str  # of points there is one way to say it, and they are asked for most often
    given = (
        border.amount(amount, most=most)
        if currency == "points"
        else border.given(amount, currency, most=most)
    )
    request: dict[str, border.Json] = {"participant_id": who, "amount": given}
    if reason is not None:
        request["reason"] = border.text(reason, "reason", limits.reason)
    if metadata is not None:
        request["metadata"] = border.properties(metadata, "metadata")
    if currency != "points":
        request["currency"] = currency
    if at is not None:
        request["at"] = border.at(at)
    points = given if isinstance(given, int) else 0
    return _row(Asked, (who, request, currency, amount, points, most))


def part_of(turn: Turn, currency: str, amount: object, most: int) -> int | None:
    """Return a part of what was given or held in the smallest unit of its currency; None is all of it."""
    if amount is None:
        return None
    return border.minor(amount, "amount", turn.plan.catalog.scale(currency), most)


def length_of(value: object, field: str) -> str:
    """Return a stretch of time as it is kept. Raises `BadValue` that names the field."""
    try:
        return length(value)
    except BadValue as error:
        detail = f"{field} must be a length of time, not {in_words(value)}"
        raise BadValue(field, value, detail, hint=error.hint) from None
