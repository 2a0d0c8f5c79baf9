"""`backtest`: the front door, for a history wherever it is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gamify_core.engine import Engine, Game

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.replay.report import Backtest

__all__ = ["backtest"]


def backtest(
    history: Game | str | os.PathLike[str],
    new_catalog: Catalog | str | os.PathLike[str] | None = None,
    *,
    top: int = 20,
    progress: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Decide a recorded history again under another catalog, and report what is otherwise.

    `history` is an engine, or the path of a SQLite file, which is only read. All else is as for
    `engine.history.backtest`, which says what is compared; an engine whose catalog has rules that Python functions
    decide is needed where the history has such rules, for a file keeps their names alone.
    Raises `StoreError` where there is no such file, `CatalogError`, `GamifyError`.

    >>> from gamify_core import Catalog, Engine, Rule, backtest
    >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson", when="score >= 60", award=10)]))
    >>> _ = game.events.emit("ada", "lesson", {"score": 70})
    >>> stricter = Catalog(rules=[Rule("lesson", on="lesson", when="score >= 80", award=10)])
    >>> print(backtest(game, stricter).causes[0].example.why)
    rule lesson does not fire now: score >= 80 is false (score = 70)
    """
    if isinstance(history, Game):
        return history.history.backtest(new_catalog, top=top, progress=progress)
    with Engine.reopen(history, read_only=True) as engine:
        return engine.history.backtest(new_catalog, top=top, progress=progress)
