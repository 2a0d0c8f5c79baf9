"""A devoted player, who tries everything a catalog takes: what even they never reach, nobody does.

Nothing is proved by it: what they do not reach within so many days may take longer, or something other than events.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import ManualClock
from gamify_core.domain.zones import zone
from gamify_core.effects import Effect
from gamify_core.engine import Engine
from gamify_core.testing.playing import MONDAY
from gamify_core.testing.sampling import attribute_values, event_samples, nested

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gamify_core.border import Json
    from gamify_core.catalog import Catalog

__all__ = ["DEVOTED", "Devoted", "Sent"]

DEVOTED = "devoted"
"""Whom they are called by."""


@attrs.frozen
class Sent:
    """An event that was tried."""

    name: str
    properties: dict[str, Json]

    def __str__(self) -> str:
        """Return `lesson_finished {'score': 100}`."""
        return f"{self.name} {self.properties}" if self.properties else self.name


class Devoted:
    """Somebody who sends every event there is, many times a day, with all its properties tried in turn."""

    def __init__(self, catalog: Catalog) -> None:
        """Begin on a Monday; what is tried when is the same each time."""
        self.clock: ManualClock = ManualClock(MONDAY)
        self.game: Engine = Engine(catalog, clock=self.clock, accept_late=None, seed=1)
        self.sent: int = 0
        self._draw = random.Random(1)  # noqa: S311 - repeatable, not secret
        self._samples = event_samples(catalog)
        self._attributes = attribute_values(catalog)
        self._tried = 0

    def tries(self) -> list[Sent]:
        """Return one event of each kind, with properties that were not tried together before, as far as there are."""
        self._tried += 1
        found = []
        for sample in self._samples:
            pairs = []
            for place, (path, values) in enumerate(sample.properties.items()):
                # The first property goes through its values in order, the others are drawn: pairs meet in time
                value = values[self._tried % len(values)] if place == 0 else self._draw.choice(values)
                if (
                    isinstance(value, str) and self._tried % 2
                ):  # a word nobody has used: there may be many to be found
                    value = f"{path} {self._tried}"
                pairs.append((path, value))
            found.append(Sent(sample.name, nested(pairs)))
        return found

    def day(self, times: int) -> list[Effect]:
        """Live through a day in which every event is sent so many times, and return what came of it."""
        begun = self.clock.now()
        if self._attributes:
            drawn = ((path, self._draw.choice(values)) for path, values in self._attributes.items())
            self.game.participants.upsert(DEVOTED, attributes=nested(drawn))
        effects: list[Effect] = []
        for n in range(times):
            self.clock.set(begun + timedelta(days=1) * n / times)
            for sent in self.tries():
                effects += self.send(sent)
        self.clock.set(begun + timedelta(days=1))
        effects += self.game.settle().effects
        return effects

    def next_monday(self) -> datetime:
        """Let it be the next Monday, as it begins where the catalog counts its days, and return that."""
        local = self.clock.now().astimezone(zone(self.game.catalog.timezone))
        begins = (local + timedelta(days=7 - local.weekday())).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        self.clock.set(begins)
        self.game.settle()
        return begins

    def send(self, sent: Sent) -> tuple[Effect, ...]:
        """Send an event, and return what came of it."""
        self.sent += 1
        return self.game.events.emit(DEVOTED, sent.name, sent.properties).effects

    def until(self, done: Callable[[], bool], *, days: int, times: int) -> bool:
        """Go on for so many days or until it is done, and say whether it is."""
        for _ in range(days):
            if done():
                return True
            self.day(times)
        return done()
