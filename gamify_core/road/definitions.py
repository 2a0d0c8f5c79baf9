"""Definitions made at run time, and the catalog that they and the engine's own come to.

They live in the store, each with all its versions, and are read inside every unit, so other processes on the file go
by them at once. What the catalog in code defines stays with the code: it wins over a definition of the same code.
The whole is validated as any catalog is, so an edit that would leave a rule without its badge is refused with its path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from gamify_core.catalog import Catalog, Ladder, Tier
from gamify_core.catalog.parts import SECTIONS, Parts
from gamify_core.catalog.reading import definition_of
from gamify_core.catalog.writing import plain
from gamify_core.road.seal import canonical
from gamify_core.storage.tables.definitions import DEFINITION, DefinitionRow

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog.definitions import Definition
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["TIERS", "Version", "document_of", "latest", "merged", "versions", "write"]

TIERS = "tiers"
"""The section of rungs that are added to a ladder; their documents say to which one."""


class Version(NamedTuple):
    """The latest version of a definition, when it was first and last written, and how it stands."""

    section: str
    code: str
    n: int
    document: Mapping[object, Any]
    deleted: bool
    created_at: int
    updated_at: int

    @property
    def definition(self) -> Definition:
        """The definition that the document describes."""
        return definition_of(self.section, self.code, self.document)


def versions(reader: Reader | Unit, section: str | None = None) -> list[Version]:
    """Return the latest version of every definition (of one section) in the order in which they were made."""
    chains: dict[tuple[str, str], list[DefinitionRow]] = {}
    for row in reader.scan(DEFINITION, None, () if section is None else (section,)):
        chains.setdefault(row[:2], []).append(row)
    born = sorted(chains.values(), key=lambda rows: (rows[0].activity, rows[0].code))
    return [_version(rows[0], rows[-1]) for rows in born]


def latest(reader: Reader | Unit, section: str, code: str) -> Version | None:
    """Return the latest version of one definition."""
    rows = reader.scan(DEFINITION, None, (section, code))
    return _version(rows[0], rows[-1]) if rows else None


def write(turn: Turn, section: str, code: str, document: Mapping[str, Json], *, deleted: bool = False) -> int:
    """Write the next version of a definition, and return its number. The command has to be one that edits."""
    head = turn.unit.last(DEFINITION, (section, code))
    n = 1 if head is None else head.n + 1
    text = canonical(dict(document))
    turn.unit.append(
        DEFINITION, DefinitionRow(section, code, n, text, int(deleted), turn.recorded_at, turn.seq)
    )
    return n


def document_of(definition: Definition) -> dict[str, Any]:
    """Return the fields of a definition that are not as by default, as plain data."""
    if isinstance(definition, Tier):
        written: Any = plain(Parts(ladders=(Ladder("tier", tiers=(definition,)),)))["ladders"]
        rung = written[0]["tiers"][definition.code]
        return dict(rung) if isinstance(rung, dict) else {"min_points": rung}
    section = next(name for name, kind in SECTIONS.items() if isinstance(definition, kind))
    tables: Any = plain(Parts(**{section: (definition,)}))[section]  # type: ignore[arg-type]
    return {key: value for key, value in tables[0].items() if key != "code"}


def _version(first: DefinitionRow, row: DefinitionRow) -> Version:
    document = json.loads(row.document)
    return Version(
        row.section, row.code, row.n, document, bool(row.deleted), first.recorded_at, row.recorded_at
    )


def merged(base: Catalog, reader: Reader | Unit) -> Catalog:
    """Return the catalog that `base` and the definitions in the store come to. Raises `CatalogError`."""
    made = versions(reader)
    if not made:
        return base
    parts: dict[str, Any] = {}
    for version in made:
        if version.section == TIERS:
            continue
        own: tuple[Definition, ...] = parts.setdefault(version.section, getattr(base, version.section))
        if version.code in [definition.code for definition in own]:
            continue
        if version.section == "rewards" and version.deleted:  # what was claimed of it runs on
            parts[version.section] = (*own, attrs.evolve(version.definition, is_active=False))  # type: ignore[call-arg]
        elif not version.deleted:
            parts[version.section] = (*own, version.definition)
    rungs = [version for version in made if version.section == TIERS and not version.deleted]
    if rungs:
        parts["ladders"] = _with_rungs(base.ladders, rungs)
    return attrs.evolve(base, **parts)


def _with_rungs(ladders: tuple[Ladder, ...], rungs: list[Version]) -> tuple[Ladder, ...]:
    """Return ladders with the tiers made at run time; a ladder that is not there comes with its first."""
    known = {ladder.code: ladder for ladder in ladders}
    for version in rungs:
        code = str(version.document.get("ladder", "tier"))
        tier = version.definition
        assert isinstance(tier, Tier)  # noqa: S101 - what the section holds
        ladder = known.get(code)
        if ladder is None:
            known[code] = Ladder(code, tiers=(tier,))
        elif tier.code not in [each.code for each in ladder.tiers]:
            known[code] = attrs.evolve(ladder, tiers=(*_unnumbered(ladder), tier))
    return tuple(known.values())


def _unnumbered(ladder: Ladder) -> tuple[Tier, ...]:
    """Return the tiers of a ladder, ready to be numbered anew where they merely count from the bottom up."""
    if any(tier.level != place for place, tier in enumerate(ladder.tiers, 1)):
        return ladder.tiers
    return tuple(attrs.evolve(tier, level=0) for tier in ladder.tiers)
