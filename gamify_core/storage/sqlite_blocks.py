"""Keeping the blocks of counted orders as rows come, go and move.

Promise: after every `keep` the counts are what is really there, and blocks are neither too full nor, in the
long run, too empty: a board whose scores only rise leaves no trail of empty blocks. Only net changes are
written.

Where the blocks of a board start is remembered in the process, because finding a row's block in memory is
several times cheaper than in the file. What is remembered stays true while nobody else wrote to the file; after a
foreign commit, which the store tells of, it is compared with the board's number of structural changes,
which moves only when blocks are split or joined, so it is seldom read again. Doing the same with triggers
cost more than everything else an award does.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise

from gamify_core.storage.protocol import Key, Value
from gamify_core.storage.sqlite_ranks import BLOCK, SUPERBLOCK, VERSION, Counts

__all__ = ["Blocks"]

FULL = 256  # rows in a block, beyond which it is split
FULL_ABOVE = 128  # blocks in a superblock, likewise
_BOARDS_KEPT = 512


class _Board:
    """Where the blocks and superblocks of one board start, and how many rows some of the blocks have.

    `sizes` holds what has been read or counted since nobody else wrote; what is not in it is asked of the file.
    """

    __slots__ = ("bounds", "changed", "epoch", "sizes", "supers", "version")

    def __init__(self, epoch: int, version: int, bounds: list[Key], supers: list[Key]) -> None:
        self.epoch = epoch
        self.version = version
        self.bounds = bounds
        self.supers = supers
        self.sizes: dict[Key, int] = {}
        self.changed = False

    def above(self, start: Key) -> int:
        """Return which superblock the block that starts at `start` belongs to."""
        return bisect_right(self.supers, start) - 1

    def span(self, above: int) -> tuple[int, int]:
        """Return the first block of a superblock and the one after its last."""
        first = bisect_left(self.bounds, self.supers[above])
        if above + 1 == len(self.supers):
            return first, len(self.bounds)
        return first, bisect_left(self.bounds, self.supers[above + 1])


class Blocks:
    """The blocks of every counted order of a store, as its one writing connection keeps them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Remember nothing yet."""
        self._connection = connection
        self._execute = connection.execute
        self._boards: dict[tuple[Counts, Value], _Board] = {}
        self._changed: list[tuple[Counts, Value]] = []
        self._counted: list[_Board] = []
        self._epoch = 0
        self._doubtful = False

    def doubt(self) -> None:
        """Learn that a change failed half-way and was taken back while the transaction goes on."""
        self._boards.clear()
        self._doubtful = True

    def foreign(self) -> None:
        """Learn that another connection has written since our last transaction."""
        self._epoch += 1

    def ended(self, *, kept: bool) -> None:
        """Learn that the transaction is over, and whether what it wrote was kept."""
        for place in self._changed:
            blocks = self._boards.get(place)
            if blocks is not None and kept:
                blocks.changed = False
            elif blocks is not None:  # the structure we remember never came to be
                del self._boards[place]
        self._changed.clear()
        if not kept:
            for blocks in self._counted:
                blocks.sizes.clear()
        self._counted.clear()
        if self._doubtful or len(self._boards) > _BOARDS_KEPT:
            self._boards.clear()
            self._doubtful = False

    def rebuild(self, counts: Counts) -> None:
        """Count an order anew from its rows."""
        self._boards.clear()
        self._execute(counts.clear)
        for (board,) in self._execute(counts.boards).fetchall():
            n = self._execute(counts.members_count, (board,)).fetchone()[0]
            blocks = self._board(counts, board)
            for level in (BLOCK, SUPERBLOCK):
                self._execute(counts.set, (n, board, level, *counts.lowest))
            if n > FULL:
                self._split(counts, board, blocks, counts.lowest, n)

    def keep(self, counts: Counts, gone: Iterable[Key], come: Iterable[Key]) -> None:
        """Count rows that left these places and came to those; the rows themselves are written already."""
        changes: dict[Value, tuple[_Board, dict[Key, int]]] = {}
        for places, one in ((gone, -1), (come, 1)):
            for place in places:
                board = place[0]
                known = changes.get(board)
                if known is None:
                    known = changes[board] = (self._board(counts, board), {})
                blocks, moves = known
                start = blocks.bounds[bisect_right(blocks.bounds, place[1:]) - 1]
                moves[start] = moves.get(start, 0) + one
        for board, (blocks, moves) in changes.items():
            self._add(counts, board, blocks, moves)

    def _touched(self, blocks: _Board) -> dict[Key, int]:
        """Return the sizes to be changed, which a rollback makes forgotten."""
        self._counted.append(blocks)
        return blocks.sizes

    # -- counting ----------------------------------------------------------------------------------------

    def _add(self, counts: Counts, board: Value, blocks: _Board, moves: dict[Key, int]) -> None:
        sizes = self._touched(blocks)
        above: dict[Key, int] = {}
        written: list[tuple[Value, ...]] = []
        full, sparse = [], []
        for start, change in moves.items():
            if change:
                n = sizes.get(start)
                if n is None:
                    (n,) = self._execute(counts.add, (change, board, BLOCK, *start)).fetchone()
                else:
                    n += change
                    written.append((change, board, BLOCK, *start))
                sizes[start] = n
                super_start = blocks.supers[blocks.above(start)]
                above[super_start] = above.get(super_start, 0) + change
                if n > FULL:
                    full.append((start, n))
                elif change < 0 and n < FULL // 4:
                    sparse.append(start)
        written += [(change, board, SUPERBLOCK, *start) for start, change in above.items() if change]
        if written:
            self._connection.executemany(counts.move, written)
        for start, n in full:
            self._split(counts, board, blocks, start, n)
        for start in sparse:
            self._thin_out(counts, board, blocks, start)

    def _n(self, counts: Counts, board: Value, level: int, start: Key) -> int:
        n: int = self._execute(counts.n, (board, level, *start)).fetchone()[0]
        return n

    # -- structure ---------------------------------------------------------------------------------------

    def _split(self, counts: Counts, board: Value, blocks: _Board, start: Key, n: int) -> None:
        """Cut a full block in two, or into many that are three quarters full when it is far too full."""
        blocks.sizes.pop(start, None)
        pieces = max(2, -(-n * 4 // (FULL * 3)))
        members = self._execute(counts.members, (board, *start, n)).fetchall()
        cuts = [number * n // pieces for number in range(pieces)] + [n]
        self._execute(counts.set, (cuts[1], board, BLOCK, *start))
        new = [(board, BLOCK, *members[first], last - first) for first, last in pairwise(cuts[1:])]
        self._connection.executemany(counts.put, new)
        at = bisect_left(blocks.bounds, start) + 1
        blocks.bounds[at:at] = [members[first] for first in cuts[1:-1]]
        self._restructured(counts, board, blocks)
        above = blocks.above(start)
        first, last = blocks.span(above)
        if last - first > FULL_ABOVE:
            self._split_above(counts, board, blocks, above)

    def _split_above(self, counts: Counts, board: Value, blocks: _Board, above: int) -> None:
        first, last = blocks.span(above)
        pieces = max(2, -(-(last - first) * 4 // (FULL_ABOVE * 3)))
        cuts = [first + number * (last - first) // pieces for number in range(pieces)]
        counted = self._execute(counts.walk, (board, BLOCK, *blocks.bounds[first])).fetchmany(last - first)
        sums = [
            sum(row[0] for row in counted[one - first : other - first])
            for one, other in zip(cuts, [*cuts[1:], last], strict=True)
        ]
        starts = [blocks.bounds[cut] for cut in cuts]
        self._execute(counts.set, (sums[0], board, SUPERBLOCK, *starts[0]))
        new = [(board, SUPERBLOCK, *start, n) for start, n in zip(starts[1:], sums[1:], strict=True)]
        self._connection.executemany(counts.put, new)
        blocks.supers[above + 1 : above + 1] = starts[1:]

    def _thin_out(self, counts: Counts, board: Value, blocks: _Board, start: Key) -> None:
        """Join a sparse block with a neighbour when both together are well below full."""
        at = bisect_left(blocks.bounds, start)
        if at == len(blocks.bounds) or blocks.bounds[at] != start or len(blocks.bounds) == 1:
            return  # joined already, or the only one
        above = blocks.above(start)
        if blocks.supers[above] == start:
            if blocks.span(above)[1] == at + 1:  # alone: it needs company before it can be joined
                self._join_above(counts, board, blocks, above)
                above = blocks.above(start)
            left = at - 1 if blocks.supers[above] != start else at
        else:
            left = at - 1
        if left + 1 == len(blocks.bounds) or blocks.bounds[left + 1] in blocks.supers:
            return
        if self._join(counts, board, blocks, left):
            self._settle_above(counts, board, blocks, blocks.above(blocks.bounds[left]))

    def _join(self, counts: Counts, board: Value, blocks: _Board, left: int) -> bool:
        one, other = blocks.bounds[left], blocks.bounds[left + 1]
        n, more = self._n(counts, board, BLOCK, one), self._n(counts, board, BLOCK, other)
        if n + more > FULL // 2 and n and more:
            return False
        self._execute(counts.drop, (board, BLOCK, *other))
        self._execute(counts.set, (n + more, board, BLOCK, *one))
        blocks.sizes.pop(other, None)
        blocks.sizes[one] = n + more
        del blocks.bounds[left + 1]
        self._restructured(counts, board, blocks)
        return True

    def _settle_above(self, counts: Counts, board: Value, blocks: _Board, above: int) -> None:
        first, last = blocks.span(above)
        if last - first <= FULL_ABOVE // 4:
            self._join_above(counts, board, blocks, above)

    def _join_above(self, counts: Counts, board: Value, blocks: _Board, above: int) -> None:
        """Join a superblock with the smaller of its neighbours, unless they would be full at once."""
        best: tuple[int, int] | None = None
        for left in (above - 1, above):
            if 0 <= left < len(blocks.supers) - 1:
                size = blocks.span(left + 1)[1] - blocks.span(left)[0]
                if size <= FULL_ABOVE * 3 // 4 and (best is None or size < best[0]):
                    best = size, left
        if best is None:
            return
        left = best[1]
        one, other = blocks.supers[left], blocks.supers[left + 1]
        n, more = self._n(counts, board, SUPERBLOCK, one), self._n(counts, board, SUPERBLOCK, other)
        self._execute(counts.drop, (board, SUPERBLOCK, *other))
        self._execute(counts.set, (n + more, board, SUPERBLOCK, *one))
        del blocks.supers[left + 1]
        self._restructured(counts, board, blocks)

    def _restructured(self, counts: Counts, board: Value, blocks: _Board) -> None:
        if not blocks.changed:  # once a transaction is enough for others to notice
            blocks.changed = True
            self._changed.append((counts, board))
            self._execute(counts.add, (1, board, VERSION, *counts.lowest)).fetchone()
            blocks.version += 1

    # -- remembering -------------------------------------------------------------------------------------

    def _board(self, counts: Counts, board: Value) -> _Board:
        blocks = self._boards.get((counts, board))
        if blocks is not None:
            if blocks.epoch == self._epoch:
                return blocks
            blocks.sizes.clear()
            found = self._execute(counts.n, (board, VERSION, *counts.lowest)).fetchone()
            if found is not None and found[0] == blocks.version:
                blocks.epoch = self._epoch
                return blocks
        blocks = self._boards[counts, board] = self._load(counts, board)
        return blocks

    def _load(self, counts: Counts, board: Value) -> _Board:
        execute = self._execute
        found = execute(counts.n, (board, VERSION, *counts.lowest)).fetchone()
        if found is None:
            levels = (VERSION, 1), (BLOCK, 0), (SUPERBLOCK, 0)
            new = [(board, level, *counts.lowest, n) for level, n in levels]
            self._connection.executemany(counts.put, new)
            blocks = _Board(self._epoch, 1, [counts.lowest], [counts.lowest])
            # A rollback takes the rows away, so what is remembered has to go with them.
            blocks.changed = True
            self._changed.append((counts, board))
            return blocks
        bounds = execute(counts.load, (board, BLOCK)).fetchall()
        supers = execute(counts.load, (board, SUPERBLOCK)).fetchall()
        return _Board(self._epoch, found[0], bounds, supers)
