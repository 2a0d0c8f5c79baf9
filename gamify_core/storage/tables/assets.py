"""Property: numbered copies of badges, who owns them, and the way each came.

An asset is named by the activity that minted it and its place there (`asset_17_0`), so its name needs no counter of its
own. A copy that was burnt keeps its row and its number, and has no owner.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["ASSET", "ASSET_BY_EDITION", "ASSET_BY_OWNER", "ASSET_BY_TIME"]
__all__ += [
    "ASSET_OF_PERSON",
    "PROVENANCE",
    "PROVENANCE_BY_HOLDER",
    "SUPPLY",
    "AssetRow",
    "ProvenanceRow",
    "SupplyRow",
]


class SupplyRow(NamedTuple):
    """How many copies of a badge there may be (None: any number), and how many there were and are.

    Editions below `untried` have all been minted; `owners` counts the people who own at least one copy.
    """

    scope: str
    badge: str
    max_supply: int | None
    untried: int
    minted: int
    burned: int
    owners: int


class AssetRow(NamedTuple):
    """One copy. `owner` is None once it was burnt; `acquired_*` is when the present owner got it."""

    minted_by: int  # the activity …
    ordinal: int  # … and the place in its outcome
    scope: str
    badge: str
    edition: int
    owner: int | None
    minted_at: int
    acquired_at: int
    acquired_by: int


class ProvenanceRow(NamedTuple):
    """One step of a copy's way: `minted`, `transferred` or `burned`; `holder` has it afterwards."""

    minted_by: int
    ordinal: int
    n: int
    what: str
    holder: int | None
    previous: int | None
    occurred_at: int
    activity: int


SUPPLY = Table("supply", SupplyRow, key=2)
ASSET_BY_EDITION = Index("asset_by_edition", ("scope", "badge", "edition"), unique=True)
ASSET_BY_OWNER = Index("asset_by_owner", ("owner", "badge", "acquired_at", "acquired_by"), present="owner")
ASSET_OF_PERSON = Index("asset_of_person", ("owner", "acquired_at", "acquired_by"), present="owner")
ASSET_BY_TIME = Index("asset_by_time", ("scope", "badge", "acquired_at", "acquired_by"), present="owner")
ASSET = Table(
    "asset",
    AssetRow,
    key=2,
    indexes=(ASSET_BY_EDITION, ASSET_BY_OWNER, ASSET_OF_PERSON, ASSET_BY_TIME),
    parents={"owner": "participant", "minted_by": "activity"},
)
PROVENANCE_BY_HOLDER = Index("provenance_by_holder", ("holder", "activity"), present="holder")
PROVENANCE = Table(
    "provenance",
    ProvenanceRow,
    key=3,
    chain=True,
    indexes=(PROVENANCE_BY_HOLDER,),
    parents={"holder": "participant", "previous": "participant", "activity": "activity"},
)
