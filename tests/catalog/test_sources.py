"""Files that hold a catalog, and files that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamify_core.catalog import Badge, Catalog
from gamify_core.errors import CatalogError

CATALOG = Catalog(badges=[Badge("a", points=3), Badge("b")])


def test_toml_and_json_files_are_read(tmp_path: Path) -> None:
    """The name of the file says which it is; a byte order mark and Windows line ends do no harm."""
    toml, data = tmp_path / "game.toml", tmp_path / "game.JSON"
    toml.write_bytes("\ufeff[badges.a]\r\npoints = 3\r\n[badges.b]\r\n".encode())
    data.write_text(json.dumps(CATALOG.to_dict()))
    assert Catalog.load(toml) == Catalog.load(str(data)) == CATALOG


BROKEN = [
    ("x.toml", b"a = \n", 1, "is not TOML: Invalid value (column 5)"),
    ("x.toml", b"a = 1\n\nb = '", 3, None),
    ("x.toml", b"a = 1\na = 2\n", 2, None),
    ("x.toml", b"a = 1\nb = '\xff'", 2, "is not UTF-8 text"),
    ("x.toml", b"a = " + b"9" * 5000, None, None),
    ("x.toml", b"a = " + b"[" * 100_000, None, None),
    ("x.json", b'{"badges":\n {"a" 5}}', 2, "is not JSON: Expecting ':' delimiter (column 7)"),
    ("x.json", b"\n\n\xff", 3, "is not UTF-8 text"),
    (
        "x.json",
        b'{"badges": {"a": {}, "a": {}}}',
        None,
        "is not usable: the key 'a' stands twice in one table",
    ),
    ("x.json", b"[" * 100_000, None, "is nested too deeply to be read"),
]


@pytest.mark.parametrize(
    ("name", "content", "line", "message"), BROKEN, ids=[str(each[1][:30]) for each in BROKEN]
)
def test_what_cannot_be_read_is_one_fault_with_its_line(
    tmp_path: Path, name: str, content: bytes, line: int | None, message: str | None
) -> None:
    """A file that is no catalog at all says so, with its name and, where there is one, the line."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CatalogError) as caught:
        Catalog.load(path)
    (fault,) = caught.value.faults
    assert (fault.path, fault.line, caught.value.source) == (str(path), line, str(path))
    assert message is None or fault.message == message


@pytest.mark.parametrize("name", ["missing.toml", "", "a\0b"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    """No file, a folder, or no path at all: one fault, and the system's own error is the cause."""
    with pytest.raises(CatalogError, match="cannot be read: ") as caught:
        Catalog.load(f"{tmp_path}/{name}")
    assert isinstance(caught.value.__cause__, OSError | ValueError)


def test_text_that_is_no_text() -> None:
    """Handing a path or bytes to from_toml is named for what it is."""
    with pytest.raises(CatalogError, match=r"is a bytes, not TOML text; to read a file use Catalog\.load"):
        Catalog.from_toml(b"")  # type: ignore[arg-type]


def test_faults_of_json_have_paths_and_no_lines(tmp_path: Path) -> None:
    """Paths say where a fault stands in JSON."""
    path = tmp_path / "x.json"
    path.write_text('{"badges": {"a": {"point": 1}}}')
    with pytest.raises(CatalogError) as caught:
        Catalog.load(path)
    assert (
        str(caught.value) == f"{path}: 1 fault\n  badges.a.point: unknown key 'point'; did you mean 'points'?"
    )
