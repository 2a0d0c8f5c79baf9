"""The validated catalog: everything a designer wrote, found to make sense.

Promise: a `Catalog` that exists is sound; one that is not raises `CatalogError` with all its faults, each
with its path, the nearest match and what to write instead. It is a value: it compares, hashes, travels
between processes, and is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from gamify_core.catalog.definitions import (
    Badge,
    Challenge,
    Currency,
    Definition,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
)
from gamify_core.catalog.findings import Finding, Findings
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.parts import Parts
from gamify_core.catalog.sources import Source, read_file, read_toml
from gamify_core.catalog.writing import Plain, plain
from gamify_core.catalog.writing import fingerprint as digest
from gamify_core.errors import CatalogError, Fault, NotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Self

__all__ = ["Catalog"]

Kept = TypeVar("Kept", bound=Definition)


class _Shelf(Generic[Kept]):
    """The definitions of one section by code."""

    __slots__ = ("kept", "kind")

    def __init__(self, kind: str, definitions: Iterable[Kept]) -> None:
        self.kind = kind
        self.kept = {definition.code: definition for definition in definitions}

    def get(self, code: str) -> Kept:
        """Return a definition; raise `NotFound` when there is none."""
        try:
            return self.kept[code]
        except (KeyError, TypeError):
            near = nearest(str(code), self.kept)
            detail = f"{self.kind.capitalize()} definition not found: {code}"
            raise NotFound(self.kind, code, detail, nearest=near) from None


@attrs.frozen(kw_only=True, slots=False)
class Catalog(Parts):
    """What can be earned and how, as one sound value.

    >>> from gamify_core.catalog import Badge, Catalog, Metric
    >>> catalog = Catalog(
    ...     metrics=[Metric("lessons", "lesson_finished")],
    ...     badges=[Badge("first_steps", criteria="lessons >= 1", points=50)],
    ... )
    >>> catalog.badge("first_steps").name
    'First Steps'

    `notes` are plain sentences about what is legal and worth a second look. `fingerprint` is the SHA-256 of
    what the catalog means: the order of keys in a file says nothing, the order of rules does.
    """

    notes: tuple[str, ...] = attrs.field(default=(), init=False, eq=False, repr=False)
    fingerprint: str = attrs.field(default="", init=False, eq=False, repr=False)
    _events: _Shelf[Event] = attrs.field(init=False, eq=False, repr=False)
    _currencies: _Shelf[Currency] = attrs.field(init=False, eq=False, repr=False)
    _scales: dict[str, int] = attrs.field(init=False, eq=False, repr=False)
    _metrics: _Shelf[Metric] = attrs.field(init=False, eq=False, repr=False)
    _rules: _Shelf[Rule] = attrs.field(init=False, eq=False, repr=False)
    _streaks: _Shelf[Streak] = attrs.field(init=False, eq=False, repr=False)
    _ladders: _Shelf[Ladder] = attrs.field(init=False, eq=False, repr=False)
    _badges: _Shelf[Badge] = attrs.field(init=False, eq=False, repr=False)
    _leaderboards: _Shelf[Leaderboard] = attrs.field(init=False, eq=False, repr=False)
    _rewards: _Shelf[Reward] = attrs.field(init=False, eq=False, repr=False)
    _challenges: _Shelf[Challenge] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Find out whether all this makes sense; raise `CatalogError` if not."""
        findings = _examined(self)
        if findings.found:
            raise CatalogError(findings.faults)
        # attrs' own way of filling in a field of a frozen class
        fill = object.__setattr__
        fill(self, "notes", tuple(findings.notes))
        fill(self, "fingerprint", digest(self))
        fill(self, "_events", _Shelf("event", self.events))
        declared = [currency.code for currency in self.currencies]
        implied = () if "points" in declared else (Currency("points"),)
        fill(self, "_currencies", _Shelf("currency", (*implied, *self.currencies)))
        fill(
            self, "_scales", {currency.code: currency.scale for currency in self.currencies if currency.scale}
        )
        fill(self, "_metrics", _Shelf("metric", self.metrics))
        fill(self, "_rules", _Shelf("rule", self.rules))
        fill(self, "_streaks", _Shelf("streak", self.streaks))
        fill(self, "_ladders", _Shelf("ladder", self.ladders))
        fill(self, "_badges", _Shelf("badge", self.badges))
        fill(self, "_leaderboards", _Shelf("leaderboard", self.leaderboards))
        fill(self, "_rewards", _Shelf("reward", self.rewards))
        fill(self, "_challenges", _Shelf("challenge", self.challenges))

    # -- in and out ------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a TOML file, or a JSON file when its name ends in `.json`. Raises `CatalogError`."""
        return cls._from(read_file(path))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a TOML document. Raises `CatalogError`, whose faults name their lines."""
        return cls._from(read_toml(text, "catalog"))

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read plain data: what `to_dict` gave, or the tables of a file. Raises `CatalogError`."""
        return cls._from(Source(data, "catalog"))

    def to_dict(self) -> dict[str, Plain]:
        """Return plain JSON data that `from_dict` reads back to an equal catalog."""
        return plain(self)

    def diff(self, other: Catalog) -> tuple[str, ...]:
        """Return what changes from this catalog to the other, in sentences; none when they mean the same."""
        from gamify_core.catalog.differences import differences  # noqa: PLC0415 - asked for seldom

        return differences(plain(self), plain(other))

    @classmethod
    def _from(cls, source: Source) -> Self:
        """Make a catalog of plain data; what is wrong with its shape and its meaning is told together."""
        from gamify_core.catalog.reading import read  # noqa: PLC0415 - a catalog made in Python reads nothing

        findings = Findings()
        parts = read(source.data, findings)
        try:
            catalog = cls(**{field.name: getattr(parts, field.name) for field in attrs.fields(Parts)})
        except CatalogError:
            # Looked at once more, for the lines within the values, which only the findings know
            found = _together(findings.found, _examined(parts).found)
        else:
            if not findings.found:
                return catalog
            found = findings.found
        raise CatalogError(_placed(source, findings, found), source=source.name)

    # -- lookups ---------------------------------------------------------------------------------------------

    def event(self, code: str) -> Event:
        """Return a declared event; raise `NotFound` when there is none."""
        return self._events.get(code)

    def currency(self, code: str) -> Currency:
        """Return a currency; `points` is there undeclared. Raises `NotFound`."""
        return self._currencies.get(code)

    def scale(self, currency: str) -> int:
        """Return how many decimals amounts of a currency have; none where there is no such currency (any more)."""
        return self._scales.get(currency, 0)

    def metric(self, code: str) -> Metric:
        """Return a declared metric; raise `NotFound` when there is none."""
        return self._metrics.get(code)

    def rule(self, code: str) -> Rule:
        """Return a rule; raise `NotFound` when there is none."""
        return self._rules.get(code)

    def streak(self, code: str) -> Streak:
        """Return a streak; raise `NotFound` when there is none."""
        return self._streaks.get(code)

    def ladder(self, code: str) -> Ladder:
        """Return a ladder; raise `NotFound` when there is none."""
        return self._ladders.get(code)

    def badge(self, code: str) -> Badge:
        """Return a badge; raise `NotFound` when there is none."""
        return self._badges.get(code)

    def leaderboard(self, code: str) -> Leaderboard:
        """Return a leaderboard; raise `NotFound` when there is none."""
        return self._leaderboards.get(code)

    def reward(self, code: str) -> Reward:
        """Return a reward; raise `NotFound` when there is none."""
        return self._rewards.get(code)

    def challenge(self, code: str) -> Challenge:
        """Return a challenge; raise `NotFound` when there is none."""
        return self._challenges.get(code)


def _examined(parts: Parts) -> Findings:
    """Return what the checks find; they load, as the condition language does, with the first catalog made."""
    from gamify_core.catalog.validation import examine  # noqa: PLC0415 - naming a definition needs no checks

    return examine(parts)


def _together(shapes: list[Finding], meanings: list[Finding]) -> list[Finding]:
    """Return both, without what follows merely from a definition having been unreadable."""
    unread = {finding.path for finding in shapes}
    told = [each for each in meanings if not any(each.path.startswith(f"{path}.") for path in unread)]
    return [*shapes, *told]


def _placed(source: Source, findings: Findings, found: list[Finding]) -> list[Fault]:
    """Return the faults with their lines, in the order of the file."""
    lines = source.lines()
    if lines is None:
        return [finding.fault() for finding in found]
    faults = [
        finding.located(lines.line(findings.written(finding.path), finding.at[0] if finding.at else 0))
        for finding in found
    ]
    return sorted(faults, key=lambda fault: fault.line or 0)
