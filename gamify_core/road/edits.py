"""What an edit of a definition is refused for though the catalog that it leads to would be sound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from gamify_core.catalog.nearest import nearest
from gamify_core.errors import NotFound
from gamify_core.road.definitions import TIERS, versions

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.road.turn import Turn

__all__ = ["refuse_misspelt", "refuse_referred"]

_ENDING = re.compile(r"_[^_]*$|\d+$")


def refuse_referred(catalog: Catalog, reward: str) -> None:
    """Refuse to take a reward out of force that something gives. Raises `CatalogError`, which names what does.

    Unlike other definitions it would stay in the catalog, inactive, so nothing else finds what refers to it.
    """
    attrs.evolve(catalog, rewards=[each for each in catalog.rewards if each.code != reward])


def refuse_misspelt(turn: Turn, ladder: str) -> None:
    """Refuse to found a ladder whose name was probably meant to be that of another. Raises `NotFound`.

    Names that differ in their number, or in what follows an underscore, are meant so: `season_1` and `season_2`.
    """
    known = [each.code for each in turn.plan.catalog.ladders]
    if ladder in known or ladder in {version.ladder for version in versions(turn.unit, TIERS)}:
        return
    stem = _ENDING.sub("", ladder)
    near = nearest(ladder, [each for each in known if _ENDING.sub("", each) != stem])
    if near is not None:
        raise NotFound("ladder", ladder, f"Ladder definition not found: {ladder}", nearest=near)
