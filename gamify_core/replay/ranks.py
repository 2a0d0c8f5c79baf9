"""Who stands where on the boards of all time: every rank at once, worked out from the rows of scores."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gamify_core.history.looking import rows_of
from gamify_core.storage.tables.metrics import METRIC, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gamify_core.replay.standings import Person
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["Board", "all_time", "ranks"]

Board = tuple[str, str]
"""A scope, and the code of a board in it."""
_Entry = tuple[int, int, str]
_ALL_TIME = "all_time"


def all_time(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the boards of a plan that are kept for all time, each with the metric and the calendar it is kept by."""
    return {
        code: board.trackers[_ALL_TIME].key
        for code, board in plan.boards.items()
        if _ALL_TIME in board.trackers
    }


def ranks(
    reader: Reader | Unit, plan: Plan, boards: Collection[str], left_out: Collection[Person]
) -> dict[Board, dict[str, int]]:
    """Return the ranks on these boards, which are among `all_time`; of who is erased or `left_out` there is none."""
    codes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for code, key in all_time(plan).items():
        if code in boards:
            codes[key].append(code)
    windows = {
        row.number: (row.scope, (row.metric, row.calendar))
        for row in rows_of(reader, WINDOW)
        if (row.metric, row.calendar) in codes
    }
    people = {
        row.number: row.participant_id
        for row in rows_of(reader, PARTICIPANT)
        if row.erased is None and (row.scope, row.participant_id) not in left_out
    }
    entries: defaultdict[int, list[_Entry]] = defaultdict(list)
    for row in rows_of(reader, METRIC) if windows else ():
        if row.window in windows and row.down is not None and row.participant in people:
            entries[row.window].append((row.down, row.reached_at, people[row.participant]))
    found: dict[Board, dict[str, int]] = {}
    for number, listed in entries.items():
        scope, key = windows[number]
        for code in codes[key]:
            found[scope, code] = _numbered(sorted(listed), plan.catalog.leaderboard(code).ties)
    return found


def _numbered(entries: Iterable[_Entry], ties: str) -> dict[str, int]:
    """Return the ranks of entries that are in the order of a board, by its policy of ties."""
    found: dict[str, int] = {}
    rank, score = 0, None
    for place, (down, _, who) in enumerate(entries, 1):
        if ties == "ordinal":
            rank = place
        elif down != score:
            rank = rank + 1 if ties == "dense" else place
        score = down
        found[who] = rank
    return found
