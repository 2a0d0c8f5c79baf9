"""What differs between a history and the same history under another catalog, one kind of thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from gamify_core.clock import iso
from gamify_core.domain.decimals import Amount, plain
from gamify_core.replay.costs import CostChange
from gamify_core.replay.telling import both, example_lines

__all__ = [
    "BadgeChange",
    "CauseChange",
    "CurrencyChange",
    "Example",
    "NotRepeated",
    "RankChange",
    "RankMove",
    "RewardChange",
    "SkipChange",
    "StreakChange",
    "TierChange",
]


@attrs.frozen
class Example:
    """One command that came out otherwise: what it brought about then and now, and why, where that can be told."""

    activity_id: int
    scope: str
    participant_id: str
    kind: str
    occurred_at: datetime
    request: Mapping[str, object]
    then: tuple[str, ...]
    now: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        """Return the command, and what it brought about then and now."""
        return "\n".join(example_lines(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            **attrs.asdict(self, recurse=False),
            "occurred_at": iso(self.occurred_at),
            "request": dict(self.request),
            "then": list(self.then),
            "now": list(self.now),
        }


@attrs.frozen
class CauseChange:
    """What one cause (`rule:lesson`, `badge:first`) gave and took in one currency, and how often, then and now.

    `fired_*` is how many events a rule did something for; of other causes, how many movements there were.
    """

    cause: str
    currency: str | None
    fired_then: int
    fired_now: int
    points_then: Amount
    points_now: Amount
    example: Example | None = None

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise."""
        return (self.fired_then, self.points_then) != (self.fired_now, self.points_now)

    def __str__(self) -> str:
        """Return `rule lesson: 190 → 310 points, 10 → 12 times`."""
        once = self.fired_then == self.fired_now == 1
        times = "once" if once else f"{both(self.fired_then, self.fired_now)} times"
        points = f"{both(self.points_then, self.points_now)} {self.currency}, " if self.currency else ""
        return f"{self.cause.replace(':', ' ')}: {points}{times}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        example = self.example.to_dict() if self.example is not None else None
        return {**_plainly(self), "example": example}


@attrs.frozen
class CurrencyChange:
    """A currency as a whole: the cost (what was issued), what was spent, what is outstanding; who gains and loses."""

    currency: str
    issued_then: Amount
    issued_now: Amount
    spent_then: Amount
    spent_now: Amount
    outstanding_then: Amount
    outstanding_now: Amount
    gainers: int
    gained: Amount
    losers: int
    lost: Amount
    costs: CostChange | None = None

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise."""
        return bool(
            self.gainers
            or self.losers
            or self.issued_then != self.issued_now
            or self.spent_then != self.spent_now
            or self.outstanding_then != self.outstanding_now
        )

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; `costs` are among it only where they were given."""
        told = _plainly(attrs.evolve(self, costs=None))
        del told["costs"]
        return {**told, "costs": self.costs.to_dict()} if self.costs is not None else told


@attrs.frozen
class BadgeChange:
    """How many hold a badge in both, only as it was, and only under the other catalog."""

    badge: str
    both: int
    only_then: int
    only_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class TierChange:
    """How many stand on another rung: from which (as it was) to which. None is no rung."""

    ladder: str
    then: str | None
    now: str | None
    participants: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class StreakChange:
    """For how many a streak is otherwise: a run goes on only as it was or only now, or it or their longest has changed.

    `longer` and `shorter` are for how many the run that goes on in both is so, `records` for how many the longest ever
    is another.
    """

    streak: str
    only_then: int
    only_now: int
    longer: int
    shorter: int
    records: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class RankMove:
    """Whose rank is another; None is not on the board."""

    participant_id: str
    then: int | None
    now: int | None

    def __str__(self) -> str:
        """Return `ada 3 → 1`."""
        return f"{self.participant_id} {_place(self.then)} → {_place(self.now)}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class RankChange:
    """Who gains and who loses rank on a board of all time that there is in both.

    `entered` are there only now, `left` only as it was; `moves` are the farthest of all these.
    """

    scope: str
    board: str
    ranked_then: int
    ranked_now: int
    rose: int
    fell: int
    entered: int
    left: int
    moves: tuple[RankMove, ...]

    @property
    def differs(self) -> bool:
        """Whether anybody is on another rank."""
        return bool(self.rose or self.fell or self.entered or self.left)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self, recurse=False), "moves": [one.to_dict() for one in self.moves]}


@attrs.frozen
class RewardChange:
    """How many claims of a reward stand."""

    reward: str
    claims_then: int
    claims_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class SkipChange:
    """How often a cause passed something over, for a cap, a limit or a stock, say."""

    cause: str
    effect: str
    code: str
    times_then: int
    times_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class NotRepeated:
    """A command that was accepted then and would not be now, and why."""

    activity_id: int
    scope: str
    participant_id: str | None
    kind: str
    occurred_at: datetime
    code: str
    detail: str

    def __str__(self) -> str:
        """Return `ada, rewards.claim of 3 March 09:00: Insufficient points. …`."""
        who = f"{self.participant_id}, " if self.participant_id is not None else ""
        return f"{who}{self.kind} of {self.occurred_at:%Y-%m-%d %H:%M}: {self.detail}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self, recurse=False), "occurred_at": iso(self.occurred_at)}


def _plainly(one: CauseChange | CurrencyChange) -> dict[str, object]:
    """Return the fields as plain JSON, amounts with decimals as text."""
    return {name: plain(value) for name, value in attrs.asdict(one, recurse=False).items()}


def _place(rank: int | None) -> str:
    return f"{rank:,}" if rank is not None else "off"
