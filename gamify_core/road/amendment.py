"""Taking an event back and sending it again, as one: what is judged is where both together lead.

Promise: an event that is sent again as it was leaves everything as it is. So all that it gave goes first, spent or not,
and only the balances that stand in the end are held against what the wallet may come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road import lots, retraction, reversals, wallet
from gamify_core.road.aside import Aside

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.progress import EventRow

__all__ = ["begin", "finish"]


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
        if words[1] == turn.who.number and str(words[0]).startswith("points_"):
            before.setdefault(str(words[4]), _before(words))
    for currency, was in before.items():
        balance = lots.balance(turn.unit, turn.who.number, currency)
        if balance < min(was, 0):
            raise wallet.insufficient(turn, turn.who, currency, was, was - balance)


def _before(words: Words) -> int:
    """Return what a wallet held before the movement that these words say."""
    amount = int(words[3] or 0)
    return int(words[5] or 0) - (-amount if words[0] == "points_deducted" else amount)
