"""How a currency flows: its movements within a window of time, read from the activity.

Promise: what is read grows with what the window holds, not with history. The activity is ordered by when it was
recorded, so the rows of a window lie in one stretch of it, whose ends are found by halving; what was recorded more
than an hour after it occurred is found along an index of its own. No index on when a movement occurred is kept: each
award would pay for it, and few would ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from gamify_core.domain.periods import HOUR
from gamify_core.effects import PEERS
from gamify_core.road.chains import first_from
from gamify_core.road.erasing import DELETED
from gamify_core.road.requests import asked_with
from gamify_core.storage.tables.activity import ACTIVITY, ACTIVITY_LATE

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.storage.protocol import Key, Reader
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["Flow", "Kind", "Period", "flows"]

Kind = Literal["issued", "spent", "transferred", "expired", "reversed", "erased"]

_AT_ONCE = 500
_KINDS: dict[str, Kind] = {
    "points_awarded": "issued",
    "points_deducted": "spent",
    "points_expired": "expired",
    "points_reversed": "reversed",
}


class Period(NamedTuple):
    """A stretch of time: from `start` until before `end`."""

    start: int
    end: int


class Flow(NamedTuple):
    """One movement of a currency, as a wallet saw it; `amount` is above zero but where it was `reversed` or `erased`.

    What was reversed is signed as it changed the wallet; what was erased is the balance that went, below zero where it
    was a debt. A transfer is told once, by the wallet that it left.
    """

    kind: Kind
    participant: int
    reason: str
    amount: int
    occurred_at: int


def flows(reader: Reader, scope: str, currency: str, period: Period) -> Iterator[Flow]:
    """Go through what moved in a currency within a period."""
    for row in _rows(reader, period):
        if row.scope == scope and period.start <= row.occurred_at < period.end and "points_" in row.outcome:
            yield from _flows_of(reader, row, currency)


def _rows(reader: Reader, period: Period) -> Iterator[ActivityRow]:
    """Go through every row that may have occurred within a period, each once.

    What occurred more than an hour before or after it was recorded is marked as late, and found by that.
    """
    first = first_from(reader, ACTIVITY, (), _recorded, period.start - HOUR)
    last = first_from(reader, ACTIVITY, (), _recorded, period.end + HOUR, first)
    for row in _stretch(reader, first, last):
        if row.late is None:
            yield row
    start: Key = (period.start,)
    while True:
        rows = reader.scan(ACTIVITY, ACTIVITY_LATE, (), start=start, stop=(period.end,), limit=_AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        start = (rows[-1].late, rows[-1].seq + 1)


def _stretch(reader: Reader, first: int, last: int) -> Iterator[ActivityRow]:
    """Go through the rows from number `first` until before `last`."""
    for start in range(first, last, _AT_ONCE):
        yield from reader.scan(ACTIVITY, None, (), start=(start,), stop=(min(start + _AT_ONCE, last),))


def _recorded(row: ActivityRow) -> int:
    return row.recorded_at


def _flows_of(reader: Reader, row: ActivityRow, currency: str) -> Iterator[Flow]:
    said: str | None = None
    outcome: list[Words] = json.loads(row.outcome)
    for words in outcome:
        tag = str(words[0])
        if tag not in _KINDS or words[4] != currency:
            continue
        kind = _KINDS[tag]
        if tag != "points_reversed" and _peer(tag, words) is not None:
            if tag == "points_awarded":  # the other side of what its sender's words tell
                continue
            kind = "transferred"
        reason, amount = str(words[2]), int(words[3] or 0)
        if reason == DELETED:  # nobody spent it, or was given it: its owner is gone
            amount = amount if kind == "spent" else -amount
            kind, reason = "erased", "erased"
        if reason == "direct":
            said = said if said is not None else _reason(reader, row.seq)
            reason = said
        yield Flow(kind, int(words[1] or 0), reason, amount, row.occurred_at)


def _reason(reader: Reader, seq: int) -> str:
    """Return what a direct call gave as its reason; it is gone where the request was erased."""
    request = asked_with(reader, seq) or {}
    return str(request.get("reason") or "direct")


def _peer(tag: str, words: Words) -> str | int | None:
    place = PEERS.get(tag)
    return words[place] if place is not None and len(words) > place else None
