"""What the checks of a catalog have found so far.

Promise: checks only add. A check asks `sound` before it builds on a value, so one mistake is told once and
not again as its consequences.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.errors import ConditionError, Fault

__all__ = ["Finding", "Findings", "shown"]

_SHOWN = 60
_LARGEST = 10**40


class Finding(NamedTuple):
    """A fault; `at` is the line (from 1) and column (from 0) within an expression, where it is about one."""

    path: str
    message: str
    remedy: str
    at: tuple[int, int] | None

    def fault(self) -> Fault:
        """Return the fault as seen by somebody who has no file before them."""
        if self.at is None:
            return Fault(self.path, self.message, self.remedy)
        line, column = self.at
        where = f"line {line}, column {column + 1}" if line > 1 else f"column {column + 1}"
        return Fault(self.path, f"{self.message} ({where})", self.remedy)

    def located(self, line: int | None) -> Fault:
        """Return the fault for a file, in which it stands on this line."""
        column = f" (column {self.at[1] + 1} of the text)" if self.at else ""
        return Fault(self.path, f"{self.message}{column}", self.remedy, line)


class Findings:
    """The faults and the notes, in the order in which they were found."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.found: list[Finding] = []
        self.notes: list[str] = []
        self._wrong: set[str] = set()
        self._written: dict[str, str] = {}

    def fault(self, path: str, message: str, remedy: str = "", at: tuple[int, int] | None = None) -> None:
        """Add a fault."""
        self.found.append(Finding(path, message, remedy, at))
        step = path
        # A fault deep inside a value makes all around it unsound, but not its neighbours
        while step:
            self._wrong.add(step)
            step = step[: max(step.rfind("."), step.rfind("["), 0)]

    def condition(self, path: str, error: ConditionError) -> None:
        """Add what the condition language says about an expression."""
        from gamify_core.catalog.remedies import remedy_of  # noqa: PLC0415 - the language loads with its first use

        self.fault(path, error.detail, remedy_of(error), (error.line, error.column))

    def sound(self, path: str) -> bool:
        """Say whether nothing is wrong at this path or below it."""
        return path not in self._wrong

    def stands(self, path: str, at: str) -> None:
        """Remember that what paths name by its code is written at `rules[0]`, say."""
        self._written[path] = at

    def written(self, path: str) -> str:
        """Return the path under which something is found in the file."""
        for known, at in self._written.items():
            if path == known or path.startswith(f"{known}."):
                return at + path[len(known) :]
        return path

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults as the caller sees them, without lines."""
        return tuple(finding.fault() for finding in self.found)


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and safe for anything that may have come."""
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[: _SHOWN - 3]!r}..."
    if isinstance(value, bool | None | float):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST else f"a number of {value.bit_length()} bits"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
