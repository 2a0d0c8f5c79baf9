"""The declaration of every table, one file a resource; `TABLES` is all of them, parents first."""

from __future__ import annotations

from typing import Any

from gamify_core.storage.protocol import Table
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD, SETTING
from gamify_core.storage.tables.assets import ASSET, PROVENANCE, SUPPLY
from gamify_core.storage.tables.boards import CLOSED, CLOSING, GROUP
from gamify_core.storage.tables.challenges import ADVANCE, COMPLETION
from gamify_core.storage.tables.definitions import DEFINITION, JOB
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.gifts import GIFT, SCORE
from gamify_core.storage.tables.ledger import DRAW, ENTRY, HOLD, LOT, PENDING, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, ZONE_CHANGE
from gamify_core.storage.tables.progress import BADGE, EVENT, RETRACTION, REVIEW, STANDING
from gamify_core.storage.tables.rewards import BOOST, CLAIM, CODE, STOCK
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import FREEZE, MARK, MILESTONE, PAUSE, REPAIR, STREAK

__all__ = ["ORDER", "TABLES"]

TABLES: tuple[Table[Any], ...] = (
    SETTING,
    CATALOG,
    PARTICIPANT,
    ACTIVITY,
    PAYLOAD,
    ZONE_CHANGE,
    ENTRY,
    PENDING,
    LOT,
    HOLD,
    DRAW,
    EVENT,
    WINDOW,
    METRIC,
    SCORE_LEVEL,
    SEEN,
    GROUP,
    CLOSING,
    CLOSED,
    STANDING,
    REVIEW,
    BADGE,
    MARK,
    STREAK,
    FREEZE,
    PAUSE,
    REPAIR,
    MILESTONE,
    FIRED,
    RETRACTION,
    REVERSAL,
    SUPPLY,
    ASSET,
    PROVENANCE,
    STOCK,
    CODE,
    CLAIM,
    BOOST,
    GIFT,
    SCORE,
    COMPLETION,
    ADVANCE,
    DEFINITION,
    JOB,
    FORMER,
)

ORDER: dict[Table[Any], int] = {table: place for place, table in enumerate(TABLES)}
"""The place of each table when rows of several are written: parents first."""
