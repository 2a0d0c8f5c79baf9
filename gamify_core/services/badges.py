"""`engine.badges`: who has earned what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import exact
from gamify_core.errors import NotFound
from gamify_core.reasons import Need
from gamify_core.road import badges, gone
from gamify_core.road.commands import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.held import earnings, held_of_old
from gamify_core.services.reading import Snapshot, snapshot, value_for
from gamify_core.storage.tables.progress import BadgeRow, ended_by, is_void, voided

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.domain.thresholds import Atom, Lack
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["BadgeAnswer", "BadgeList", "BadgeProgress", "BadgeState", "Badges", "states"]


@attrs.frozen
class BadgeState:
    """A badge, and whether and when a participant earned it. `times` counts a repeatable one."""

    code: str
    name: str
    description: str | None
    icon: str | None
    rarity: str
    earned: bool
    earned_at: datetime | None
    times: int = attrs.field(default=0, repr=False)

    def __str__(self) -> str:
        """Return `First Steps (first_steps), earned 2026-03-02`."""
        told = f"earned {self.earned_at:%Y-%m-%d}" if self.earned_at is not None else "not earned"
        return f"{self.name} ({self.code}), {told}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's badge."""
        return {
            "code": self.code,
            "name": self.name,
            "description": self.description,
            "icon": self.icon,
            "rarity": self.rarity,
            "earned": self.earned,
            "earned_at": iso(self.earned_at) if self.earned_at is not None else None,
        }


@attrs.frozen
class BadgeList:
    """The badges of a participant: a page of those asked for, of `total` that there are, `earned_count` of them earned.

    Both count what is held of badges that are gone by now.
    """

    participant_id: str
    badges: tuple[BadgeState, ...]
    total: int
    earned_count: int
    page: int = attrs.field(default=1, repr=False)
    page_size: int = attrs.field(default=100, repr=False)

    def __iter__(self) -> Iterator[BadgeState]:
        """Go through the badges, in the order of the catalog; those that are gone from it come last."""
        return iter(self.badges)

    def __len__(self) -> int:
        """Return how many are listed."""
        return len(self.badges)

    def __str__(self) -> str:
        """Return a line for each badge that is listed."""
        lines = map(str, self.badges)
        return "\n".join(lines) or f"{self.participant_id} has no such badges"

    def to_dict(self) -> dict[str, object]:
        """Return the document's list."""
        return {
            "participant_id": self.participant_id,
            "badges": [badge.to_dict() for badge in self.badges],
            "total": self.total,
            "earned_count": self.earned_count,
        }


@attrs.frozen
class BadgeProgress:
    """How far somebody is on the way to a badge: `progress` from 0.0, and 1.0 exactly when it is earned or met.

    `needs` are all thresholds of its criteria, `missing` those that are still to be met on the shortest way. A badge
    that only rules or people give has none.
    """

    participant_id: str
    code: str
    name: str
    earned: bool
    progress: float
    needs: tuple[Need, ...]
    missing: tuple[Need, ...]

    def __str__(self) -> str:
        """Return `explorer 17%, topics 1 of 5, streak.daily 1 of 7`."""
        told = "earned" if self.earned else f"{int(100 * self.progress)}%"
        return ", ".join([f"{self.code} {told}", *map(str, self.missing)])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            **attrs.asdict(self, recurse=False),
            "needs": [need.to_dict() for need in self.needs],
            "missing": [need.to_dict() for need in self.missing],
        }


class BadgeAnswer(Answer):
    """A badge that was awarded, or was held already."""

    __slots__ = ()

    @property
    def badge_code(self) -> str:
        """The badge."""
        return str(self._said()[2])

    @property
    def already_earned(self) -> bool:
        """Whether it was held before, so that nothing was written."""
        return bool(self._said()[3])

    @property
    def earned_at(self) -> datetime:
        """When it was earned, in UTC."""
        return moment(int(self._said()[4] or 0))

    def _told(self) -> tuple[object, ...]:
        return self.badge_code, self.already_earned

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a badge award."""
        badge = self._decided.catalog.badge(self.badge_code)
        return {
            "participant_id": self.participant_id,
            "badge_code": badge.code,
            "badge_name": badge.name,
            "icon": badge.icon_url or badge.icon,
            "rarity": badge.rarity,
            "earned_at": iso(int(self._said()[4] or 0)),
            "already_earned": self.already_earned,
        }


class Badges:
    """Badges: earned by criteria, by rules, or by hand."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def award(
        self,
        participant_id: str,
        badge_code: str,
        *,
        metadata: Mapping[str, object] | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> BadgeAnswer:
        """Give a badge, and the points that come with it.

        A second award of a badge that is not repeatable gives nothing: `already_earned` is True. One with a
        `max_supply` comes with a numbered copy.
        Raises `NotFound` (`Badge definition not found: …`), `SoldOut`.

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("first_steps")]))
        >>> game.badges.award("ada", "first_steps").already_earned
        False
        >>> game.badges.award("ada", "first_steps").already_earned
        True
        """
        who = border.participant(participant_id)
        code = border.code(badge_code, "badge_code")
        given = border.properties(metadata, "metadata") if metadata is not None else None
        request = request_of(at, participant_id=who, badge_code=code, metadata=given)

        def decide(turn: Turn) -> None:
            badge = turn.plan.catalog.badge(code)
            row = badges.held(turn, turn.who, badge)
            if row is not None and not badge.repeatable:
                turn.say("=", turn.who.number, badge.code, 1, row.occurred_at)
                turn.rest(row.activity)
                return
            badges.earn(turn, turn.who, badge, "direct", refuse=True)
            turn.say("=", turn.who.number, badge.code, 0, turn.occurred_at)

        ask = Ask("badges.award", who, request, at, border.idempotency_key(idempotency_key), decide)
        return BadgeAnswer(self._access.write(ask))

    def revoke(
        self,
        participant_id: str,
        badge_code: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Take a badge back, one whose definition is gone too. What it gave stays. Raises `NotFound` when not held."""
        who = border.participant(participant_id)
        code = border.code(badge_code, "badge_code")
        said = border.text(reason, "reason")
        request = request_of(at, participant_id=who, badge_code=code, reason=said)

        def decide(turn: Turn) -> None:
            try:
                badge = turn.plan.catalog.badge(code)
            except NotFound:
                badge = gone.badge_of(turn.unit, turn.unit.known, code)
                if badges.held(turn, turn.who, badge) is None:
                    raise
            if badges.held(turn, turn.who, badge) is None:
                raise NotFound("badge", badge.code, f"{who!r} does not hold the badge {badge.code}")
            badges.revoke(turn, turn.who, badge, "direct")

        ask = Ask("badges.revoke", who, request, at, border.idempotency_key(idempotency_key), decide)
        return Answer(self._access.write(ask))

    def list(
        self,
        participant_id: str,
        *,
        earned_only: bool = False,
        badge_codes: Iterable[str] | None = None,
        page: int = 1,
        page_size: int = 100,
    ) -> BadgeList:
        """Return every badge with its earned state, a page at a time; a secret one only once it is earned.

        What is held of badges that are gone by now comes last, as they were last defined. Raises `NotFound` for one
        of `badge_codes` that there is not.
        """
        who = border.participant(participant_id)
        only = border.flag(earned_only, "earned_only")
        number, size = border.page(page, page_size)
        codes = border.several(badge_codes, "badge_codes") if badge_codes is not None else None
        with snapshot(self._access, who) as seen:
            catalog = seen.plan.catalog
            shown = states(seen, self._access.person(seen.reader, who))
            wanted = None
            if codes is not None:
                known = {state.code for state in shown}
                named = [border.code(code, "badge_codes") for code in codes]
                wanted = {code if code in known else catalog.badge(code).code for code in named}
        listed = [s for s in shown if (wanted is None or s.code in wanted) and (s.earned or not only)]
        first = (number - 1) * size
        earned = sum(s.earned for s in shown)
        return BadgeList(who, tuple(listed[first : first + size]), len(shown), earned, number, size)

    def progress(self, participant_id: str, badge_code: str) -> BadgeProgress:
        """Return what it would still take to earn a badge. Raises `NotFound`.

        >>> from gamify_core import Badge, Catalog, Engine, Metric
        >>> lessons = Metric("lessons", on="lesson_finished")
        >>> game = Engine(Catalog(metrics=[lessons], badges=[Badge("keen", criteria="lessons >= 4")]))
        >>> _ = game.events.emit("ada", "lesson_finished")
        >>> print(game.badges.progress("ada", "keen"))
        keen 25%, lessons 1 of 4
        """
        who = border.participant(participant_id)
        with snapshot(self._access) as seen:
            badge = seen.plan.catalog.badge(border.code(badge_code, "badge_code"))
            person = self._access.person(seen.reader, who)
            earned = _state(badge, earnings(seen, person).get(badge.code, ())).earned
            plan = seen.plan.badges.get(badge.code)
            if plan is None:
                return BadgeProgress(who, badge.code, badge.name, earned, float(earned), (), ())
            criteria = plan.criteria
            values = {metric: value_for(seen, person, metric) for metric in criteria.metrics}
            scale = seen.plan.scale

        def need(of: Atom | Lack) -> Need:
            numbers = of.minimum, values[of.metric]
            return Need(of.metric, *(exact(number, scale(of.metric)) for number in numbers))

        needs = tuple(map(need, criteria.atoms))
        missing = () if earned else tuple(map(need, criteria.missing(values.__getitem__)))
        share = 1.0 if earned else criteria.progress(values.__getitem__)
        return BadgeProgress(who, badge.code, badge.name, earned, share, needs, missing)


def states(seen: Snapshot, person: ParticipantRow | None) -> list[BadgeState]:
    """Return the state of each badge for a participant, then of those that are held and gone from the catalog.

    A secret one is told only once it is earned.
    """
    earned = earnings(seen, person)
    there = [*seen.plan.catalog.badges, *held_of_old(seen, earned)]
    found = [_state(badge, earned.get(badge.code, ())) for badge in there]
    return [state for badge, state in zip(there, found, strict=True) if state.earned or not badge.secret]


def _state(badge: Badge, rows: Sequence[BadgeRow]) -> BadgeState:
    """Return the state of a badge from its rows."""
    head = rows[-1] if rows else None
    earned = head is not None and bool(head.held)
    at = moment(head.occurred_at) if head is not None and earned else None
    void = voided(rows)
    won = [row for row in rows if not is_void(row) and ended_by(row) is None]
    times = sum(row.held for row in won if (row.badge, row.n) not in void)
    icon = badge.icon_url or badge.icon
    return BadgeState(badge.code, badge.name, badge.description, icon, badge.rarity, earned, at, times)
