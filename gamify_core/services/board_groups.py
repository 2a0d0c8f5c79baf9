"""The board of groups: kept by the store where the board is, or added up from its entries."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Protocol

from gamify_core.domain.decimals import exact
from gamify_core.errors import BadValue
from gamify_core.road.compiled import Grouping
from gamify_core.road.groups import DECIMALS, board_of, calendar_of_groups, group_in
from gamify_core.services.board_answers import GroupEntry, Score
from gamify_core.services.instances import open_instance, people_of
from gamify_core.services.reading import window_named
from gamify_core.storage.tables.boards import GROUP, GROUP_BY_RANK, GroupRow

if TYPE_CHECKING:
    from gamify_core.catalog import Leaderboard
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.services.instances import Place
    from gamify_core.storage.protocol import Reader

__all__ = ["Groups", "open_groups"]


class _Order(Protocol):
    """What the board of groups needs to know of its rows."""

    def slice(self, first: int, length: int | None) -> list[GroupRow]:
        """Return the groups from a place on."""
        ...

    def before(self, down: int) -> int:
        """Return how many groups are better."""
        ...

    def get(self, name: str) -> GroupRow | None:
        """Return a group."""
        ...

    def total(self) -> int:
        """Return how many there are."""
        ...


class _Kept:
    """Groups that the store keeps in order."""

    def __init__(self, reader: Reader, window: int) -> None:
        self._reader = reader
        self._window = window

    def slice(self, first: int, length: int | None) -> list[GroupRow]:
        return self._reader.scan(GROUP, GROUP_BY_RANK, (self._window,), offset=first, limit=length)

    def before(self, down: int) -> int:
        return self._reader.position(GROUP, GROUP_BY_RANK, (self._window,), (down,))

    def get(self, name: str) -> GroupRow | None:
        return self._reader.get(GROUP, (self._window, name))

    def total(self) -> int:
        return self._reader.count(GROUP, GROUP_BY_RANK, (self._window,))


class _Added:
    """Groups that were added up."""

    def __init__(self, rows: list[GroupRow]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.down, row.name))
        self._downs = [row.down for row in self._rows]

    def slice(self, first: int, length: int | None) -> list[GroupRow]:
        return self._rows[first:] if length is None else self._rows[first : first + length]

    def before(self, down: int) -> int:
        return bisect_left(self._downs, down)

    def get(self, name: str) -> GroupRow | None:
        return next((row for row in self._rows if row.name == name), None)

    def total(self) -> int:
        return len(self._rows)


class Groups:
    """The board of groups, open for reading."""

    def __init__(self, order: _Order, definition: Leaderboard, scale: int) -> None:
        """Open it."""
        self._order = order
        self._ties = definition.ties
        self._average = definition.group_score == "average"
        self._scale = scale

    def total(self) -> int:
        """Return how many groups there are."""
        return self._order.total()

    def entries(self, first: int, length: int) -> list[GroupEntry]:
        """Return a stretch of the board; dense ranks take time with the groups before it, for these are counted."""
        rows = self._order.slice(first, length)
        rank, down = 0, None
        found = []
        for place, row in enumerate(rows, first):
            if down is None:
                rank = self._rank(row, place)
            elif self._ties == "ordinal" or row.down != down:
                rank = rank + 1 if self._ties == "dense" else place + 1
            down = row.down
            found.append(self._entry(row, rank))
        return found

    def entry(self, name: str) -> GroupEntry | None:
        """Return a group, or None. Its ordinal rank takes time with its equals, its dense one with those before it."""
        row = self._order.get(name)
        if row is None:
            return None
        place = 0
        if self._ties == "ordinal":
            rows = self._order.slice(place := self._order.before(row.down), None)
            place += next(n for n, each in enumerate(rows) if each.name == name)
        return self._entry(row, self._rank(row, place))

    def _rank(self, row: GroupRow, place: int) -> int:
        """Return the rank of a group at a place, which only an ordinal one depends on."""
        if self._ties == "ordinal":
            return place + 1
        before = self._order.before(row.down)
        if self._ties == "dense":
            return len({better.down for better in self._order.slice(0, before)}) + 1 if before else 1
        return before + 1

    def _entry(self, row: GroupRow, rank: int) -> GroupEntry:
        return GroupEntry(rank, row.name, self._score(row), row.members)

    def _score(self, row: GroupRow) -> Score:
        if not self._average:
            return exact(row.total, self._scale)
        value = board_of(Grouping("", average=True), row.members, row.total, ascending=True)
        shown = Decimal(value).scaleb(-self._scale - DECIMALS)
        plainly = shown.quantize(Decimal(1).scaleb(-self._scale), ROUND_FLOOR)
        if plainly != shown:  # else without idle zeros
            return shown.normalize()
        return plainly if self._scale else int(plainly)


def open_groups(access: Access, reader: Reader, plan: Plan, definition: Leaderboard, place: Place) -> Groups:
    """Open the board of groups beside a table of a board. Raises `BadValue`."""
    grouping = plan.boards[definition.code].grouping
    scale = plan.scale(definition.metric)
    if grouping is None:
        detail = f"the leaderboard {definition.code} has no groups"
        raise BadValue("leaderboard_code", definition.code, detail, hint='declare group_by = "team", say')
    if place.kept and place.days is None and access.road.live:
        text = calendar_of_groups(place.tracker.text, grouping)
        window = window_named(access, reader, place.tracker.metric, text, place.label)
        return Groups(_Kept(reader, window) if window else _Added([]), definition, scale)
    rows = open_instance(access, reader, plan, definition, place, None).order.slice(0, 2**62)
    people = people_of(access, reader, place.tracker, place.label, grouping.attribute, rows)
    totals: dict[str, list[int]] = defaultdict(list)
    for row, who in zip(rows, people, strict=True):
        name = group_in(who.attributes, grouping.attribute) if who is not None else None
        if name is not None:
            totals[name].append(row.value)
    ascending = definition.order == "ascending"
    found = [
        GroupRow(0, name, len(each), sum(each), board_of(grouping, len(each), sum(each), ascending=ascending))
        for name, each in totals.items()
    ]
    return Groups(_Added(found), definition, scale)
