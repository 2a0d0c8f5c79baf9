"""Rewards: what is left of each, the codes that are handed out, who claimed what, and what multiplies points.

Everything is per scope. A claim is named by the activity that made it and its place there (`claim_17_1`).
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = [
    "BOOST",
    "BOOST_BY_CLAIM",
    "BOOST_BY_END",
    "CLAIM",
    "CLAIM_BY_PERSON",
    "CLAIM_STANDING",
    "CODE",
    "CODE_BY_VALUE",
    "CODE_FREE",
    "STOCK",
]
__all__ += ["BoostRow", "ClaimRow", "CodeRow", "StockRow"]


class StockRow(NamedTuple):
    """How often a reward was claimed (less what was cancelled), and how many codes it was given and has left."""

    scope: str
    reward: str
    claimed: int
    codes: int
    free_codes: int


class CodeRow(NamedTuple):
    """A code of a reward's pool, in the order in which they were added; `free` is 1, or None once it is taken."""

    scope: str
    reward: str
    n: int
    value: str
    free: int | None
    activity: int


class ClaimRow(NamedTuple):
    """A claim. `standing` is 1, or None once it was cancelled by `cancelled_by` (else 0); `code` numbers its code."""

    claimed_by: int  # the activity …
    ordinal: int  # … and the place in its outcome
    scope: str
    reward: str
    participant: int
    code: int | None
    cost: int
    currency: str
    version: int | None  # the movement that paid for it
    occurred_at: int
    standing: int | None
    cancelled_by: int


class BoostRow(NamedTuple):
    """A multiplier of a participant's points: `factor` as a decimal text, from `starts` until before `ends`."""

    participant: int
    currency: str
    n: int
    reward: str
    factor: str
    stacking: str
    rounding: str
    starts: int
    ends: int
    claimed_by: int
    ordinal: int


STOCK = Table("stock", StockRow, key=2)
CODE_BY_VALUE = Index("code_by_value", ("scope", "reward", "value"), unique=True)
CODE_FREE = Index("code_free", ("scope", "reward", "n"), present="free")
CODE = Table(
    "code", CodeRow, key=3, chain=True, indexes=(CODE_BY_VALUE, CODE_FREE), parents={"activity": "activity"}
)
CLAIM_BY_PERSON = Index(
    "claim_by_person", ("participant", "occurred_at", "claimed_by", "ordinal", "cancelled_by")
)
CLAIM_STANDING = Index("claim_standing", ("participant", "reward", "claimed_by"), present="standing")
CLAIM = Table(
    "claim",
    ClaimRow,
    key=2,
    indexes=(CLAIM_BY_PERSON, CLAIM_STANDING),
    parents={"participant": "participant", "claimed_by": "activity"},
)
BOOST_BY_END = Index("boost_by_end", ("participant", "currency", "ends"))
BOOST_BY_CLAIM = Index("boost_by_claim", ("claimed_by", "ordinal"), unique=True)
BOOST = Table(
    "boost",
    BoostRow,
    key=3,
    chain=True,
    indexes=(BOOST_BY_END, BOOST_BY_CLAIM),
    parents={"participant": "participant", "claimed_by": "activity"},
)
