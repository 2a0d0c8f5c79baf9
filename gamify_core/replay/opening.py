"""`backtest`: the front door, for a history wherever it is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gamify_core.catalog import Catalog
from gamify_core.engine import Engine
from gamify_core.errors import BadValue, StoreError
from gamify_core.game import Game

if TYPE_CHECKING:
    from gamify_core.replay.report import Backtest

__all__ = ["backtest", "is_sqlite"]

_MAGIC = b"SQLite format 3\0"


def backtest(
    history: Game | str | os.PathLike[str],
    new_catalog: Catalog | str | os.PathLike[str] | None = None,
    *,
    top: int = 20,
    costs: Mapping[str, float] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Decide a recorded history again under another catalog, and report what is otherwise.

    `history` is an engine, or the path of a SQLite file or of an exported history, which is only read. All else is as
    for `engine.history.backtest`, which says what is compared. A history with rules that Python functions decide needs
    an engine that has them, for a file keeps their names alone.
    Raises `StoreError` where there is no such file, `BadHistory` for one that is none, `CatalogError`, `GamifyError`.

    >>> from gamify_core import Catalog, Engine, Rule, backtest
    >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson", when="score >= 60", award=10)]))
    >>> _ = game.events.emit("ada", "lesson", {"score": 70})
    >>> stricter = Catalog(rules=[Rule("lesson", on="lesson", when="score >= 80", award=10)])
    >>> print(backtest(game, stricter).causes[0].example.why)
    rule lesson does not fire now: score >= 80 is false (score = 70)
    """
    if isinstance(history, Game):
        return history.history.backtest(new_catalog, top=top, costs=costs, progress=progress)
    if not isinstance(history, str | os.PathLike):
        detail = f"history must be an engine or the path of a file, not {type(history).__name__}"
        raise BadValue("history", history, detail, hint="backtest(game, …), or game.history.backtest(…)")
    with _opened(history) as engine:
        return engine.history.backtest(new_catalog, top=top, costs=costs, progress=progress)


def _opened(path: str | os.PathLike[str]) -> Engine:
    """Open a file for reading; an exported history is laid out in memory."""
    # What is not there, the database says itself; out of an empty file it would make one
    there = os.path.isfile(path)  # noqa: PTH113 - pathlib would be imported for this alone
    if there and not os.path.getsize(path):  # noqa: PTH202 - as above
        detail = f"{os.fspath(path)} is empty: it holds no game"
        raise StoreError(detail)
    if not there or is_sqlite(path):
        return Engine.reopen(path, read_only=True)
    engine = Engine(Catalog())
    engine.history.restore(path)
    return engine


def is_sqlite(path: str | os.PathLike[str]) -> bool:
    """Say whether a file begins as those of SQLite do. Raises `StoreError` where it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        detail = f"{os.fspath(path)} cannot be read: {error.strerror}"
        raise StoreError(detail) from error
