"""`engine.challenges`: goals to be reached within a window, and how far somebody has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core import border
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.road.challenges import completed, times
from gamify_core.services.access import Access
from gamify_core.services.pages import Page
from gamify_core.services.reading import Snapshot, snapshot, value_for, value_in
from gamify_core.storage.tables.challenges import CompletionRow

if TYPE_CHECKING:
    from gamify_core.road.compiled import ChallengePlan
    from gamify_core.road.plan import Plan
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "ChallengeCounts",
    "ChallengeProgress",
    "ChallengeSummary",
    "Challenges",
    "Goal",
    "challenge_counts",
]
__all__ += ["ChallengeStatus"]

ChallengeStatus = Literal["upcoming", "active", "completed", "ended", "inactive"]


@attrs.frozen
class ChallengeSummary:
    """A challenge as it is defined. Instants are aware datetimes in UTC; None is without that end."""

    code: str
    name: str
    description: str | None
    goals: str
    period: str
    starts: datetime | None
    ends: datetime | None
    points: Mapping[str, int]
    badges: tuple[str, ...]
    rewards: tuple[str, ...]
    is_active: bool
    display_order: int = attrs.field(default=0, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            **attrs.asdict(self),
            "starts": _written(self.starts),
            "ends": _written(self.ends),
            "badges": list(self.badges),
            "rewards": list(self.rewards),
        }


@attrs.frozen
class Goal:
    """One threshold of a challenge: how far its metric has come, and how far it has to."""

    metric: str
    value: Amount
    target: Amount
    met: bool

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {name: plain(value) for name, value in attrs.asdict(self).items()}


@attrs.frozen
class ChallengeProgress:
    """How a participant stands in a challenge, in the window that holds now: `starts` to `ends` (None: open).

    Before the challenge begins that is its first window, after its end the last. `goals` are all thresholds, in the
    order written, also where any one of them would do; `progress` is 1.0 exactly when the challenge was completed in
    this window or its goals are met as they stand. `times_completed` counts all windows. `status` is `completed` (in
    this window), else `inactive` (switched off), `upcoming`, `active` or `ended`.
    """

    code: str
    name: str
    goals: tuple[Goal, ...]
    progress: float
    completed: bool
    completed_at: datetime | None
    times_completed: int
    status: ChallengeStatus
    starts: datetime | None
    ends: datetime | None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            **attrs.asdict(self, recurse=False),
            "goals": [goal.to_dict() for goal in self.goals],
            "completed_at": _written(self.completed_at),
            "starts": _written(self.starts),
            "ends": _written(self.ends),
        }


@attrs.frozen
class ChallengeCounts:
    """How many challenges are running and not completed in their present window, and all completions ever."""

    active: int
    completed: int

    def to_dict(self) -> dict[str, object]:
        """Return the document's `challenges`."""
        return attrs.asdict(self)


class Challenges:
    """Challenges: they are completed by what happens, and are read here."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def list(
        self, *, active_only: bool = False, page: int = 1, page_size: int = 50
    ) -> Page[ChallengeSummary]:
        """Return the challenges there are, by `display_order` and then as declared.

        `active_only` leaves out those that are switched off, have not started or are over. Raises `BadValue`.

        >>> from gamify_core import Catalog, Challenge, Engine
        >>> game = Engine(Catalog(challenges=[Challenge("saver", "points.earned >= 100", points=10)]))
        >>> [(found.name, found.goals) for found in game.challenges.list()]
        [('Saver', 'points.earned >= 100')]
        """
        number, size = border.page(page, page_size)
        active = border.flag(active_only, "active_only")
        with snapshot(self._access) as seen:
            plans = _ordered(seen.plan)
            if active:
                plans = [plan for plan in plans if _running(plan, seen.as_of)]
        first = (number - 1) * size
        items = [_summary(plan) for plan in plans[first : first + size]]
        return Page(items, len(plans), number, size, "challenges")

    def progress(
        self, participant_id: str, *, code: str | None = None, page: int = 1, page_size: int = 50
    ) -> Page[ChallengeProgress]:
        """Return how a participant stands in every challenge, or in the one called `code`, as of now.

        Somebody who has not been seen yet stands at nought in all of them. Nothing is written.
        Raises `BadValue`, `NotFound` (`Challenge definition not found: …`).

        >>> from gamify_core import Catalog, Challenge, Engine
        >>> game = Engine(Catalog(challenges=[Challenge("saver", "points.earned >= 100", points=10)]))
        >>> _ = game.points.award("ada", 25)
        >>> game.challenges.progress("ada", code="saver")[0].progress
        0.25
        >>> _ = game.points.award("ada", 75)
        >>> game.challenges.progress("ada", code="saver")[0].status
        'completed'
        """
        who = border.participant(participant_id)
        wanted = border.code(code, "code") if code is not None else None
        number, size = border.page(page, page_size)
        first = (number - 1) * size
        with snapshot(self._access, who) as seen:
            plans = _ordered(seen.plan)
            if wanted is not None:
                plans = [seen.plan.challenges[seen.plan.catalog.challenge(wanted).code]]
            person = self._access.person(seen.reader, who)
            items = [_progress(seen, person, plan) for plan in plans[first : first + size]]
        return Page(items, len(plans), number, size, "challenges", {"participant_id": who})


def challenge_counts(seen: Snapshot, person: ParticipantRow | None) -> ChallengeCounts:
    """Return in brief how a participant stands in all challenges."""
    running = [plan for plan in seen.plan.challenges.values() if _running(plan, seen.as_of)]
    open_ = [plan for plan in running if _completion(seen, person, plan) is None]
    ever = times(seen.reader, person) if person is not None else 0
    return ChallengeCounts(len(open_), ever)


def _ordered(plan: Plan) -> list[ChallengePlan]:
    return sorted(plan.challenges.values(), key=lambda each: each.challenge.display_order)


def _running(plan: ChallengePlan, now: int) -> bool:
    """Say whether a challenge can be completed by what happens now."""
    return plan.challenge.is_active and plan.windows.label(now) is not None


def _completion(seen: Snapshot, person: ParticipantRow | None, plan: ChallengePlan) -> CompletionRow | None:
    """Return by what a challenge was completed in its present window, or None."""
    if person is None:
        return None
    label = plan.windows.nearest(seen.as_of)
    return completed(seen.reader, person, plan.challenge.code, label)


def _summary(plan: ChallengePlan) -> ChallengeSummary:
    challenge = plan.challenge
    return ChallengeSummary(
        challenge.code,
        challenge.name,
        challenge.description,
        challenge.goals,
        challenge.period,
        challenge.starts,
        challenge.ends,
        dict(challenge.points),
        challenge.badge,
        challenge.reward,
        challenge.is_active,
        challenge.display_order,
    )


def _progress(seen: Snapshot, person: ParticipantRow | None, plan: ChallengePlan) -> ChallengeProgress:
    challenge, windows = plan.challenge, plan.windows
    label = windows.nearest(seen.as_of)
    values = {metric: _value(seen, person, plan, metric, label) for metric in plan.trackers}
    row = _completion(seen, person, plan)
    ever = times(seen.reader, person, challenge.code) if person is not None else 0
    starts, ends = windows.bounds(label)
    return ChallengeProgress(
        challenge.code,
        challenge.name,
        tuple(
            Goal(metric, exact(values[metric], scale), exact(minimum, scale), values[metric] >= minimum)
            for metric, minimum in plan.criteria.atoms
            for scale in (seen.plan.scale(metric),)
        ),
        plan.criteria.progress(values.__getitem__) if row is None else 1.0,
        row is not None,
        moment(row.occurred_at) if row is not None else None,
        ever,
        "completed" if row is not None else _status(plan, seen.as_of),
        moment(starts) if starts is not None else None,
        moment(ends) if ends is not None else None,
    )


def _value(
    seen: Snapshot, person: ParticipantRow | None, plan: ChallengePlan, metric: str, label: int
) -> int:
    tracker = plan.trackers[metric]
    if tracker is None or person is None:
        return value_for(seen, person, metric)
    return value_in(seen, person, tracker, label)


def _status(plan: ChallengePlan, now: int) -> ChallengeStatus:
    if not plan.challenge.is_active:
        return "inactive"
    if now < plan.windows.starts:
        return "upcoming"
    return "active" if now < plan.windows.ends else "ended"


def _written(instant: datetime | None) -> str | None:
    return iso(instant) if instant is not None else None
