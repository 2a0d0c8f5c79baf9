"""Copies and plain tables in files: whole or not there, and never in the place of another file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core.errors import StoreError
from gamify_core.storage.copying import arriving
from gamify_core.storage.export import others_in, write_tables

if TYPE_CHECKING:
    from collections.abc import Callable


def table(*rows: tuple[Any, ...]) -> Any:
    """Return a plain table of two columns."""
    return SimpleNamespace(columns=("name", "size"), rows=rows)


def _written(target: Path, meanwhile: Callable[[Path], object]) -> None:
    """Write a copy, while something happens."""
    with arriving(target) as partial:
        partial.write_text("mine", encoding="utf-8")
        meanwhile(partial)


def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    """Not of one that is there, nor of one that comes while it is written; nothing half done is left behind."""
    target = tmp_path / "copy.db"
    target.write_text("precious", encoding="utf-8")
    with pytest.raises(StoreError, match="does not overwrite"), arriving(target):
        pass
    late = tmp_path / "late.db"
    with pytest.raises(StoreError, match=r"late\.db: File exists"):
        _written(late, lambda _: late.write_text("precious", encoding="utf-8"))
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "copy.db": "precious",
        "late.db": "precious",
    }


def test_a_copy_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    """Whatever breaks it off."""

    def broken(partial: Path) -> None:
        Path(f"{partial}-wal").write_text("half", encoding="utf-8")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _written(tmp_path / "copy.db", broken)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_links_gets_its_copy_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the finished file is renamed."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with arriving(tmp_path / "copy.db") as partial:
        partial.write_text("all of it", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]
    assert (tmp_path / "copy.db").read_text("utf-8") == "all of it"


def test_tables_are_written_in_place_of_those_of_their_names(tmp_path: Path) -> None:
    """With the columns they have now; a column is of the kind of the first value in it, and text where it has none."""
    path = str(tmp_path / "season.db")
    write_tables(path, {"a": table(("x", None), ("y", 2.5)), "b": table((None, 1))})
    write_tables(path, {"a": table(("z", 3))})
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT * FROM a").fetchall() == [("z", 3)]
        kinds = {name: kind for _, name, kind, *_ in file.execute("PRAGMA table_info(b)")}
    assert kinds == {"name": "TEXT", "size": "INTEGER"}
    assert others_in(path, ["a"]) == ["b"]
    assert others_in(path, ["a", "b"]) == []


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    """Nothing is written over it, and what is in it is told as the reason why nobody knows."""
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, and no database" * 40, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(StoreError):
        write_tables(str(path), {"a": table(("x", 1))})
    assert path.read_bytes() == before
    assert others_in(str(path), ["a"]) == ["file is not a database"]
