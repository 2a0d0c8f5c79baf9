"""What travels on the road: a command as it is asked, and what was decided of it.

Services make the one and read answers from the other; the road is the only place where the one becomes the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from gamify_core.clock import iso
from gamify_core.storage.tables.participants import ParticipantRow

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.effects import Words
    from gamify_core.road.turn import Turn

__all__ = ["NOBODY", "Ask", "Decided", "due_at"]

NOBODY = ParticipantRow(0, "", "", None, None, None, "{}", 1, 0, None)
"""Whom a row is about that is about nobody in particular; never stored."""


class Ask(NamedTuple):
    """One command as a service hands it to the road: checked, but not decided.

    With an empty `participant_id` it is about nobody in particular. `after` has its say once everything that was set
    off has happened. What `edits` changes definitions is itself the first to be recorded under them; of what `erases`
    only the hash of its arguments is kept. `by_time`: it is itself what was due, and nothing else has to be done first.
    """

    kind: str
    participant_id: str
    request: dict[str, Any]
    at: datetime | None
    key: str | None
    decide: Callable[[Turn], None]
    others: tuple[str, ...] = ()
    after: Callable[[Turn], None] | None = None
    edits: bool = False
    erases: bool = False
    by_time: bool = False


def due_at(kind: str, participant_id: str, at: int, settle: Callable[[Turn], object]) -> Ask:
    """Return the command that does what is due for a participant at an instant: it occurs then."""

    def decide(turn: Turn) -> None:
        turn.occurred_at = at
        settle(turn)

    request = {"participant_id": participant_id, "due": iso(at)}
    return Ask(kind, participant_id, request, None, None, decide, by_time=True)


class Decided(NamedTuple):
    """A command that was decided, now or before: what an answer is read from.

    `before` is what was due for the people it is about, and was done first.
    """

    seq: int
    recorded_at: int
    occurred_at: int
    kind: str
    participant_id: str
    people: dict[int, str]
    outcome: list[Words]
    catalog: Catalog
    replayed: bool = False
    written: bool = True
    before: tuple[Decided, ...] = ()
