"""A participant's profile as an application shows it on one page: level, streak, badges, and the first five.

Reading it is pure. A *visit* records the login streak first, and everything that sets off is in what is read after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.domain.decimals import Amount, exact, kept, plain
from gamify_core.road.joined import is_alias
from gamify_core.road.streak_rows import reading_of
from gamify_core.services.held import earnings, held_of_old, rung_held
from gamify_core.services.reading import Snapshot, level_ladder, value_for
from gamify_core.services.standings import open_board, rank_in
from gamify_core.services.ways import way_to
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from gamify_core.catalog import Badge, Leaderboard
    from gamify_core.effects import Effect
    from gamify_core.road.compiled import LadderPlan, StreakPlan
    from gamify_core.road.plan import Plan
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["LevelEntry", "ProfileBadge", "ProfileDocument", "document", "streak_of"]

_SHOWN = 5
_RANKED = 10


@attrs.frozen
class ProfileBadge:
    """A badge as the profile shows it; `points` is what it gives of the currency that the level counts."""

    id: str
    name: str
    description: str | None
    icon: str | None
    category: str | None
    points: int
    condition: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the document's badge."""
        return attrs.asdict(self)


@attrs.frozen
class LevelEntry:
    """One of the first five."""

    participant_id: str
    name: str
    points: Amount
    level: int
    title: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the document's line."""
        return {
            "userId": self.participant_id,
            "name": self.name,
            "points": plain(self.points),
            "level": self.level,
            "title": self.title,
        }


@attrs.frozen
class ProfileDocument:
    """What a participant sees of themselves.

    `next_level` is the threshold of the next rung (None at the top) and `progress` the share of it that is reached, in
    percent, floored. `user_rank` is None for who is not among the first ten. After a visit `badge_awarded` is the first
    badge that it earned, and `effects` are all that it brought about.
    """

    participant_id: str
    badges: tuple[ProfileBadge, ...]
    points: Amount
    level: int
    title: str | None
    next_level: Amount | None
    progress: int
    streak: int
    badge_awarded: str | None
    leaderboard: tuple[LevelEntry, ...]
    user_rank: int | None
    available_badges: tuple[ProfileBadge, ...]
    effects: tuple[Effect, ...] = attrs.field(default=(), repr=False)
    replayed: bool = attrs.field(default=False, eq=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the document's profile."""
        return {
            "badges": [badge.to_dict() for badge in self.badges],
            "points": plain(self.points),
            "level": self.level,
            "title": self.title,
            "nextLevel": plain(self.next_level),
            "progress": self.progress,
            "streak": self.streak,
            "badgeAwarded": self.badge_awarded,
            "leaderboard": [entry.to_dict() for entry in self.leaderboard],
            "userRank": self.user_rank,
            "availableBadges": [badge.to_dict() for badge in self.available_badges],
        }


def streak_of(plan: Plan, code: str | None) -> StreakPlan | None:
    """Return the streak named, or else `login`, `daily_login`, or the first there is. Raises `NotFound`."""
    if code is not None:
        return plan.streak(code)
    known = plan.streaks
    return known.get("login") or known.get("daily_login") or next(iter(known.values()), None)


def document(seen: Snapshot, who: str, ladder: str | None, streak: str | None) -> ProfileDocument:
    """Return the profile of a participant as of now; somebody never seen has zeros. Raises `NotFound`."""
    person = seen.access.person(seen.reader, who)
    rungs = seen.plan.ladder(ladder) if ladder is not None else level_ladder(seen.plan)
    run = streak_of(seen.plan, streak)
    metric = rungs.ladder.metric if rungs is not None else "points.earned"
    points, scale = value_for(seen, person, metric), seen.plan.scale(metric)
    level, title, following = _rung(seen, person, rungs, points)
    entries, rank = _ranking(seen, who, rungs, metric)
    current = reading_of(seen.reader, person, run, seen.plan.zone, seen.as_of).current if run else 0
    held, free = _badges(seen, person, metric)
    return ProfileDocument(
        who,
        held,
        exact(points, scale),
        level,
        title,
        exact(following, scale) if following is not None else None,
        _progress(rungs, points, following),
        current,
        None,
        entries,
        rank if rank is not None and rank <= _RANKED else None,
        free,
    )


def _rung(
    seen: Snapshot, person: ParticipantRow | None, plan: LadderPlan | None, points: int
) -> tuple[int, str | None, int | None]:
    """Return the level and the title of a rung, and what the next one asks."""
    if plan is None:
        return 0, None, None
    head = seen.reader.last(STANDING, (person.number, plan.ladder.code)) if person is not None else None
    # Who has not moved yet stands on no rung, and is shown on the one that they will find themselves on
    stood = rung_held(seen, plan, head)
    if stood is not None and stood.code not in plan.codes:
        return stood.level, stood.name, next((least for least in plan.minimums if least > points), None)
    place = plan.codes.index(stood.code) if stood is not None else plan.earned(points)
    tier = plan.ladder.tiers[place] if place >= 0 else None
    above = next(
        (minimum for minimum, at in zip(plan.minimums, plan.places, strict=True) if at > place), None
    )
    return (tier.level, tier.name, above) if tier is not None else (0, None, above)


def _progress(plan: LadderPlan | None, points: int, following: int | None) -> int:
    if plan is None:
        return 0
    if following is None or following <= 0:
        return 100
    return min(100 * max(points, 0) // following, 100)


# -- badges --------------------------------------------------------------------------------------------------


def _badges(
    seen: Snapshot, person: ParticipantRow | None, metric: str
) -> tuple[tuple[ProfileBadge, ...], tuple[ProfileBadge, ...]]:
    """Return the badges that are held, gone ones last, and those still to be earned; secret ones are not told."""
    earned = earnings(seen, person)
    held, free = [], []
    for badge in seen.plan.catalog.badges:
        rows = earned.get(badge.code)
        if rows is not None and rows[-1].held:
            held.append(_shown(badge, metric))
        elif not badge.secret:
            free.append(_shown(badge, metric))
    held += [_shown(badge, metric) for badge in held_of_old(seen, earned)]
    return tuple(held), tuple(free)


def _shown(badge: Badge, metric: str) -> ProfileBadge:
    gives = dict(badge.points)
    points = gives.get(metric.partition("@")[0].rpartition(".")[0], gives.get("points", 0))
    return ProfileBadge(
        badge.code,
        badge.name,
        badge.description,
        badge.icon or badge.icon_url,
        badge.category,
        points,
        badge.condition or badge.criteria,
    )


# -- the first five ------------------------------------------------------------------------------------------


def _ranking(
    seen: Snapshot, who: str, plan: LadderPlan | None, metric: str
) -> tuple[tuple[LevelEntry, ...], int | None]:
    """Return the first five, and the participant's rank: from a board, or without one from everybody's values."""
    board = _board(seen.plan, metric)
    if board is None:
        return _counted(seen, who, plan, metric)
    access, reader, period = seen.access, seen.reader, _PERIOD
    way = way_to(seen.plan, board, period)
    place = way.running(seen.as_of)
    listed = open_board(access, reader, seen.plan, board, place, seen.as_of).entries(0, _SHOWN, change=False)
    scale = seen.plan.scale(metric)
    people = [(access.person(reader, one.participant_id), kept(one.score, scale) or 0) for one in listed]
    entries = tuple(_entry(seen, person, score, plan) for person, score in people if person is not None)
    return entries, rank_in(access, reader, way, who).rank


_PERIOD: Literal["all_time"] = "all_time"


def _board(plan: Plan, metric: str) -> Leaderboard | None:
    """Return the first all-time board on a metric, most first."""
    for board in plan.catalog.leaderboards:
        if (board.metric, board.order) == (metric, "descending") and _PERIOD in board.periods:
            return board
    return None


def _counted(
    seen: Snapshot, who: str, plan: LadderPlan | None, metric: str
) -> tuple[tuple[LevelEntry, ...], int | None]:
    rows = seen.reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, (seen.access.scope,))
    scores = [(value_for(seen, row, metric), row) for row in rows if not is_alias(row)]
    best = sorted([pair for pair in scores if pair[0]], key=lambda pair: -pair[0])
    mine = next((score for score, row in best if row.participant_id == who), None)
    rank = None if mine is None else 1 + sum(score > mine for score, _ in best)
    return tuple(_entry(seen, row, score, plan) for score, row in best[:_SHOWN]), rank


def _entry(seen: Snapshot, person: ParticipantRow, score: int, plan: LadderPlan | None) -> LevelEntry:
    level, title, _ = _rung(seen, person, plan, score)
    points = exact(score, plan.scale if plan is not None else 0)
    return LevelEntry(person.participant_id, person.display_name or "Anonymous", points, level, title)
