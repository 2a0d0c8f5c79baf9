"""Property: numbered copies of badges, as they are minted, change hands and are burnt.

Promise: editions are allotted densely, from the lowest number that was never used; no number is used twice, and there
are never more copies than may be. All of it is decided inside the one unit of work that also writes it, so two who
mint at once cannot get the same number. Copies say nothing about who *earned* a badge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.errors import (
    BadValue,
    EditionTaken,
    NotFound,
    NotOwner,
    NotTransferable,
    SoldOut,
    SupplyFixed,
)
from gamify_core.ids import id_of, numbers_of
from gamify_core.storage.tables.assets import (
    ASSET,
    ASSET_BY_EDITION,
    ASSET_BY_OWNER,
    PROVENANCE,
    SUPPLY,
    AssetRow,
    ProvenanceRow,
    SupplyRow,
)

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["burn", "found", "hand_over", "mint", "most", "owned", "pass_on", "sold_out"]


def most(badge: Badge | None, supply: SupplyRow | None) -> int | None:
    """Return how many copies of a badge there may be: as it is defined, or else as the first mint fixed it.

    What is defined goes first, for a designer who changes a definition means it; copies that are there stay. A mint
    fixes nothing as long as the definition does.
    """
    if badge is not None and badge.max_supply is not None:
        return badge.max_supply
    return None if supply is None else supply.max_supply


def sold_out(turn: Turn, badge: Badge) -> int | None:
    """Return how many copies of a badge there may be where all of them have been minted, or None."""
    if turn.aside is not None and turn.aside.has(badge.code):
        return None
    supply = turn.unit.get(SUPPLY, (turn.scope, badge.code))
    limit = most(badge, supply)
    minted = 0 if supply is None else supply.minted
    return limit if limit is not None and minted >= limit else None


def mint(  # noqa: PLR0913 - whom, what and why, and what the caller may choose
    turn: Turn,
    who: ParticipantRow,
    badge: Badge,
    cause: str,
    edition: int | None = None,
    max_supply: int | None = None,
) -> AssetRow:
    """Make a copy of a badge and give it to a participant; `edition` names a free number, else the lowest is taken.

    Where an event is amended that had minted one, this is that one, whoever has it by now.
    Raises `SupplyFixed`, `BadValue` (an edition beyond the supply), `SoldOut`, `EditionTaken`; then nothing is written.
    """
    if turn.aside is not None and (kept := turn.aside.copy_of(badge.code, cause)) is not None:
        return kept
    supply = turn.unit.get(SUPPLY, (turn.scope, badge.code))
    limit = _limit(badge, supply, max_supply)
    if supply is None:
        # What the definition says stays with the definition, and goes with it
        fixed = limit if badge.max_supply is None else None
        supply = SupplyRow(turn.scope, badge.code, fixed, 1, 0, 0, 0)
    if limit is not None and edition is not None and edition > limit:
        detail = f"edition must be from 1 to {limit}, as there may be so many of {badge.code}, not {edition}"
        raise BadValue("edition", edition, detail)
    if limit is not None and supply.minted >= limit:
        raise SoldOut(badge.code, limit)
    number, untried = _number(turn, supply, edition)
    ordinal = len(turn.outcome)
    row = AssetRow(
        turn.seq,
        ordinal,
        turn.scope,
        badge.code,
        number,
        who.number,
        turn.occurred_at,
        turn.occurred_at,
        turn.seq,
    )
    first = not _holds(turn.unit, who.number, badge.code, 1)
    turn.unit.add(ASSET, row)
    _step(turn, row, "minted", who.number, None)
    changed = supply._replace(untried=untried, minted=supply.minted + 1, owners=supply.owners + first)
    turn.unit.put(SUPPLY, changed)
    turn.say("asset_minted", who.number, cause, row.minted_by, row.ordinal, row.badge, row.edition)
    return row


def _limit(badge: Badge, supply: SupplyRow | None, asked: int | None) -> int | None:
    """Return the supply to mint under, and refuse another than was fixed."""
    if supply is None and badge.max_supply is None:
        return asked  # the first mint fixes it, and one that says nothing fixes that there is no end
    fixed = most(badge, supply)
    if asked is not None and asked != fixed:
        raise SupplyFixed(badge.code, fixed, asked)
    return fixed


def _number(turn: Turn, supply: SupplyRow, named: int | None) -> tuple[int, int]:
    """Return the edition to mint, and the number below which all will then have been minted."""
    untried = supply.untried
    if named is not None:
        if _taken(turn, supply, named):
            raise EditionTaken(supply.badge, named)
        return named, untried
    ahead = supply.minted - untried + 1  # named before their turn: mostly none, so nothing is looked up
    while ahead and _taken(turn, supply, untried):
        untried += 1
        ahead -= 1
    return untried, untried + 1


def _taken(turn: Turn, supply: SupplyRow, edition: int) -> bool:
    return turn.unit.find(ASSET, ASSET_BY_EDITION, (supply.scope, supply.badge, edition)) is not None


def found(reader: Reader | Unit, scope: str, asset: str) -> AssetRow:
    """Return the row of an asset, burnt or not. Raises `NotFound`, for one of another scope as well."""
    row = reader.get(ASSET, numbers_of("asset", asset))
    if row is None or row.scope != scope:
        asset = border.code(asset, "asset")
        raise NotFound("asset", asset[:100], f"Asset not found: {asset:.100}")
    return row


def owned(turn: Turn, asset: str, owner: ParticipantRow) -> AssetRow:
    """Return the row of an asset that this participant owns. Raises `NotFound`, `NotOwner`."""
    row = found(turn.unit, turn.scope, asset)
    if row.owner != owner.number:
        raise NotOwner(id_of("asset", row.minted_by, row.ordinal), owner.participant_id)
    return row


def hand_over(
    turn: Turn, asset: str, sender: ParticipantRow, recipient: ParticipantRow, cause: str = "direct"
) -> None:
    """Pass an asset from its owner on to somebody else. Raises `NotFound`, `NotOwner`, `NotTransferable`."""
    row = owned(turn, asset, sender)
    if not _transferable(turn, row.badge):
        raise NotTransferable(id_of("asset", row.minted_by, row.ordinal), row.badge)
    pass_on(turn, row, sender, recipient, cause)


def pass_on(turn: Turn, row: AssetRow, sender: ParticipantRow, recipient: ParticipantRow, cause: str) -> None:
    """Write that a copy has another owner."""
    keeps = _holds(turn.unit, sender.number, row.badge, 2)
    had = _holds(turn.unit, recipient.number, row.badge, 1)
    moved = row._replace(owner=recipient.number, acquired_at=turn.occurred_at, acquired_by=turn.seq)
    turn.unit.put(ASSET, moved)
    _step(turn, moved, "transferred", recipient.number, sender.number)
    if keeps != had:  # otherwise one owner comes for another, or both stay owners
        _count(turn, row.badge, owners=1 if keeps else -1)
    words = (row.minted_by, row.ordinal, row.badge, row.edition, sender.number)
    turn.say("asset_transferred", recipient.number, cause, *words)


def _transferable(turn: Turn, badge: str) -> bool:
    try:
        return turn.plan.catalog.badge(badge).transferable
    except NotFound:  # copies of what is out of the catalog are property still
        return True


def burn(turn: Turn, asset: AssetRow, cause: str) -> None:
    """Destroy a copy that somebody owns. Its number stays used, and its row tells what it was."""
    owner = asset.owner
    assert owner is not None  # noqa: S101 - whoever burns has looked for the owner
    last = not _holds(turn.unit, owner, asset.badge, 2)
    burnt = asset._replace(owner=None)
    turn.unit.put(ASSET, burnt)
    _step(turn, burnt, "burned", None, owner)
    _count(turn, asset.badge, burned=1, owners=-1 if last else 0)
    turn.say("asset_burned", owner, cause, asset.minted_by, asset.ordinal, asset.badge, asset.edition)


def _holds(unit: Unit, number: int, badge: str, least: int) -> bool:
    """Say whether a participant owns at least so many copies of a badge."""
    return len(unit.scan(ASSET, ASSET_BY_OWNER, (number, badge), limit=least)) == least


def _count(turn: Turn, badge: str, *, burned: int = 0, owners: int = 0) -> None:
    supply = turn.unit.get(SUPPLY, (turn.scope, badge))
    assert supply is not None  # noqa: S101 - the first mint wrote it
    changed = supply._replace(burned=supply.burned + burned, owners=supply.owners + owners)
    turn.unit.put(SUPPLY, changed)


def _step(turn: Turn, asset: AssetRow, what: str, holder: int | None, previous: int | None) -> None:
    """Write the next step of a copy's way."""
    name = (asset.minted_by, asset.ordinal)
    last = turn.unit.last(PROVENANCE, name) if previous is not None else None
    n = 1 if last is None else last.n + 1
    turn.unit.append(PROVENANCE, ProvenanceRow(*name, n, what, holder, previous, turn.occurred_at, turn.seq))
