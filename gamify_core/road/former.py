"""Leaving word of what a row was, where it is rewritten and nothing else tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.road.seal import canonical
from gamify_core.storage.tables.former import FORMER, FormerRow
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Table
    from gamify_core.storage.unit import Unit

__all__ = ["forget", "keep", "rewrite"]

Row = TypeVar("Row", bound=tuple[Any, ...])


def keep(
    turn: Turn, table: Table[Any], before: tuple[Any, ...] | None, after: tuple[Any, ...] | None
) -> None:
    """Leave word that the turn's command puts one row of a participant in the place of another."""
    known = before if before is not None else after
    assert known is not None  # noqa: S101 - a row is changed, removed or put
    whose = table.columns.index("participant") if "participant" in table.columns else 0
    name = (known[whose], table.name, turn.seq)
    turn.words += 1
    told = (None if row is None else canonical(row) for row in (before, after))
    turn.unit.add(FORMER, FormerRow(*name, turn.words, *told))


def rewrite(turn: Turn, table: Table[Row], before: Row | None, after: Row | None) -> None:
    """Put one row of a participant in the place of another (None: of none, or nothing), and leave word of it."""
    keep(turn, table, before, after)
    if after is not None:
        turn.unit.put(table, after)
    elif before is not None:
        turn.unit.remove(table, before)


def forget(unit: Unit, participant: int, *, all_of_it: bool) -> None:
    """Forget what somebody was called; or (`all_of_it`) whatever else there was."""
    name = (participant,) if all_of_it else (participant, PARTICIPANT.name)
    for row in unit.scan(FORMER, None, name):
        unit.remove(FORMER, row)
