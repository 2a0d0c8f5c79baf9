"""What is counted: one row per participant and window of a metric, which is also the board's score row.

A *window* is a metric within one period of one calendar ("points.earned in the week of 9 March"); a new period
is a new window, nothing is ever reset, and old windows are the archive. Score rows are clustered by
participant: an award touches one page of them, whatever the number of boards.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = ["METRIC", "METRIC_BY_RANK", "METRIC_MOVED", "SCORE_LEVEL", "SEEN", "WINDOW", "WINDOW_BY_NAME"]
__all__ += ["MetricRow", "ScoreLevelRow", "SeenRow", "WindowRow"]


class WindowRow(NamedTuple):
    """One metric in one period. `calendar` says which kind and whose midnight, e.g. `weekly Europe/Paris`."""

    number: int
    scope: str
    metric: str
    calendar: str
    label: int
    starts_at: int | None
    ends_at: int | None


class MetricRow(NamedTuple):
    """A participant's value in a window, and the event time at which it was reached.

    In windows that are boards, `down` orders best first (the negated score, or the score itself where
    less is better) and `tie` is the participant's id; both are None where nothing is ranked. `day` is the last
    day on which the score changed, `day_down` and `day_reached` what they were as that day began: this
    answers "up or down since this morning" without a daily copy of the board.
    """

    participant: int
    window: int
    value: int
    reached_at: int
    down: int | None
    tie: str | None
    day: int | None
    day_down: int | None
    day_reached: int | None


class ScoreLevelRow(NamedTuple):
    """How many participants hold exactly this score: what a dense rank counts. Kept for dense boards only."""

    window: int
    down: int
    holders: int


class SeenRow(NamedTuple):
    """A value that a distinct-metric has met, and the earliest event time at which it did."""

    participant: int
    window: int
    value: str
    first_at: int


WINDOW_BY_NAME = Index("window_by_name", ("scope", "metric", "calendar", "label"), unique=True)
WINDOW = Table("window", WindowRow, key=1, chain=True, indexes=(WINDOW_BY_NAME,))
METRIC_BY_RANK = Index(
    "metric_by_rank", ("window", "down", "reached_at", "tie"), counted=True, present="down"
)
METRIC_MOVED = Index("metric_moved", ("window", "day"), present="day")
METRIC = Table(
    "metric",
    MetricRow,
    key=2,
    indexes=(METRIC_BY_RANK, METRIC_MOVED),
    parents={"participant": "participant", "window": "window"},
)
SCORE_LEVEL = Table("score_level", ScoreLevelRow, key=2, counted=True, parents={"window": "window"})
SEEN = Table("seen", SeenRow, key=3, parents={"participant": "participant", "window": "window"})
