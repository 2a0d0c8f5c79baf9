"""On which line of a TOML file each key stands.

Promise: for a file that the parser accepted, every key's path is found with the line it is written on, and
the line on which its value's text begins. The standard library's parser keeps no lines, and a second parser
would be a dependency for the sake of a number in a message.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["Lines", "Spot", "lines_of"]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SPACE: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK: Final = re.compile(r"[ \t]*")
_TEXTS: Final = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_PLAIN: Final = re.compile(r"[^,\]}\n#]+")
_ESCAPE: Final = re.compile(r'\\(["\\])')


class Spot(NamedTuple):
    """The line of a key, and the line on which the text of its value begins."""

    key: int
    value: int


class Lines:
    """The spots of a file, by dotted path."""

    def __init__(self, spots: dict[str, Spot]) -> None:
        """Keep the spots."""
        self.spots = spots

    def line(self, path: str, within: int = 0) -> int | None:
        """Return the line of a path or of what is around it; `within` counts lines of its text from 1."""
        spot = self.spots.get(path)
        if spot is not None:
            return spot.value + within - 1 if within else spot.key
        around = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.line(around) if around else None


class _Scanner:
    """Walks through the text once, from the top."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counted = (0, 1)
        self.spots: dict[str, Spot] = {}
        self.many: dict[str, int] = {}

    def scan(self) -> None:
        """Go through all tables and keys."""
        table: tuple[str, ...] = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.skip(_SPACE)

    def header(self) -> tuple[str, ...]:
        """Read `[a.b]` or `[[a.b]]`."""
        line = self.line()
        listed = self.text.startswith("[[", self.at)
        self.at += 2 if listed else 1
        path = self.keys()
        self.skip(_BLANK)
        self.at += 2 if listed else 1
        if listed:
            name = ".".join(path)
            place = self.many[name] = self.many.get(name, -1) + 1
            path = (*path[:-1], f"{path[-1]}[{place}]")
        self.note(path, line, line)
        return path

    def pair(self, table: tuple[str, ...]) -> None:
        """Read `key = value`."""
        line = self.line()
        path = (*table, *self.keys())
        self.skip(_BLANK)
        self.at += 1  # the sign of equality
        self.skip(_BLANK)
        opening = self.text[self.at : self.at + 5]
        first = self.line()
        # A line end right after the opening quotes is no part of the text
        if re.match(r'("""|\'\'\')\r?\n', opening):
            first += 1
        self.note(path, line, first)
        self.value(path)

    def value(self, path: tuple[str, ...]) -> None:
        """Go past a value, noting the keys inside it."""
        for text in _TEXTS:
            if found := text.match(self.text, self.at):
                self.at = found.end()
                return
        if self.text.startswith("{", self.at):
            self.inside("}", path)
        elif self.text.startswith("[", self.at):
            self.inside("]", path)
        elif not self.skip(_PLAIN):
            self.at += 1  # no file that was accepted gets here; going on is better than standing still

    def inside(self, closing: str, path: tuple[str, ...]) -> None:
        """Go past an inline table or a list."""
        self.at += 1
        place = 0
        while True:
            self.skip(_SPACE)
            if self.at >= len(self.text):
                return
            if self.text.startswith(closing, self.at):
                self.at += 1
                return
            if self.text.startswith(",", self.at):
                self.at += 1
                place += 1
            elif closing == "}":
                self.pair(path)
            else:
                self.value((*path[:-1], f"{path[-1]}[{place}]"))

    def keys(self) -> tuple[str, ...]:
        """Read a dotted key."""
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            parts.append(self.key())
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def key(self) -> str:
        """Read one key, bare or quoted."""
        for text in (_TEXTS[2], _TEXTS[3], _BARE):
            if found := text.match(self.text, self.at):
                self.at = found.end()
                word = found[0]
                return _ESCAPE.sub(r"\1", word[1:-1]) if word[0] in "\"'" else word
        self.at += 1
        return ""

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Go past what matches, and say whether anything did."""
        found = pattern.match(self.text, self.at)
        before, self.at = self.at, found.end() if found else self.at
        return self.at > before

    def line(self) -> int:
        """Return the line the scanner stands on, counting only what is new since it was last asked."""
        at, line = self.counted
        line += self.text.count("\n", at, self.at)
        self.counted = (self.at, line)
        return line

    def note(self, path: tuple[str, ...], line: int, first: int) -> None:
        """Keep the line of a path, and of the tables around it that were never opened by themselves."""
        for depth in range(1, len(path)):
            self.spots.setdefault(".".join(path[:depth]), Spot(line, line))
        self.spots.setdefault(".".join(path), Spot(line, first))


def lines_of(text: str) -> Lines:
    """Return the lines of a TOML document."""
    scanner = _Scanner(text)
    scanner.scan()
    return Lines(scanner.spots)
