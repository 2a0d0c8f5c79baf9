"""`engine.tiers`: rungs of ladders, where somebody stands, and assigning by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.domain.reviews import held_until
from gamify_core.road import ladders
from gamify_core.road.commands import Ask
from gamify_core.road.meters import value_of
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.held import rung_held
from gamify_core.services.pages import Page
from gamify_core.services.reading import Snapshot, snapshot, value_for
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from gamify_core.catalog import Tier
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["NextTier", "TierAnswer", "TierReached", "TierState", "Tiers", "standing"]


@attrs.frozen
class TierReached:
    """A rung that was reached, and when."""

    code: str
    name: str
    level: int
    color: str | None
    achieved_at: datetime

    def to_dict(self) -> dict[str, object]:
        """Return the document's `current_tier`."""
        body: dict[str, object] = {
            "code": self.code,
            "name": self.name,
            "level": self.level,
            "color": self.color,
        }
        return {**body, "achieved_at": iso(self.achieved_at)}


@attrs.frozen
class NextTier:
    """The rung above: what it asks, what is missing, and how far along one is.

    `share_of_threshold` is the metric as a percentage of what the next rung asks; `share_of_way` is how much of
    the way from the present rung to the next lies behind, in percent. Both are floored.
    """

    code: str
    name: str
    points_required: Amount
    points_remaining: Amount
    share_of_threshold: int
    share_of_way: int

    def to_dict(self) -> dict[str, object]:
        """Return the document's `next_tier`."""
        return {
            "code": self.code,
            "name": self.name,
            "points_required": plain(self.points_required),
            "points_remaining": plain(self.points_remaining),
        }


@attrs.frozen
class TierState:
    """Where a participant stands on a ladder, and how they came there.

    On a ladder whose rungs are lost at reviews, `held_until` is the review up to which the present one stands whatever
    happens, and `to_keep` how much of the metric is missing for it to stand beyond the next one (0: nothing). They are
    None where nothing can be lost by a review, and while a rung is assigned.
    """

    participant_id: str
    ladder: str
    current_tier: TierReached | None
    next_tier: NextTier | None
    tier_history: tuple[TierReached, ...]
    assigned: bool = False
    to_keep: Amount | None = None
    held_until: datetime | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the document's tier."""
        return {
            "participant_id": self.participant_id,
            "current_tier": self.current_tier.to_dict() if self.current_tier else None,
            "next_tier": self.next_tier.to_dict() if self.next_tier else None,
            "tier_history": [
                {"code": reached.code, "achieved_at": iso(reached.achieved_at)}
                for reached in self.tier_history
            ],
        }


class TierAnswer(Answer):
    """A rung that was assigned by hand, or cleared."""

    __slots__ = ()

    @property
    def tier_code(self) -> str | None:
        """The rung the participant stands on now."""
        code = self._said()[2]
        return str(code) if code is not None else None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {"participant_id": self.participant_id, "tier_code": self.tier_code}


class Tiers:
    """Ladders of tiers or levels."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def current(self, participant_id: str, *, ladder: str = "tier") -> TierState:
        """Return where a participant stands, the next rung, and the history of rungs.

        Who stands on a rung that was taken out of the ladder stands there still, as it was last defined, until an award
        reaches one that is there; `next_tier` is then the lowest rung above the value of the metric.
        """
        who = border.participant(participant_id)
        code = border.code(ladder, "ladder")
        with snapshot(self._access, who) as seen:
            plan = seen.plan.ladder(code)
            return standing(seen, self._access.person(seen.reader, who), who, plan)

    def history(
        self, participant_id: str, *, ladder: str = "tier", page: int = 1, page_size: int = 100
    ) -> Page[TierReached]:
        """Return the rungs a participant has come to stand on, oldest first, those that are gone by now too."""
        number, size = border.page(page, page_size)
        reached = self.current(participant_id, ladder=ladder).tier_history
        first = (number - 1) * size
        return Page(reached[first : first + size], len(reached), number, size, "tier_history")

    def assign(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        tier_code: str,
        *,
        reason: str | None = None,
        ladder: str = "tier",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TierAnswer:
        """Put a participant on a rung by hand; it is pinned, up and down, until `clear`."""
        who = border.participant(participant_id)
        code = border.code(tier_code, "tier_code")
        said = border.text(reason, "reason")
        ladder = border.code(ladder, "ladder")
        named = ladder if ladder != "tier" else None
        request = request_of(at, participant_id=who, tier_code=code, reason=said, ladder=named)

        def decide(turn: Turn) -> None:
            plan = turn.plan.ladder(border.code(ladder, "ladder"))
            tier = plan.ladder.tier(code)
            turn.say("=", turn.who.number, tier.code)
            head = turn.unit.last(STANDING, (turn.who.number, plan.ladder.code))
            if head is not None and (head.how, head.tier) == (ladders.ASSIGNED, tier.code):
                turn.rest(head.activity)
                return
            ladders.stand(turn, turn.who, plan, plan.codes.index(tier.code), ladders.ASSIGNED, "direct")

        ask = Ask("tiers.assign", who, request, at, border.idempotency_key(idempotency_key), decide)
        return TierAnswer(self._access.write(ask))

    def clear(
        self,
        participant_id: str,
        *,
        ladder: str = "tier",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TierAnswer:
        """Unpin: the participant stands where the ladder's metric puts them. Nobody pinned, nothing done."""
        who = border.participant(participant_id)
        ladder = border.code(ladder, "ladder")
        named = ladder if ladder != "tier" else None
        request = request_of(at, participant_id=who, ladder=named)

        def decide(turn: Turn) -> None:
            plan = turn.plan.ladder(border.code(ladder, "ladder"))
            head = turn.unit.last(STANDING, (turn.who.number, plan.ladder.code))
            if head is None or head.how != ladders.ASSIGNED:
                turn.say("=", turn.who.number, head.tier if head is not None else None)
                turn.rest(head.activity if head is not None else 0)
                return
            to = plan.earned(value_of(turn, turn.who, plan.ladder.metric))
            turn.say("=", turn.who.number, plan.codes[to] if to >= 0 else None)
            ladders.stand(turn, turn.who, plan, to, ladders.CLEARED, "direct")

        ask = Ask("tiers.clear", who, request, at, border.idempotency_key(idempotency_key), decide)
        return TierAnswer(self._access.write(ask))


def standing(seen: Snapshot, person: ParticipantRow | None, who: str, plan: LadderPlan) -> TierState:
    """Return where a participant stands on a ladder."""
    ladder = plan.ladder
    rows = seen.reader.scan(STANDING, None, (person.number, ladder.code)) if person is not None else []
    reached: list[TierReached] = []
    stood: str | None = None
    for row in rows:
        stays, stood = row.tier == stood, row.tier
        if stays:  # pinned, or let go, where they stood already
            continue
        tier = rung_held(seen, plan, row)
        if tier is not None:
            reached.append(TierReached(tier.code, tier.name, tier.level, tier.color, moment(row.occurred_at)))
    head = rows[-1] if rows else None
    current = reached[-1] if head is not None and reached and reached[-1].code == head.tier else None
    value = value_for(seen, person, ladder.metric)
    below = rung_held(seen, plan, head)
    above = _above(plan, below, value) if head is not None else next(iter(ladder.tiers), None)
    pinned = head is not None and head.how == ladders.ASSIGNED
    state = TierState(who, ladder.code, current, _next(plan, above, below, value), tuple(reached), pinned)
    if plan.review is None or pinned or below is None or below.code not in plan.codes:
        return state
    if plan.codes.index(below.code) <= plan.earned(0):  # there is no way down from here
        return state
    missing = max(plan.least(below) - value, 0)
    until = held_until(plan.review, seen.plan.zone, seen.as_of, earned=not missing)
    return attrs.evolve(state, to_keep=exact(missing, plan.scale), held_until=moment(until))


def _above(plan: LadderPlan, below: Tier | None, value: int) -> Tier | None:
    """Return the rung after the one that somebody stands on; after one that is gone, the lowest above the value."""
    tiers = plan.ladder.tiers
    if below is not None and below.code not in plan.codes:
        return next((tier for tier in tiers if plan.least(tier) > value), None)
    place = plan.codes.index(below.code) if below is not None else plan.earned(value)
    return tiers[place + 1] if place + 1 < len(tiers) else None


def _next(plan: LadderPlan, above: Tier | None, below: Tier | None, value: int) -> NextTier | None:
    if above is None:
        return None
    floor, least = plan.least(below) if below is not None else 0, plan.least(above)
    share = 100 * max(value, 0) // least if least else 100
    way = 100 * max(value - floor, 0) // (least - floor) if least > floor else 100
    asked, remaining = exact(least, plan.scale), exact(max(least - value, 0), plan.scale)
    return NextTier(above.code, above.name, asked, remaining, min(share, 100), min(way, 100))
