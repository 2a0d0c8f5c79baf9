"""Telling the application's listeners what was committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gamify_core.effects import decode

if TYPE_CHECKING:
    from gamify_core.effects import Effect
    from gamify_core.road.commands import Decided

__all__ = ["Listeners", "tell"]

Listeners = list[tuple[type["Effect"], Callable[["Effect"], object]]]
_log = logging.getLogger("gamify_core")


def tell(listeners: Listeners, decided: Sequence[Decided]) -> None:
    """Tell all that was decided, and what was due before it; what a listener raises is logged: the facts stand."""
    for one in [each for first in decided for each in (*first.before, first)]:
        if one.replayed:
            continue
        for ordinal, words in enumerate(one.outcome):
            if words[0] == "=":
                continue
            effect = decode(words, one.people, one.catalog, one.seq, ordinal, one.occurred_at)
            for kind, listener in listeners:
                if isinstance(effect, kind):
                    try:
                        listener(effect)
                    except Exception:  # noqa: BLE001 - whatever the application's code raises
                        _log.exception("a listener for %s failed", kind.__name__)
