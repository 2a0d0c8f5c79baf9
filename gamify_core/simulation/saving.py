"""Where a season is written to, looked at before it is played: a page, a SQLite file, or a table a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gamify_core.errors import BadValue
from gamify_core.simulation.tables import NAMES, write_csv, write_sqlite
from gamify_core.storage.export import others_in

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation

__all__ = ["check_place", "save"]

_PAGE = (".html", ".htm")
_FILE = (".db", ".sqlite", ".sqlite3")


def check_place(path: str | os.PathLike[str]) -> str:
    """Return the path as text. Raises `BadValue` where a season cannot be written there, or would replace a game."""
    name = os.fspath(path)
    ending = _ending(name)
    if ending not in (*_PAGE, *_FILE, ".csv"):
        detail = f"{name} ends in {ending!r}, not in .html, .db or .csv"
        raise BadValue("path", name, detail, hint="write 'season.html'")
    there = Path(name)
    if not there.parent.is_dir():
        raise BadValue("path", name, f"there is no folder {str(there.parent)!r}", hint="make it first")
    if there.is_dir():
        raise BadValue("path", name, f"{name} is a folder, not a file")
    if ending in _FILE and there.exists() and (others := others_in(name, NAMES)):
        detail = f"{name} holds something else than a season: {', '.join(others[:3])}"
        raise BadValue("path", name, detail, hint="name a file of its own")
    return name


def save(result: Simulation, path: str | os.PathLike[str]) -> None:
    """Write everything. Raises `BadValue`, and `StoreError` where SQLite cannot write the file."""
    name = check_place(path)
    ending = _ending(name)
    try:
        if ending in _PAGE:
            from gamify_core.simulation.report import html_of  # noqa: PLC0415 - only where a page is wanted

            Path(name).write_text(html_of(result), encoding="utf-8")
        elif ending == ".csv":
            write_csv(result.tables, name)
        else:
            write_sqlite(result.tables, name)
    except OSError as error:
        raise BadValue("path", name, f"{name} cannot be written: {error.strerror or error}") from error


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - as text, whatever the path was
