"""Files of every schema there ever was: they open, migrate, answer what they answered, and pass the audit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from gamify_core import Engine, ManualClock
from gamify_core.storage import sqlite_schema
from tests.storage.golden.make import FOLDER, told

FILES = sorted(FOLDER.glob("schema*.db.gz"))


def unpacked(file: Path, folder: Path) -> Path:
    """Put a golden file where it may be written to."""
    path = folder / "golden.db"
    path.write_bytes(gzip.decompress(file.read_bytes()))
    return path


def test_there_is_a_file_of_every_schema() -> None:
    """A schema whose number moved without a golden file would be held to nothing later."""
    assert [file.name for file in FILES] == [f"schema{n}.db.gz" for n in range(1, sqlite_schema.NUMBER + 1)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_golden_file_opens_for_ever_after(tmp_path: Path, file: Path) -> None:
    """Everything that was in it is still answered, the audit finds nothing, and it goes on being written to."""
    answers = json.loads(file.with_suffix("").with_suffix(".json").read_text(encoding="utf-8"))
    clock = ManualClock(answers["now"])
    with Engine.reopen(unpacked(file, tmp_path), clock=clock) as game:
        assert told(game) == answers["told"]
        report = game.history.verify()
        assert report.ok, report
        before = answers["told"]["balances"]["ada"]
        assert game.points.award("ada", 5).new_balance == before + 5
        again = game.points.transfer("ada", "bob", 30, idempotency_key="gift")
        assert again.replayed
        assert game.history.verify().ok


def test_the_newest_golden_file_is_of_the_schema_as_it_is(tmp_path: Path) -> None:
    """Tables that changed without a new number would be found by nobody but the owners of files."""
    answers = json.loads(FILES[-1].with_suffix("").with_suffix(".json").read_text(encoding="utf-8"))
    with Engine.reopen(unpacked(FILES[-1], tmp_path), read_only=True) as game:
        assert game.history.state_digest() == answers["digest"]
        old = _schema(game)
    with (
        Engine.reopen(unpacked(FILES[-1], tmp_path)) as game,
        Engine(game.catalog, tmp_path / "new.db") as new,
    ):
        assert _schema(game) == old
        assert _schema(new) == old


def _schema(game: Engine) -> list[tuple[str, str]]:
    with game._store.view() as view:  # noqa: SLF001 - the tables themselves are asked about
        found: list[tuple[str, str]] = view.borrowed.execute(  # type: ignore[attr-defined]
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
    return found
