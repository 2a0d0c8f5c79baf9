"""Gifts, and scores that were posted by hand: redeeming a gift is the posted score `gift_redeemed`."""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["GIFT", "GIFT_BY_SCOPE", "SCORE", "SCORE_BY_ACTION", "SCORE_BY_GIFT", "GiftRow", "ScoreRow"]


class GiftRow(NamedTuple):
    """A gift campaign, named by the activity that created it (`gift_17`). `expires` is its first instant too late."""

    activity: int
    scope: str
    name: str
    tier: str
    reward: int
    currency: str
    badge: str | None
    expires: int | None
    created_at: int


class ScoreRow(NamedTuple):
    """A score that was posted; `tier` is the gift's label where a gift was redeemed."""

    participant: int
    activity: int
    scope: str
    metric: str
    action: str
    value: int
    gift: int | None
    tier: str | None
    occurred_at: int


GIFT_BY_SCOPE = Index("gift_by_scope", ("scope", "activity"))
GIFT = Table("gift", GiftRow, key=1, indexes=(GIFT_BY_SCOPE,), parents={"activity": "activity"})
SCORE_BY_ACTION = Index("score_by_action", ("scope", "action", "occurred_at", "activity"))
SCORE_BY_GIFT = Index("score_by_gift", ("gift", "participant"), unique=True, present="gift")
SCORE = Table(
    "score",
    ScoreRow,
    key=2,
    indexes=(SCORE_BY_ACTION, SCORE_BY_GIFT),
    parents={"participant": "participant", "activity": "activity", "gift": "gift"},
)
