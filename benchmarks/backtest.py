"""How long a history takes to be decided again, beside how long it took to be written.

    python -m benchmarks.backtest            # 100,000 events; --quick for 5,000

The history is a file of a season: a twentieth as many people as events, ninety days, and all that
`games.events_catalog` has. It is written in batches of a hundred, then decided again from the file, once by the catalog
that was in force and once by a stricter one. The bar is a minute for 100,000 events on an idle core, so the seconds of
the processor are told beside those of the wall.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from time import perf_counter, process_time

import attrs

from benchmarks.bars import Line, page, rate_of
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.games import EVENT, engine_on, events_catalog
from benchmarks.measure import Spread, environment
from gamify_core import Catalog, Emit, Engine, ManualClock

__all__ = ["main", "season", "stricter"]

BAR = 100_000 / 60
DAYS = 90
BATCH = 100
PER_PERSON = 20


def stricter() -> Catalog:
    """Return the catalog under which some of the history comes out otherwise."""
    catalog = events_catalog()
    return attrs.evolve(catalog, rules=[attrs.evolve(rule, when="score >= 70") for rule in catalog.rules])


def season(game: Engine, clock: ManualClock, events: int) -> None:
    """Let people send so many events, in ninety days."""
    draw = random.Random(1)
    people = max(events // PER_PERSON, 1)
    for first in range(0, events, BATCH):
        clock.advance(days=DAYS * BATCH / events)
        game.events.emit_batch(
            [
                Emit(
                    f"player-{draw.randrange(people):05}",
                    EVENT,
                    {"score": draw.randrange(101), "topic": "loops"},
                )
                for _ in range(min(BATCH, events - first))
            ]
        )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that work takes: on the wall, and of the processor."""
    began, busy = perf_counter(), process_time()
    work()
    return perf_counter() - began, process_time() - busy


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print how both replays compare with the writing, and return the lines."""
    events, lines, told = dose.history, [], []
    clock = ManualClock("2026-01-05T09:00+00:00")
    with engine_on("normal", events_catalog(), clock) as game:
        wrote, _ = _timed(lambda: season(game, clock, events))
        for what, catalog in (("as it was", None), ("under a stricter catalog", stricter())):
            took, busy = _timed(lambda catalog=catalog: game.history.backtest(catalog))  # type: ignore[misc]
            written, again = Spread.of([events / wrote]), Spread.of([events / took])
            lines.append(Line(what, written, again, Spread.of([took / wrote]), (rate_of(BAR),)))
            told.append(f"{what}: {took:.1f} s, {busy:.1f} s of the processor")
    heads = "written /s", "decided again /s", "time / time"
    print(page(f"A backtest of {events:,} events in a file, NORMAL", heads, lines))
    print(f"written: {wrote:.1f} s; {'; '.join(told)}\n")
    return lines


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
