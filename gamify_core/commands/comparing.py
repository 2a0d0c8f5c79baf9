"""`gamify diff` and `gamify backtest`: what another catalog would mean for a game, and have meant for its past."""

from __future__ import annotations

from gamify_core import Catalog, Engine
from gamify_core.catalog.elsewhere import decidable
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean, wrapped
from gamify_core.commands.progress import progress

__all__ = ["backtest", "diff"]


def diff(db: str, catalog_path: str, output: Output, *, exit_code: bool = False) -> int:
    """Say what differs between what is in force in a file and a catalog, and what would follow of adopting it."""
    check_readable(db)
    catalog = Catalog.load(catalog_path)
    with Engine.reopen(db, read_only=True) as engine:
        found = engine.history.adoption(catalog)
    output.give({"db": db, "catalog": catalog_path, **found.to_dict()})
    if found.same:
        output.say(f"{clean(catalog_path)} says what is in force in {clean(db)}.")
    else:
        for change in found.changes:
            output.say(*wrapped(change, "", "    "))
    if found.consequences:
        output.say("", "With the next command under it:")
        for one in found.consequences:
            output.say(*wrapped(str(one), "  - ", "    "))
    return 1 if exit_code and not found.same else 0


def backtest(db: str, catalog_path: str, output: Output, *, top: int = 20, exit_code: bool = False) -> int:
    """Decide the history in a file again under a catalog, and say what comes out otherwise."""
    check_readable(db)
    catalog = decidable(Catalog.load(catalog_path))
    with (
        Engine.reopen(db, read_only=True) as engine,
        progress(output.err, 100, "commands") as advance,
    ):
        report = engine.history.backtest(
            catalog, top=top, progress=lambda done, whole: advance(100 * done // max(whole, 1), done)
        )
    output.give({"db": db, **report.to_dict()})
    output.say(*(clean(line) for line in str(report).splitlines()))
    return 1 if exit_code and not report.same else 0
