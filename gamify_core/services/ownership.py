"""Who owns the copies of a badge: read by the assets themselves, and by analytics as the document's ledger.

Promise: owners come newest acquisition first, by when it happened and then by the order of the commands; a burnt copy
has no owner. A badge that is out of the catalog is known as long as copies of it were ever minted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.clock import iso, moment
from gamify_core.errors import NotFound
from gamify_core.ids import id_of
from gamify_core.road import assets
from gamify_core.services.reading import snapshot
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_TIME, SUPPLY
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.services.access import Access
    from gamify_core.services.reading import Snapshot

__all__ = ["Owner", "Ownership", "Supply", "name_of", "owners_of", "ownership", "supply_of"]


@attrs.frozen
class Owner:
    """One copy of a badge, and whose it is since when."""

    participant_id: str
    edition: int
    acquired_at: datetime
    asset_id: str = attrs.field(repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the document's owner."""
        return {
            "userId": self.participant_id,
            "edition": self.edition,
            "acquired_at": iso(self.acquired_at),
        }


@attrs.frozen
class Supply:
    """How many copies of a badge there may be (`max_supply`, None: any number), were and are.

    `owners` counts the people who own at least one; `remaining` is how many may still be minted, None without end.
    """

    badge: str
    max_supply: int | None
    minted: int
    burned: int
    remaining: int | None
    owners: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Ownership:
    """The ownership ledger of a badge: the newest owners, and how many copies and owners there are in all."""

    badge: str
    owners: tuple[Owner, ...]
    total_minted: int
    total_owners: int

    @property
    def type(self) -> str:
        """Always `ownership`."""
        return "ownership"

    def __iter__(self) -> Iterator[Owner]:
        """Go through the owners that are listed."""
        return iter(self.owners)

    def __len__(self) -> int:
        """Return how many are listed."""
        return len(self.owners)

    def __str__(self) -> str:
        """Return a line for the badge and one for each owner."""
        title = f"{self.badge} · {self.total_minted:,} minted, {self.total_owners:,} owners"
        return "\n".join([title, *(f"  #{owner.edition} {owner.participant_id}" for owner in self.owners)])

    def to_dict(self) -> dict[str, object]:
        """Return the document's ownership ledger."""
        return {
            "type": self.type,
            "badge": self.badge,
            "owners": [owner.to_dict() for owner in self.owners],
            "total_minted": self.total_minted,
            "total_owners": self.total_owners,
        }


def ownership(access: Access, badge: str, limit: int = 100) -> Ownership:
    """Return who owns copies of a badge: the `limit` (1 to 100) that were acquired last.

    Raises `NotFound` (`Badge definition not found: …`).
    """
    code = border.code(badge, "badge")
    size = border.whole(limit, "limit", 1, 100)
    with snapshot(access) as seen:
        supply = supply_of(seen, code)
        return Ownership(code, owners_of(seen, code, 0, size), supply.minted, supply.owners)


def owners_of(seen: Snapshot, badge: str, offset: int, limit: int) -> tuple[Owner, ...]:
    """Return who owns copies of a badge, one for each copy, newest acquisition first."""
    prefix = (seen.access.scope, badge)
    rows = seen.reader.scan(ASSET, ASSET_BY_TIME, prefix, reverse=True, offset=offset, limit=limit)
    return tuple(
        Owner(
            name_of(seen, row.owner) or "",
            row.edition,
            moment(row.acquired_at),
            id_of("asset", row.minted_by, row.ordinal),
        )
        for row in rows
    )


def name_of(seen: Snapshot, number: int | None) -> str | None:
    """Return who a participant's number is."""
    person = seen.reader.get(PARTICIPANT, (number,)) if number is not None else None
    return person.participant_id if person is not None else None


def supply_of(seen: Snapshot, badge: str) -> Supply:
    """Return how many copies of a badge there may be, were and are. Raises `NotFound` for one that never was."""
    row = seen.reader.get(SUPPLY, (seen.access.scope, badge))
    try:
        defined = seen.plan.catalog.badge(badge)
    except NotFound:
        if row is None:
            raise
        defined = None
    limit = assets.most(defined, row)
    if row is None:
        return Supply(badge, limit, 0, 0, limit, 0)
    remaining = max(limit - row.minted, 0) if limit is not None else None
    return Supply(badge, limit, row.minted, row.burned, remaining, row.owners)
