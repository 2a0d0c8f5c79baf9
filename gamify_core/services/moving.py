"""`history.export` and `history.restore`: a whole history to a file, and from one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gamify_core.errors import BadValue, StoreError, in_words
from gamify_core.exactly import exactly
from gamify_core.history.moving import lay_out, lines_of
from gamify_core.history.past import Past
from gamify_core.history.then import refuse
from gamify_core.storage.tables import TABLES

if TYPE_CHECKING:
    from gamify_core.services.access import Access

__all__ = ["export", "restore"]

Told = Callable[[int], object]


def export(access: Access, target: str | os.PathLike[str] | TextIO, told: Told) -> int:
    """Write everything to a file, or to a text stream; a path is written whole or not at all."""
    with access.read() as reader, _writing(target) as stream:
        if isinstance(reader, Past):
            refuse(reader.instant)
        count = 0
        for count, line in enumerate(lines_of(reader), 1):
            stream.write(line)
            if not count % 1_000:
                told(count)
        told(count)
    return count


def restore(access: Access, source: str | os.PathLike[str] | TextIO, told: Told) -> int:
    """Lay a history out in this empty store, in one commit."""
    with access.road.whole() as unit:
        if any(unit.scan(table, limit=1) for table in TABLES):
            detail = "a history is restored into an empty store, and this one is not"
            raise StoreError(detail, hint="take a new file")
        with _reading(source) as stream:
            count = lay_out(stream, unit, told)
    access.road.known.clear()
    return count


@contextmanager
def _writing(target: str | os.PathLike[str] | TextIO) -> Iterator[TextIO]:
    if not isinstance(target, str | os.PathLike):
        if not hasattr(target, "write"):
            detail = f"target must be a path or a text stream, not {type(target).__name__}"
            raise BadValue("target", target, detail)
        yield target
        return
    path = _path(target)
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        raise StoreError(detail) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def _reading(source: str | os.PathLike[str] | TextIO) -> Iterator[TextIO]:
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            detail = f"source must be a path or a text stream, not {type(source).__name__}"
            raise BadValue("source", source, detail)
        yield source
        return
    path = _path(source)
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as stream:
            yield stream
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        raise StoreError(detail) from error


def _path(given: str | os.PathLike[str]) -> Path:
    text = exactly(os.fspath(given))
    try:
        sound = isinstance(text, str) and "\0" not in text and bool(text.encode()) and text.strip() != ""
    except UnicodeEncodeError:
        sound = False
    if not sound:
        detail = f"{in_words(text)} is not the path of a file"
        raise BadValue("path", given, detail)
    return Path(text)
