"""How long a streak takes: one step, one reading, a fold of a thousand periods, and the label of an instant.

Run `python benchmarks/streaks.py`. Each line is the best of seven rounds, with the bar it is held to.
"""

from __future__ import annotations

from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from gamify_core.domain.periods import DAY, HOUR, MINUTE, Calendar
from gamify_core.domain.streaks import NO_PARDONS, Mark, Pardons, State, StreakRules, fold, read, step
from gamify_core.domain.zones import ZoneLine, zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.domain.streaks import GraceMode

_PARIS = zone("Europe/Paris")
_LINE = ZoneLine((_PARIS,))
_RULES = StreakRules(grace=4 * HOUR)
_CREDIT = StreakRules(grace=4 * HOUR, grace_mode="credit")
_START = 1_767_258_000_000_000  # 1 January 2026, 09:00 UTC


def _best(work: Callable[[], object], times: int) -> float:
    """Return the microseconds that one of `times` pieces of work takes, in the best round."""
    rounds = []
    for _ in range(7):
        since = perf_counter()
        work()
        rounds.append((perf_counter() - since) / times * 1e6)
    return min(rounds)


def _marks(number: int, skips: float, seed: int = 1) -> list[Mark]:
    luck, marks, day = Random(seed), [], 0
    for n in range(number):
        day += 2 if luck.random() < skips else 1
        at = _START + day * DAY + luck.randrange(8 * 60) * MINUTE
        marks.append(Mark(_RULES.calendar.label(at, _PARIS), at, n))
    return marks


def _steps(marks: list[Mark], pardons: Pardons) -> State | None:
    state: State | None = None
    for mark in marks:
        state = step(state, mark, _RULES, _LINE, pardons)
    return state


def main() -> None:
    """Print every figure beside its bar."""
    regular, gappy = _marks(1000, 0.0), _marks(1000, 0.1)
    shuffled = gappy[:]
    Random(2).shuffle(shuffled)
    frozen = Pardons(grants=tuple((mark.instant - DAY, 1) for mark in gappy[::100]))
    state = _steps(regular, NO_PARDONS)
    seen = 0 if state is None else state.seen
    calendar, luck = Calendar(), Random(3)
    day = [_START + luck.randrange(10 * 60) * MINUTE for _ in range(1000)]
    year = [_START + luck.randrange(365 * 24 * 60) * MINUTE for _ in range(1000)]

    def reads(after: int) -> Callable[[], object]:
        return lambda: [read(state, _RULES, _LINE, NO_PARDONS, seen + after) for _ in range(1000)]

    def labels(instants: list[int]) -> Callable[[], object]:
        return lambda: [calendar.label(at, _PARIS) for at in instants]

    print(f"{'what':44}{'us each':>9}{'bar':>9}")
    for what, work, times, bar in (
        ("step, every day", lambda: _steps(regular, NO_PARDONS), 1000, 5),
        ("step, one day in ten missed", lambda: _steps(gappy, NO_PARDONS), 1000, 5),
        ("step, missed days, ten freezes", lambda: _steps(gappy, frozen), 1000, 5),
        ("read, active", reads(0), 1000, 10),
        ("read, pending", reads(DAY), 1000, 10),
        ("read, broken", reads(40 * DAY), 1000, 10),
        ("fold of 1,000 periods, any order, all cold", lambda: fold(shuffled, _cold(), _LINE), 1, 5000),
        ("fold of 1,000 periods, any order", lambda: fold(shuffled, _RULES, _LINE), 1, 5000),
        ("the same with credit grace, all cold", lambda: fold(shuffled, _cold("credit"), _LINE), 1, 5000),
        ("the same with credit grace", lambda: fold(shuffled, _CREDIT, _LINE), 1, 5000),
        ("label, instants of one day", labels(day), 1000, 1),
        ("label, instants all over a year", labels(year), 1000, None),
    ):
        print(f"{what:44}{_best(work, times):9.2f}{'' if bar is None else bar:>9}")


def _cold(grace_mode: GraceMode = "keep_alive") -> StreakRules:
    return StreakRules(grace=_RULES.grace, grace_mode=grace_mode)


if __name__ == "__main__":
    main()
