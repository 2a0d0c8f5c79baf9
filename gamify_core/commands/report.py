"""`gamify report`: the page of a simulation for a live file, so that both can be laid side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from gamify_core import BadValue, Engine
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean
from gamify_core.simulation.living import summed_up
from gamify_core.simulation.saving import check_place

__all__ = ["report"]


def report(db: str, output: Output, *, save: str | None = None, costs: Iterable[str] = ()) -> int:
    """Sum a file up and write its page; the status says whether the goals of its catalog are met."""
    check_readable(db)
    path = check_place(save or str(Path(db).with_suffix(".html")))
    known = dict(map(_cost, costs))
    with Engine.reopen(db, read_only=True) as engine:
        for currency in known:
            engine.catalog.currency(currency)
        result = summed_up(engine, db, known)
    result.save(path)
    output.give({**result.to_dict(), "saved": path})
    output.say(*[clean(line) for line in str(result).splitlines()], "", f"written to {clean(path)}")
    return 0 if all(goal.met for goal in result.goals()) else 1


def _cost(pair: str) -> tuple[str, float]:
    """Return a currency and its cost from `points=0.01`."""
    currency, equals, text = pair.partition("=")
    try:
        cost = float(text)
    except ValueError:
        cost = math.nan
    if not equals or not currency or not 0 <= cost < math.inf:
        raise BadValue("cost", pair, f"{pair!r:.60} is not a currency and a cost", hint="such as points=0.01")
    return currency, cost
