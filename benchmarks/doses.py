"""How much each benchmark does: enough to trust the figures, a taste of it, or with boards of a million."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.measure import PARTICIPANTS

__all__ = ["LARGE", "NORMAL", "QUICK", "Dose", "dose_of"]


class Dose(NamedTuple):
    """Sizes for one run of the benchmarks."""

    filled: int = PARTICIPANTS
    """People in the store before the first round. With fewer than are drawn from, some appear during it."""
    rounds: int = 5
    memory: int = 20_000
    """Commands of a round on a store in memory."""
    single: int = 1_000
    """Commands of a round on a file, each in a transaction of its own."""
    batched: int = 4_000
    """Commands of a round on a file in batches of 100, so a multiple of that."""
    reads: int = 1_000
    """Readings of a board in a round."""
    scans: int = 20
    """Readings of a round that go through the whole board."""
    entries: tuple[int, ...] = (10_000, 100_000)
    """Sizes of the boards that are read, the smallest first."""
    boards: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    """Sizes of the boards that are read beside Redis, the largest last; growth is measured from the one before it."""
    history: int = 100_000
    """Events of the history that is decided again."""
    starts: int = 15
    """Python processes started for each import."""


NORMAL = Dose()
QUICK = Dose(
    rounds=3,
    memory=4_000,
    single=200,
    batched=1_000,
    reads=200,
    scans=10,
    history=5_000,
    entries=(1_000, 10_000),
    starts=5,
    boards=(100, 1_000, 5_000),
)
LARGE = NORMAL._replace(entries=(10_000, 100_000, 1_000_000), boards=(100, 1_000, 100_000, 10_000, 1_000_000))


def dose_of(arguments: list[str]) -> Dose:
    """Return the dose that a command line asks for: `--quick`, `--large`, or neither."""
    known = {"--quick": QUICK, "--large": LARGE}
    unknown = [word for word in arguments if word not in known]
    if unknown or len(arguments) > 1:
        raise SystemExit(f"usage: python -m benchmarks [{' | '.join(known)}]")
    return known[arguments[0]] if arguments else NORMAL
