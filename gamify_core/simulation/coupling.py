"""Whether participants get in each other's way: what is scarce is shared, and then everybody plays in one world."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.simulation.scenario import Scenario

__all__ = ["coupling"]


def coupling(catalog: Catalog, scenario: Scenario) -> tuple[str, ...]:
    """Return what makes one participant's season depend on another's, each by its path; nothing: they are apart.

    >>> from gamify_core import Badge, Catalog
    >>> from gamify_core.simulation import Scenario
    >>> coupling(Catalog(badges=[Badge("pioneer", criteria="events.count >= 1", max_supply=100)]), Scenario())
    ('badges.pioneer.max_supply',)
    """
    found = [f"badges.{badge.code}.max_supply" for badge in catalog.badges if badge.max_supply is not None]
    for reward in catalog.rewards:
        if reward.total_inventory is not None:
            found.append(f"rewards.{reward.code}.total_inventory")
        if reward.type == "coupon":
            found.append(f"rewards.{reward.code}.codes")
    found += [
        f"leaderboards.{board.code}.prizes"
        for board in catalog.leaderboards
        if getattr(board, "prizes", None)
    ]
    for persona in scenario.personas:
        found += [f"personas.{persona.code}.{way}" for way in ("trades", "sends") if getattr(persona, way)]
    return tuple(found)
