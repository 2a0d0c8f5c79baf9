"""`engine.assets`: numbered copies of badges, from the mint through every hand to the fire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.errors import BadValue
from gamify_core.ids import id_of, numbers_of
from gamify_core.road import assets
from gamify_core.road.commands import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import other_side, request_of
from gamify_core.services.copies import (
    Asset,
    AssetAnswer,
    BurnedAnswer,
    Step,
    TransferredAnswer,
    asset_of,
    step_of,
)
from gamify_core.services.ownership import Owner, Supply, owners_of, supply_of
from gamify_core.services.pages import Page
from gamify_core.services.reading import snapshot
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_OWNER, ASSET_OF_PERSON, PROVENANCE, SUPPLY

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.assets import AssetRow

__all__ = ["Assets"]


class Assets:
    """Numbered copies of badges: minted, owned, handed on. Owning one says nothing about having earned the badge."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def mint(  # noqa: PLR0913 - the fields of the document
        self,
        badge: str,
        to: str,
        *,
        edition: int | None = None,
        max_supply: int | None = None,
        metadata: Mapping[str, object] | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> AssetAnswer:
        """Make a copy of a badge and give it to a participant.

        Editions are allotted from 1 on, always the lowest that was never used; `edition` names a free one instead.
        `max_supply` is fixed by the definition of the badge, or else by its first mint: one without it fixes that
        there is no end. What the definition says goes with it, should it be taken back. Both may stand in `metadata`
        too, as the document passes them.
        Raises `NotFound` (`Badge definition not found: …`), `SoldOut`, `EditionTaken`, `SupplyFixed`, `BadValue`.

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> first = game.assets.mint("early_adopter", "alice", metadata={"edition": 1, "max_supply": 100})
        >>> first.asset_id, first.edition, game.assets.mint("early_adopter", "bob").edition
        ('asset_2_0', 1, 2)
        """
        code = border.code(badge, "badge")
        who = border.participant(to, "to")
        given = border.properties(metadata, "metadata") if metadata is not None else None
        number = _chosen("edition", edition, given)
        most = _chosen("max_supply", max_supply, given)
        request = request_of(
            at, participant_id=who, badge=code, edition=edition, max_supply=max_supply, metadata=given
        )

        def decide(turn: Turn) -> None:
            defined = turn.plan.catalog.badge(code)
            assets.mint(turn, turn.who, defined, "direct", number, most)
            supply = turn.unit.get(SUPPLY, (turn.scope, code))
            turn.say("=", turn.who.number, assets.most(defined, supply))

        ask = Ask("assets.mint", who, request, at, border.idempotency_key(idempotency_key), decide)
        return AssetAnswer(self._access.write(ask))

    def transfer(
        self,
        asset: str,
        sender: str,
        to: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TransferredAnswer:
        """Hand a copy on from its owner to another participant. Who has earned the badge stays as it is.

        Raises `NotFound` (`Asset not found: …`), `NotOwner`, `NotTransferable`, `BadValue` (to oneself).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> minted = game.assets.mint("early_adopter", "alice")
        >>> game.assets.transfer(minted.asset_id, "alice", "bob").status
        'completed'
        >>> game.assets.get(minted.asset_id).owner
        'bob'
        """
        giver = border.participant(sender, "sender")
        taker = border.participant(to, "to")
        if giver == taker:
            detail = f"sender and recipient are the same: {giver!r}"
            raise BadValue("to", taker, detail)
        numbers_of("asset", asset)
        request = request_of(at, participant_id=giver, asset=asset, to=taker)

        def decide(turn: Turn) -> None:
            assets.hand_over(turn, asset, turn.who, other_side(turn, taker, "to"))

        key = border.idempotency_key(idempotency_key)
        ask = Ask("assets.transfer", giver, request, at, key, decide, (taker,))
        return TransferredAnswer(self._access.write(ask))

    def burn(
        self,
        asset: str,
        owner: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> BurnedAnswer:
        """Destroy a copy. Its number stays used, its way can still be read, and an earned badge stays earned.

        Raises `NotFound` (`Asset not found: …`), `NotOwner`.

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter", max_supply=1)]))
        >>> game.assets.burn(game.assets.mint("early_adopter", "alice").asset_id, "alice").status
        'completed'
        >>> game.assets.mint("early_adopter", "alice")
        Traceback (most recent call last):
        gamify_core.errors.SoldOut: The one edition of early_adopter is minted
        """
        who = border.participant(owner, "owner")
        numbers_of("asset", asset)
        said = border.text(reason, "reason")
        request = request_of(at, participant_id=who, asset=asset, reason=said)

        def decide(turn: Turn) -> None:
            assets.burn(turn, assets.owned(turn, asset, turn.who), "direct")

        ask = Ask("assets.burn", who, request, at, border.idempotency_key(idempotency_key), decide)
        return BurnedAnswer(self._access.write(ask))

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, asset: str) -> Asset:
        """Return a copy, burnt or not. Raises `NotFound` (`Asset not found: …`).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter", max_supply=10)]))
        >>> minted = game.badges.award("alice", "early_adopter").effects[1]
        >>> game.assets.get(minted.asset_id).edition
        1
        """
        with snapshot(self._access) as seen:
            return asset_of(seen, assets.found(seen.reader, self._access.scope, asset))

    def list(
        self, participant_id: str, *, badge: str | None = None, page: int = 1, page_size: int = 20
    ) -> Page[Asset]:
        """Return the copies that a participant owns (of one badge), newest acquisition first.

        Raises `NotFound` (`Badge definition not found: …`).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> _ = [game.assets.mint("early_adopter", who) for who in ("alice", "bob", "alice")]
        >>> [asset.edition for asset in game.assets.list("alice")]
        [3, 1]
        """
        who = border.participant(participant_id)
        code = border.code(badge, "badge") if badge is not None else None
        number, size = border.page(page, page_size)
        index = ASSET_OF_PERSON if code is None else ASSET_BY_OWNER
        with snapshot(self._access) as seen:
            if code is not None:
                supply_of(seen, code)
            person = self._access.person(seen.reader, who)
            rows: list[AssetRow] = []
            total = 0
            if person is not None:
                prefix = (person.number,) if code is None else (person.number, code)
                total = seen.reader.count(ASSET, index, prefix)
                offset = (number - 1) * size
                rows = seen.reader.scan(ASSET, index, prefix, reverse=True, offset=offset, limit=size)
            items = [asset_of(seen, row) for row in rows]
        return Page(items, total, number, size, "assets", {"participant_id": who})

    def owners(self, badge: str, *, page: int = 1, page_size: int = 20) -> Page[Owner]:
        """Return who owns the copies of a badge, one entry for each copy, newest acquisition first.

        Raises `NotFound` (`Badge definition not found: …`).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> _ = [game.assets.mint("early_adopter", who) for who in ("alice", "bob")]
        >>> [(owner.participant_id, owner.edition) for owner in game.assets.owners("early_adopter")]
        [('bob', 2), ('alice', 1)]
        """
        code = border.code(badge, "badge")
        number, size = border.page(page, page_size)
        with snapshot(self._access) as seen:
            supply = supply_of(seen, code)
            found = owners_of(seen, code, (number - 1) * size, size)
        return Page(found, supply.minted - supply.burned, number, size, "owners", {"badge": code})

    def history(self, asset: str, *, page: int = 1, page_size: int = 20) -> Page[Step]:
        """Return the way of a copy, from its mint on. Raises `NotFound` (`Asset not found: …`).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> minted = game.assets.mint("early_adopter", "alice")
        >>> _ = game.assets.transfer(minted.asset_id, "alice", "bob")
        >>> [(step.what, step.sender, step.to) for step in game.assets.history(minted.asset_id)]
        [('minted', None, 'alice'), ('transferred', 'alice', 'bob')]
        """
        number, size = border.page(page, page_size)
        with snapshot(self._access) as seen:
            row = assets.found(seen.reader, self._access.scope, asset)
            prefix = (row.minted_by, row.ordinal)
            total = seen.reader.count(PROVENANCE, None, prefix)
            rows = seen.reader.scan(PROVENANCE, None, prefix, offset=(number - 1) * size, limit=size)
            steps = [step_of(seen, one) for one in rows]
        return Page(steps, total, number, size, "history", {"asset": id_of("asset", *prefix)})

    def supply(self, badge: str) -> Supply:
        """Return how many copies of a badge there may be, were and are.

        Raises `NotFound` (`Badge definition not found: …`).

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("early_adopter", max_supply=100)]))
        >>> _ = game.assets.mint("early_adopter", "alice")
        >>> game.assets.supply("early_adopter").remaining
        99
        """
        code = border.code(badge, "badge")
        with snapshot(self._access) as seen:
            return supply_of(seen, code)


def _chosen(field: str, value: int | None, metadata: Mapping[str, object] | None) -> int | None:
    """Return a number that the caller chose, by name or in the metadata; both must say the same."""
    found = border.whole(value, field, 1, border.MOST) if value is not None else None
    also = metadata.get(field) if metadata is not None else None
    if also is None:
        return found
    other = border.whole(also, f"metadata.{field}", 1, border.MOST)
    if found is not None and found != other:
        detail = f"{field} is {found}, and {other} in the metadata"
        raise BadValue(field, found, detail)
    return other
