"""Points: one immutable row per movement of a wallet, whose last row *is* the wallet.

Rows are clustered by (participant, currency), so a balance is one seek, a statement is one range, and no second
table has to be kept in step. The other side of a movement is a system account (`@issued`, `@spent`, …),
which keeps no running balance, or a `peer`, whose own row mirrors this one: per currency everything sums to zero.

What time will do to a wallet stands beside it, and only where there is such a thing:

- `pending`: points that were awarded and count from an instant on. They are in no balance until then.
- `lot`: the part of a movement that lapses at an instant unless it is spent before. Of a wallet, all that is left
  of its lots is never more than what is available; the rest of the balance does not lapse.
- `hold`: points set aside for a purpose. They are in the balance, and not available. What they hold of lots was taken
  out of these, and does not lapse meanwhile.
- `draw`: what a movement or a hold took from which lot, so that it can be given back there.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["DRAW", "ENTRY", "HOLD", "HOLD_DUE", "LOT", "LOT_DUE", "PENDING", "PENDING_DUE", "REVERSAL"]
__all__ += ["DrawRow", "EntryRow", "HoldRow", "LotRow", "PendingRow", "ReversalRow"]


class EntryRow(NamedTuple):
    """One movement. `amount` is signed; `balance`, `earned` and `spent` are the wallet's after it."""

    participant: int
    currency: str
    version: int
    activity: int
    ordinal: int
    amount: int
    account: str | None  # the system account on the other side …
    peer: (
        int | None
    )  # … or the other participant; of a reversal, whose movement it was, where they were merged
    balance: int
    earned: int
    spent: int
    occurred_at: int
    source: str | None  # what brought it about, e.g. "rule:lesson"; None for a direct call
    base: int | None  # what was awarded before a multiplier made `amount` of it; None where none did
    reverses: int | None  # the version of the movement that this one takes back


class ReversalRow(NamedTuple):
    """How much of a movement has been taken back: the movement itself is never touched."""

    participant: int
    currency: str
    version: int
    amount: int


class PendingRow(NamedTuple):
    """Points that the effect `ordinal` of an activity promised, and that count from `matures` on.

    `left` is what has not been taken back. `due` is `matures` as long as they wait, and None from then on: `version` is
    the movement that they became, or None where nothing was left of them, and `resolved` the activity that did it.
    """

    activity: int
    ordinal: int
    participant: int
    currency: str
    amount: int
    base: int | None  # as in a movement
    source: str | None
    matures: int
    expires: int | None
    left: int
    due: int | None
    version: int | None
    resolved: int | None


class LotRow(NamedTuple):
    """What movement `version` of a wallet brought that lapses at `expires`; `left` of `amount` is there still.

    `due` is `expires` as long as something is left, and None else.
    """

    participant: int
    currency: str
    version: int
    expires: int
    amount: int
    left: int
    due: int | None


class DrawRow(NamedTuple):
    """How much the movement or the hold that an activity made at `ordinal` has from a lot.

    Of a movement that is taken back, what is given back to the lot is taken off; of a hold it stays, for it ends once.
    Of a movement by which lots lapsed it is what lapsed of each, less what was not to have lapsed as its award was
    taken back.
    """

    activity: int
    ordinal: int
    participant: int
    currency: str
    version: int
    expires: int
    amount: int


class HoldRow(NamedTuple):
    """Points set aside. `state` is `held` until it is `captured`, `released` or `expired`, once and for all.

    `due` is when it ends by itself (`NEVER` where it does not) as long as it is held, and None from then on; `captured`
    is how much of it was spent, by the activity `resolved`, at `resolved_at`.
    """

    activity: int
    ordinal: int
    participant: int
    currency: str
    amount: int
    expires: int | None
    state: str
    captured: int
    resolved: int | None
    resolved_at: int | None
    due: int | None


_PARENTS = {"participant": "participant", "activity": "activity"}
PENDING_DUE = Index("pending_due", ("participant", "due"), present="due")
PENDING = Table("pending", PendingRow, key=2, indexes=(PENDING_DUE,), parents=_PARENTS)
LOT_DUE = Index("lot_due", ("participant", "due"), present="due")
LOT = Table("lot", LotRow, key=4, indexes=(LOT_DUE,), parents={"participant": "participant"})
DRAW = Table("draw", DrawRow, key=6, parents=_PARENTS)
HOLD_DUE = Index("hold_due", ("participant", "due"), present="due")
HOLD = Table("hold", HoldRow, key=2, indexes=(HOLD_DUE,), parents=_PARENTS)
ENTRY = Table(
    "entry",
    EntryRow,
    key=3,
    chain=True,
    parents={"participant": "participant", "peer": "participant", "activity": "activity"},
)
REVERSAL = Table("reversal", ReversalRow, key=3, parents={"participant": "participant"})
