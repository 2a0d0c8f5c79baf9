"""Letting changed definitions act on everybody: what an edit or a new catalog asks for with `on_change="reevaluate"`.

It is a job that goes on over several commits, and after a crash in the next process that writes: each commit looks at
some participants and says how far it has come. For each, thresholds are held against their metrics as they stand, both
ways: who is below a rung now leaves it (unless it was assigned), and badges that are not permanent go with their
criteria. What changed for somebody is an activity of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.storage.tables.definitions import JOB, JobRow

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["NAME", "begin", "pending", "reconsider"]

NAME = "reevaluate"


def begin(turn: Turn, catalog: int) -> None:
    """Leave word that everybody is to be looked at, from the first on."""
    turn.unit.put(JOB, JobRow(NAME, catalog, 1, turn.seq))


def pending(reader: Reader | Unit) -> JobRow | None:
    """Return what is left to do, or None."""
    return reader.get(JOB, (NAME,))


def reconsider(turn: Turn) -> None:
    """Hold every threshold against the metrics of the turn's participant."""
    turn.anew = True
    turn.wake(turn.who, [*turn.plan.ladders.values(), *turn.plan.badges.values()])
