"""Damage to a closed file: whatever a reader could see of it is reported, and garbage is one documented error.

`python -m tests.audit.bitflips [flips] [seed]` prints the figure. A flip is *visible* where any row of any table reads
otherwise than before, or cannot be read. What changes nothing that is read (free pages, the undo of old structure, the
file's change counter) is no damage to what is kept.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
from pathlib import Path

import attrs

from gamify_core import Engine, GamifyError
from gamify_core.errors import StoreError
from gamify_core.history.looking import rows_of
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables import TABLES
from tests.engine.playing import played

__all__ = ["Flipped", "flipped", "foreign"]

_BESIDE = ("", "-wal", "-shm", "-lock")


@attrs.frozen
class Flipped:
    """What came of so many flips, each in a file of its own."""

    flips: int
    refused: int
    reported: int
    again: int
    unseen: int
    missed: tuple[int, ...]

    def __str__(self) -> str:
        """Return the line to be quoted."""
        visible = self.flips - self.unseen
        return (
            f"{self.flips} bit flips: {self.unseen} change nothing that can be read; of the {visible} that do "
            f"{self.refused} are refused when the file is opened, {self.reported} reported by verify and {self.again} "
            f"by verify(replay=True), {len(self.missed)} missed"
        )


def _copy(content: bytes, path: Path) -> None:
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(content)


def _rows(path: Path) -> list[object] | None:
    """Return every row that can be read, or None where some cannot."""
    try:
        store = SQLiteStore(path, read_only=True)
        try:
            with store.view() as view:
                return [row for table in TABLES for row in rows_of(view, table)]
        finally:
            store.close()
    except StoreError:
        return None


def flipped(flips: int, seed: int = 0, steps: int = 40) -> Flipped:
    """Flip one bit at a time of a file in which a game was played, and see who notices."""
    luck = random.Random(seed)  # noqa: S311 - meant to be repeatable
    refused = reported = again = unseen = 0
    missed: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.db"
        content = _played(path, seed, steps)
        before = _rows(path)
        written = [
            place for place, byte in enumerate(content) if byte
        ]  # most of a young file is room to grow
        for _ in range(flips):
            bit = luck.choice(written) * 8 + luck.randrange(8)
            spoilt = bytearray(content)
            spoilt[bit // 8] ^= 1 << bit % 8
            _copy(bytes(spoilt), path)
            after = _rows(path)
            _copy(bytes(spoilt), path)
            match _noticed(path):
                case "refused":
                    refused += 1
                case "reported":
                    reported += 1
                case "again":
                    again += 1
                case _ if after == before:
                    unseen += 1
                case _:
                    missed.append(bit)
    return Flipped(flips, refused, reported, again, unseen, tuple(missed))


def _noticed(path: Path) -> str | None:
    """Say who noticed: opening the file, the audit, or deciding everything again. Nothing else may be raised."""
    try:
        engine = Engine.reopen(path)
    except GamifyError:
        return "refused"
    with engine:
        if not engine.history.verify(limit=1):
            return "reported"
        return None if engine.history.verify(replay=True, limit=1) else "again"


def _played(path: Path, seed: int, steps: int) -> bytes:
    store = SQLiteStore(path)
    played(store, seed, steps)
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return path.read_bytes()


def foreign(seed: int = 0) -> dict[str, str]:
    """Open what is no file of ours, and return by which error each kind is refused."""
    luck = random.Random(seed)  # noqa: S311 - meant to be repeatable
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.db"
        content = _played(path, seed, 10)
        other = Path(folder) / "other.db"
        connection = sqlite3.connect(other)
        connection.execute("CREATE TABLE gamify_activity (x)")
        connection.close()
        kinds = {
            "empty": b"",
            "text": b"not a database, but some words\n" * 100,
            "noise": luck.randbytes(8_192),
            "head alone": content[:100],
            "half": content[: len(content) // 2],
            "without its last page": content[:-4_096],
            "another application's": other.read_bytes(),
        }
        for kind, bytes_ in kinds.items():
            _copy(bytes_, path)
            try:
                with Engine.reopen(path) as engine:
                    found[kind] = "verify" if not engine.history.verify() else "nothing"
            except GamifyError as error:
                found[kind] = type(error).__name__
    return found


if __name__ == "__main__":
    COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print(flipped(COUNT, int(sys.argv[2]) if len(sys.argv) > 2 else 0))  # noqa: T201 - a figure
    print(foreign())  # noqa: T201 - a figure
