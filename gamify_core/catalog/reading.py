"""From plain data (a parsed file, or what `to_dict` wrote) to definitions.

Promise: whatever the data, definitions come out and what was wrong with their shape is among the findings;
values are passed on as they are, since the same checks judge them whether they come from a file or from
Python.

A section is a table by code (`[badges.first_steps]`) or a list of tables that each have a `code`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

import attrs

from gamify_core.catalog.conversions import GIVEN
from gamify_core.catalog.definitions import (
    Cap,
    Definition,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Rule,
    Streak,
    Tier,
)
from gamify_core.catalog.elsewhere import KEY, Elsewhere
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.keys import spelt, unknown_key
from gamify_core.catalog.parts import SECTIONS, Parts
from gamify_core.catalog.values import text
from gamify_core.errors import CatalogError

__all__ = ["definition_of", "read"]

Table = Mapping[object, object]
_SETTINGS: Final = ("timezone", "week_start", "name", "expect")


def read(data: object, findings: Findings) -> Parts:
    """Return the definitions in `data`; what cannot be one is among the findings."""
    if not isinstance(data, Mapping):
        findings.fault("catalog", f"{shown(data)} is not a catalog", "a catalog is a table of sections")
        return Parts()
    given: dict[str, object] = {}
    for key, value in data.items():
        if key in SECTIONS:
            given[key] = tuple(_section(findings, key, value))
        elif key in _SETTINGS:
            given[key] = value
        else:
            unknown_key(findings, "", key, (*SECTIONS, *_SETTINGS), "section")
    return cast("Callable[..., Parts]", Parts)(**given)


def definition_of(section: str, code: str, table: Table, *, leniently: bool = False) -> Definition:
    """Return one definition from its table (tiers have a section of their own here).

    Raises `CatalogError`, unless it is to be read `leniently`, which passes over what cannot be read.
    """
    findings = Findings()
    kind: type[Definition] = Tier if section == "tiers" else SECTIONS[section]
    fields = {key: value for key, value in table.items() if kind is not Tier or key != "ladder"}
    made = _definition(findings, kind, f"{section}.{spelt(code)}", code, fields)
    if findings.found and not leniently:
        raise CatalogError(findings.faults)
    return made


def _section(findings: Findings, section: str, value: object) -> Iterator[Definition]:
    """Go through a section's definitions."""
    kind = SECTIONS[section]
    if isinstance(value, Mapping):
        for code, table in value.items():
            path = f"{section}.{spelt(code)}"
            if isinstance(table, Mapping):
                yield _definition(findings, kind, path, code, table)
            else:
                findings.fault(path, f"{shown(table)} is not a table", f"write [{path}]")
                yield _made(kind, code, {})
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for place, table in enumerate(value):
            yield from _listed(findings, kind, f"{section}[{place}]", table)
    else:
        findings.fault(section, f"{shown(value)} is not a table of {section}", f"write [{section}.some_code]")


def _listed(findings: Findings, kind: type[Definition], path: str, table: object) -> Iterator[Definition]:
    """Go through what one item of a list comes to: a definition, or nothing."""
    if not isinstance(table, Mapping):
        findings.fault(path, f"{shown(table)} is not a table", 'write { "code": "some_code", … }')
        return
    if "code" not in table:
        findings.fault(path, "has no code", 'write "code": "some_code"')
        return
    code = table["code"]
    where = f"{path.partition('[')[0]}.{spelt(code)}" if isinstance(code, str) else path
    findings.stands(where, path)
    rest = {key: value for key, value in table.items() if key != "code"}
    if kind is Event:
        for key in rest:
            if key != "properties":
                unknown_key(findings, where, key, ("properties",), "key")
        properties = rest.get("properties", {})
        if not isinstance(properties, Mapping):
            findings.fault(
                where, f"{shown(properties)} is not a table of properties", 'write {"score": "integer"}'
            )
            properties = {}
        rest = dict(properties)
    yield _definition(findings, kind, where, code, rest)


def _definition(
    findings: Findings, kind: type[Definition], path: str, code: object, table: Table
) -> Definition:
    """Return the definition that a table describes."""
    if kind is Event:
        return _event(findings, path, code, table)
    given = _fields(findings, kind, path, table)
    if kind is Rule and isinstance(given.get("cap"), Mapping):
        cap = cast("Table", given["cap"])
        given["cap"] = cast("Callable[..., Cap]", Cap)(**_fields(findings, Cap, f"{path}.cap", cap))
    if kind is Rule:
        given = {key: _decided(code, value) if key == "when" else value for key, value in given.items()}
    if kind is Streak and isinstance(given.get("milestones"), Mapping):
        given["milestones"] = _gifts(findings, f"{path}.milestones", cast("Table", given["milestones"]))
    if kind is Leaderboard and isinstance(given.get("prizes"), Mapping):
        given["prizes"] = _gifts(findings, f"{path}.prizes", cast("Table", given["prizes"]))
    if kind is Ladder:
        given["tiers"] = tuple(_tiers(findings, f"{path}.tiers", given.get("tiers", ())))
    return _made(kind, code, given)


def _gifts(findings: Findings, path: str, table: Table) -> dict[object, object]:
    """Return milestones or prizes whose tables give nothing that is not known."""
    read: dict[object, object] = {}
    for length, gift in table.items():
        if isinstance(gift, Mapping):
            for key in gift:
                if key not in GIVEN:
                    unknown_key(findings, f"{path}.{spelt(length)}", key, GIVEN, "key")
            read[length] = {key: each for key, each in gift.items() if key in GIVEN and each is not None}
        else:
            read[length] = gift
    return read


def _decided(rule: object, when: object) -> object:
    """Return a rule's condition; the name of a Python function becomes what stands for the function."""
    if isinstance(when, Mapping) and len(when) == 1 and KEY in when and not text(name := when[KEY]):
        return Elsewhere(str(rule), cast("str", name))
    return when


def _event(findings: Findings, path: str, code: object, table: Table) -> Event:
    properties = {}
    for name, kind in table.items():
        if isinstance(name, str) and isinstance(kind, str):
            properties[name] = kind
        else:
            where = f"{path}.{spelt(name)}"
            findings.fault(
                where, f"{shown(kind)} is not the kind of a property", f'write {spelt(name)} = "integer"'
            )
    return Event(cast("str", code), **properties)


def _tiers(findings: Findings, path: str, value: object) -> Iterator[object]:
    """Go through tiers: `{ bronze = 0 }`, `{ bronze = { min_points = 0 } }`, or tables with a code."""
    if isinstance(value, Mapping):
        for code, table in value.items():
            fields: Table = table if isinstance(table, Mapping) else {"min_points": table}
            yield _made(Tier, code, _fields(findings, Tier, f"{path}.{spelt(code)}", fields))
    elif isinstance(value, list | tuple):
        for place, table in enumerate(value):
            where = f"{path}[{place}]"
            if isinstance(table, Mapping) and "code" in table:
                rest = {key: each for key, each in table.items() if key != "code"}
                yield _made(Tier, table["code"], _fields(findings, Tier, where, rest))
            else:
                yield table
    else:
        yield value


def _fields(
    findings: Findings, kind: type[attrs.AttrsInstance], path: str, table: Table
) -> dict[str, object]:
    """Return the fields that a table gives; a null is as good as nothing."""
    known = [field.name for field in attrs.fields(kind) if field.name != "code"]
    given: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            unknown_key(findings, path, key, known, "key")
        elif value is not None:
            given[str(key)] = value
    return given


def _made(kind: type[Definition], code: object, given: dict[str, object]) -> Definition:
    """Make a definition. That no event is named is for the checks to find, as it is from Python."""
    if kind in (Metric, Rule):
        given.setdefault("on", ())
    return cast("Callable[..., Definition]", kind)(code, **given)
