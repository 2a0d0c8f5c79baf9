"""A numbered copy of a badge as callers see it: what it is, each step of its way, and what commands about it answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.answers import ActionAnswer, Answer
from gamify_core.clock import iso, moment
from gamify_core.errors import NotFound
from gamify_core.ids import id_of
from gamify_core.road import assets
from gamify_core.road.requests import asked_with
from gamify_core.services.ownership import name_of
from gamify_core.storage.tables.assets import SUPPLY

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.tables.assets import AssetRow, ProvenanceRow

__all__ = ["Asset", "AssetAnswer", "BurnedAnswer", "Step", "TransferredAnswer", "asset_of", "step_of"]


class _AssetAnswer(Answer):
    """A command about one copy: the first words of its outcome say which."""

    __slots__ = ()

    @property
    def _about(self) -> Words:
        """The words of a copy: minted by, ordinal, badge, edition, and the sender where there is one."""
        return self._decided.outcome[0][3:]

    @property
    def asset_id(self) -> str:
        """The copy; `badge_id` in the documents."""
        minted_by, ordinal, *_ = self._about
        return id_of("asset", int(minted_by or 0), int(ordinal or 0))

    @property
    def badge(self) -> str:
        """Of which badge it is a copy."""
        return str(self._about[2])

    @property
    def edition(self) -> int:
        """Its number."""
        return int(self._about[3] or 0)


class AssetAnswer(_AssetAnswer):
    """A copy that was minted."""

    __slots__ = ()

    @property
    def owner(self) -> str:
        """Whom it was minted for."""
        return self.participant_id

    @property
    def max_supply(self) -> int | None:
        """How many copies there may be; None: any number."""
        fixed = self._said()[2]
        return None if fixed is None else int(fixed)

    @property
    def minted_at(self) -> datetime:
        """When it was minted, in UTC."""
        return self.occurred_at

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a mint."""
        return {
            "badge_id": self.asset_id,
            "badge": self.badge,
            "owner": self.owner,
            "edition": self.edition,
            "max_supply": self.max_supply,
            "minted_at": iso(self.minted_at),
        }


class TransferredAnswer(_AssetAnswer, ActionAnswer):
    """A copy that changed hands."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """Always `transfer`."""
        return "transfer"

    @property
    def sender(self) -> str:
        """Who gave it; `from` in the documents."""
        return self.participant_id

    @property
    def to(self) -> str:
        """Who has it now."""
        return self._decided.people[int(self._decided.outcome[0][1] or 0)]

    @property
    def transferred_at(self) -> datetime:
        """When it changed hands, in UTC."""
        return self.occurred_at

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a transfer."""
        return {
            "action_id": self.action_id,
            "type": self.type,
            "asset": self.asset_id,
            "from": self.sender,
            "to": self.to,
            "status": self.status,
            "transferred_at": iso(self.transferred_at),
        }


class BurnedAnswer(_AssetAnswer, ActionAnswer):
    """A copy that was destroyed."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """Always `burn`."""
        return "burn"

    @property
    def owner(self) -> str:
        """Whose it was."""
        return self.participant_id

    @property
    def burned_at(self) -> datetime:
        """When it was burnt, in UTC."""
        return self.occurred_at

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON, in the words of a transfer."""
        return {
            "action_id": self.action_id,
            "type": self.type,
            "asset": self.asset_id,
            "owner": self.owner,
            "status": self.status,
            "burned_at": iso(self.burned_at),
        }


@attrs.frozen
class Asset:
    """A numbered copy of a badge. `owner` is None once it was burnt; `metadata` is what it was minted with."""

    asset_id: str
    badge: str
    owner: str | None
    edition: int
    max_supply: int | None
    minted_at: datetime
    acquired_at: datetime
    metadata: Mapping[str, object] = attrs.field(factory=dict, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the document's asset, and since when it has this owner."""
        return {
            "badge_id": self.asset_id,
            "badge": self.badge,
            "owner": self.owner,
            "edition": self.edition,
            "max_supply": self.max_supply,
            "minted_at": iso(self.minted_at),
            "acquired_at": iso(self.acquired_at),
            "metadata": dict(self.metadata),
        }


@attrs.frozen
class Step:
    """A step of a copy's way: it was `minted` (then there is no `sender`), `transferred`, or `burned` (no `to`)."""

    what: str
    sender: str | None
    to: str | None
    occurred_at: datetime
    activity_id: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "what": self.what,
            "from": self.sender,
            "to": self.to,
            "occurred_at": iso(self.occurred_at),
            "activity_id": self.activity_id,
        }


def asset_of(seen: Snapshot, row: AssetRow) -> Asset:
    """Return a copy from its row."""
    supply = seen.reader.get(SUPPLY, (row.scope, row.badge))
    try:
        badge = seen.plan.catalog.badge(row.badge)
    except NotFound:  # out of the catalog by now
        badge = None
    return Asset(
        id_of("asset", row.minted_by, row.ordinal),
        row.badge,
        name_of(seen, row.owner),
        row.edition,
        assets.most(badge, supply),
        moment(row.minted_at),
        moment(row.acquired_at),
        _metadata(seen, row.minted_by),
    )


def _metadata(seen: Snapshot, activity: int) -> Mapping[str, object]:
    """Return the metadata of the command that minted a copy; there is none once that was erased."""
    return (asked_with(seen.reader, activity) or {}).get("metadata") or {}


def step_of(seen: Snapshot, row: ProvenanceRow) -> Step:
    """Return a step of a copy's way from its row."""
    return Step(
        row.what,
        name_of(seen, row.previous),
        name_of(seen, row.holder),
        moment(row.occurred_at),
        row.activity,
    )
