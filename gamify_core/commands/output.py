"""What a command says: for people as lines and tables, for programs as one JSON document.

Promise: with `--json` standard output holds that document and nothing else. What comes from the data (names
of authors, say) is shown without its control characters, so a file cannot write to the terminal on its own
account.
"""

from __future__ import annotations

import json
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

import attrs

__all__ = ["WIDTH", "Output", "clean", "count", "table", "wrapped"]

WIDTH = 78
_CELL = 34


@attrs.frozen
class Output:
    """Where a command speaks to, and how."""

    json: bool = False
    out: TextIO = attrs.field(factory=lambda: sys.stdout)
    err: TextIO = attrs.field(factory=lambda: sys.stderr)

    def say(self, *lines: str) -> None:
        """Write lines for people; with `--json` nothing."""
        if not self.json:
            self.out.writelines(f"{line}\n" for line in lines)

    def give(self, document: object) -> None:
        """Write the document for programs; without `--json` nothing."""
        if self.json:
            self.out.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def complain(self, line: str) -> None:
        """Write a line to standard error."""
        self.err.write(f"gamify: {line}\n")


def clean(text: str) -> str:
    """Return text with every character that is not to be seen replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 badge`, `1,200 badges`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def wrapped(text: str, indent: str = "", further: str | None = None) -> list[str]:
    """Return text as lines of no more than eighty columns; those after the first begin with `further`."""
    return textwrap.wrap(
        clean(text), WIDTH, initial_indent=indent, subsequent_indent=indent if further is None else further
    )


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table; numbers stand right, text left and, where it is long, shortened."""
    body = [[_shown(cell) for cell in row] for row in rows]
    kinds = [list(row) for row in zip(*body, strict=True)] if body else [[] for _ in heading]
    right = [bool(column) and all(_is_number(cell) for cell in column) for column in kinds]
    widths = [max(map(_width, (name, *column))) for name, column in zip(heading, kinds, strict=True)]
    lines = []
    for row in ([*heading], *body):
        cells = zip(row, widths, right, strict=True)
        lines.append("  " + "  ".join(_padded(*cell) for cell in cells).rstrip())
    return lines


def _shown(cell: object) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    text = clean(str(cell))
    while _width(text) > _CELL:
        text = text[: -2 if text.endswith("…") else -1].rstrip() + "…"
    return text


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).removeprefix("-").isdecimal()


def _padded(cell: str, width: int, right: bool) -> str:  # noqa: FBT001 - three columns zipped
    gap = " " * (width - _width(cell))
    return gap + cell if right else cell + gap


def _width(text: str) -> int:
    """Return how many columns text takes: two for a wide character, none for one that combines."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
