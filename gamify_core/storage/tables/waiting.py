"""What waits for people: each row says when time does something to it, and stands in that order beside its owner's.

None of it can be told from a row of now what it was before, so who rewrites one leaves word in `former`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gamify_core.storage.tables.ledger import HOLD, HOLD_DUE, LOT, LOT_DUE, PENDING, PENDING_DUE
from gamify_core.storage.tables.progress import REVIEW, REVIEW_DUE

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Index, Table

__all__ = ["WAITING"]

WAITING: Final[tuple[tuple[Table[Any], Index], ...]] = (
    (PENDING, PENDING_DUE),
    (HOLD, HOLD_DUE),
    (LOT, LOT_DUE),
    (REVIEW, REVIEW_DUE),
)
