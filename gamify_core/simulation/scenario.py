"""Who plays, and how: personas and a scenario, as plain values, from Python or from a TOML file.

Promise: a `Scenario` that exists is sound; one that is not raises `ScenarioError` with everything that is wrong with
it, each with its path, the nearest match and what to write instead. It knows no rule of the game: what an event is
worth only the catalog says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Self, cast

import attrs

from gamify_core.catalog import Catalog
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.sources import Source, read_file, read_toml
from gamify_core.errors import CatalogError, Fault
from gamify_core.simulation.personas import Giveaway, Mix, Persona
from gamify_core.simulation.scenario_checks import examine, examine_against

__all__ = ["Giveaway", "Mix", "Persona", "Scenario", "ScenarioError"]


class ScenarioError(CatalogError):
    """A scenario cannot be used; `faults` lists everything that is wrong with it."""

    code = "scenario"


def _personas(value: Iterable[Persona]) -> tuple[Persona, ...]:
    return tuple(value)


def _gifts(value: Iterable[Giveaway]) -> tuple[Giveaway, ...]:
    return tuple(value)


@attrs.frozen
class Scenario:
    """Personas, how many participants there are, and when they arrive.

    `players`, `days` and `start` (the first day, in the catalog's zone) may be left to whoever runs it. With
    `arrivals` of 0 everybody is there from the first day; else they arrive over so many days, evenly.

    `gifts` are what personas that redeem find; `codes` is how many codes the pool of each coupon begins with (left out:
    one for each player). `costs` is what one unit of a currency costs you when it is spent, in your money: with it the
    report tells what outstanding points will cost.

    >>> scenario = Scenario([Persona("casual", 3, activity=0.2), Persona("keen", 1, activity=0.9)], arrivals=30)
    >>> [persona.code for persona in scenario.personas]
    ['casual', 'keen']
    >>> Scenario([Persona("casual", activity=2)])
    Traceback (most recent call last):
    gamify_core.simulation.scenario.ScenarioError: scenario: 1 fault
      personas.casual.activity: 2 is not a chance; write a number from 0 to 1
    """

    personas: tuple[Persona, ...] = attrs.field(default=(), converter=_personas)
    players: int | None = None
    days: int | None = None
    start: date | None = None
    arrivals: int = 0
    gifts: tuple[Giveaway, ...] = attrs.field(default=(), converter=_gifts)
    codes: Mapping[str, int] = attrs.field(factory=dict)
    costs: Mapping[str, float] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Find out whether all this makes sense; raise `ScenarioError` if not."""
        findings = Findings()
        examine(self, findings)
        if findings.found:
            raise ScenarioError(findings.faults, source="scenario")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a TOML file, or a JSON file when its name ends in `.json`. Raises `ScenarioError`."""
        try:
            source = read_file(path)
        except CatalogError as error:
            raise ScenarioError(error.faults, source=error.source) from None
        return cls._from(source)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a TOML document. Raises `ScenarioError`, whose faults name their lines."""
        try:
            source = read_toml(text, "scenario")
        except CatalogError as error:
            raise ScenarioError(error.faults, source=error.source) from None
        return cls._from(source)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read plain data: the tables of a file. Raises `ScenarioError`."""
        return cls._from(Source(data, "scenario"))

    def to_dict(self) -> dict[str, object]:
        """Return the tables of a file that says the same: what `from_dict` reads."""
        given = _told(self)
        given["personas"] = {persona.code: _persona_told(persona) for persona in self.personas}
        given["gifts"] = {gift.code: _told(gift) for gift in self.gifts}
        return given

    def check_against(self, catalog: Catalog, path: str | os.PathLike[str] | None = None) -> None:
        """Refuse a scenario that names what a catalog does not have; the file at `path` says on which lines.

        Raises `ScenarioError`.
        """
        findings = Findings()
        examine_against(self, catalog, findings)
        if findings.found and path is not None:
            source = read_file(path)
            raise ScenarioError(_placed(source, findings), source=source.name)
        if findings.found:
            raise ScenarioError(findings.faults, source="scenario")

    @classmethod
    def _from(cls, source: Source) -> Self:
        findings = Findings()
        given = _read(source.data, findings)
        personas = given.get("personas", ())
        made = cast("Scenario", _unchecked(given))
        examine(made, findings)
        if findings.found:
            raise ScenarioError(_placed(source, findings), source=source.name)
        return cls(**{**given, "personas": personas})


def _told(value: Scenario | Persona | Giveaway) -> dict[str, object]:
    """Return the fields that are not as they are by default."""
    bare = type(value)("") if not isinstance(value, Scenario) else Scenario()
    return {
        field.name: getattr(value, field.name)
        for field in attrs.fields(type(value))
        if field.name not in ("code", "personas", "gifts")
        and getattr(value, field.name) != getattr(bare, field.name)
    }


def _persona_told(persona: Persona) -> dict[str, object]:
    given = _told(persona)
    if persona.events:
        given["events"] = {
            name: {"weight": mix.weight, **mix.properties} for name, mix in persona.events.items()
        }
    return given


def _unchecked(given: dict[str, Any]) -> object:
    """Return what was read as something with the fields of a scenario, sound or not."""

    class Read:
        personas: Any = ()
        gifts: Any = ()
        codes: Any = {}  # noqa: RUF012 - what was read takes its place
        costs: Any = {}  # noqa: RUF012 - as above
        players = days = start = None
        arrivals = 0

    read = Read()
    for name, value in given.items():
        setattr(read, name, value)
    return read


def _placed(source: Source, findings: Findings) -> list[Fault]:
    """Return the faults with their lines, where there are lines."""
    lines = source.lines()
    if lines is None:
        return list(findings.faults)
    return [finding.located(lines.line(finding.path, 0)) for finding in findings.found]


def _read(data: object, findings: Findings) -> dict[str, Any]:
    """Return the fields of a scenario; what cannot be one is among the findings."""
    if not isinstance(data, Mapping):
        findings.fault("scenario", f"{shown(data)} is not a scenario", "write [personas.casual]")
        return {}
    known = [field.name for field in attrs.fields(Scenario)]
    given = _known(findings, "", data, known)
    for name, example, read in (("personas", "casual", _persona), ("gifts", "spring", _giveaway)):
        tables = given.pop(name, {})
        if not isinstance(tables, Mapping):
            findings.fault(name, f"{shown(tables)} is not a table of {name}", f"write [{name}.{example}]")
            tables = {}
        given[name] = tuple(
            read(findings, f"{name}.{code}", str(code), table) for code, table in tables.items()
        )
    return given


def _giveaway(findings: Findings, path: str, code: str, table: object) -> Giveaway:
    if not isinstance(table, Mapping):
        findings.fault(path, f"{shown(table)} is not a table", f"write [{path}]")
        return Giveaway(code)
    known = [field.name for field in attrs.fields(Giveaway) if field.name != "code"]
    return Giveaway(code, **_known(findings, path, table, known))


def _persona(findings: Findings, path: str, code: str, table: object) -> Persona:
    if not isinstance(table, Mapping):
        findings.fault(path, f"{shown(table)} is not a table", f"write [{path}]")
        return Persona(code)
    known = [field.name for field in attrs.fields(Persona) if field.name != "code"]
    given = _known(findings, path, table, known)
    events = given.pop("events", {})
    if isinstance(events, Mapping):
        given["events"] = {
            name: _mix(findings, f"{path}.events.{name}", each) for name, each in events.items()
        }
    else:
        findings.fault(
            f"{path}.events", f"{shown(events)} is not a table", f"write [{path}.events.some_event]"
        )
    if isinstance(given.get("hours"), list):
        given["hours"] = tuple(given["hours"])
    return Persona(code, **given)


def _mix(findings: Findings, path: str, table: object) -> Mix:
    if isinstance(table, int | float) and not isinstance(table, bool):
        return Mix(table)
    if not isinstance(table, Mapping):
        findings.fault(path, f"{shown(table)} is not a table", "write { weight = 2, score = [1, 2, 3] }")
        return Mix()
    weight = table.get("weight", 1.0)
    return Mix(weight, {str(key): value for key, value in table.items() if key != "weight"})


def _known(findings: Findings, path: str, table: Mapping[Any, Any], known: Sequence[str]) -> dict[str, Any]:
    given = {}
    for key, value in table.items():
        if key in known:
            given[str(key)] = value
            continue
        near = nearest(str(key), known)
        where = f"{path}.{key}" if path else str(key)
        findings.fault(
            where,
            f"unknown key {shown(key)}",
            f"did you mean {near!r}?" if near else f"there are {', '.join(known)}",
        )
    return given
