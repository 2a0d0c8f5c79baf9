"""Closing somebody's account, and opening it again.

Promise: while it is closed no points move, of no currency, in no direction: commands are refused, cascades pass the
points over, nothing matures and nothing lapses. What is held is let go all the same when its time has come, or when
asked, and what does not count yet may be taken back: neither moves a point. What fell due meanwhile happens once it is
open again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.registering import become
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn

__all__ = ["put"]


def put(turn: Turn, *, closed: bool) -> None:
    """Close the account of the turn's participant, or open it; where it is so already there is nothing to do."""
    before = turn.unit.get(PARTICIPANT, (turn.who.number,)) or turn.who
    if bool(before.is_closed) == closed:
        turn.rest(0)
        return
    turn.who = before._replace(is_closed=int(closed))
    become(turn, before, turn.who)
    turn.say("account_closed" if closed else "account_reopened", turn.who.number, "direct")
    turn.timed.add(turn.who.number)
