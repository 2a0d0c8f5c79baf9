"""What a participant's profile and state say: points, tier, badges, streaks, and how much they have done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import worth
from gamify_core.road.joined import own_numbers
from gamify_core.road.rewards import claimed_by
from gamify_core.road.values import natural_value
from gamify_core.services.badges import BadgeState, states
from gamify_core.services.challenges import ChallengeCounts, challenge_counts
from gamify_core.services.reading import Snapshot, tier_ladder
from gamify_core.services.streak_states import StreakState, streak_states
from gamify_core.services.tiers import NextTier, TierReached, TierState, standing
from gamify_core.services.wallets import Balance, balance_of
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.progress import BADGE, EVENT
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Profile", "Sections", "last_seen", "profile_of", "state_of"]


def _brief(badge: BadgeState) -> dict[str, object]:
    earned_at = iso(badge.earned_at) if badge.earned_at is not None else None
    return {"code": badge.code, "name": badge.name, "earned": badge.earned, "earned_at": earned_at}


def _best(streaks: Sequence[StreakState]) -> dict[str, int] | None:
    """Return the best streak in brief, as the documents show one for all."""
    if not any(streak.longest_count for streak in streaks):
        return None
    return {
        "current": max(streak.current_count for streak in streaks),
        "longest": max(streak.longest_count for streak in streaks),
    }


@attrs.frozen
class Sections:
    """The state of a participant; a section that was not asked for is None."""

    participant_id: str
    included: tuple[str, ...]
    points: Balance | None = None
    tier: TierReached | None = None
    badges: tuple[BadgeState, ...] | None = None
    streaks: tuple[StreakState, ...] | None = None
    rewards_claimed: int | None = None
    challenges: ChallengeCounts | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the document's state, with the sections that were asked for."""
        body: dict[str, object] = {"participant_id": self.participant_id}
        tier = self.tier
        best = _best(self.streaks or ()) or {"current": 0, "longest": 0}
        sections: dict[str, object] = {
            "points": self.points.to_dict() if self.points else None,
            "tier": {"code": tier.code, "name": tier.name, "level": tier.level} if tier else None,
            "badges": [_brief(badge) for badge in self.badges or ()],
            "streaks": best,
            "challenges": self.challenges.to_dict() if self.challenges else None,
            "rewards": {"total_claimed": self.rewards_claimed or 0},
        }
        return body | {name: sections[name] for name in self.included}


@attrs.frozen
class Profile:
    """Everything about a participant. Instants are aware datetimes in UTC."""

    participant_id: str
    display_name: str | None
    avatar_url: str | None
    timezone: str | None
    attributes: Mapping[str, object]
    points: Balance
    tier: TierReached | None
    next_tier: NextTier | None
    badges: tuple[BadgeState, ...]
    streaks: tuple[StreakState, ...]
    total_events: int
    first_seen_at: datetime
    last_seen_at: datetime
    is_active: bool
    rewards_claimed: int = 0
    replayed: bool = attrs.field(default=False, eq=False, repr=False)
    registered: bool = attrs.field(default=False, eq=False, repr=False)

    def __str__(self) -> str:
        """Return `Ada Lovelace (ada) · 70 points · Gold · 3 badges`."""
        who = f"{self.display_name} ({self.participant_id})" if self.display_name else self.participant_id
        earned = sum(badge.earned for badge in self.badges)
        parts = [who, worth(self.points.balance, "points"), *([self.tier.name] if self.tier else [])]
        return " · ".join([*parts, f"{earned} badge{'' if earned == 1 else 's'}"])

    def to_dict(self) -> dict[str, object]:
        """Return the document's profile: from `upsert` with `created_at`, from any other call with what was seen."""
        tier: dict[str, object] | None = None
        if self.tier is not None:
            tier = {**self.tier.to_dict(), "next_tier": self.next_tier.to_dict() if self.next_tier else None}
        streaks: dict[str, object] | None = None
        if best := _best(self.streaks):
            last = max(
                streak.last_recorded_at for streak in self.streaks if streak.last_recorded_at is not None
            )
            streaks = {**best, "last_activity_at": iso(last)}
        return {
            "participant_id": self.participant_id,
            "display_name": self.display_name,
            "avatar_url": self.avatar_url,
            "attributes": dict(self.attributes),
            "points": self.points.to_dict(),
            "tier": tier,
            "badges": [{**_brief(badge), "rarity": badge.rarity} for badge in self.badges if badge.earned],
            "streaks": streaks,
            "rewards_claimed": self.rewards_claimed,
            "total_events": self.total_events,
            **self._dates(),
            "is_active": self.is_active,
        }

    def _dates(self) -> dict[str, object]:
        if self.registered:
            return {"created_at": iso(self.first_seen_at)}
        return {"first_seen_at": iso(self.first_seen_at), "last_seen_at": iso(self.last_seen_at)}


def profile_of(seen: Snapshot, person: ParticipantRow) -> Profile:
    """Return the profile of a participant, from one snapshot."""
    reader, plan = seen.reader, seen.plan
    badges = tuple(states(seen, person))
    streaks = streak_states(seen, person)
    tier = _tier(seen, person, person.participant_id)
    return Profile(
        person.participant_id,
        person.display_name,
        person.avatar_url,
        person.timezone or None,
        json.loads(person.attributes),
        balance_of(reader, person, person.participant_id, "points"),
        tier.current_tier if tier else None,
        tier.next_tier if tier else None,
        badges,
        streaks,
        natural_value(reader, person, plan, "events.count", seen.as_of),
        moment(person.created_at),
        moment(last_seen(plan.catalog, reader, person)),
        bool(person.is_active),
        rewards_claimed=_claimed(reader, person),
    )


def last_seen(catalog: Catalog, reader: Reader, person: ParticipantRow) -> int:
    """Return when something of a participant was last recorded; what is recorded late was seen when it came."""
    heads = [
        head
        for number in own_numbers(reader, person)
        for head in (
            reader.last(EVENT, (number,)),
            reader.last(ENTRY, (number, "points")),
            *(reader.last(ENTRY, (number, currency.code)) for currency in catalog.currencies),
            *(reader.last(BADGE, (number, badge.code)) for badge in catalog.badges),
        )
    ]
    marks = [reader.get(STREAK, (person.number, streak.code)) for streak in catalog.streaks]
    numbers = [head.activity for head in heads if head is not None] + [
        row.seen_id for row in marks if row is not None and row.label is not None
    ]
    row = reader.get(ACTIVITY, (max(numbers),)) if numbers else None
    return max(person.created_at, row.recorded_at if row is not None else 0)


def state_of(seen: Snapshot, person: ParticipantRow | None, who: str, wanted: tuple[str, ...]) -> Sections:
    """Return the sections of a participant's state that are wanted."""
    reader = seen.reader
    tier = _tier(seen, person, who) if "tier" in wanted else None
    return Sections(
        who,
        wanted,
        balance_of(reader, person, who, "points") if "points" in wanted else None,
        tier.current_tier if tier else None,
        tuple(states(seen, person)) if "badges" in wanted else None,
        streak_states(seen, person) if "streaks" in wanted else None,
        rewards_claimed=_claimed(reader, person) if "rewards" in wanted else None,
        challenges=challenge_counts(seen, person) if "challenges" in wanted else None,
    )


def _claimed(reader: Reader, person: ParticipantRow | None) -> int:
    """Return how many rewards somebody has claimed and not cancelled."""
    return claimed_by(reader, person) if person is not None else 0


def _tier(seen: Snapshot, person: ParticipantRow | None, who: str) -> TierState | None:
    """Return the participant's standing on the ladder that the documents call the tier."""
    plan = tier_ladder(seen.plan)
    return standing(seen, person, who, plan) if plan is not None else None
