"""Seasons, run: in this process or shared out among others, and added up in one order whoever was done first.

Promise: only plain data travels (a catalog, a scenario, numbers; a tally comes back); only `submit` is asked of an
executor, which stays its owner's; and the sums are the same for one worker or many. A part that fails is told, and the
others go on.
"""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.errors import BadValue
from gamify_core.simulation.acting import Cast
from gamify_core.simulation.tallies import Tally
from gamify_core.simulation.worlds import World

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.simulation.scenario import Scenario

__all__ = ["Failure", "Plan", "Progress", "hired", "run"]

Progress = Callable[[int, int], object]
"""Told after each part how many participants' seasons are done, and of how many."""

_PARTS_AT_ONCE = 16
_PLAYER_DAYS = 20_000  # of a part: about a second's work


class _Kept(threading.local):
    """The world that a thread played in last: one at a time, for a sweep goes through many."""

    name: object = None
    world: World | None = None


_KEPT = _Kept()


class Plan(NamedTuple):
    """A season: what is played, by whom, and how often."""

    catalog: Catalog
    scenario: Scenario
    start: date
    days: int
    players: int
    seed: int
    together: bool


class Failure(NamedTuple):
    """A repetition that failed: what was raised, and where, and what it had come to."""

    replication: int
    error: str
    traceback: str
    tally: Tally | None = None
    """What was counted of it before, in the parts that went well and in the one that did not."""


class _Broken(NamedTuple):
    """A part that failed, as plain data."""

    tally: Tally | None
    error: str
    traceback: str


class _Part(NamedTuple):
    plan: Plan
    replication: int
    first: int
    last: int


def play(part: _Part) -> Tally | _Broken:
    """Play one part; called in whatever process an executor likes."""
    world = before = None
    try:
        world = _world_of(part.plan)
        before = world.counted
        if part.plan.together:
            return world.together(part.plan.seed, part.replication, part.plan.players)
        return world.one_by_one(part.plan.seed, part.replication, part.first, part.last)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the others go on
        _KEPT.world = _KEPT.name = None  # it may be in any state
        counted = world.counted if world is not None else None
        return _broken(error, counted if counted is not before else None)


def _broken(error: BaseException, tally: Tally | None = None) -> _Broken:
    told = "".join(traceback.format_exception(error))
    return _Broken(tally, f"{type(error).__name__}: {error}", told)


def _world_of(plan: Plan) -> World:
    """Return the world to play in: the one that was played in last, where it is of the same plan."""
    # Not by identity: in another process each part brings a catalog of its own
    name = (plan.catalog.fingerprint, repr(plan.scenario), plan.start, plan.days)
    world = _KEPT.world
    opaque = any(rule.opaque for rule in plan.catalog.rules)  # a function is no part of a fingerprint
    if world is None or _KEPT.name != name or (opaque and world.catalog is not plan.catalog):
        cast = Cast(plan.catalog, plan.scenario, plan.start, plan.days)
        world, _KEPT.name = World(plan.catalog, cast), name
        _KEPT.world = world
    return world


def run(
    plan: Plan,
    replications: Sequence[int],
    executor: Executor | None,
    progress: Progress | None = None,
    block: int | None = None,
) -> tuple[dict[int, Tally], list[Failure]]:
    """Run repetitions, and return the tally of each that went well, and what became of the others."""
    size = plan.players if plan.together else block or max(1, _PLAYER_DAYS // plan.days)
    parts = [
        _Part(plan, replication, first, min(first + size, plan.players))
        for replication in replications
        for first in range(0, plan.players, size)
    ]
    tallies: dict[int, Tally] = {}
    failures: dict[int, Failure] = {}
    done, whole = 0, len(replications) * plan.players
    for part, played in _played(parts, executor):
        tally = played if isinstance(played, Tally) else played.tally
        if isinstance(played, _Broken):
            failed = Failure(part.replication, played.error, played.traceback)
            failures.setdefault(part.replication, failed)
        if tally is not None and part.replication in tallies:
            tallies[part.replication].add(tally)
        elif tally is not None:
            tallies[part.replication] = tally
        done += part.last - part.first
        if progress is not None:
            progress(done, whole)
    kept = {replication: tally for replication, tally in tallies.items() if replication not in failures}
    return kept, [each._replace(tally=tallies.get(each.replication)) for each in failures.values()]


def _played(parts: list[_Part], executor: Executor | None) -> Iterator[tuple[_Part, Tally | _Broken]]:
    """Go through parts in their own order, whichever is done first."""
    if executor is None:
        for part in parts:
            yield part, play(part)
        return
    waiting: dict[int, Future[Tally | _Broken]] = {}
    following = 0
    for place, part in enumerate(parts):
        while following < len(parts) and len(waiting) < _PARTS_AT_ONCE:
            waiting[following] = executor.submit(play, parts[following])
            following += 1
        future = waiting.pop(place)
        wait([future], return_when=FIRST_COMPLETED)
        raised = future.exception()
        yield part, future.result() if raised is None else _broken(raised)  # a worker that died, say


@contextmanager
def hired(workers: int | None, executor: Executor | None) -> Iterator[Executor | None]:
    """Give the executor that was given, or processes of our own for as long as the `with` block runs."""
    if executor is not None and not callable(getattr(executor, "submit", None)):
        detail = f"executor must be one of concurrent.futures, not {type(executor).__name__}"
        raise BadValue("executor", executor, detail, hint="or say workers=2")
    if executor is not None or workers is None or workers <= 1:
        yield executor
        return
    import multiprocessing  # noqa: PLC0415 - most seasons are run right here
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    way = "forkserver" if os.name == "posix" else "spawn"  # a fork would take the host's threads' locks along
    with ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context(way), initializer=_prepare
    ) as pool:
        yield pool


def _prepare() -> None:
    """In a process of our own the collector may rest: worlds are dropped whole, and without cycles."""
    import gc  # noqa: PLC0415 - for this alone

    gc.freeze()
    gc.set_threshold(50_000)
