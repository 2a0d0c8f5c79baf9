"""What readings of leaderboards answer: entries, pages, windows, ranks, friends and groups.

A score is an integer, or where its metric has a `scale` a `Decimal`; plain JSON has it as text then. Each answer says
which table it is of: `of` is its name (`2026-W07`, a season's; None for all time), from `starts_at` on and before
`ends_at`; a season that is still to come has not `begun`. `is_final` says that nothing changes it any more; what is due
of closing periods and paying prizes was done as far as `settled_through` (None for a board that never closes).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.answers import Answer
from gamify_core.clock import iso
from gamify_core.services.board_cursors import cursor_of

if TYPE_CHECKING:
    from gamify_core.services.orders import Key

__all__ = [
    "Among",
    "Around",
    "BoardPage",
    "Change",
    "Entry",
    "GroupEntry",
    "GroupPage",
    "Rank",
    "Score",
    "ShownAnswer",
]

Change = Literal["up", "down", "same", "new"]
Score = int | Decimal


def _shown(score: Score) -> str:
    return f"{score:,}"


def _counted(number: int, what: str, whats: str) -> str:
    return f"{number:,} {what if number == 1 else whats}"


def _plain(value: object) -> object:
    """Return a value as plain JSON."""
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, Decimal) else value


def _dict(value: attrs.AttrsInstance) -> dict[str, object]:
    return {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))}


@attrs.frozen
class Entry:
    """One line of a board. `change` is against the period before, or for all time against the start of today.

    It is `"new"` for who was not ranked then, and None where it was not asked for, or there was nothing to compare
    with: no earlier period, or nobody on the board as today began. Among some people alone `rank` is the rank among
    them, and `overall_rank` the one on the whole board.
    """

    rank: int
    participant_id: str
    score: Score
    change: Change | None
    display_name: str | None = None
    overall_rank: int | None = None

    def __str__(self) -> str:
        """Return `1. ada 69`."""
        return f"{self.rank}. {self.display_name or self.participant_id} {_shown(self.score)}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's entry, and the display name."""
        body = _dict(self)
        if self.overall_rank is None:
            del body["overall_rank"]
        return body


@attrs.frozen
class GroupEntry:
    """A group on the board of groups: the sum or average of the scores of its ranked members, and how many they are."""

    rank: int
    group: str
    score: Score
    members: int

    def __str__(self) -> str:
        """Return `1. red 690`."""
        return f"{self.rank}. {self.group} {_shown(self.score)}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return _dict(self)


@attrs.frozen(kw_only=True)
class Table:
    """Which table of a board an answer is of; see the module."""

    leaderboard_code: str
    period: str
    of: str | None = None
    group: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    begun: bool = True
    is_final: bool = False
    settled_through: datetime | None = attrs.field(default=None, eq=False)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return _dict(self)


@attrs.frozen
class _Stretch:
    """Entries of a board that follow each other."""

    table: Table
    entries: tuple[Entry, ...]
    total_participants: int

    @property
    def leaderboard_code(self) -> str:
        """The code of the board."""
        return self.table.leaderboard_code

    @property
    def period(self) -> str:
        """The period that is shown, `weekly`."""
        return self.table.period

    @property
    def of(self) -> str | None:
        """Which one of it, `2026-W07`; as an argument it brings the same table again. None for all time."""
        return self.table.of

    @property
    def starts_at(self) -> datetime | None:
        """The first instant of the period, or None."""
        return self.table.starts_at

    @property
    def ends_at(self) -> datetime | None:
        """The first instant after the period, or None."""
        return self.table.ends_at

    @property
    def is_final(self) -> bool:
        """Whether nothing that is recorded from now on changes the table."""
        return self.table.is_final

    @property
    def settled_through(self) -> datetime | None:
        """The instant before which all periods that were to be closed were, their prizes paid; None: none ever is."""
        return self.table.settled_through

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
        """Return the document's leaderboard; `table.to_dict()` says which table it is of."""
        return {
            "leaderboard_code": self.leaderboard_code,
            "period": self.period,
            "entries": [entry.to_dict() for entry in self.entries],
            "total_participants": self.total_participants,
        }


@attrs.frozen
class BoardPage(_Stretch):
    """A page of a board. One that was asked for by a cursor has no number (None)."""

    page: int | None = 1
    page_size: int = 10
    _last: Key | None = attrs.field(default=None, repr=False)

    @property
    def next_cursor(self) -> str | None:
        """What goes on from here as `after`; None on the last page."""
        return cursor_of(self.table, self._last) if self._last is not None else None

    def __str__(self) -> str:
        """Return a line for each entry, or why there is none."""
        if self.entries:
            return super().__str__()
        if self.total_participants:
            where = f"on page {self.page}" if self.page is not None else "after that cursor"
            entries = _counted(self.total_participants, "entry", "entries")
            return f"{self.leaderboard_code} has {entries}, none of them {where}"
        whom = "nobody" if self.table.group is None else f"nobody of {self.table.group}"
        if not self.table.begun and self.starts_at is not None:
            return f"{whom} is on {self.leaderboard_code} yet: {self.of} begins at {iso(self.starts_at)}"
        return f"{whom} is on {self.leaderboard_code} yet"


@attrs.frozen
class Around(_Stretch):
    """A window of a board around one participant."""


@attrs.frozen
class Among(_Stretch):
    """Some people in the order of a board; `absent` are those of them who are not on it, in the order asked."""

    absent: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return a line for each entry, or that there is none."""
        return super().__str__() if self.entries else f"none of them is on {self.leaderboard_code}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's leaderboard of these people, and who is not on it."""
        return {**super().to_dict(), "absent": [*self.absent]}


@attrs.frozen
class GroupPage:
    """A page of the board of groups."""

    table: Table
    entries: tuple[GroupEntry, ...]
    total_groups: int
    page: int = 1
    page_size: int = 10

    def __iter__(self) -> Iterator[GroupEntry]:
        """Go through the groups, best first."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return how many are shown."""
        return len(self.entries)

    def __str__(self) -> str:
        """Return a line for each group, or why there is none."""
        if self.entries:
            return "\n".join(map(str, self.entries))
        if self.total_groups:
            there = _counted(self.total_groups, "group", "groups")
            return f"{self.table.leaderboard_code} has {there}, none of them on page {self.page}"
        return f"no group is on {self.table.leaderboard_code} yet"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "leaderboard_code": self.table.leaderboard_code,
            "period": self.table.period,
            "entries": [entry.to_dict() for entry in self.entries],
            "total_groups": self.total_groups,
        }


class ShownAnswer(Answer):
    """Somebody was hidden from the leaderboards, or is shown on them again."""

    __slots__ = ()

    def _title(self) -> str:
        hidden = self._decided.kind == "leaderboards.hide"
        already = "" if self._decided.written or self.replayed else " already"
        return f"{'hidden from' if hidden else 'shown on'} the leaderboards{already}"


@attrs.frozen
class Rank:
    """Where one participant stands: how many have better scores (`above`), the same (`tied`), and worse (`below`)."""

    participant_id: str
    rank: int | None
    score: Score | None
    total_participants: int
    percentile: float | None
    above: int
    tied: int
    below: int
    is_final: bool = False

    def __str__(self) -> str:
        """Return `1. ada 69, of 12`."""
        if self.rank is None or self.score is None:
            return f"{self.participant_id} is not among the {self.total_participants:,} who are ranked"
        return f"{self.rank}. {self.participant_id} {_shown(self.score)}, of {self.total_participants:,}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's rank."""
        return {
            "participant_id": self.participant_id,
            "rank": self.rank,
            "score": _plain(self.score),
            "total_participants": self.total_participants,
            "percentile": self.percentile,
        }
