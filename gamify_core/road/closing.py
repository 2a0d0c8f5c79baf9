"""Periods of leaderboards that are over: final so long after their end, and their prizes paid, once.

Promise: from the instant on at which a period is final, nothing that is recorded changes its table, whether anybody has
settled by then or not. Whoever settles determines the winners from that table and pays them, in the same commit that
says that it was done; and what a board has paid for a period it never pays again, however it is defined by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gamify_core.road.giving import give
from gamify_core.road.joined import the_one
from gamify_core.storage.tables.boards import CLOSED, CLOSING, CLOSING_DUE, ClosedRow
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.catalog import Leaderboard
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.metrics import MetricRow, WindowRow
    from gamify_core.storage.unit import Unit

__all__ = ["first_due", "scope_of", "settle"]

_AT_ONCE: Final = 100


def first_due(unit: Unit, _plan: Plan, until: int, most: int) -> list[tuple[int, int]]:
    """Return the first instants up to one at which periods are final, with one of the windows of each scope."""
    found: dict[tuple[int, str], int] = {}
    for closing in unit.scan(CLOSING, CLOSING_DUE, stop=(until + 1,), limit=most):
        if closing.due is not None:
            found.setdefault((closing.due, scope_of(unit, closing.window)), closing.window)
    return [(due, window) for (due, _), window in found.items()]


def scope_of(unit: Unit, window: int) -> str:
    """Return the scope that a window is of."""
    row = unit.get(WINDOW, (window,))
    assert row is not None  # noqa: S101 - windows are never removed
    return row.scope


def settle(turn: Turn) -> int | None:
    """Close all periods of the turn's scope that are final at its instant."""
    for closing in turn.unit.scan(CLOSING, CLOSING_DUE, (turn.occurred_at,)):
        window = turn.unit.get(WINDOW, (closing.window,))
        if window is not None and window.scope == turn.scope:
            turn.unit.put(CLOSING, closing._replace(due=None))
            _close(turn, window)
    return None


def _close(turn: Turn, window: WindowRow) -> None:
    """Say for each board that a window is a period of that this is closed, and pay its prizes."""
    for board, period, name in turn.plan.closings(window):
        code = board.board.code
        if turn.unit.get(CLOSED, (window.scope, code, name)) is not None:
            continue
        turn.unit.add(CLOSED, ClosedRow(window.scope, code, name, turn.occurred_at, turn.seq))
        turn.say("=", None, code, name)
        if period == board.board.period:
            _pay(turn, window, board.board, name.partition(" ")[2])


def _pay(turn: Turn, window: WindowRow, board: Leaderboard, name: str) -> None:
    cause = f"leaderboard:{board.code}"
    last = max((prize.last for prize in board.prizes), default=0)
    for rank, row in [*_ranked(turn.unit, window.number, board.ties, last)]:
        stood = turn.unit.get(PARTICIPANT, (row.participant,))
        who = the_one(turn.unit, stood) if stood is not None else None
        prize = next((each for each in board.prizes if each.first <= rank <= each.last), None)
        if prize is not None and who is not None and who.erased is None:
            turn.people[who.number] = who.participant_id
            turn.say("rank_prize", who.number, cause, board.code, name, rank)
            give(turn, who, prize, cause)


def _ranked(unit: Unit, window: int, ties: str, last: int) -> Iterator[tuple[int, MetricRow]]:
    """Go through a board with the ranks of a policy, as far as a rank."""
    rank, down, place = 0, None, 0
    while rows := unit.scan(METRIC, METRIC_BY_RANK, (window,), offset=place, limit=_AT_ONCE) if last else []:
        for row in rows:
            if ties == "ordinal" or row.down != down:
                rank = rank + 1 if ties == "dense" else place + 1
            if rank > last:
                return
            down = row.down
            place += 1
            yield rank, row
