"""`gamify diff`, `backtest` and `apply`: what another catalog would mean for a game, and have meant for its past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gamify_core import Backtest, Catalog, Engine
from gamify_core.catalog.elsewhere import decidable
from gamify_core.commands.costs import costs_from
from gamify_core.commands.files import check_readable, is_database
from gamify_core.commands.output import Output, clean, wrapped
from gamify_core.commands.progress import progress
from gamify_core.domain.decimals import worth
from gamify_core.replay.opening import backtest as decided_again

if TYPE_CHECKING:
    from gamify_core.game import Game
    from gamify_core.road.corrections import Take

__all__ = ["apply", "backtest", "diff"]


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


def backtest(  # noqa: PLR0913 - the options of the command, all by name
    db: str,
    catalog_path: str,
    output: Output,
    *,
    top: int = 20,
    costs: Iterable[str] = (),
    exit_code: bool = False,
) -> int:
    """Decide the history in a file, or one that was exported, again under a catalog; say what comes out otherwise."""
    known = costs_from(costs)
    if not Path(db).is_file() or is_database(db):
        check_readable(db)
    report = _again(db, decidable(Catalog.load(catalog_path)), output, top, known)
    output.give({"db": db, **report.to_dict()})
    output.say(*(clean(line) for line in str(report).splitlines()))
    return 1 if exit_code and not report.same else 0


def apply(db: str, catalog_path: str, output: Output, *, give: bool = True, take: Take = "never") -> int:
    """Adopt a catalog in a file, and make up for what it would have given, or (`take`) would not have: once."""
    check_readable(db)
    catalog = decidable(Catalog.load(catalog_path))
    with Engine.reopen(db) as engine:
        engine.settle()  # by the rules it was due under; what has matured since is to be compared too
    with Engine(catalog, db) as engine:
        report = _again(engine, catalog, output, 0)
        with progress(output.err, 100, "participants") as advance:
            done = engine.history.apply(
                report,
                give=give,
                take=take,
                progress=lambda done, whole: advance(100 * done // max(whole, 1), done),
            )
    output.give({"db": db, "catalog": catalog_path, **done.to_dict()})
    output.say(*wrapped(str(done), "", "    "))
    if done.pending:
        waiting = ", ".join(worth(amount, currency) for currency, amount in done.pending.items())
        told = f"{waiting} promised, not matured: made up for only once they have, so apply it again then."
        output.say(*wrapped(told, "", "    "))
    return 0


def _again(
    history: Game | str, catalog: Catalog, output: Output, top: int, costs: Mapping[str, float] | None = None
) -> Backtest:
    with progress(output.err, 100, "commands") as advance:
        return decided_again(
            history,
            catalog,
            top=top,
            costs=costs,
            progress=lambda done, whole: advance(100 * done // max(whole, 1), done),
        )
