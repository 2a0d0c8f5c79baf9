"""Files of games, looked at before they are opened: whether one is there, and what it was last written under.

Promise: what cannot be opened is called by its own name, in one sentence; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

from gamify_core import Catalog, Engine, GamifyError
from gamify_core.replay.opening import is_sqlite

__all__ = ["check_place", "check_readable", "differs", "is_database"]

_OURS = "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('gamify_schema', 'gamify_activity')"


def check_place(db: str) -> None:
    """Refuse a path at which no file can be made: in no folder, or where a folder is."""
    path = Path(db)
    if path.is_dir():
        detail = f"{db} is a directory, not a file"
        raise GamifyError(detail)
    if not path.parent.is_dir():
        detail = f"there is no folder {str(path.parent)!r}"
        raise GamifyError(detail)


def check_readable(db: str) -> None:
    """Refuse what is not a file that holds a game."""
    check_place(db)
    if not Path(db).exists():
        detail = f"there is no file {db!r}"
        raise GamifyError(detail)
    if Path(db).stat().st_size and not is_sqlite(db):
        detail = f"{db} holds no game: it is no SQLite file, or its beginning is damaged"
        raise GamifyError(detail)
    if not _holds_game(db):
        detail = f"{db} holds no game"
        raise GamifyError(detail, hint="gamify run makes one of a catalog and recorded events")


def differs(db: str, catalog: Catalog) -> bool:
    """Say whether a file that is there holds a game that was last written under another catalog."""
    if not Path(db).is_file() or not _holds_game(db):
        return False
    with Engine.reopen(db, read_only=True) as engine:
        return engine.catalog.fingerprint != catalog.fingerprint


def is_database(path: str) -> bool:
    """Say whether there is a SQLite file, and not a catalog."""
    return Path(path).is_file() and is_sqlite(path)


def _holds_game(db: str) -> bool:
    """Say whether anything of a game was ever written to a file."""
    # The database itself makes one out of an empty file, and says of others only that they are none
    if not is_sqlite(db):
        return False
    from gamify_core.storage.sqlite import SQLiteStore  # noqa: PLC0415 - only for what looks like a database
    from gamify_core.storage.sqlite_connections import DRIVER_ERRORS, store_error  # noqa: PLC0415

    store = SQLiteStore(db, read_only=True)
    try:
        with store.view() as view:
            made = view.borrowed.execute(_OURS).fetchone()[0] == _OURS.count("gamify_")
            return (
                made and view.borrowed.execute("SELECT 1 FROM gamify_activity LIMIT 1").fetchone() is not None
            )
    except DRIVER_ERRORS as error:
        raise store_error(error, db) from error
    finally:
        store.close()
