"""Files of events: JSON Lines and CSV, read line by line from bytes.

Promise: reading never fails on what a line holds. Bytes that are no UTF-8, text that is no JSON, a field that
is missing or of another kind: each is a `Line` with a `fault` that names the field, and the next line is
read.

The fields are `participant_id`, `event_name`, `timestamp` (ISO 8601 with its offset, which is kept),
`properties` and `idempotency_key`. In CSV `properties` is a column of JSON, and every further column is a
property by itself.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import BinaryIO, Literal, cast

from gamify_core import Catalog, Emit, GamifyError
from gamify_core.catalog.sources import repeated
from gamify_core.importing import Line

__all__ = ["FIELDS", "Format", "Lines", "read_events"]

Format = Literal["auto", "jsonl", "csv"]
FIELDS = ("participant_id", "event_name", "timestamp", "properties", "idempotency_key")
_REQUIRED = FIELDS[:3]
_LONGEST = 1_000_000
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHEN = "write ISO 8601 with an offset, such as 2026-02-14T10:00:00+01:00"

Kinds = Callable[[str], Mapping[str, str]]


class _Broken(Exception):
    """What is wrong with a line."""


class Lines:
    """The lines of a stream of bytes, and how many bytes they were; of none is more than a megabyte held."""

    def __init__(self, stream: BinaryIO) -> None:
        """Begin at the stream's place."""
        self._stream = stream
        self.done: int = 0

    def __iter__(self) -> Iterator[bytes]:
        """Go through the lines. Of one that is too long comes the beginning, a byte longer than allowed."""
        while line := self._stream.readline(_LONGEST + 1):
            self.done += len(line)
            rest = line
            while len(rest) > _LONGEST and not rest.endswith(b"\n"):
                rest = self._stream.readline(_LONGEST + 1)
                self.done += len(rest)
            yield line


def read_events(lines: Iterable[bytes], catalog: Catalog, form: Format = "auto") -> Iterator[Line]:
    """Go through the events of a file, in `form`, or in the one that its first line shows.

    The catalog says which kind a CSV column is meant to be of; undeclared, what looks like a number is one.
    Raises `GamifyError` for a CSV file whose heading lacks a field.
    """
    every = iter(lines)
    first = next(every, b"").removeprefix(b"\xef\xbb\xbf")
    if form == "auto":
        form = (
            "csv" if b"participant_id" in first and not first.lstrip().startswith((b"{", b"[")) else "jsonl"
        )
    whole = chain([first], every)
    return _csv(whole, _kinds_in(catalog)) if form == "csv" else _json_lines(whole)


# -- JSON Lines ---------------------------------------------------------------------------------------------


def _json_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        if not line.isspace() and line:
            yield _line(number, lambda line=line: _fields_of(line))  # type: ignore[misc]  # bound at once


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that stands twice: one of its values would be lost without a word."""
    if (key := repeated(pairs)) is not None:
        detail = f"the key {key!r:.60} stands twice in one object"
        raise _Broken(detail)
    return dict(pairs)


def _line(number: int, fields: Callable[[], Mapping[str, object]]) -> Line:
    place = f"line {number}"
    try:
        return Line(number, place, _emit(fields()))
    except _Broken as error:
        return Line(number, place, None, str(error))


def _fields_of(line: bytes) -> Mapping[str, object]:
    """Return the object that a line is."""
    if len(line) > _LONGEST:
        detail = f"longer than {_LONGEST:,} bytes"
        raise _Broken(detail)
    try:
        value: object = json.loads(line.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        detail = f"not UTF-8: the byte 0x{line[error.start]:02x} at position {error.start + 1}"
        raise _Broken(detail) from None
    except json.JSONDecodeError as error:
        detail = f"not JSON: {error.msg} (column {error.colno})"
        raise _Broken(detail) from None
    except RecursionError:
        detail = "not usable: nested too deeply"
        raise _Broken(detail) from None
    except ValueError:
        # The only one left: an integer of thousands of digits
        detail = "not usable: a number of too many digits"
        raise _Broken(detail) from None
    if not isinstance(value, dict):
        detail = f'{_shown(value)} instead of an object such as {{"participant_id": …}}'
        raise _Broken(detail)
    unknown = [key for key in value if key not in FIELDS]
    if unknown:
        detail = f"unknown field {unknown[0]!r:.60}; there are {', '.join(FIELDS)}"
        raise _Broken(detail)
    return value


# -- the event ----------------------------------------------------------------------------------------------


def _emit(fields: Mapping[str, object]) -> Emit:
    """Return the event that the fields describe; what the values may be is the engine's own question."""
    for name in _REQUIRED:
        if fields.get(name) is None:
            detail = f"{name} is missing" + (f": {_WHEN}" if name == "timestamp" else "")
            raise _Broken(detail)
    for name in ("participant_id", "event_name", "idempotency_key"):
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            detail = f"{name} must be text, not {_shown(value)}"
            raise _Broken(detail)
    properties = fields.get("properties")
    if properties is not None and not isinstance(properties, dict):
        detail = f"properties must be an object, not {_shown(properties)}"
        raise _Broken(detail)
    return Emit(
        str(fields["participant_id"]),
        str(fields["event_name"]),
        properties,
        _timestamp(fields["timestamp"]),
        cast("str | None", fields.get("idempotency_key")),
    )


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        detail = f"timestamp must be text, not {_shown(value)}: {_WHEN}"
        raise _Broken(detail)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = _other_iso(value)
    if moment.utcoffset() is None:
        detail = f"timestamp {value!r:.40} has no time zone: add one, such as Z or +01:00"
        raise _Broken(detail)
    return moment


def _other_iso(value: str) -> datetime:
    """Read the ISO 8601 that the standard library does not; only ISO, for a guessed date is a wrong date."""
    from dateutil.parser import isoparse  # noqa: PLC0415 - hardly any file needs it

    try:
        return isoparse(value)
    except (ValueError, OverflowError):
        detail = f"timestamp {value!r:.40} is not a date and time: {_WHEN}"
        raise _Broken(detail) from None


def _shown(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", type(None): "null", str: "text"}
    return names.get(type(value), f"the number {value!r:.40}")


# -- CSV ----------------------------------------------------------------------------------------------------


def _csv(lines: Iterable[bytes], kinds: Kinds) -> Iterator[Line]:
    # What is no UTF-8 goes through as surrogates and is found in its own record: one bad byte costs one line
    reader = csv.reader((line.decode(errors="surrogateescape") for line in lines), strict=True)
    heading = _heading(reader)
    missing = [name for name in _REQUIRED if name not in heading]
    if missing:
        detail = f"the heading of the CSV file lacks {', '.join(missing)}"
        raise GamifyError(detail, hint=f"it needs {', '.join(_REQUIRED)}")
    twice = [name for name in heading if heading.count(name) > 1]
    if twice:
        detail = f"the heading of the CSV file has {twice[0]!r:.60} twice"
        raise GamifyError(detail)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, f"line {number}", None, f"not CSV: {error}")
            continue
        if row:
            yield _line(number, lambda row=row: _cells(heading, row, kinds))  # type: ignore[misc]  # bound at once


def _heading(reader: Iterator[list[str]]) -> list[str]:
    """Return the names of the columns."""
    why = ""
    try:
        heading = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        heading, why = [], str(error)
    if any(map(_SURROGATE.search, heading)):
        why = "it is not UTF-8"
    if why:
        detail = f"the heading of the CSV file cannot be read: {why}"
        raise GamifyError(detail)
    return heading


def _cells(heading: list[str], row: list[str], kinds: Kinds) -> Mapping[str, object]:
    """Return the fields of a record; an empty cell is as good as none."""
    if len(row) > len(heading):
        detail = f"{len(row)} cells under a heading of {len(heading)}"
        raise _Broken(detail)
    if any(map(_SURROGATE.search, row)):
        detail = "not UTF-8"
        raise _Broken(detail)
    cells = {name: cell for name, cell in zip(heading, row, strict=False) if cell}
    fields: dict[str, object] = {name: cells[name] for name in FIELDS if name in cells}
    properties: object = {}
    if "properties" in cells:
        try:
            properties = json.loads(cells["properties"], object_pairs_hook=_once)
        except (ValueError, RecursionError):
            detail = "properties is not JSON"
            raise _Broken(detail) from None
    further = [name for name in cells if name not in FIELDS]
    if further and isinstance(properties, dict):
        declared = kinds(cells.get("event_name", ""))
        properties |= {name: _value(cells[name], declared.get(name)) for name in further}
    return fields | {"properties": properties}


def _value(cell: str, kind: str | None) -> object:
    """Return a cell as its property: as declared, or else a number or truth value where it looks like one."""
    if kind == "text":
        return cell
    if cell in {"true", "false"}:
        return cell == "true"
    if not _NUMBER.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)


def _kinds_in(catalog: Catalog) -> Kinds:
    declared = {event.code: event.properties for event in catalog.events}
    return lambda name: declared.get(name, {})
