"""Taking an event back and sending it again, as one: what is judged is where both together lead.

Promise: an event that is sent again as it was leaves everything as it is. So all that it gave goes first, spent or not,
and only the balances that stand in the end are held against what the wallet may come to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gamify_core.road import lots, retraction, reversals, wallet
from gamify_core.road.aside import Aside

if TYPE_CHECKING:
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.progress import EventRow

__all__ = ["begin", "finish"]

_MOVED: Final[Mapping[object, int]] = {"points_awarded": 1, "points_deducted": -1, "points_reversed": 1}
"""The words that say what a wallet holds after a movement, and the sign of its amount; what is pending is in none."""


def begin(turn: Turn, event: EventRow) -> int | None:
    """Take the event back, as `retraction.retract` does, and put aside what sending it again may give again."""
    turn.aside = Aside()
    return retraction.retract(turn, event, "allow_negative")


def finish(turn: Turn, event: EventRow, policy: OnInsufficient) -> None:
    """Let go what was not given again, and say which event was amended and what of it was kept.

    Raises `InsufficientPoints` where that leaves less than nothing, unless the policy is to let it.
    """
    aside, turn.aside = turn.aside, None
    assert aside is not None  # noqa: S101 - `begin` comes first
    for _, words, cause in aside.copies:
        reversals.take_copy(turn, turn.who, words, cause)
    if policy == "reject":
        _check(turn)
    turn.say("=", turn.who.number, event.activity, *aside.words())


def _check(turn: Turn) -> None:
    before: dict[str, int] = {}
    for words in turn.outcome:
        if words[1] == turn.who.number and words[0] in _MOVED:
            before.setdefault(str(words[4]), int(words[5] or 0) - _MOVED[words[0]] * int(words[3] or 0))
    for currency, was in before.items():
        balance = lots.balance(turn.unit, turn.who.number, currency)
        if balance < min(was, 0):
            raise wallet.insufficient(turn, turn.who, currency, was, was - balance)
