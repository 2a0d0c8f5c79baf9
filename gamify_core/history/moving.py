"""A whole history as JSON Lines, to be kept, looked into, and laid out again in any other store.

Promise: what is read back is every row of every scope as it was, catalogs, definitions, hashed keys, salts and what is
left of erased words included, and ends in the same state digest. Each line carries a digest over itself and all
before it, and the last one says how many there are, so a file that was cut or altered is refused with its line.
One row is one line, and neither side holds more than some of them in memory.

The first line says what the file is, and the columns of each table; then come the rows, `["entry", [1, "points", …],
"9f86d081884c7d65"]`, bytes as `{"hex": "…"}`; the last line is `["end", 1234, "…"]`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gamify_core.errors import BadHistory
from gamify_core.history.looking import rows_of
from gamify_core.road.seal import canonical
from gamify_core.storage.tables import TABLES

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Reader, Table
    from gamify_core.storage.unit import Unit

__all__ = ["lay_out", "lines_of"]

FORMAT = 1
_NAME = "gamify_core history"
_DIGITS = 16
_AT_ONCE = 1_000
_LONGEST = 2**26  # characters of one line: a catalog is one


def lines_of(reader: Reader) -> Iterator[str]:
    """Go through a whole history, line by line; each ends with a newline."""
    tables = {table.name: list(table.columns) for table in TABLES}
    head = {"format": FORMAT, "name": _NAME, "tables": tables}
    digest = _digest("", head)
    yield f"{canonical([head, digest])}\n"
    count = 0
    for table in TABLES:
        for row in rows_of(reader, table):
            count += 1
            values = [{"hex": value.hex()} if isinstance(value, bytes) else value for value in row]
            digest = _digest(digest, [table.name, values])
            yield f"{canonical([table.name, values, digest])}\n"
    yield f"{canonical(['end', count, _digest(digest, ['end', count])])}\n"


def lay_out(lines: Iterable[str], unit: Unit, told: Callable[[int], object]) -> int:
    """Put every row of a history into a unit over an empty store, and return how many there were.

    Raises `BadHistory` for a file that is none, is of another version, was cut or was altered; the unit is to be
    rolled back then. `told` hears how many rows are done.
    """
    numbered = enumerate(lines, 1)
    columns, digest = _head(next(numbered, (1, ""))[1])
    by_name = {table.name: table for table in TABLES}
    count, ended, number = 0, False, 1
    for number, line in numbered:
        if ended:
            raise BadHistory(number, "there is more after its end")
        name, values, digest = _read(number, line, digest)
        if name == "end":
            if values != count:
                raise BadHistory(number, f"it ends after {values} rows, and there were {count}")
            ended = True
            continue
        table = by_name[name]
        unit.add(table, _row(number, table, columns[name], values))
        count += 1
        if not count % _AT_ONCE:
            unit.flush()
            told(count)
    if not ended:
        raise BadHistory(number, "it was cut: its last line is missing")
    unit.flush()
    told(count)
    return count


def _digest(previous: str, content: object) -> str:
    return hashlib.sha256(f"{previous}{canonical(content)}".encode()).hexdigest()[:_DIGITS]


def _parsed(number: int, line: str) -> list[Any]:
    if not line.endswith("\n"):
        raise BadHistory(number, "it was cut in the middle of this line")
    if len(line) > _LONGEST:
        raise BadHistory(number, "this line is longer than any of ours")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise BadHistory(number, "this line is none of ours")
    return found


def _head(line: str) -> tuple[dict[str, list[str]], str]:
    """Return the columns of each table, and the digest so far."""
    found = _parsed(1, line)
    head = found[0] if len(found) == 2 and isinstance(found[0], dict) else {}  # noqa: PLR2004 - itself, its digest
    if head.get("name") != _NAME or found[1] != _digest("", head):
        raise BadHistory(1, "this is no history of ours")
    ours = {table.name: list(table.columns) for table in TABLES}
    columns: dict[str, list[str]] = head.get("tables", {})
    if head.get("format") != FORMAT or any(ours.get(name) != each for name, each in columns.items()):
        raise BadHistory(1, "it was written by another version, whose tables are not those of this one")
    return columns, found[1]


def _read(number: int, line: str, previous: str) -> tuple[str, Any, str]:
    found = _parsed(number, line)
    if len(found) != 3 or found[2] != _digest(previous, found[:2]):  # noqa: PLR2004 - name, values, digest
        raise BadHistory(number, "this line, or the one before it, was altered or is missing")
    return found[0], found[1], found[2]


def _row(number: int, table: Table[Any], columns: list[str], values: Any) -> Any:
    if not isinstance(values, list) or len(values) != len(columns):
        raise BadHistory(number, f"this is no row of {table.name}")
    return table.row(*(bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for value in values))
