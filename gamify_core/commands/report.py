"""`gamify report`: the page of a simulation for a live file, so that both can be laid side by side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gamify_core import Engine
from gamify_core.commands.costs import costs_from
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean
from gamify_core.simulation.living import summed_up
from gamify_core.simulation.saving import check_place

__all__ = ["report"]


def report(db: str, output: Output, *, save: str | None = None, costs: Iterable[str] = ()) -> int:
    """Sum a file up and write its page; the status says whether the goals of its catalog are met."""
    check_readable(db)
    path = check_place(save or str(Path(db).with_suffix(".html")))
    known = costs_from(costs)
    with Engine.reopen(db, read_only=True) as engine:
        for currency in known:
            engine.catalog.currency(currency)
        result = summed_up(engine, db, known)
    result.save(path)
    output.give({**result.to_dict(), "saved": path})
    output.say(*[clean(line) for line in str(result).splitlines()], "", f"written to {clean(path)}")
    return 0 if all(goal.met for goal in result.goals()) else 1
