"""`gamify verify`: all that is derived in a file is worked out again, and what is not as it should be is named."""

from __future__ import annotations

from gamify_core import Engine
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean
from gamify_core.commands.progress import progress

__all__ = ["verify"]


def verify(db: str, output: Output, *, replay: bool = False) -> int:
    """Audit a file; the status says whether all adds up."""
    check_readable(db)
    with Engine.reopen(db) as engine, progress(output.err, 100, "rows") as advance:
        report = engine.history.verify(
            replay=replay, progress=lambda done, whole: advance(100 * done // max(whole, 1), done)
        )
    output.give(report.to_dict())
    output.say(*(clean(line) for line in str(report).splitlines()))
    return 0 if report.ok else 1
