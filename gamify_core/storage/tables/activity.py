"""The spine of history: one append-only row per accepted command, and what it was asked with.

`digest` seals the row: SHA-256 over the digest before it, this row, and the salted hash of its payload. The
payload lives in a row of its own so that it can be erased without breaking the seal (`hash` then keeps
what the digest was made from). Outcomes name participants by number and hold no free text.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = [
    "ACTIVITY",
    "ACTIVITY_BY_KEY",
    "ACTIVITY_LATE",
    "CATALOG",
    "CATALOG_BY_FINGERPRINT",
    "PAYLOAD",
    "SETTING",
]
__all__ += ["ActivityRow", "CatalogRow", "PayloadRow", "SettingRow"]


class ActivityRow(NamedTuple):
    """One accepted command. `seq` is its id; all other ids derive from it and an ordinal."""

    seq: int
    recorded_at: int
    occurred_at: int
    scope: str
    kind: str
    participant: int | None
    catalog: int
    semantics: int
    key: bytes | None  # SHA-256 (16 bytes of it) of scope, operation and idempotency key
    fingerprint: bytes | None  # of the arguments as passed, kept only beside a key
    outcome: str
    digest: bytes
    late: int | None  # `occurred_at` again where that was more than an hour away: else `seq` tells the time


class PayloadRow(NamedTuple):
    """What a command was asked with, as canonical JSON; erasing leaves only its hash."""

    seq: int
    salt: bytes | None
    request: str | None
    hash: bytes | None


class CatalogRow(NamedTuple):
    """A catalog that decisions were made under, whole.

    It is addressed by its content or, where definitions made at run time are in it, by what it was made of.
    """

    number: int
    fingerprint: str
    document: str


class SettingRow(NamedTuple):
    """A fact about the store itself, such as the seed of its draws."""

    name: str
    value: str


ACTIVITY_BY_KEY = Index("activity_by_key", ("key",), unique=True, present="key")
ACTIVITY_LATE = Index("activity_late", ("late", "seq"), present="late")
ACTIVITY = Table(
    "activity",
    ActivityRow,
    key=1,
    chain=True,
    indexes=(ACTIVITY_BY_KEY, ACTIVITY_LATE),
    parents={"participant": "participant", "catalog": "catalog"},
)
PAYLOAD = Table("payload", PayloadRow, key=1, chain=True, parents={"seq": "activity"})
CATALOG_BY_FINGERPRINT = Index("catalog_by_fingerprint", ("fingerprint",), unique=True)
CATALOG = Table("catalog", CatalogRow, key=1, chain=True, indexes=(CATALOG_BY_FINGERPRINT,))
SETTING = Table("setting", SettingRow, key=1)
