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
from typing import Any

from gamify_core.storage.protocol import Key, Value
from gamify_core.storage.sqlite_ranks import BLOCK, SUPERBLOCK, VERSION, Counts, Size, together

__all__ = ["Blocks", "Placed"]

FULL = 128  # rows in a block, beyond which it is split
FULL_ABOVE = 128  # blocks in a superblock, likewise
_BOARDS_KEPT = 512

Placed = tuple[Key, Value]
"""The place of a row, and its mark."""
_Moves = dict[Any, int]
"""How many rows more there are with each mark."""


def _net(counts: Counts, moves: _Moves) -> Size | None:
    """Return what is to be added to a size, None where nothing is: of the marks only the greatest that moved."""
    moved = [mark for mark, change in moves.items() if change]
    if not moved:
        return None
    if counts.order.marked is None:
        return (moves[moved[0]],)
    mark = max(moved)
    return sum(moves.values()), mark, moves[mark]


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
            size = together(self._execute(counts.member_sizes, (board, *counts.lowest, n)))
            for level in (BLOCK, SUPERBLOCK):
                self._execute(counts.set, (*size, board, level, *counts.lowest))
            if n > FULL:
                self._split(counts, board, blocks, counts.lowest, n)

    def keep(self, counts: Counts, gone: Iterable[Placed], come: Iterable[Placed]) -> None:
        """Count rows that left these places and came to those; the rows themselves are written already."""
        changes: dict[Value, tuple[_Board, dict[Key, _Moves]]] = {}
        for places, one in ((gone, -1), (come, 1)):
            for place, mark in places:
                board = place[0]
                known = changes.get(board)
                if known is None:
                    known = changes[board] = (self._board(counts, board), {})
                blocks, moves = known
                start = blocks.bounds[bisect_right(blocks.bounds, place[1:]) - 1]
                move = moves.get(start)
                if move is None:
                    move = moves[start] = {}
                move[mark] = move.get(mark, 0) + one
        for board, (blocks, moves) in changes.items():
            self._add(counts, board, blocks, moves)

    def _touched(self, blocks: _Board) -> dict[Key, int]:
        """Return the sizes to be changed, which a rollback makes forgotten."""
        self._counted.append(blocks)
        return blocks.sizes

    # -- counting ----------------------------------------------------------------------------------------

    def _add(self, counts: Counts, board: Value, blocks: _Board, moves: dict[Key, _Moves]) -> None:
        sizes = self._touched(blocks)
        above: dict[Key, _Moves] = {}
        written: list[tuple[Value, ...]] = []
        full, sparse = [], []
        for start, move in moves.items():
            net = _net(counts, move)
            if net is None:
                continue
            n, change = sizes.get(start), net[0]
            if n is None:
                (n,) = self._execute(counts.add, (*net, board, BLOCK, *start)).fetchone()
            else:
                n += change
                written.append((*net, board, BLOCK, *start))
            sizes[start] = n
            over = above.setdefault(blocks.supers[blocks.above(start)], {})
            for mark, by in move.items():
                over[mark] = over.get(mark, 0) + by
            if n > FULL:
                full.append((start, n))
            elif change < 0 and n < FULL // 4:
                sparse.append(start)
        over_all = [(start, _net(counts, move)) for start, move in above.items()]
        written += [(*net, board, SUPERBLOCK, *start) for start, net in over_all if net is not None]
        if written:
            self._connection.executemany(counts.move, written)
        for start, n in full:
            self._split(counts, board, blocks, start, n)
        for start in sparse:
            self._thin_out(counts, board, blocks, start)

    def _size(self, counts: Counts, board: Value, level: int, start: Key) -> Size:
        size: Size = self._execute(counts.size, (board, level, *start)).fetchone()
        return size

    # -- structure ---------------------------------------------------------------------------------------

    def _split(self, counts: Counts, board: Value, blocks: _Board, start: Key, n: int) -> None:
        """Cut a full block in two, or into many that are three quarters full when it is far too full."""
        blocks.sizes.pop(start, None)
        pieces = max(2, -(-n * 4 // (FULL * 3)))
        members = self._execute(counts.members, (board, *start, n)).fetchall()
        counted = self._execute(counts.member_sizes, (board, *start, n)).fetchall()
        cuts = [number * n // pieces for number in range(pieces)] + [n]
        sizes = [together(counted[first:last]) for first, last in pairwise(cuts)]
        self._execute(counts.set, (*sizes[0], board, BLOCK, *start))
        new = [(board, BLOCK, *members[cut], *size) for cut, size in zip(cuts[1:-1], sizes[1:], strict=True)]
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
        walk = (board, BLOCK, *blocks.bounds[first])
        counted = self._execute(counts.walk_sizes, walk).fetchmany(last - first)
        sizes = [
            together(counted[one - first : other - first])
            for one, other in zip(cuts, [*cuts[1:], last], strict=True)
        ]
        starts = [blocks.bounds[cut] for cut in cuts]
        self._execute(counts.set, (*sizes[0], board, SUPERBLOCK, *starts[0]))
        new = [(board, SUPERBLOCK, *start, *size) for start, size in zip(starts[1:], sizes[1:], strict=True)]
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
        size, more = self._size(counts, board, BLOCK, one), self._size(counts, board, BLOCK, other)
        if size[0] + more[0] > FULL // 2 and size[0] and more[0]:
            return False
        self._execute(counts.drop, (board, BLOCK, *other))
        self._execute(counts.set, (*together([size, more]), board, BLOCK, *one))
        blocks.sizes.pop(other, None)
        blocks.sizes[one] = size[0] + more[0]
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
        sizes = [self._size(counts, board, SUPERBLOCK, start) for start in (one, other)]
        self._execute(counts.drop, (board, SUPERBLOCK, *other))
        self._execute(counts.set, (*together(sizes), board, SUPERBLOCK, *one))
        del blocks.supers[left + 1]
        self._restructured(counts, board, blocks)

    def _restructured(self, counts: Counts, board: Value, blocks: _Board) -> None:
        if not blocks.changed:  # once a transaction is enough for others to notice
            blocks.changed = True
            self._changed.append((counts, board))
            self._execute(counts.touch, (board, VERSION, *counts.lowest))
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
            sizes = (VERSION, (1, *counts.none[1:])), (BLOCK, counts.none), (SUPERBLOCK, counts.none)
            new = [(board, level, *counts.lowest, *size) for level, size in sizes]
            self._connection.executemany(counts.put, new)
            blocks = _Board(self._epoch, 1, [counts.lowest], [counts.lowest])
            # A rollback takes the rows away, so what is remembered has to go with them.
            blocks.changed = True
            self._changed.append((counts, board))
            return blocks
        bounds = execute(counts.load, (board, BLOCK)).fetchall()
        supers = execute(counts.load, (board, SUPERBLOCK)).fetchall()
        return _Board(self._epoch, found[0], bounds, supers)
