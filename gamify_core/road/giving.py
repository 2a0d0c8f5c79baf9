"""What reaching something gives: points, badges and rewards, of a challenge, a length of a streak, or a rank.

Promise: what cannot be given takes nothing else away, and is said to be passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road import badges, rewards, wallet

if TYPE_CHECKING:
    from gamify_core.catalog import Challenge
    from gamify_core.catalog.definitions import Milestone, Prize
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["give"]


def give(turn: Turn, who: ParticipantRow, gives: Challenge | Milestone | Prize, cause: str) -> None:
    """Give all that a definition gives, free of charge."""
    catalog = turn.plan.catalog
    wallet.give(turn, who, gives.points, cause)
    for badge in map(catalog.badge, gives.badge):
        if badge.repeatable or badges.held(turn, who, badge) is None:
            badges.earn(turn, who, badge, cause)
    for reward in map(catalog.reward, gives.reward):
        try:
            rewards.give(turn, who, reward, cause)
        except rewards.REFUSALS as error:
            turn.say("skipped", who.number, cause, "reward", error.code, reward.code)
