"""What a participant's metrics come to where no window holds them: wallets, streaks and the event chain.

Promise: a decision and a read work the same value out of the same rows; they differ in the reader they bring and in
the instant that is now to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.joined import own_numbers
from gamify_core.road.streak_rows import case_of, row_of, state_in
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.progress import EVENT, RETRACTION

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["events_of", "natural_value"]


def natural_value(reader: Reader | Unit, who: ParticipantRow, plan: Plan, name: str, as_of: int) -> int:
    """Return the running value of a metric for which `natural(name)` holds: `points.earned`, `streak.daily`."""
    if name.startswith("streak."):
        return _streak(reader, who, plan, name, as_of)
    if name == "events.count":
        return events_of(reader, who)
    currency, _, part = name.rpartition(".")
    entry = reader.last(ENTRY, (who.number, currency))
    if entry is None:
        return 0
    return {"earned": entry.earned, "spent": entry.spent, "balance": entry.balance}[part]


def events_of(reader: Reader | Unit, who: ParticipantRow) -> int:
    """Return how many events a participant has sent, less those that were taken back."""
    if who.person is None:
        return _sent(reader, who.number)
    return sum(_sent(reader, number) for number in own_numbers(reader, who))


def _sent(reader: Reader | Unit, number: int) -> int:
    sent = reader.last(EVENT, (number,))
    taken_back = reader.last(RETRACTION, (number,)) if sent is not None else None
    return (sent.n if sent is not None else 0) - (taken_back.n if taken_back is not None else 0)


def _streak(reader: Reader | Unit, who: ParticipantRow, plan: Plan, name: str, as_of: int) -> int:
    _, code, *longest = name.split(".")
    row = row_of(reader, who.number, code)
    state = state_in(row)
    if state is None:
        return 0
    if longest:
        return state.longest
    case = case_of(reader, who, plan.streaks[code], plan.zone, row)
    # A late event must not make a run shorter than activities that have been seen already made it
    return case.read(state, max(as_of, state.seen)).current
