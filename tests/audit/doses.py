"""How much of an audit is run: a little at each change, all of it where `GAMIFY_DEEP=1` asks for that."""

from __future__ import annotations

import os

__all__ = ["DEEP", "dose"]

DEEP = os.environ.get("GAMIFY_DEEP") == "1"


def dose(small: int, full: int) -> int:
    """Return how much there is to be done."""
    return full if DEEP else small
