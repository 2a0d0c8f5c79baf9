"""An embeddable gamification engine: points, tiers, streaks, badges, leaderboards and the rules that tie them.

Names are loaded when they are first asked for: a program that only declares a catalog, or a test run that only
collects, does not pay for the engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gamify_core.answers import (
        Answer,
        BadgeAnswer,
        BatchAnswer,
        BatchItem,
        EventAnswer,
        PointsAnswer,
        StreakAnswer,
        TierAnswer,
        TierUpgrade,
        TransferAnswer,
    )
    from gamify_core.border import Limits
    from gamify_core.catalog import (
        Badge,
        Cap,
        Catalog,
        Currency,
        Event,
        Ladder,
        Leaderboard,
        Metric,
        Rule,
        Streak,
        Tier,
    )
    from gamify_core.clock import ManualClock
    from gamify_core.effects import (
        BadgeEarned,
        BadgeRevoked,
        Effect,
        PointsAwarded,
        PointsDeducted,
        Skipped,
        StreakBroken,
        StreakCorrected,
        StreakExtended,
        TierChanged,
    )
    from gamify_core.engine import Engine
    from gamify_core.errors import (
        BadValue,
        CatalogError,
        CommitOutcomeUnknown,
        ConditionError,
        GamifyError,
        HandleInUse,
        IdempotencyConflict,
        InsufficientPoints,
        NotFound,
        OutOfWindow,
        Refused,
        RuleFailed,
        StoreBusy,
        StoreClosed,
        StoreConflict,
        StoreCorrupt,
        StoreError,
        StoreNewer,
    )
    from gamify_core.services.events import Emit
    from gamify_core.services.points import Award

__all__ = [
    "Answer",
    "Award",
    "BadValue",
    "Badge",
    "BadgeAnswer",
    "BadgeEarned",
    "BadgeRevoked",
    "BatchAnswer",
    "BatchItem",
    "Cap",
    "Catalog",
    "CatalogError",
    "CommitOutcomeUnknown",
    "ConditionError",
    "Currency",
    "Effect",
    "Emit",
    "Engine",
    "Event",
    "EventAnswer",
    "GamifyError",
    "HandleInUse",
    "IdempotencyConflict",
    "InsufficientPoints",
    "Ladder",
    "Leaderboard",
    "Limits",
    "ManualClock",
    "Metric",
    "NotFound",
    "OutOfWindow",
    "PointsAnswer",
    "PointsAwarded",
    "PointsDeducted",
    "Refused",
    "Rule",
    "RuleFailed",
    "Skipped",
    "StoreBusy",
    "StoreClosed",
    "StoreConflict",
    "StoreCorrupt",
    "StoreError",
    "StoreNewer",
    "Streak",
    "StreakAnswer",
    "StreakBroken",
    "StreakCorrected",
    "StreakExtended",
    "Tier",
    "TierAnswer",
    "TierChanged",
    "TierUpgrade",
    "TransferAnswer",
]

_ROOMS = {
    "answers": (
        "Answer",
        "BadgeAnswer",
        "BatchAnswer",
        "BatchItem",
        "EventAnswer",
        "PointsAnswer",
        "StreakAnswer",
        "TierAnswer",
        "TierUpgrade",
        "TransferAnswer",
    ),
    "border": ("Limits",),
    "catalog": (
        "Badge",
        "Cap",
        "Catalog",
        "Currency",
        "Event",
        "Ladder",
        "Leaderboard",
        "Metric",
        "Rule",
        "Streak",
        "Tier",
    ),
    "clock": ("ManualClock",),
    "effects": (
        "BadgeEarned",
        "BadgeRevoked",
        "Effect",
        "PointsAwarded",
        "PointsDeducted",
        "Skipped",
        "StreakBroken",
        "StreakCorrected",
        "StreakExtended",
        "TierChanged",
    ),
    "engine": ("Engine",),
    "errors": (
        "BadValue",
        "CatalogError",
        "CommitOutcomeUnknown",
        "ConditionError",
        "GamifyError",
        "HandleInUse",
        "IdempotencyConflict",
        "InsufficientPoints",
        "NotFound",
        "OutOfWindow",
        "Refused",
        "RuleFailed",
        "StoreBusy",
        "StoreClosed",
        "StoreConflict",
        "StoreCorrupt",
        "StoreError",
        "StoreNewer",
    ),
    "services.events": ("Emit",),
    "services.points": ("Award",),
}
_ROOM = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from the room it lives in."""
    room = _ROOM.get(name)
    if room is None:
        detail = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(detail)
    value: object = getattr(import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
