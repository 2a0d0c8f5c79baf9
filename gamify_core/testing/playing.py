"""Play a game in a test, in one sentence: what is given, what happens, what is then the case.

    play("game.toml").given(points=50).when("lesson_finished", score=97).then(points=+19, tier="silver")

It is the ordinary engine, in memory, on a clock that stands still until it is moved, so what a test sees is what
participants will see. Where something is otherwise than expected, the message says what was, and why.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Self

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.clock import ManualClock, iso
from gamify_core.engine import Engine
from gamify_core.errors import BadValue
from gamify_core.game import Game
from gamify_core.reasons import Explained
from gamify_core.services.events import Emit
from gamify_core.testing import giving
from gamify_core.testing.expecting import Expected, Story, shortfalls
from gamify_core.testing.giving import Number

__all__ = ["MONDAY", "Play", "play"]

MONDAY = "2026-03-02T09:00+00:00"
"""When a game begins unless it is told otherwise: nine o'clock on a Monday, far from any boundary."""
_MOST = 1_000_000


def play(
    catalog: Catalog | str | os.PathLike[str],
    *,
    at: datetime | str = MONDAY,
    participant_id: str = "ada",
    seed: int = 1,
) -> Play:
    """Begin a game under a catalog (or the path of one), in memory, at an instant; `seed` is that of its luck.

    >>> from gamify_core import Catalog, Ladder, Rule
    >>> catalog = Catalog(
    ...     rules=[Rule("lesson", on="lesson_finished", when="score >= 60", award="10 + score // 10")],
    ...     ladders=[Ladder("tier", {"bronze": 0, "silver": 60})],
    ... )
    >>> lesson = play(catalog).given(points=50).when("lesson_finished", score=97)
    >>> lesson.then(points=+19, balance=69, tier="silver")
    <Play ada · lesson_finished(score=97)>
    """
    return Play(catalog, at=at, participant_id=participant_id, seed=seed)


class Play:
    """A game that is being played: each step returns the same play, so steps are chained.

    `game` is the engine, `clock` its clock, `participant_id` whom the following steps are about.
    """

    def __init__(
        self,
        catalog: Catalog | str | os.PathLike[str],
        *,
        at: datetime | str = MONDAY,
        participant_id: str = "ada",
        seed: int = 1,
    ) -> None:
        """Begin as `play` does."""
        self.clock: ManualClock = ManualClock(at)
        self.game: Engine = Engine(catalog, clock=self.clock, accept_late=None, seed=seed)
        self.participant_id: str = participant_id
        self._story = Story()
        self._last: tuple[str, dict[str, object]] | None = None

    def __repr__(self) -> str:
        """Return whom it is about, and what has happened since it was last looked at."""
        return f"<Play {self._story.title(self.participant_id)}>"

    def by(self, participant_id: str) -> Self:
        """Let the following steps be about somebody else."""
        self.participant_id = participant_id
        return self

    # -- given ------------------------------------------------------------------------------------------------

    def given(  # noqa: PLR0913 - what may be given, all by name
        self,
        *,
        points: Number | Mapping[str, Number] | None = None,
        badges: str | Iterable[str] = (),
        streak: int | Mapping[str, int] | None = None,
        metrics: Mapping[str, Number] | None = None,
        tier: str | Mapping[str, str] | None = None,
        attributes: Mapping[str, object] | None = None,
        timezone: str | None = None,
        events: Iterable[Emit] = (),
    ) -> Self:
        """Begin with a participant who has come this far. Whatever that sets off has happened too.

        `points` is the balance (of `points`, or by currency) they begin with; `badges` are those they hold; `streak` is
        a length (by code, where there are several streaks), kept up to the period before now; `metrics` are values of
        declared metrics; `tier` is a rung (by ladder, else of `tier`) that is assigned; `events` are sent first, at
        their own instants. All goes by the engine's own road: `points` that lead to a tier have led there. (Metrics
        that are given rest on no events, which an audit of such a game finds.)
        """
        self._story.begin(self.game)
        giving.person(self.game, self.participant_id, attributes, timezone)
        giving.events(self.game, events)
        giving.badges(self.game, self.participant_id, badges)
        giving.streaks(self.game, self.participant_id, streak)
        giving.metrics(self.game, self.participant_id, metrics or {})
        giving.points(self.game, self.participant_id, points)
        giving.tiers(self.game, self.participant_id, tier)
        self._story.over = True  # what was given is not what has happened
        self._story.begin(self.game)
        return self

    # -- when -------------------------------------------------------------------------------------------------

    def when(
        self, event_name: str, properties: Mapping[str, object] | None = None, /, **more: object
    ) -> Self:
        """Send an event of the participant; its properties are keywords, or a mapping where they cannot be.

        Raises what `events.emit` raises: expect that with `pytest.raises`. Warns of an event that nothing listens to,
        or a property that nothing reads, where it may be misspelt.
        """
        self._story.begin(self.game)
        sent = {**(properties or {}), **more}
        self._last = event_name, sent
        answer = self.game.events.emit(self.participant_id, event_name, sent, explain=True)
        for hint in answer.why.hints if answer.why is not None else ():
            warnings.warn(hint, stacklevel=2)
        shown = ", ".join(f"{name}={value!r}" for name, value in sent.items())
        self._story.add(f"{event_name}({shown})" if shown else event_name, answer.why)
        return self

    def again(self, times: int = 1) -> Self:
        """Send the last event again, so many times; 0 is not at all. Raises `BadValue` where there is none."""
        if self._last is None:
            detail = "there is no event to be sent again"
            raise BadValue("times", times, detail, hint="when(…) sends one")
        name, properties = self._last
        for _ in range(border.whole(times, "times", 0, _MOST)):
            self.when(name, properties)
        return self

    def after(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> Self:
        """Let so much time pass (a day is 24 hours), and what time does by itself be done. Raises `BadValue`."""
        self._story.begin(self.game)
        begun = self.clock.now()
        self.clock.advance(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._settled(begun)

    def at(self, instant: datetime | str) -> Self:
        """Let it be an instant to come, and what time does by itself until then be done. Raises `BadValue`."""
        self._story.begin(self.game)
        begun = self.clock.now()
        self.clock.set(instant)
        return self._settled(begun)

    def _settled(self, begun: datetime) -> Self:
        now = self.clock.now()
        if now < begun:
            self.clock.set(begun)
            detail = f"{iso(now)} is before {iso(begun)}, which it is: time does not go back"
            raise BadValue("at", iso(now), detail, hint="an event that comes late: do(lambda game: …(at=…))")
        self.game.settle()
        self._story.add(f"{now:%a %d %b %H:%M}")
        return self

    def do(self, command: Callable[[Game], object]) -> Self:
        """Do anything else with the engine: `do(lambda game: game.rewards.claim("mug", "ada"))`."""
        self._story.begin(self.game)
        command(self.game)
        self._story.add(getattr(command, "__name__", "").replace("<lambda>", "a command") or "a command")
        return self

    # -- then -------------------------------------------------------------------------------------------------

    def then(  # noqa: PLR0913 - what may be expected, all by name
        self,
        *,
        points: Number | Mapping[str, Number] | None = None,
        balance: Number | Mapping[str, Number] | None = None,
        badge: str | None = None,
        badges: str | Iterable[str] | None = None,
        tier: str | Mapping[str, str] | None = None,
        streak: int | Mapping[str, int] | None = None,
        rank: int | Mapping[str, int] | None = None,
        metrics: Mapping[str, Number] | None = None,
        challenge: str | None = None,
        skipped: str | None = None,
        nothing: bool = False,
    ) -> Self:
        """Hold what has come of the steps since the last `then` (or `given`) against what is expected of it.

        What has come of them: `points` is by how much the balance (of `points`, or by currency) has changed, `badge`
        one that was earned, `badges` all of them, `challenge` one that was completed, `skipped` the code of something
        that was passed over (`cap`, `sold_out`, …), `nothing` that there were no effects at all. How things stand now:
        `balance`, `tier` (by ladder, else of `tier`), `streak` (by code, where there are several), `rank` (by board,
        where there are several), `metrics` by name.
        Raises `AssertionError`, with what was and why, and `NotFound` for codes that the catalog does not have.
        """
        __tracebackhide__ = True
        expected = Expected(
            points=points,
            balance=balance,
            badge=badge,
            badges=(badges,) if isinstance(badges, str) else None if badges is None else tuple(badges),
            tier=tier,
            streak=streak,
            rank=rank,
            metrics=metrics,
            challenge=challenge,
            skipped=skipped,
            nothing=nothing,
        )
        message = shortfalls(self.game, self.participant_id, self._story, expected)
        self._story.over = True
        if message:
            raise AssertionError(message)
        return self

    @property
    def why(self) -> tuple[Explained, ...]:
        """Why the events since the last `then` came out as they did."""
        return tuple(self._story.reasons)
