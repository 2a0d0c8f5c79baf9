"""The seed that a store's luck is drawn from: chosen once, kept with it, looked for when something is drawn."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from gamify_core.storage.tables.activity import SETTING, SettingRow

if TYPE_CHECKING:
    from gamify_core.storage.unit import Unit

__all__ = ["seeding"]

_NAME = "seed"


def seeding(chosen: int | None) -> Callable[[Unit], int]:
    """Return what finds the seed of a unit's store, putting the `chosen` one, or any, into a store that has none."""

    def seed_of(unit: Unit) -> int:
        seed: int | None = unit.known.get(_NAME) or unit.memo.get(_NAME)
        if seed is None:
            row = unit.get(SETTING, (_NAME,))
            if row is None:
                row = SettingRow(_NAME, str(chosen if chosen is not None else secrets.randbits(63) + 1))
                unit.add(SETTING, row)
            seed = unit.memo[_NAME] = int(row.value)
        return seed

    return seed_of
