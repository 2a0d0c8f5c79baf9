"""How everybody stands, as far as definitions decide it: points by what gave them, badges, tiers, rewards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import attrs

from gamify_core.history.looking import rows_of
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, STANDING
from gamify_core.storage.tables.rewards import CLAIM

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.unit import Unit

__all__ = ["Flow", "Person", "Purse", "Standing", "standings"]

Person = tuple[str, str]
"""A scope, and the participant's id in it."""


@attrs.define
class Flow:
    """What one cause gave and took, less what was taken back of it; `last` is when it gave last."""

    times: int = 0
    given: int = 0
    taken: int = 0
    last: int = 0


@attrs.define
class Purse:
    """A wallet: its head, and the flows of which it came."""

    earned: int = 0
    spent: int = 0
    balance: int = 0
    flows: dict[str, Flow] = attrs.field(factory=dict)


@attrs.define
class Standing:
    """What one participant has."""

    purses: dict[str, Purse] = attrs.field(factory=dict)
    badges: set[str] = attrs.field(factory=set)
    tiers: dict[str, str | None] = attrs.field(factory=dict)
    claims: Counter[str] = attrs.field(factory=Counter)


def standings(
    reader: Reader | Unit, left_out: Collection[Person] = (), called: Callable[[str], str] = str
) -> dict[Person, Standing]:
    """Return how everybody stands who was not erased, and is not `left_out`; `called` says how to call definitions."""
    people = {
        row.number: (row.scope, row.participant_id)
        for row in rows_of(reader, PARTICIPANT)
        if row.erased is None and (row.scope, row.participant_id) not in left_out
    }
    found = {person: Standing() for person in people.values()}
    _purses(reader, people, found)
    for badge in rows_of(reader, BADGE):
        if badge.participant in people:
            held = found[people[badge.participant]].badges
            (held.add if badge.held else held.discard)(called(badge.badge))
    for rung in rows_of(reader, STANDING):
        if rung.participant in people:
            found[people[rung.participant]].tiers[rung.ladder] = rung.tier
    for claim in rows_of(reader, CLAIM):
        if claim.standing and claim.participant in people:
            found[people[claim.participant]].claims[called(claim.reward)] += 1
    return found


def _purses(reader: Reader | Unit, people: dict[int, Person], found: dict[Person, Standing]) -> None:
    wallet: tuple[int, str] | None = None
    came: dict[int, tuple[str, int]] = {}
    for entry in rows_of(reader, ENTRY):
        if entry.participant not in people:
            continue
        if entry[:2] != wallet:
            wallet, came = entry[:2], {}
        purse = found[people[entry.participant]].purses.setdefault(entry.currency, Purse())
        purse.earned, purse.spent, purse.balance = entry.earned, entry.spent, entry.balance
        _flow(purse, entry, came)


def _flow(purse: Purse, entry: EntryRow, came: dict[int, tuple[str, int]]) -> None:
    """Add a movement to what its cause gave or took; one that was taken back was none."""
    if entry.reverses is not None and entry.reverses in came:
        cause, left = came[entry.reverses]
        left += entry.amount
        came[entry.reverses] = cause, left
        flow = purse.flows[cause]
        flow.times -= not left
        if entry.amount < 0:
            flow.given += entry.amount
        else:
            flow.taken -= entry.amount
        return
    cause = entry.source or ("transfer" if entry.peer is not None else "direct")
    came[entry.version] = cause, entry.amount
    flow = purse.flows.setdefault(cause, Flow())
    flow.times += 1
    if entry.amount > 0:
        flow.given += entry.amount
        flow.last = max(flow.last, entry.occurred_at)
    else:
        flow.taken -= entry.amount
