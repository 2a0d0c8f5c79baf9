"""A sorted list that counts: how many entries come before a bound, and which stand at a place.

Entries are tuples, no two alike; a bound is a tuple that may be shorter than an entry (then it stands before
every entry that begins with it). The entries lie in blocks of at most `LOAD` × 2, and a Fenwick tree over the
sizes of the blocks tells how many come before each; the top of a block is a bound that none of its entries
passes and all later ones do. Adding, removing, counting and reading at a place take
O(log n) steps of Python and one `memmove` within a block.

One flat list would do all this in fewer lines, but an insert into a million moves 4 MB; running sums instead
of the tree are cheaper to read and have to be made anew after every write, which is just the pattern of a
live board.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

__all__ = ["LOAD", "Blocks"]

LOAD = 512
_NEAR = 7
Entry = tuple[Any, ...]


class Blocks:
    """Sorted entries in blocks, with counts."""

    __slots__ = ("_blocks", "_size", "_tops", "_tree")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """Lay out `entries`, which need not be sorted."""
        self.fill(sorted(entries))

    def __len__(self) -> int:
        """Return how many entries there are."""
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        """Iterate in order."""
        return chain.from_iterable(self._blocks)

    def fill(self, entries: list[Entry]) -> None:
        """Hold these sorted entries and no others."""
        self._blocks = [entries[at : at + LOAD] for at in range(0, len(entries), LOAD)]
        self._size = len(entries)
        self._tops = [block[-1] for block in self._blocks]
        self._count()

    def add(self, entry: Entry) -> None:
        """Put in an entry that is not there."""
        tops = self._tops
        at = bisect_left(tops, entry)
        if at == len(tops):
            if not at:
                self.fill([entry])
                return
            at -= 1
            tops[at] = entry
        block = self._blocks[at]
        insort(block, entry)
        self._size += 1
        if len(block) > 2 * LOAD:
            self._split(at)
        else:
            self._shift(at, 1)

    def remove(self, entry: Entry) -> None:
        """Take out an entry that is there."""
        at = bisect_left(self._tops, entry)
        block = self._blocks[at]
        del block[bisect_left(block, entry)]
        self._size -= 1
        if len(block) * 4 < LOAD:
            self._merge(at)
        else:
            self._shift(at, -1)

    def replace(self, old: Entry, new: Entry) -> None:
        """Put `new`, which is not there, in for `old`, which is."""
        tops, blocks = self._tops, self._blocks
        at = bisect_left(tops, old)
        block = blocks[at]
        if new < block[-1] and block[0] < new:  # most moves are small: nothing to count
            place = bisect_left(block, old)
            del block[place]
            if new < old:
                insort(block, new, 0, place)
            else:
                insort(block, new, place)
            return
        to = bisect_left(tops, new)
        if at == to:
            del block[bisect_left(block, old)]
            insort(block, new)
        elif to < len(tops) and len(blocks[to]) < 2 * LOAD and len(block) * 4 > LOAD + 4:
            del block[bisect_left(block, old)]
            insort(blocks[to], new)
            self._carry(at + 1, to + 1)
        else:
            self.remove(old)
            self.add(new)

    def exchange(self, old: Entry, new: Entry) -> None:
        """Put `new` where `old` is, which is its place too."""
        at = bisect_left(self._tops, old)
        block = self._blocks[at]
        place = bisect_left(block, old)
        block[place] = new
        if place + 1 == len(block):
            self._tops[at] = new

    def before(self, bound: Entry) -> int:
        """Return how many entries come strictly before `bound`."""
        at = bisect_left(self._tops, bound)
        if at == len(self._tops):
            return self._size
        found = bisect_left(self._blocks[at], bound)
        tree = self._tree
        while at:
            found += tree[at]
            at &= at - 1
        return found

    def span(self, low: Entry, high: Entry) -> tuple[int, int, int]:
        """Return how many entries come before `low`, how many from there to before `high`, and how many there are."""
        tops, tree, size = self._tops, self._tree, self._size
        at = bisect_left(tops, low)
        if at == len(tops):
            return size, 0, size
        block = self._blocks[at]
        found = inside = bisect_left(block, low)
        above = at
        while above:
            found += tree[above]
            above &= above - 1
        if tops[at] < high:  # it goes on in later blocks
            return found, self.before(high) - found, size
        end = inside + _NEAR  # mostly few are alike, so they are looked for close by
        if end >= len(block) or block[end] < high:
            end = len(block)
        return found, bisect_left(block, high, inside, end) - inside, size

    def between(self, first: int, last: int) -> list[Entry]:
        """Return the entries at the places from `first` up to but not including `last`."""
        last = min(last, self._size)
        if first >= last:
            return []
        wanted = last - first
        at, inside = self._at(first)
        found = self._blocks[at][inside : inside + wanted]
        while len(found) < wanted:
            at += 1
            found += self._blocks[at][: wanted - len(found)]
        return found

    def beside(self, bound: Entry, before: int, length: int) -> list[Entry]:
        """Return up to so many entries before `bound` and those from it on, `length` where there are as many."""
        at = bisect_left(self._tops, bound)
        if at < len(self._blocks):
            block = self._blocks[at]
            first = bisect_left(block, bound) - before
            if first >= 0 and first + length <= len(block):  # as most are: nothing has to be counted
                return block[first : first + length]
        place = self.before(bound)
        return self.between(max(0, place - before), place + length - before)

    def _at(self, place: int) -> tuple[int, int]:
        """Return the block in which the entry at `place` lies, and where in it."""
        tree = self._tree
        at = 0
        step = 1 << (len(tree) - 1).bit_length()
        while step:
            further = at + step
            if further < len(tree) and tree[further] <= place:
                at = further
                place -= tree[further]
            step >>= 1
        return at, place

    def _shift(self, at: int, by: int) -> None:
        tree = self._tree
        at += 1
        while at < len(tree):
            tree[at] += by
            at += at & -at

    def _carry(self, left: int, entered: int) -> None:
        """Count one entry less from one block on and one more from another: up to where the two ways meet."""
        tree = self._tree
        end = len(tree)
        while left != entered and (left < end or entered < end):
            if left < entered:
                tree[left] -= 1
                left += left & -left
            else:
                tree[entered] += 1
                entered += entered & -entered

    def _count(self) -> None:
        """Make the tree anew, in one pass, from the sizes of the blocks."""
        tree = [0, *map(len, self._blocks)]
        for at in range(1, len(tree)):
            up = at + (at & -at)
            if up < len(tree):
                tree[up] += tree[at]
        self._tree = tree

    def _split(self, at: int) -> None:
        block = self._blocks[at]
        self._blocks[at : at + 1] = [block[:LOAD], block[LOAD:]]
        self._tops[at : at + 1] = [block[LOAD - 1], block[-1]]
        self._count()

    def _merge(self, at: int) -> None:
        """Join a small block to a neighbour, so that emptied stretches leave nothing behind."""
        blocks, tops = self._blocks, self._tops
        if len(blocks) == 1:
            if blocks[0]:
                tops[0] = blocks[0][-1]
            else:
                blocks.clear()
                tops.clear()
            self._count()
            return
        at = min(at, len(blocks) - 2)
        blocks[at] += blocks.pop(at + 1)
        tops[at] = blocks[at][-1]
        del tops[at + 1]
        if len(blocks[at]) > 2 * LOAD:
            self._split(at)
        else:
            self._count()
