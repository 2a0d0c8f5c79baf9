"""What a backtest found: what another catalog would have made of the same history, as data and for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from gamify_core.clock import iso
from gamify_core.replay.telling import FIXED, both, difference_lines, example_lines, report_lines

__all__ = [
    "Backtest",
    "BadgeChange",
    "CauseChange",
    "CurrencyChange",
    "Difference",
    "Example",
    "NotRepeated",
    "RewardChange",
    "SkipChange",
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
    points_then: int
    points_now: int
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
        return {**attrs.asdict(self, recurse=False), "example": example}


@attrs.frozen
class CurrencyChange:
    """A currency as a whole: the cost (what was issued), what was spent, what is outstanding; who gains and loses."""

    currency: str
    issued_then: int
    issued_now: int
    spent_then: int
    spent_now: int
    outstanding_then: int
    outstanding_now: int
    gainers: int
    gained: int
    losers: int
    lost: int

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
        """Return plain JSON."""
        return attrs.asdict(self)


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


@attrs.frozen
class Difference:
    """What is otherwise for one participant.

    `points` is by currency what rules, badges and the like would have given more (below zero: less); what was paid for
    rewards is no part of it, and that the same sum came of other causes makes no difference. `because` tells which
    causes, the largest first; `first` is the first command of theirs that came out otherwise.
    """

    scope: str
    participant_id: str
    points: Mapping[str, int]
    because: tuple[CauseChange, ...]
    badges_gained: tuple[str, ...]
    badges_lost: tuple[str, ...]
    tiers: tuple[tuple[str, str | None, str | None], ...]
    given_last: Mapping[str, datetime]
    first: Example | None = None

    @property
    def size(self) -> int:
        """How many points it is about, up or down."""
        return sum(map(abs, self.points.values()))

    def __str__(self) -> str:
        """Return who, how much, and why."""
        return "\n".join(difference_lines(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "scope": self.scope,
            "participant_id": self.participant_id,
            "points": dict(self.points),
            "because": [one.to_dict() for one in self.because],
            "badges_gained": list(self.badges_gained),
            "badges_lost": list(self.badges_lost),
            "tiers": [{"ladder": ladder, "then": then, "now": now} for ladder, then, now in self.tiers],
            "first": self.first.to_dict() if self.first is not None else None,
        }


@attrs.frozen
class Backtest:
    """What another catalog would have made of a recorded history.

    `id` names it: the same history under the same catalog has the same. `differences` are all participants for whom
    something is otherwise, those with the largest sums first; the first `top` of them have their `first` example.
    `refused` are commands that could not be carried out any more, `overruled` edits of definitions that the catalog
    now makes itself. `erased` commands lost their words with a person and were passed over; those people are left out,
    and `entangled` others, with whom they dealt. `digest` and `activities` say which history it was.
    """

    id: str
    catalog: str | None
    activities: int
    digest: str
    until: datetime | None
    participants: int
    changes: tuple[str, ...]
    currencies: tuple[CurrencyChange, ...]
    causes: tuple[CauseChange, ...]
    badges: tuple[BadgeChange, ...]
    tiers: tuple[TierChange, ...]
    rewards: tuple[RewardChange, ...]
    skipped: tuple[SkipChange, ...]
    refused: tuple[NotRepeated, ...]
    overruled: tuple[NotRepeated, ...]
    differences: tuple[Difference, ...]
    top: int
    erased: int
    entangled: int

    @property
    def same(self) -> bool:
        """Whether nothing is otherwise: no point, no badge, no rung, no claim, no firing, no refusal."""
        return not (
            self.differences
            or self.refused
            or any(one.differs for one in self.currencies)
            or any(one.differs for one in self.causes)
            or any(one.only_then or one.only_now for one in self.badges)
            or any(one.claims_then != one.claims_now for one in self.rewards)
            or any(one.times_then != one.times_now for one in self.skipped)
        )

    @property
    def movers(self) -> tuple[Difference, ...]:
        """The participants for whom most is otherwise."""
        return self.differences[: self.top]

    def __str__(self) -> str:
        """Return the report for people."""
        return "\n".join(report_lines(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; of the differences those of the largest movers."""
        return {
            "id": self.id,
            "catalog": self.catalog,
            "activities": self.activities,
            "until": iso(self.until) if self.until is not None else None,
            "participants": self.participants,
            "same": self.same,
            "changes": list(self.changes),
            "currencies": [one.to_dict() for one in self.currencies],
            "causes": [one.to_dict() for one in self.causes],
            "badges": [one.to_dict() for one in self.badges],
            "tiers": [one.to_dict() for one in self.tiers],
            "rewards": [one.to_dict() for one in self.rewards],
            "skipped": [one.to_dict() for one in self.skipped],
            "refused": [one.to_dict() for one in self.refused],
            "overruled": [one.to_dict() for one in self.overruled],
            "participants_differing": len(self.differences),
            "movers": [one.to_dict() for one in self.movers],
            "erased": self.erased,
            "entangled": self.entangled,
            "note": FIXED,
        }
