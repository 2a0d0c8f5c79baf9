"""What all services do when they hand a command to the road."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.answers import Answer, BatchAnswer, BatchItem
from gamify_core.errors import BadValue
from gamify_core.road.batches import Batch, Failure
from gamify_core.road.registering import participant
from gamify_core.services.access import Access

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["batch_of", "other_side", "request_of"]


def request_of(at: datetime | None, /, **arguments: Json) -> dict[str, Json]:
    """Return a command's arguments as they were passed: what was left out is left out, a defaulted `at` too."""
    request: dict[str, Json] = {name: value for name, value in arguments.items() if value is not None}
    if at is not None:
        request["at"] = border.at(at)
    return request


def other_side(turn: Turn, name: str, field: str) -> ParticipantRow:
    """Return the participant on the other side of the turn's. Raises `BadValue` where both names are one person's."""
    other = participant(turn.unit, turn.scope, name, turn.recorded_at)
    if other.number == turn.who.number:
        detail = (
            f"both sides are one person, {turn.who.participant_id!r}, who has several names since a merger"
        )
        raise BadValue(field, name, detail)
    turn.people[other.number] = other.participant_id
    return other


def batch_of(batch: Batch, people: Sequence[str], access: Access, answer: type[Answer]) -> BatchAnswer:
    """Carry a batch out and return its answer."""
    results = []
    decided, replayed = access.write_many(batch)
    for who, one in zip(people, decided, strict=True):
        if isinstance(one, Failure):
            results.append(BatchItem(who, None, one.error, answer))
        else:
            results.append(BatchItem(who, answer(one), None, answer))
    told = [one.replayed for one in decided if not isinstance(one, Failure)]
    return BatchAnswer(tuple(results), replayed or (bool(told) and all(told)))
