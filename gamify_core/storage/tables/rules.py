"""When rules fired, for those that have to know: a cooldown asks what fired around an instant.

The latest firing alone would not do. Events come late and out of order, so the firing that is nearest may lie on
either side of the one being decided, and anywhere among those before.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["FIRED", "FiredRow"]


class FiredRow(NamedTuple):
    """A firing of a rule with a cooldown, by event time."""

    participant: int
    rule: str
    occurred_at: int
    activity: int


FIRED = Table("fired", FiredRow, key=3, parents={"participant": "participant", "activity": "activity"})
