"""A history that is made up: its steps as values, which print as the code that does them, and living through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import ManualClock
from gamify_core.errors import GamifyError
from gamify_core.services.events import Emit

if TYPE_CHECKING:
    from gamify_core.game import Game

__all__ = ["Call", "Step", "Wait", "live", "shown"]


@attrs.frozen(repr=False)
class Call:
    """A call of a service: `Call("points.award", ("ada", 5))`. Its arguments are valid; it may still be refused."""

    name: str
    arguments: tuple[str | int, ...]

    def __repr__(self) -> str:
        """Return `game.points.award('ada', 5)`."""
        return f"game.{self.name}({', '.join(map(repr, self.arguments))})"


@attrs.frozen(repr=False)
class Wait:
    """Time that passes; what it does by itself is done."""

    time: timedelta

    def __repr__(self) -> str:
        """Return `wait 1 day, 0:00:00`."""
        return f"wait {self.time}"


Step = Emit | Call | Wait


def live(game: Game, clock: ManualClock, history: Iterable[Step]) -> list[GamifyError]:
    """Do every step of a history in turn, and return what was refused."""
    refused: list[GamifyError] = []
    for step in history:
        try:
            if isinstance(step, Wait):
                clock.advance(seconds=step.time.total_seconds())
                game.settle()
            elif isinstance(step, Call):
                service, _, verb = step.name.partition(".")
                getattr(getattr(game, service), verb)(*step.arguments)
            else:
                game.events.emit(step.participant_id, step.event_name, step.properties, at=step.timestamp)
        except GamifyError as error:
            refused.append(error)
    return refused


def shown(history: Sequence[Step]) -> str:
    """Return the steps as numbered lines."""
    lines = []
    for n, step in enumerate(history, 1):
        if isinstance(step, Emit):
            when = f"  at {step.timestamp:%a %d %b %H:%M}" if step.timestamp is not None else ""
            properties = f" {dict(step.properties)}" if step.properties else ""
            lines.append(f"    {n:>2}  {step.participant_id} {step.event_name}{properties}{when}")
        else:
            lines.append(f"    {n:>2}  {step!r}")
    return "\n".join(lines) or "    (nothing)"
