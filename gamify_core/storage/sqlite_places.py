"""Where the blocks of counted orders start, as a reading connection remembers it.

Promise: every answer is that of the snapshot that is open, whatever is remembered. Two numbers see to it. What
SQLite calls the data version moves with each commit of anybody else, in this process or another; while it stands,
sums of blocks are remembered and a rank reads nothing but a part of one block. The board's own number of changes of
structure moves only when blocks are split or joined; while it stands, where blocks start is still so, and only sums
are read. When both have moved the file answers alone, as it would the first time, until enough has been asked to pay
for reading a superblock's blocks again: never all blocks of a board, which at a million rows takes milliseconds.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from gamify_core.storage import sqlite_ranks
from gamify_core.storage.protocol import Key, Value
from gamify_core.storage.sqlite_ranks import BLOCK, SUPERBLOCK, VERSION, Counts

__all__ = ["Places"]

_PATIENCE = 4
"""Questions about a board, in snapshots alike, that the file answers before anything is read in."""
_BOARDS_KEPT = 256
_POSITIONS_KEPT = 64
"""Of a board: what one answer asks twice, such as where a score begins."""


class _Stretch:
    """Neighbouring blocks (or superblocks): where each starts, and how many rows come before it in the stretch."""

    __slots__ = ("starts", "sums", "version")

    def __init__(self, version: int, rows: list[tuple[Any, ...]]) -> None:
        self.version = version
        self.starts: list[Key] = [row[1:] for row in rows]
        self.sums: list[int] = list(accumulate([row[0] for row in rows], initial=0))

    def at(self, place: Key) -> int:
        """Return which of them a place falls into."""
        return bisect_right(self.starts, place) - 1


class _Board:
    """What is remembered of one board."""

    __slots__ = (
        "asked",
        "blocks",
        "marks",
        "positions",
        "structure",
        "supers",
        "total",
        "unknown",
        "version",
        "wanted",
    )

    def __init__(self) -> None:
        self.version = -1  # the data version at which the structure was looked at last
        self.structure: int | None = None
        self.asked = 0  # since the structure or the data moved
        self.supers: _Stretch | None = None
        self.blocks: dict[int, _Stretch] = {}
        self.total: int | None = None  # at this data version, as are the marks and a few positions
        self.positions: dict[Key, int] = {}
        self.marks: dict[int, tuple[int | None, int]] = {}
        self.unknown: dict[
            int, int
        ] = {}  # how often blocks of a superblock were asked for that are not remembered
        self.wanted: dict[
            int, int
        ] = {}  # and in this version, how often blocks of a superblock were, since they were last read


class Places:
    """The remembered places of one reading connection."""

    def __init__(self, hand: sqlite3.Cursor) -> None:
        """Read with this cursor, and remember nothing yet."""
        self._hand = hand
        self._execute = hand.execute
        self._boards: dict[tuple[Counts, Value], _Board] = {}

    def position(self, counts: Counts, board: Value, bound: Key, version: int) -> int:
        """Return how many rows of a board come before a bound, in the snapshot whose data version this is."""
        target = bound + counts.lowest[len(bound) :]
        return self._position(counts, board, self._known(counts, board, version), target, version)

    def _position(self, counts: Counts, board: Value, known: _Board, target: Key, version: int) -> int:
        positions = known.positions
        found = positions.get(target)
        if found is None:
            if len(positions) >= _POSITIONS_KEPT:
                positions.clear()
            found = positions[target] = self._worked_out(counts, board, known, target, version)
        return found

    def _worked_out(self, counts: Counts, board: Value, known: _Board, target: Key, version: int) -> int:
        supers = known.supers
        if supers is None:
            return sqlite_ranks.position(self._hand, counts, board, target)
        above = supers.at(target)
        stretch = known.blocks.get(above)
        if stretch is None or stretch.version != version:
            if self._wanted(known.unknown if stretch is None else known.wanted, above):
                stretch = self._read(counts, board, known, above, version)
            elif stretch is None:
                return sqlite_ranks.position(self._hand, counts, board, target)
        at = stretch.at(target)
        start = stretch.starts[at]
        if supers.version != version or stretch.version != version:
            text, values = counts.before, (board, *supers.starts[above], *start, *target)
            found: int = self._execute(text, values).fetchone()[0]
            return found
        before = supers.sums[above] + stretch.sums[at]
        if target == start:
            return before
        if at + 1 < len(stretch.starts) and _beyond_the_middle(start, target, stretch.starts[at + 1]):
            text, values = counts.between, (board, *target, *stretch.starts[at + 1])
            behind: int = self._execute(text, values).fetchone()[0]
            return before - stretch.sums[at] + stretch.sums[at + 1] - behind
        inside: int = self._execute(counts.between, (board, *start, *target)).fetchone()[0]
        return before + inside

    def between(self, counts: Counts, board: Value, start: Key, stop: Key, version: int) -> int:
        """Return how many rows of a board come from one bound on and before another."""
        lowest = counts.lowest
        first, last = start + lowest[len(start) :], stop + lowest[len(stop) :]
        return self._between(counts, board, self._known(counts, board, version), first, last, version)

    def _between(  # noqa: PLR0913 - two bounds of a board in a snapshot
        self, counts: Counts, board: Value, known: _Board, first: Key, last: Key, version: int
    ) -> int:
        if first >= last:
            return 0
        if known.supers is not None:
            stretch = known.blocks.get(known.supers.at(first))
            if stretch is not None:
                at = stretch.at(first)
                if at + 1 < len(stretch.starts) and last <= stretch.starts[at + 1]:  # within one block
                    found: int = self._execute(counts.between, (board, *first, *last)).fetchone()[0]
                    return found
        before = self._position(counts, board, known, first, version)
        return self._position(counts, board, known, last, version) - before

    def span(self, counts: Counts, board: Value, start: Key, stop: Key, version: int) -> tuple[int, int, int]:
        """Return how many rows of a board come before a bound, from there to before another, and how many it has."""
        lowest = counts.lowest
        first, last = start + lowest[len(start) :], stop + lowest[len(stop) :]
        known = self._known(counts, board, version)
        known.asked += 2  # it is three questions
        before = self._position(counts, board, known, first, version)
        alike = self._between(counts, board, known, first, last, version)
        return before, alike, self._total(counts, board, known, version)

    def seek(self, counts: Counts, board: Value, offset: int, version: int) -> tuple[Key, int] | None:
        """Return where the block that holds row number `offset` starts and how far into it that is, if remembered."""
        supers = self._known(counts, board, version).supers
        if supers is None or supers.version != version or offset >= supers.sums[-1]:
            return None
        above = bisect_right(supers.sums, offset) - 1
        stretch = self._boards[counts, board].blocks.get(above)
        if stretch is None or stretch.version != version:
            return None
        inside = offset - supers.sums[above]
        at = bisect_right(stretch.sums, inside) - 1
        return stretch.starts[at], inside - stretch.sums[at]

    def total(self, counts: Counts, board: Value, version: int) -> int:
        """Return how many rows a board has."""
        return self._total(counts, board, self._known(counts, board, version), version)

    def _total(self, counts: Counts, board: Value, known: _Board, version: int) -> int:
        if known.supers is not None and known.supers.version == version:
            return known.supers.sums[-1]
        if known.total is None:
            known.total = sqlite_ranks.total(self._hand, counts, board)
        return known.total

    def marked(self, counts: Counts, board: Value, bound: Key | None, mark: int, version: int) -> int:
        """Return how many rows of a board that have a mark come before a bound, or how many there are at all."""
        known = self._known(counts, board, version)
        marks = known.marks.get(mark)
        if marks is None:
            marks = known.marks[mark] = sqlite_ranks.marks_of(self._hand, counts, board, mark)
        if bound is not None and marks[0] == mark and marks[1] and known.supers is not None:
            target = bound + counts.lowest[len(bound) :]
            above = known.supers.at(target)
            stretch = known.blocks.get(above)
            if stretch is None and self._wanted(known.unknown, above):
                stretch = self._read(counts, board, known, above, version)
            if stretch is not None:
                places = *known.supers.starts[above], *stretch.starts[stretch.at(target)], *target
                found: int = self._execute(counts.marked_before, (board, *places, mark)).fetchone()[0]
                return found
        return sqlite_ranks.marked_position(self._hand, counts, board, bound, mark, marks)

    def _known(self, counts: Counts, board: Value, version: int) -> _Board:
        """Return what is remembered of a board, as far as it is still so in this snapshot."""
        known = self._boards.get((counts, board))
        if known is None:
            if len(self._boards) >= _BOARDS_KEPT:
                self._boards.clear()
            known = self._boards[counts, board] = _Board()
        if known.version != version:
            row = self._execute(counts.n, (board, VERSION, *counts.lowest)).fetchone()
            structure = None if row is None else row[0]
            if structure != known.structure:
                known.structure = structure
                known.asked = 0
                known.supers = None
                known.blocks.clear()
                known.unknown.clear()
                known.wanted.clear()
            elif known.supers is not None and known.supers.version != version:
                known.asked = 0
                known.wanted.clear()
            known.version = version
            known.total = None
            known.positions.clear()
            known.marks.clear()
        known.asked += 1
        if (
            known.asked > _PATIENCE
            and known.structure is not None
            and (known.supers is None or known.supers.version != version)
        ):
            walk = counts.walk, (board, SUPERBLOCK, *counts.lowest)
            known.supers = _Stretch(version, self._execute(*walk).fetchall())
        return known

    @staticmethod
    def _wanted(asked: dict[int, int], above: int) -> bool:
        """Say whether the blocks of a superblock were asked for so often that reading them in pays."""
        asked[above] = asked.get(above, 0) + 1
        return asked[above] > _PATIENCE

    def _read(self, counts: Counts, board: Value, known: _Board, above: int, version: int) -> _Stretch:
        """Read where the blocks of a superblock start, and what they hold."""
        assert known.supers is not None  # noqa: S101 - it was looked at by the caller
        starts = known.supers.starts
        if above + 1 < len(starts):
            rows = self._execute(counts.walk_between, (board, BLOCK, *starts[above], *starts[above + 1]))
        else:
            rows = self._execute(counts.walk, (board, BLOCK, *starts[above]))
        known.wanted[above] = 0
        known.unknown.pop(above, None)
        stretch = known.blocks[above] = _Stretch(version, rows.fetchall())
        return stretch


def _beyond_the_middle(start: Key, target: Key, end: Key) -> bool:
    """Guess whether a place is nearer to the end of its block: fewer rows are counted from there."""
    for low, place, high in zip(start, target, end, strict=True):
        if low != high:
            return (
                isinstance(low, int)
                and isinstance(place, int)
                and isinstance(high, int)
                and 2 * (place - low) > high - low
            )
    return False
