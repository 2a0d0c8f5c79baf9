"""The seed that a store's luck is drawn from: chosen once, kept with it, looked for when something is drawn."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from gamify_core.storage.tables.activity import SETTING, SettingRow

if TYPE_CHECKING:
    from gamify_core.storage.unit import Unit

__all__ = ["CHECK", "SEED", "check_of", "seeding"]

SEED = "seed"
CHECK = "seed_check"
"""The name of what is written beside the seed, which follows from nothing, so that an audit sees it change."""


def check_of(seed: str) -> str:
    """Return what is written beside a seed."""
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def seeding(chosen: int | None) -> Callable[[Unit], int]:
    """Return what finds the seed of a unit's store, putting the `chosen` one, or any, into a store that has none."""

    def seed_of(unit: Unit) -> int:
        seed: int | None = unit.known.get(SEED) or unit.memo.get(SEED)
        if seed is None:
            row = unit.get(SETTING, (SEED,))
            if row is None:
                row = SettingRow(SEED, str(chosen if chosen is not None else secrets.randbits(63) + 1))
                unit.add(SETTING, row)
                unit.add(SETTING, SettingRow(CHECK, check_of(row.value)))
            seed = unit.memo[SEED] = int(row.value)
        return seed

    return seed_of
