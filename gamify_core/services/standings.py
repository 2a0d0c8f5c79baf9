"""A board that is open for reading: one order, three ways to number it.

The entry key is (score in the board's direction, when it was reached, participant id). Competition rank is one more
than the number of better scores (1, 1, 3), dense one more than the number of *distinct* better scores (1, 1, 2),
ordinal one more than the number of better keys (1, 2, 3). Percentile is 100·(N − rank)/N to one decimal, on the
competition rank whatever the board's own, so equal scores share it; alone on a board one is at 0.0.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.road.compiled import ALL_TIME
from gamify_core.road.meters import DAILY
from gamify_core.services.orders import Kept, Order, down_of, key_of, morning_key, rank_of, scanned
from gamify_core.services.reading import window_at, window_of
from gamify_core.storage.tables.metrics import MetricRow
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gamify_core.catalog import Leaderboard
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader

__all__ = ["Around", "Board", "BoardPage", "Change", "Entry", "Rank", "open_board", "rank_in"]

Change = Literal["up", "down", "same", "new"]


@attrs.frozen
class Entry:
    """One line of a board. `change` is against the period before, or for all time against the start of today.

    It is None where it was not asked for.
    """

    rank: int
    participant_id: str
    score: int
    change: Change | None
    display_name: str | None = None

    def __str__(self) -> str:
        """Return `1. ada 69`."""
        return f"{self.rank}. {self.display_name or self.participant_id} {self.score:,}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's entry, and the display name."""
        return attrs.asdict(self)


@attrs.frozen
class _Stretch:
    """Entries of a board that follow each other."""

    leaderboard_code: str
    period: str
    entries: tuple[Entry, ...]
    total_participants: int

    def __iter__(self) -> Iterator[Entry]:
        """Go through the entries, best first."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return how many entries are shown."""
        return len(self.entries)

    def __str__(self) -> str:
        """Return a line for each entry."""
        return "\n".join(map(str, self.entries))

    def to_dict(self) -> dict[str, object]:
        """Return the document's leaderboard."""
        return {
            "leaderboard_code": self.leaderboard_code,
            "period": self.period,
            "entries": [entry.to_dict() for entry in self.entries],
            "total_participants": self.total_participants,
        }


@attrs.frozen
class BoardPage(_Stretch):
    """A page of a board."""

    page: int = 1
    page_size: int = 10

    def __str__(self) -> str:
        """Return a line for each entry, or why there is none."""
        if self.entries:
            return super().__str__()
        if self.total_participants:
            return f"{self.leaderboard_code} has {self.total_participants:,} entries, none of them on page {self.page}"
        return f"nobody is on {self.leaderboard_code} yet"


@attrs.frozen
class Around(_Stretch):
    """A window of a board around one participant."""


@attrs.frozen
class Rank:
    """Where one participant stands: how many have better scores (`above`), the same (`tied`), and worse (`below`)."""

    participant_id: str
    rank: int | None
    score: int | None
    total_participants: int
    percentile: float | None
    above: int
    tied: int
    below: int

    def to_dict(self) -> dict[str, object]:
        """Return the document's rank."""
        return {
            "participant_id": self.participant_id,
            "rank": self.rank,
            "score": self.score,
            "total_participants": self.total_participants,
            "percentile": self.percentile,
        }


class Board:
    """A leaderboard in one of its periods, open for reading within one snapshot."""

    def __init__(  # noqa: PLR0913 - what is read, and as of when
        self,
        access: Access,
        reader: Reader,
        definition: Leaderboard,
        period: str,
        history: Callable[[int], Order],
        label: int | None,
        today: Callable[[], int],
    ) -> None:
        """Open the board; `history` gives the order of each label, `label` is None for all time.

        `today` is asked for only when something compares with the start of the day.
        """
        self.access = access
        self.reader = reader
        self.definition = definition
        self.period = period
        self.order: Order = history(label or 0)
        self._history = history
        self._label = label
        self._today = today

    @cached_property
    def previous(self) -> Order | None:
        """The period before, which `change` compares with; None for all time."""
        return self._history(self._label - 1) if self._label is not None else None

    @cached_property
    def _day(self) -> int:
        return self._today()

    @cached_property
    def _nothing_moved(self) -> bool:
        """Whether the board is for all time and as it was when today began."""
        return self._label is None and not self.order.moved_on(self._day)

    @property
    def code(self) -> str:
        """The board's code."""
        return self.definition.code

    def total(self) -> int:
        """Return how many are on the board."""
        return self.order.total()

    def entries(self, first: int, length: int, *, change: bool = True) -> list[Entry]:
        """Return a stretch of the board; ranks inside it follow from the first by counting ties."""
        rows = self.order.slice(first, length)
        found = []
        rank, down = 0, None
        for place, row in enumerate(rows, first):
            if row.down != down:
                rank = self._following(rank, place) if down is not None else self._numbered(row)
                down = row.down
            elif self.definition.ties == "ordinal":
                rank = place + 1
            person = self.reader.get(PARTICIPANT, (row.participant,))
            name = person.display_name if person is not None else None
            moved = self._change(row, rank) if change else None
            found.append(Entry(rank, row.tie or "", row.value, moved, name))
        return found

    def place(self, participant_id: str) -> int | None:
        """Return at which place (0 is the best) a participant is in the list, or None."""
        person = self.access.person(self.reader, participant_id)
        row = self.order.entry(person.number) if person is not None else None
        return None if row is None else self.order.before(key_of(row))

    def _numbered(self, row: MetricRow) -> int:
        return rank_of(self.order, self.definition.ties, row)

    def _following(self, rank: int, place: int) -> int:
        """Return the rank of the first entry of a new score that follows directly on one of rank `rank`."""
        return rank + 1 if self.definition.ties == "dense" else place + 1

    # -- what changed -----------------------------------------------------------------------------------------

    def _change(self, row: MetricRow, rank: int) -> Change:
        if self._nothing_moved:
            return "same"
        before = self._earlier(row)
        if before is None:
            return "new"
        return "same" if before == rank else "up" if before > rank else "down"

    def _earlier(self, row: MetricRow) -> int | None:
        """Return the rank at the instant that `change` compares with, or None for who was not ranked then."""
        if self.previous is not None:
            then = self.previous.entry(row.participant)
            return None if then is None else rank_of(self.previous, self.definition.ties, then)
        return self._this_morning(row)

    def _this_morning(self, row: MetricRow) -> int | None:
        """Return the all-time rank as today began."""
        key = morning_key(row, self._day)
        if key is None:
            return None
        match self.definition.ties:
            case "ordinal":
                return self.order.before_on(key, self._day) + 1
            case "dense":
                return self.order.distinct_before_on(key[0], self._day) + 1
            case _:
                return self.order.before_on(key[:1], self._day) + 1


def rank_in(  # noqa: PLR0913 - which board, and who
    access: Access, reader: Reader, plan: Plan, definition: Leaderboard, period: str, participant_id: str
) -> Rank:
    """Return where a participant stands on a board, as of now.

    A rank is what is asked right after every award, so where the board is kept nothing is opened but its order.
    """
    tracker = plan.boards[definition.code].trackers.get(period)
    order: Order
    if tracker is None:
        order = open_board(access, reader, plan, definition, period).order
    else:
        order = Kept(reader, window_at(access, reader, tracker, access.road.now()[0]))
    person = access.person(reader, participant_id)
    row = order.entry(person.number) if person is not None else None
    if row is None:
        total = order.total()
        return Rank(participant_id, None, None, total, None, 0, 0, total)
    above, upto, total = order.around(down_of(row))
    rank = above + 1 if definition.ties == "competition" else rank_of(order, definition.ties, row)
    percentile = round(100 * (total - above - 1) / total, 1)
    return Rank(participant_id, rank, row.value, total, percentile, above, upto - above - 1, total - upto)


def open_board(access: Access, reader: Reader, plan: Plan, definition: Leaderboard, period: str) -> Board:
    """Open a board in one of its periods, as of now."""
    now = access.road.now()[0]
    tracker = plan.boards[definition.code].trackers.get(period)
    history: Callable[[int], Order]
    if tracker is not None:
        kept = tracker

        def history(label: int) -> Order:
            return Kept(reader, window_of(access, reader, kept, label))

    else:
        tracker = plan.track(
            definition.metric,
            period,
            zone_name=definition.timezone,
            week_start=definition.week_start,
            keep=False,
        )
        ascending = definition.order == "ascending"
        tracker = attrs.evolve(
            tracker, ranked=True, ascending=ascending
        )  # a criterion may keep the same window
        history = scanned(access, reader, plan, tracker)
    zone = tracker.zone
    label = tracker.calendar.label(now, zone) if tracker.calendar is not ALL_TIME else None
    return Board(access, reader, definition, period, history, label, lambda: DAILY.label(now, zone))
