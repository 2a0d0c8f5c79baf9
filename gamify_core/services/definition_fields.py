"""The fields of definitions as they are passed at run time: those of the document, for checkers and editors to know.

Promise: nothing but types. What is left out is as by default, or in an update as it was; None is the default again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

__all__ = ["BadgeFields", "ChallengeFields", "LeaderboardFields", "RewardFields", "StreakFields"]
__all__ += ["TierCriteria", "TierFields"]

Amounts = int | Mapping[str, int]


class BadgeFields(TypedDict, total=False):
    """The fields of a badge; those left out are as by default, or in an update as they were."""

    code: str
    name: str | None
    description: str | None
    icon_url: str | None
    icon: str | None
    category: str | None
    rarity: str | None
    points: Amounts | None
    criteria: str | None
    condition: str | None
    max_supply: int | None
    repeatable: bool | None
    transferable: bool | None
    secret: bool | None
    permanent: bool | None
    display_order: int | None


class TierCriteria(TypedDict, total=False):
    """What reaches a tier."""

    min_points: int


class TierFields(TypedDict, total=False):
    """The fields of a tier, and the ladder it belongs to (`tier` by default)."""

    code: str
    ladder: str | None
    name: str | None
    level: int | None
    min_points: int | None
    criteria_config: TierCriteria | None
    color: str | None
    description: str | None
    benefits: Sequence[str] | None
    award_type: Literal["automatic", "manual"] | None
    display_order: int | None


class LeaderboardFields(TypedDict, total=False):
    """The fields of a leaderboard."""

    code: str
    name: str | None
    metric: str | None
    period: str | None
    periods: Sequence[str] | None
    ties: Literal["competition", "dense", "ordinal"] | None
    timezone: str | None
    order: Literal["descending", "ascending"] | None
    week_start: str | None
    display_order: int | None
    days: int | None
    anchor: str | None
    seasons: Mapping[str, Mapping[str, str]] | None
    min_score: int | float | str | None
    group_by: str | None
    group_score: Literal["sum", "average"] | None
    finalize_after: str | None
    prizes: Mapping[Any, object] | None


class StreakFields(TypedDict, total=False):
    """The fields of a streak."""

    code: str
    name: str | None
    description: str | None
    period: Literal["hourly", "daily", "weekly", "monthly", "yearly", "days"] | None
    days: int | None
    anchor: str | None
    grace_period_hours: int | None
    timezone: str | None
    target: int | None
    week_start: str | None
    day_start: str | None
    rest_days: Sequence[str] | None
    freeze_cap: int | None
    freeze_every: int | None
    freeze_cost: int | None
    grace_mode: Literal["keep_alive", "credit"] | None
    count: Literal["activities", "days"] | None
    goals: Mapping[str, int] | None
    match: Literal["all", "any"] | None
    repair_hours: int | None
    repair_cost: int | None
    milestones: Mapping[str, int | Mapping[str, object]] | None
    milestones_once: Literal["ever", "run"] | None
    at_risk_hours: int | None
    display_order: int | None
    on: str | Sequence[str] | None
    when: str | None


class RewardFields(TypedDict, total=False):
    """The fields of a reward; one that is created without a code gets one (`rwd_17`)."""

    code: str
    name: str | None
    type: Literal["coupon", "voucher", "physical", "digital", "points_multiplier"] | None
    description: str | None
    points_cost: int | None
    currency: str | None
    max_claims_per_user: int | None
    total_inventory: int | None
    is_active: bool | None
    factor: int | float | str | None
    duration: str | None
    multiplies: str | None
    stacking: Literal["highest", "add", "multiply"] | None
    rounding: Literal["floor", "round", "ceil"] | None
    display_order: int | None


class ChallengeFields(TypedDict, total=False):
    """The fields of a challenge; `starts` and `ends` as ISO 8601 text."""

    code: str
    name: str | None
    description: str | None
    goals: str | None
    period: Literal["hourly", "daily", "weekly", "monthly", "yearly", "all_time"] | None
    starts: str | None
    ends: str | None
    points: Amounts | None
    badge: str | Sequence[str] | None
    reward: str | Sequence[str] | None
    is_active: bool | None
    display_order: int | None
