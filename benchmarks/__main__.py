"""Run all benchmarks: `python -m benchmarks`, with `--quick` for a taste, `--large` for a million entries."""

from __future__ import annotations

import sys

from benchmarks import awards, backtest, dryrun, events, importing, ranks, simulation, streaks
from benchmarks.bars import missed
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.measure import environment

__all__ = ["main"]


def main(dose: Dose = NORMAL) -> None:
    """Print every table, and at the end each bar that was missed."""
    print(environment(), end="\n\n")
    lines = [
        line
        for script in (awards, events, dryrun, ranks, importing, simulation, backtest)
        for line in script.main(dose)
    ]
    print("Streaks, pure\n")
    streaks.main()
    bars = sum(len(line.bars) for line in lines)
    misses = missed(lines)
    print(f"\n{bars - len(misses)} of {bars} bars met (streaks not counted)")
    for miss in misses:
        print(f"- {miss}")


if __name__ == "__main__":
    main(dose_of(sys.argv[1:]))
