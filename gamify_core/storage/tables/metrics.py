"""What is counted: one row per participant and window of a metric, which is also the board's score row.

A *window* is a metric within one period of one calendar ("points.earned in the week of 9 March"); a new period
is a new window, nothing is ever reset, and old windows are the archive. Score rows are clustered by
participant: an award touches one page of them, whatever the number of boards.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = [
    "LEVEL_EMPTIED",
    "LEVEL_HELD",
    "LEVEL_OF_MORNING",
    "METRIC",
    "METRIC_BY_MORNING",
    "METRIC_BY_RANK",
    "SCORE_LEVEL",
    "SEEN",
    "WINDOW",
    "WINDOW_BY_NAME",
]
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
    answers "up or down since this morning" without a daily copy of the board. How many were better this morning is
    how many are now, without those that moved today, and with those of them that stood there then; `day` is
    the mark by which both orders count the entries that moved.
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
    """How many participants hold exactly this score: what a dense rank counts. Kept for dense boards only.

    `holders` is None where there are none, and then the row is kept only for what it tells of the morning: `day` is
    the last day on which the holders changed, `before` how many there were as it began (None: nobody). `emptied` is
    that day again where nobody holds the score any more: such rows are swept out when the day is over.
    """

    window: int
    down: int
    holders: int | None
    day: int | None
    before: int | None
    emptied: int | None


class SeenRow(NamedTuple):
    """A value that a distinct-metric has met, and the earliest event time at which it did."""

    participant: int
    window: int
    value: str
    first_at: int


WINDOW_BY_NAME = Index("window_by_name", ("scope", "metric", "calendar", "label"), unique=True)
WINDOW = Table("window", WindowRow, key=1, chain=True, indexes=(WINDOW_BY_NAME,))
METRIC_BY_RANK = Index(
    "metric_by_rank",
    ("window", "down", "reached_at", "tie"),
    counted=True,
    present="down",
    marked="day",
    carried=("value", "day_down", "day_reached"),
)
METRIC_BY_MORNING = Index(
    "metric_by_morning",
    ("window", "day_down", "day_reached", "tie"),
    counted=True,
    present="day_down",
    marked="day",
)
METRIC = Table(
    "metric",
    MetricRow,
    key=2,
    indexes=(METRIC_BY_RANK, METRIC_BY_MORNING),
    parents={"participant": "participant", "window": "window"},
)
LEVEL_HELD = Index("level_held", ("window", "down"), counted=True, present="holders", marked="day")
LEVEL_OF_MORNING = Index("level_of_morning", ("window", "down"), counted=True, present="before", marked="day")
LEVEL_EMPTIED = Index("level_emptied", ("window", "emptied"), present="emptied")
SCORE_LEVEL = Table(
    "score_level",
    ScoreLevelRow,
    key=2,
    indexes=(LEVEL_HELD, LEVEL_OF_MORNING, LEVEL_EMPTIED),
    parents={"window": "window"},
)
SEEN = Table("seen", SeenRow, key=3, parents={"participant": "participant", "window": "window"})
