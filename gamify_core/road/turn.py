"""One command being decided: what it is about, what it has done so far, and what it has set off.

A turn owns nothing that outlives it. It reads and puts rows through the unit of work, collects the words of the
outcome in order, and remembers which thresholds its moves have reached until the cascade asks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.clock import moment
from gamify_core.domain.zones import zone
from gamify_core.effects import Words
from gamify_core.storage.tables.participants import ParticipantRow

if TYPE_CHECKING:
    from gamify_core.road.aside import Aside
    from gamify_core.road.compiled import CounterPlan, MetricPlan, Node
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.plan import Plan
    from gamify_core.storage.unit import Unit

__all__ = ["Fall", "Turn"]


class Fall(NamedTuple):
    """So much of movement `version` of a wallet was taken back."""

    currency: str
    version: int
    amount: int


class Turn:
    """The working state of one command."""

    __slots__ = (
        "anew",
        "aside",
        "draws",
        "gained",
        "idle",
        "luck",
        "occurred_at",
        "offset",
        "outcome",
        "people",
        "plan",
        "reached",
        "recorded_at",
        "scope",
        "seq",
        "stale",
        "timed",
        "undoing",
        "unit",
        "who",
        "words",
    )

    def __init__(  # noqa: PLR0913 - the road is the one place that makes a turn
        self,
        unit: Unit,
        plan: Plan,
        seed: Callable[[Unit], int],
        scope: str,
        seq: int,
        recorded_at: int,
        occurred_at: int,
        offset: int,
        who: ParticipantRow,
    ) -> None:
        """Begin deciding command `seq` about participant `who`."""
        self.unit: Unit = unit
        self.plan: Plan = plan
        self.draws: Callable[[Unit], int] = seed
        self.scope: str = scope
        self.seq: int = seq
        self.luck: int = seq  # what draws go by: a replay draws as the command that it repeats did
        self.recorded_at: int = recorded_at
        self.occurred_at: int = occurred_at
        self.offset: int = offset
        self.who: ParticipantRow = who
        self.people: dict[int, str] = {who.number: who.participant_id}
        self.outcome: list[Words] = []
        self.reached: list[tuple[ParticipantRow, Node]] = []
        # Metrics to be worked out again from what is left, and of which movement of a wallet that is known
        self.stale: list[tuple[ParticipantRow, str, Fall | None]] = []
        self.timed: set[int] = set()  # people for whom something waits, or waits no more
        self.undoing: OnInsufficient | None = None  # something is taken back: what stays is said
        self.gained: list[tuple[CounterPlan, int]] = []  # what an event added to the goals of streaks
        self.aside: Aside | None = None  # something is amended: what it gave may be given again
        self.idle: bool = False
        self.words: int = 0  # how often word was left of what a row was
        self.anew: bool = False  # thresholds are held against everybody anew, both ways

    @property
    def seed(self) -> int:
        """The seed of this store's draws."""
        return self.draws(self.unit)

    def rest(self, activity: int) -> None:
        """Find everything as it should be, since `activity`: then nothing is written, unless a key is to be kept.

        It is 0 where nothing was ever done about it, or what was done last could not be told without a search.
        """
        self.idle = True
        self.seq = activity

    def say(self, *words: str | int | None) -> int:
        """Add an effect to the outcome and return its ordinal."""
        self.outcome.append(list(words))
        return len(self.outcome) - 1

    def wake(self, who: ParticipantRow, nodes: list[Node]) -> None:
        """Remember thresholds that were reached."""
        for node in nodes:
            pair = (who, node)
            if pair not in self.reached:
                self.reached.append(pair)

    def void(
        self, who: ParticipantRow, plan: MetricPlan, old: int = 0, new: int = 0, fall: Fall | None = None
    ) -> None:
        """Let a metric fall because some of it never was: its windows are to be worked out again.

        A running value that is kept elsewhere (a wallet, a streak, the event chain) went from `old` to `new`. Where all
        of it is a movement that was taken back, `fall` says so, which may spare working the windows out.
        """
        if plan.watch is not None:
            self.wake(who, plan.watch.reached(old, new))
        if fall is not None or (who, plan.name, None) not in self.stale:
            self.stale.append((who, plan.name, fall))

    def zone_of(self, who: ParticipantRow) -> tzinfo:
        """Return the zone a participant lives in: their own, else the catalog's."""
        return zone(who.timezone) if who.timezone else self.plan.zone

    def carried(self) -> tzinfo:
        """Return the offset that the instant itself carried, as a zone."""
        return timezone(timedelta(seconds=self.offset))

    def local(self, who: ParticipantRow) -> datetime:
        """Return the wall time of the event where the participant lives."""
        return moment(self.occurred_at).astimezone(self.zone_of(who))
