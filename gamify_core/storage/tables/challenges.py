"""Challenges that were completed: once in each of a challenge's windows."""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["COMPLETION", "CompletionRow"]


class CompletionRow(NamedTuple):
    """A challenge completed in the window `label` (0 where it has but one)."""

    participant: int
    challenge: str
    label: int
    occurred_at: int
    activity: int


COMPLETION = Table(
    "completion", CompletionRow, key=3, parents={"participant": "participant", "activity": "activity"}
)
