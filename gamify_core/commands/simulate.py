"""`gamify simulate` and `gamify compare`: a season before anybody has met the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.commands.output import Output, clean
from gamify_core.commands.progress import progress
from gamify_core.simulation import Simulation, compare, simulate
from gamify_core.simulation.saving import check_place

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["compare_two", "simulate_one"]


def simulate_one(asked: Namespace, output: Output) -> int:
    """Simulate a catalog and tell the headlines; the status says whether its goals are met."""
    if asked.save is not None:
        check_place(asked.save)  # before the work, not after it
    with progress(output.err, None, "players") as advance:
        result = simulate(
            asked.catalog,
            players=asked.players,
            days=asked.days,
            seed=asked.seed,
            scenario=asked.scenario,
            replications=asked.replications or 1,
            workers=asked.workers,
            until=asked.until,
            progress=lambda done, of: advance(done, done, of),
        )
    saved = _saved(result, asked.save)
    output.give(result.to_dict())
    output.say(*[clean(line) for line in str(result).splitlines()], *saved)
    met = all(goal.met for goal in result.goals())
    return 0 if met and not result.failures else 1


def compare_two(asked: Namespace, output: Output) -> int:
    """Simulate two catalogs on the same luck, and tell what differs; the status says whether the goals of B are met."""
    with progress(output.err, None, "players") as advance:
        result = compare(
            asked.a,
            asked.b,
            players=asked.players,
            days=asked.days,
            seed=asked.seed,
            scenario=asked.scenario,
            replications=asked.replications or 10,
            workers=asked.workers,
            progress=lambda done, of: advance(done, done, of),
        )
    goals = result.b.goals()
    output.give(
        {
            "a": result.a.to_dict(),
            "b": result.b.to_dict(),
            "differences": [each.to_dict() for each in result.differences],
        }
    )
    output.say(
        *[clean(line) for line in str(result).splitlines()], *[f"  {clean(str(goal))}" for goal in goals]
    )
    failed = result.a.failures or result.b.failures
    return 0 if all(goal.met for goal in goals) and not failed else 1


def _saved(result: Simulation, path: str | None) -> list[str]:
    if path is None:
        return []
    result.save(path)
    return ["", f"written to {clean(path)}"]
