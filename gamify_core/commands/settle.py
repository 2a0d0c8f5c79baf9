"""`gamify settle`: what time has done by itself is written into the file, and told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import Engine
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean, count
from gamify_core.printing import lines_of

if TYPE_CHECKING:
    from gamify_core.services.settling import Settled

__all__ = ["settle"]


def settle(db: str, output: Output, *, until: datetime | None = None) -> int:
    """Settle a file, and say what came of it."""
    check_readable(db)
    with Engine.reopen(db) as engine:
        done = engine.settle(until)
        output.give(done.to_dict())
        output.say(*_lines(done, engine))
    return 0


def _lines(done: Settled, engine: Engine) -> list[str]:
    """Return a line for each thing that time has done, under whom it was done to."""
    lines: list[str] = []
    before = None
    for effect in done:
        if effect.participant_id != before:
            before = effect.participant_id
            lines.append(clean(before))
        lines += [clean(line) for line in lines_of([effect], engine.catalog, before)]
    return [*lines, f"{count(len(done), 'effect')}, settled up to {done.until:%Y-%m-%d %H:%M:%S} UTC"]
