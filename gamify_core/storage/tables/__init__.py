"""The declaration of every table, one file a resource; `TABLES` is all of them, parents first."""

from __future__ import annotations

from typing import Any

from gamify_core.storage.protocol import Table
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD, SETTING
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, ZONE_CHANGE
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import MARK, STREAK

__all__ = ["ORDER", "TABLES"]

TABLES: tuple[Table[Any], ...] = (
    SETTING,
    CATALOG,
    PARTICIPANT,
    ACTIVITY,
    PAYLOAD,
    ZONE_CHANGE,
    ENTRY,
    EVENT,
    WINDOW,
    METRIC,
    SCORE_LEVEL,
    SEEN,
    STANDING,
    BADGE,
    MARK,
    STREAK,
    FIRED,
)

ORDER: dict[Table[Any], int] = {table: place for place, table in enumerate(TABLES)}
"""The place of each table when rows of several are written: parents first."""
