"""What sending an event answers, and sending it again otherwise; and an event that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import attrs

from gamify_core.answers import Answer
from gamify_core.clock import iso
from gamify_core.ids import id_of
from gamify_core.services.undo import Undone

if TYPE_CHECKING:
    from gamify_core.reasons import Explained
    from gamify_core.road.commands import Decided

__all__ = ["AmendAnswer", "EventAnswer", "Sent"]


class EventAnswer(Answer):
    """An event and everything it brought about; `why` is None unless it was asked for with `explain=True`."""

    __slots__ = ("why",)

    _unlisted: ClassVar[Mapping[str, object]] = {"event_id": None, "fact_id": None, "status": "failed"}

    def __init__(self, decided: Decided, why: Explained | None = None) -> None:
        """Read from what was decided."""
        super().__init__(decided)
        self.why: Explained | None = why

    @property
    def event_id(self) -> str:
        """The id of the event."""
        return f"evt_{self._decided.seq}"

    @property
    def fact_id(self) -> str:
        """The id of the activity that recorded it."""
        return f"fact_{self._decided.seq}"

    @property
    def status(self) -> str:
        """Always `processed`: events are processed before they are answered."""
        return "processed"

    @property
    def event_name(self) -> str:
        """The name of the event."""
        return str(self._said()[2])

    def _title(self) -> str:
        return self.event_name

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to an event, and the effects."""
        return {
            "event_id": self.event_id,
            "fact_id": self.fact_id,
            "status": self.status,
            "effects": [effect.to_dict() for effect in self.effects],
        }

    def _listed(self) -> Mapping[str, object]:
        """Return the same of one event of a batch, without the effects."""
        return {"event_id": self.event_id, "fact_id": self.fact_id, "status": self.status}


class AmendAnswer(EventAnswer, Undone):
    """An event that was taken back and sent again otherwise: what went, and what came."""

    __slots__ = ()

    @property
    def amended_event_id(self) -> str:
        """The event that was taken back; `event_id` is the one that stands in its place."""
        said = [words for words in self._decided.outcome if words[0] == "="]
        return id_of("evt", int(said[-1][2] or 0))

    def to_dict(self) -> dict[str, object]:
        """Return what an event answers, with the event in whose place it stands and what stayed of that."""
        return {
            **super().to_dict(),
            "amended_event_id": self.amended_event_id,
            "stayed": [skipped.to_dict() for skipped in self.stayed],
        }


@attrs.frozen
class Sent:
    """An event that was sent; `retracted` is whether it was taken back since."""

    id: str
    event_name: str
    properties: Mapping[str, object]
    occurred_at: datetime
    retracted: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the document's event."""
        return {
            "id": self.id,
            "event_name": self.event_name,
            "properties": dict(self.properties),
            "occurred_at": iso(self.occurred_at),
        }
