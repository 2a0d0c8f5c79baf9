"""What a backtest found: what another catalog would have made of the same history, as data and for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from gamify_core.clock import iso
from gamify_core.domain.decimals import Amount, plain
from gamify_core.replay.changes import (
    BadgeChange,
    CauseChange,
    CurrencyChange,
    Example,
    NotRepeated,
    RankChange,
    RewardChange,
    SkipChange,
    StreakChange,
    TierChange,
)
from gamify_core.replay.telling import FIXED, difference_lines, report_lines

__all__ = ["Backtest", "Difference"]


@attrs.frozen
class Difference:
    """What is otherwise for one participant.

    `points` is by currency what rules, badges and the like would have given more (below zero: less); what was paid for
    rewards is no part of it, and that the same sum came of other causes makes no difference. `because` tells which
    causes, the largest first; `first` is the first command of theirs that came out otherwise. `streaks` are the runs
    that go on, with their lengths then and now, `ranks` the places on boards of all time that come of it. (Who is only
    overtaken by others is not among the differences.)
    """

    scope: str
    participant_id: str
    points: Mapping[str, Amount]
    because: tuple[CauseChange, ...]
    badges_gained: tuple[str, ...]
    badges_lost: tuple[str, ...]
    tiers: tuple[tuple[str, str | None, str | None], ...]
    given_last: Mapping[str, datetime]
    first: Example | None = None
    streaks: tuple[tuple[str, int, int], ...] = ()
    ranks: tuple[tuple[str, int | None, int | None], ...] = ()

    @property
    def size(self) -> Amount:
        """How many points it is about, up or down."""
        return sum([max(amount, -amount) for amount in self.points.values()])

    def __str__(self) -> str:
        """Return who, how much, and why."""
        return "\n".join(difference_lines(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "scope": self.scope,
            "participant_id": self.participant_id,
            "points": {currency: plain(amount) for currency, amount in self.points.items()},
            "because": [one.to_dict() for one in self.because],
            "badges_gained": list(self.badges_gained),
            "badges_lost": list(self.badges_lost),
            "tiers": [{"ladder": ladder, "then": then, "now": now} for ladder, then, now in self.tiers],
            "streaks": [{"streak": code, "then": then, "now": now} for code, then, now in self.streaks],
            "ranks": [{"board": board, "then": then, "now": now} for board, then, now in self.ranks],
            "first": self.first.to_dict() if self.first is not None else None,
        }


@attrs.frozen
class Backtest:
    """What another catalog would have made of a recorded history.

    `id` names it: the same history under the same catalog has the same. `differences` are all participants for whom
    something is otherwise, those with the largest sums first; the first `top` of them have their `first` example.
    Where costs were given, each of `currencies` has its `costs`: what was spent, and the liability of what is
    outstanding. `refused` are commands that could not be carried out any more, `overruled` edits of definitions that
    the catalog now makes itself. `erased` commands lost their words with a person and were passed over; those people
    are left out, and `entangled` others, with whom they dealt. `digest` and `activities` say which history it was.
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
    streaks: tuple[StreakChange, ...]
    ranks: tuple[RankChange, ...]
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
        """Whether nothing is otherwise: no point, badge, rung, run, rank, claim, firing, refusal."""
        return not (
            self.differences
            or self.refused
            or any(one.differs for one in self.currencies)
            or any(one.differs for one in self.causes)
            or any(one.only_then or one.only_now for one in self.badges)
            or any(one.differs for one in self.ranks)
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
            "streaks": [one.to_dict() for one in self.streaks],
            "ranks": [one.to_dict() for one in self.ranks],
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
