"""How everybody stands, as far as definitions decide it: points by what gave them, badges, tiers, rewards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import attrs

from gamify_core.history.looking import rows_of
from gamify_core.road.joined import is_alias
from gamify_core.road.streak_rows import case_of, state_in
from gamify_core.road.wallet import MERGED
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, STANDING
from gamify_core.storage.tables.rewards import CLAIM
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan
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
    streaks: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    """The run that goes on, and the longest; a streak of which there never was one is left out."""
    claims: Counter[str] = attrs.field(factory=Counter)


def standings(
    reader: Reader | Unit,
    plan: Plan,
    as_of: int,
    left_out: Collection[Person] = (),
    called: Callable[[str], str] = str,
) -> dict[Person, Standing]:
    """Return how everybody stands at an instant who was not erased, and is not `left_out`.

    `plan` judges streaks; `called` says how to call definitions.
    """
    known = {row.number: row for row in rows_of(reader, PARTICIPANT) if row.erased is None}
    whole = {number: known.get(row.person or number) for number, row in known.items()}
    rows = {
        number: row
        for number, row in whole.items()
        if row is not None and (row.scope, row.participant_id) not in left_out
    }
    people = {number: (row.scope, row.participant_id) for number, row in rows.items()}
    aliases = {number for number, row in known.items() if is_alias(row)}
    found = {person: Standing() for person in people.values()}
    _purses(reader, people, aliases, found)
    heads: dict[tuple[int, str], int] = {}
    for badge in rows_of(reader, BADGE):
        heads[badge.participant, badge.badge] = badge.held
    for (number, code), there in heads.items():
        if there and number in people:
            found[people[number]].badges.add(called(code))
    for rung in rows_of(reader, STANDING):
        if rung.participant in people and rung.participant not in aliases:
            found[people[rung.participant]].tiers[rung.ladder] = rung.tier
    for claim in rows_of(reader, CLAIM):
        if claim.standing and claim.participant in people:
            found[people[claim.participant]].claims[called(claim.reward)] += 1
    for row in rows_of(reader, STREAK):
        streak, who = plan.streaks.get(row.streak), rows.get(row.participant)
        if streak is not None and who is not None and row.longest:
            current = case_of(reader, who, streak, plan.zone, row).ahead(state_in(row), as_of).current
            found[people[row.participant]].streaks[row.streak] = current, row.longest
    return found


def _purses(
    reader: Reader | Unit, people: dict[int, Person], merged: set[int], found: dict[Person, Standing]
) -> None:
    wallet: tuple[int, str] | None = None
    head = (0, 0, 0)
    came: dict[int, tuple[str, int]] = {}
    wallets: dict[tuple[int, str], dict[int, tuple[str, int]]] = {}
    elsewhere: list[EntryRow] = []  # what took movements back of wallets that were merged into this one
    for entry in rows_of(reader, ENTRY):
        if entry.participant not in people:
            continue
        if entry[:2] != wallet:
            wallet, head, came = entry[:2], (0, 0, 0), {}
            if entry.participant in merged:
                wallets[wallet] = came
        purse = found[people[entry.participant]].purses.setdefault(entry.currency, Purse())
        purse.earned += entry.earned - head[0]
        purse.spent += entry.spent - head[1]
        purse.balance += entry.balance - head[2]
        head = entry.earned, entry.spent, entry.balance
        if entry.reverses is not None and entry.peer is not None:
            elsewhere.append(entry)
        elif entry.source != MERGED:
            _flow(purse, entry, came)
    for entry in elsewhere:
        purse = found[people[entry.participant]].purses[entry.currency]
        _flow(purse, entry, wallets.get((entry.peer or 0, entry.currency), {}))


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
