"""Where a catalog is read from: a file or a text, TOML or JSON, as plain data.

Promise: what cannot be read at all (no such file, not UTF-8, not TOML, not JSON) is a `CatalogError` with one
fault, and with its line where there is one.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.errors import CatalogError, Fault

if TYPE_CHECKING:
    from gamify_core.catalog.toml_lines import Lines

__all__ = ["Source", "read_file", "read_toml", "repeated"]

_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Source(NamedTuple):
    """Plain data, what to call it in messages, and the TOML text it came from, if any."""

    data: object
    name: str
    text: str | None = None

    def lines(self) -> Lines | None:
        """Return where everything stands; only a faulty catalog is ever asked."""
        if self.text is None:
            return None
        from gamify_core.catalog.toml_lines import lines_of  # noqa: PLC0415 - a sound catalog needs no lines

        return lines_of(self.text)


def read_file(path: str | os.PathLike[str]) -> Source:
    """Read a file: JSON when its name ends in `.json`, TOML otherwise."""
    if not isinstance(path, str | os.PathLike):
        raise _unreadable(
            "catalog", f"cannot be read from a {type(path).__name__}", "give the path of a file"
        )
    given = os.fspath(path)
    name = str.__str__(given) if isinstance(given, str) else str(given)
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would be imported for this alone
            written = file.read()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _unreadable(name, f"cannot be read: {why}", "give the path of a TOML or JSON file") from error
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise _unreadable(name, "is not UTF-8 text", "save it as UTF-8", line) from error
    return _read_json(text, name) if name.lower().endswith(".json") else read_toml(text, name)


def read_toml(text: str, name: str) -> Source:
    """Read a TOML document."""
    import tomllib  # noqa: PLC0415 - a catalog made in Python needs no parser

    if not isinstance(text, str):
        raise _unreadable(
            name, f"is a {type(text).__name__}, not TOML text", "to read a file use Catalog.load"
        )
    try:
        return Source(tomllib.loads(text), name, text)
    except RecursionError as error:
        raise _unreadable(name, "is nested too deeply to be read", "") from error
    except ValueError as error:
        found = _AT_LINE.search(str(error))
        why = _AT_LINE.sub("", str(error))
        if found is None:
            raise _unreadable(name, f"is not TOML: {why}", "") from error
        line = int(found[1]) if found[1] else text.count("\n") + 1
        where = f" (column {found[2]})" if found[2] else ""
        raise _unreadable(name, f"is not TOML: {why}{where}", "", line) from error


def _read_json(text: str, name: str) -> Source:
    import json  # noqa: PLC0415 - as above

    try:
        return Source(json.loads(text, object_pairs_hook=_once), name)
    except json.JSONDecodeError as error:
        raise _unreadable(
            name, f"is not JSON: {error.msg} (column {error.colno})", "", error.lineno
        ) from error
    except RecursionError as error:
        raise _unreadable(name, "is nested too deeply to be read", "") from error
    except ValueError as error:
        raise _unreadable(name, f"is not usable: {error}", "") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that stands twice, as TOML does: the first would be lost without a word."""
    if (key := repeated(pairs)) is not None:
        detail = f"the key {key[:100]!r} stands twice in one table"
        raise ValueError(detail)
    return dict(pairs)


def repeated(pairs: list[tuple[str, object]]) -> str | None:
    """Return the first key of a JSON object that stands twice in it, or None."""
    keys = [key for key, _ in pairs]
    return None if len(set(keys)) == len(keys) else next(key for key in keys if keys.count(key) > 1)


def _unreadable(name: str, message: str, remedy: str, line: int | None = None) -> CatalogError:
    return CatalogError([Fault(name, message, remedy, line)], source=name)
