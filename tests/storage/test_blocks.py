"""The counted list against a flat sorted list, with blocks so small that every edge of them is met."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.storage import blocks
from gamify_core.storage.blocks import Blocks

ENTRIES = st.tuples(st.integers(-3, 3), st.integers(0, 9))
BOUNDS = st.tuples(st.integers(-4, 4)) | ENTRIES | st.just(())


@pytest.fixture(autouse=True, params=[1, 2, 4, 12], scope="module")
def _small(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shrink the blocks."""
    patch = pytest.MonkeyPatch()
    patch.setattr(blocks, "LOAD", request.param)
    yield
    patch.undo()


def _agree(counted: Blocks, flat: list[tuple[int, ...]]) -> None:
    assert list(counted) == flat
    assert len(counted) == len(flat)
    for place, entry in enumerate(flat):
        assert counted.before(entry) == place
        assert counted.between(place, place + 1) == [entry]


@given(start=st.sets(ENTRIES), toggled=st.lists(ENTRIES, max_size=60), bounds=st.lists(BOUNDS, max_size=8))
def test_adding_and_removing_keep_order_and_counts(
    start: set[tuple[int, int]], toggled: list[tuple[int, int]], bounds: list[tuple[int, ...]]
) -> None:
    """After any adds and removals each entry is at its place, and bounds count what is before them."""
    counted = Blocks(start)
    flat: list[tuple[int, ...]] = sorted(start)
    for entry in toggled:
        if entry in flat:
            counted.remove(entry)
            flat.remove(entry)
        else:
            counted.add(entry)
            flat.insert(bisect_left(flat, entry), entry)
        assert len(counted) == len(flat)
        assert counted.before(entry) == bisect_left(flat, entry)
    _agree(counted, flat)
    for bound in bounds:
        assert counted.before(bound) == bisect_left(flat, bound)


@given(
    start=st.sets(ENTRIES, min_size=1), moves=st.lists(st.tuples(st.integers(0, 69), ENTRIES), max_size=40)
)
def test_replacing_is_removing_and_adding(
    start: set[tuple[int, int]], moves: list[tuple[int, tuple[int, int]]]
) -> None:
    """An entry that moves, near or far, leaves the list as if it had been taken out and put in."""
    counted = Blocks(start)
    flat: list[tuple[int, ...]] = sorted(start)
    for place, new in moves:
        if new not in flat:
            counted.replace(flat.pop(place % len(flat)), new)
            insort(flat, new)
            assert [counted.before(entry) for entry in flat] == list(range(len(flat)))
    _agree(counted, flat)


@given(start=st.sets(ENTRIES), first=st.integers(0, 80), width=st.integers(0, 80))
def test_between_is_a_slice(start: set[tuple[int, int]], first: int, width: int) -> None:
    """Reading from place to place crosses blocks unseen, and stops at the end."""
    assert Blocks(start).between(first, first + width) == sorted(start)[first : first + width]


def test_a_rising_board_leaves_no_empty_blocks_behind() -> None:
    """Entries that always leave below and enter above do not make the list of blocks grow."""
    size = 20
    counted = Blocks((n, 0) for n in range(size))
    for n in range(size * 20):
        counted.remove((n, 0))
        counted.add((n + size, 0))
    _agree(counted, [(n, 0) for n in range(size * 20, size * 21)])
    assert len(counted._blocks) <= size  # noqa: SLF001 - what is promised is a bound on the inside
    assert all(counted._blocks)  # noqa: SLF001


def test_what_is_left_of_a_block_beside_a_full_one_is_shared_out() -> None:
    """Joining a small block to a full neighbour makes two, and counts and places stay right at every step."""
    load = blocks.LOAD
    counted = Blocks((n, 0) for n in range(2 * load))
    flat: list[tuple[int, ...]] = [(n, 0) for n in range(2 * load)]
    for n in range(load, 2 * load):
        counted.add((n, 1))
        insort(flat, (n, 1))
    while flat:
        counted.remove(flat.pop(0))
        _agree(counted, flat)


def test_an_emptied_list_can_be_filled_again() -> None:
    """Nothing of a former entry is left when the last one goes."""
    counted = Blocks([(1, 1)])
    counted.remove((1, 1))
    _agree(counted, [])
    assert counted.before((5,)) == 0
    counted.add((0, 2))
    _agree(counted, [(0, 2)])
