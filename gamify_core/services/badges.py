"""`engine.badges`: who has earned what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.answers import Answer, BadgeAnswer
from gamify_core.clock import iso, moment
from gamify_core.errors import NotFound
from gamify_core.road import badges
from gamify_core.road.road import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.storage.tables.progress import BADGE, BadgeRow, is_void, voided

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["BadgeList", "BadgeState", "Badges", "states"]


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
    """The badges of a participant: those asked for, of `total` that there are, `earned_count` of them earned."""

    participant_id: str
    badges: tuple[BadgeState, ...]
    total: int
    earned_count: int

    def __iter__(self) -> Iterator[BadgeState]:
        """Go through the badges, in the order of the catalog."""
        return iter(self.badges)

    def __len__(self) -> int:
        """Return how many are listed."""
        return len(self.badges)

    def to_dict(self) -> dict[str, object]:
        """Return the document's list."""
        return {
            "participant_id": self.participant_id,
            "badges": [badge.to_dict() for badge in self.badges],
            "total": self.total,
            "earned_count": self.earned_count,
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
        """Take a badge back. What it gave stays. Raises `NotFound` when it is not held."""
        who = border.participant(participant_id)
        code = border.code(badge_code, "badge_code")
        said = border.text(reason, "reason")
        request = request_of(at, participant_id=who, badge_code=code, reason=said)

        def decide(turn: Turn) -> None:
            badge = turn.plan.catalog.badge(code)
            if badges.held(turn, turn.who, badge) is None:
                raise NotFound("badge", badge.code, f"{who!r} does not hold the badge {badge.code}")
            badges.revoke(turn, turn.who, badge, "direct")

        ask = Ask("badges.revoke", who, request, at, border.idempotency_key(idempotency_key), decide)
        return Answer(self._access.write(ask))

    def list(
        self, participant_id: str, *, earned_only: bool = False, badge_codes: Iterable[str] | None = None
    ) -> BadgeList:
        """Return every badge with its earned state; a secret one only once it is earned."""
        who = border.participant(participant_id)
        codes = border.several(badge_codes, "badge_codes") if badge_codes is not None else None
        with self._access.read() as reader:
            catalog = self._access.road.plan_in(reader).catalog
            wanted = None
            if codes is not None:
                wanted = {catalog.badge(border.code(code, "badge_codes")).code for code in codes}
            shown = states(reader, self._access.person(reader, who), catalog.badges)
        listed = [s for s in shown if (wanted is None or s.code in wanted) and (s.earned or not earned_only)]
        return BadgeList(who, tuple(listed), len(shown), sum(s.earned for s in shown))


def states(reader: Reader, person: ParticipantRow | None, catalog: Iterable[Badge]) -> list[BadgeState]:
    """Return the state of each badge for a participant; a secret one only once it is earned."""
    found = []
    for badge in catalog:
        head = reader.last(BADGE, (person.number, badge.code)) if person is not None else None
        earned = head is not None and bool(head.held)
        at = moment(head.occurred_at) if head is not None and earned else None
        icon = badge.icon_url or badge.icon
        if badge.secret and not earned:
            continue
        times = _times(reader, head) if head is not None else 0
        found.append(
            BadgeState(badge.code, badge.name, badge.description, icon, badge.rarity, earned, at, times)
        )
    return found


def _times(reader: Reader, head: BadgeRow) -> int:
    """Return how often a badge was earned: most have one row, and it says so."""
    if head.n == 1:
        return head.held
    rows = reader.scan(BADGE, None, (head.participant, head.badge))
    gone = voided(rows)
    return sum(row.held for row in rows if not is_void(row) and (row.badge, row.n) not in gone)
