"""Virtual assets: mint, transfer, track ownership."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import Badge, Catalog, NotOwner
from tests.seeds.playing import ANY, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine, ManualClock


def test_the_document_from_first_to_last(open_game: Callable[[Catalog], Engine], clock: ManualClock) -> None:
    """A copy is minted, handed on, and found with its new owner, newest acquisition first."""
    game = open_game(Catalog(badges=[Badge("early_adopter")]))
    clock.set("2026-02-20T12:00:00Z")
    for edition in (3, 4, 5):
        game.assets.mint("early_adopter", f"user_{edition}", edition=edition, max_supply=100)
    clock.set("2026-02-20T12:30:00Z")
    game.assets.mint("early_adopter", "charlie.kred", metadata={"edition": 2, "max_supply": 100})
    clock.set("2026-02-20T13:00:00Z")
    minted = game.assets.mint("early_adopter", "alice.kred", metadata={"edition": 1, "max_supply": 100})
    same(
        minted.to_dict(),
        {
            "badge_id": ANY,
            "badge": "early_adopter",
            "owner": "alice.kred",
            "edition": 1,
            "max_supply": 100,
            "minted_at": "2026-02-20T13:00:00Z",
        },
    )
    clock.set("2026-02-20T13:05:00Z")
    moved = game.assets.transfer(minted.asset_id, "alice.kred", "bob.kred")
    same(
        moved.to_dict(),
        {
            "action_id": ANY,
            "type": "transfer",
            "asset": minted.asset_id,
            "from": "alice.kred",
            "to": "bob.kred",
            "status": "completed",
            "transferred_at": "2026-02-20T13:05:00Z",
        },
    )
    ownership = game.analytics.ownership("early_adopter", limit=2)
    same(
        ownership.to_dict(),
        {
            "type": "ownership",
            "badge": "early_adopter",
            "owners": [
                {"userId": "bob.kred", "edition": 1, "acquired_at": "2026-02-20T13:05:00Z"},
                {"userId": "charlie.kred", "edition": 2, "acquired_at": "2026-02-20T12:30:00Z"},
            ],
            "total_minted": 5,
            "total_owners": 5,
        },
    )
    with pytest.raises(NotOwner):
        game.assets.transfer(minted.asset_id, "alice.kred", "charlie.kred")
