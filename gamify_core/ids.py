"""The names under which what a command made is asked for again: `txn_17_0`, `evt_17`, `asset_17_2`, `claim_17_1`.

Promise: an id is nothing but the number of the activity that made the thing and, where one activity makes several,
its place in the outcome. So a dry run, a replay and a seeded run all say the same ids.
"""

from __future__ import annotations

import re
from typing import Literal

from gamify_core.errors import NotFound, in_words
from gamify_core.exactly import exactly

__all__ = ["Kind", "id_of", "numbers_of", "without_ids"]

Kind = Literal["asset", "claim", "gift", "evt", "txn", "act", "rwd", "hold"]
_CALLED = {"evt": "event", "txn": "transaction", "act": "action", "rwd": "reward"}
_ID = re.compile(r"([a-z]{1,10})_([1-9][0-9]{0,17})(?:_(0|[1-9][0-9]{0,8}))?", re.ASCII)
_NUMBERED = re.compile(r":(?:act|asset|claim|evt|gift|hold|rwd|txn)_[0-9_]+$")


def without_ids(cause: str) -> str:
    """Return a cause as every history calls it: `gift` for `gift:gift_17`."""
    return _NUMBERED.sub("", cause)


def id_of(kind: Kind, activity: int, ordinal: int | None = None) -> str:
    """Return the id of what `activity` made (at `ordinal` in its outcome)."""
    return f"{kind}_{activity}" if ordinal is None else f"{kind}_{activity}_{ordinal}"


def numbers_of(kind: Kind, text: object) -> tuple[int, int]:
    """Return the activity and the ordinal (0 where it has none) that an id names. Raises `NotFound`."""
    text = exactly(text)
    found = _ID.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[1] != kind:
        called = _CALLED.get(kind, kind)
        name = f"{text:.100}" if type(text) is str else in_words(text, 100)
        raise NotFound(called, name, f"{called.capitalize()} not found: {name}")
    return int(found[2]), int(found[3] or 0)
