"""Points: one immutable row per movement of a wallet, whose last row *is* the wallet.

Rows are clustered by (participant, currency), so a balance is one seek, a statement is one range, and no second
table has to be kept in step. The other side of a movement is a system account (`@issued`, `@spent`, …),
which keeps no running balance, or a `peer`, whose own row mirrors this one: per currency everything sums to zero.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["ENTRY", "REVERSAL", "EntryRow", "ReversalRow"]


class EntryRow(NamedTuple):
    """One movement. `amount` is signed; `balance`, `earned` and `spent` are the wallet's after it."""

    participant: int
    currency: str
    version: int
    activity: int
    ordinal: int
    amount: int
    account: str | None  # the system account on the other side …
    peer: int | None  # … or the other participant
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


ENTRY = Table(
    "entry",
    EntryRow,
    key=3,
    chain=True,
    parents={"participant": "participant", "peer": "participant", "activity": "activity"},
)
REVERSAL = Table("reversal", ReversalRow, key=3, parents={"participant": "participant"})
