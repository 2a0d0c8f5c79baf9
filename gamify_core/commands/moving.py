"""`gamify export` and `gamify import`: a whole history as JSON Lines, and a file made of one."""

from __future__ import annotations

from pathlib import Path

from gamify_core import Catalog, Engine, GamifyError
from gamify_core.commands.files import check_place, check_readable
from gamify_core.commands.output import Output, count
from gamify_core.commands.progress import progress

__all__ = ["export", "restore"]


def export(db: str, target: str, output: Output) -> int:
    """Write the history of a file to another."""
    check_readable(db)
    with Engine.reopen(db, read_only=True) as engine, progress(output.err, None, "lines") as advance:
        digest = engine.history.state_digest()
        lines = engine.history.export(target, progress=lambda done: advance(done, done))
    output.give({"lines": lines, "state_digest": digest})
    output.say(f"{count(lines, 'line')} written to {target}", f"state digest {digest}")
    return 0


def restore(source: str, db: str, output: Output) -> int:
    """Make a file of a history; where that fails there is none."""
    check_place(db)
    if Path(db).exists():
        detail = f"there is a file {db!r} already"
        raise GamifyError(detail, hint="a history is restored into a new one")
    try:
        with Engine(Catalog(), db) as engine, progress(output.err, None, "lines") as advance:
            rows = engine.history.restore(source, progress=lambda done: advance(done, done))
            digest = engine.history.state_digest()
    except BaseException:
        for suffix in ("", "-wal", "-shm", "-lock"):
            Path(f"{db}{suffix}").unlink(missing_ok=True)
        raise
    output.give({"rows": rows, "state_digest": digest})
    output.say(f"{count(rows, 'row')} restored to {db}", f"state digest {digest}")
    return 0
