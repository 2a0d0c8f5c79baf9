"""Definitions made at run time, and the catalog that they and the engine's own come to.

They live in the store, each with all its versions, and are read inside every unit, so other processes on the file go
by them at once. What the catalog in code defines stays with the code: it wins over a definition of the same code.
The whole is validated as any catalog is, so an edit that would leave a rule without its badge is refused with its path.

A catalog in code that comes without what a definition refers to stops nobody: such definitions are left out, until
they are mended or what they refer to is back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from gamify_core.catalog import Catalog, Ladder, Tier
from gamify_core.catalog.parts import SECTIONS, Parts
from gamify_core.catalog.reading import definition_of
from gamify_core.catalog.writing import plain
from gamify_core.errors import CatalogError
from gamify_core.road.seal import canonical
from gamify_core.storage.tables.definitions import DEFINITION, DefinitionRow

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog.definitions import Definition
    from gamify_core.errors import Fault
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["TIERS", "Merged", "Version", "document_of", "identity", "latest", "merged", "refuse_unsound"]
__all__ += ["tier_id", "versions", "write"]

TIERS = "tiers"
"""The section of rungs that are added to a ladder; their documents say to which one."""


class Version(NamedTuple):
    """The latest version of a definition, when it was first and last written, and how it stands.

    `code` is its id: that of a tier of another ladder than `tier` begins with its ladder (`level:gold`).
    """

    section: str
    code: str
    n: int
    document: Mapping[object, Any]
    deleted: bool
    created_at: int
    updated_at: int
    activity: int

    @property
    def definition(self) -> Definition:
        """The definition that the document describes. Raises `CatalogError` for what it does not know."""
        return definition_of(self.section, self.own_code, self.document)

    @property
    def readable(self) -> Definition:
        """As much of the definition as can be read."""
        return definition_of(self.section, self.own_code, self.document, leniently=True)

    @property
    def own_code(self) -> str:
        """Its code within its ladder, or within its section."""
        return self.code.rpartition(":")[2] if self.section == TIERS else self.code

    @property
    def ladder(self) -> str | None:
        """The ladder of a tier."""
        return str(self.document.get("ladder", "tier")) if self.section == TIERS else None

    @property
    def path(self) -> str:
        """Where it stands in a catalog."""
        within = f"ladders.{self.ladder}.tiers" if self.section == TIERS else self.section
        return f"{within}.{self.own_code}"


class Merged(NamedTuple):
    """The catalog that definitions in code and at run time come to, and what had to be left out of it."""

    catalog: Catalog
    left_out: tuple[tuple[Version, tuple[Fault, ...]], ...]


def tier_id(ladder: str, code: str) -> str:
    """Return the id of a tier: its code, which other ladders than `tier` stand before."""
    return code if ladder == "tier" else f"{ladder}:{code}"


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
    times = first.recorded_at, row.recorded_at
    return Version(row.section, row.code, row.n, document, bool(row.deleted), *times, row.activity)


def identity(base: Catalog, made: Sequence[Version]) -> str:
    """Return what tells a merged catalog from others: what it is made of, and not merely what that comes to.

    Two engines whose catalogs in code differ may come to one and the same, and part again with the next edit.
    Numbers of versions are not enough of a definition: those of an edit that was taken back are used again.
    """
    if not made:
        return base.fingerprint
    told = [(each.section, each.code, each.n, each.deleted, each.document) for each in made]
    return hashlib.sha256(canonical([base.fingerprint, told]).encode()).hexdigest()


def merged(base: Catalog, made: Sequence[Version]) -> Merged:
    """Return the catalog that `base` and definitions made at run time come to, without those that make it unsound.

    What refers to something that was left out is left out as well, until all is sound: `base` by itself is.
    """
    kept: list[tuple[Version, Definition]] = []
    left: list[tuple[Version, tuple[Fault, ...]]] = []
    for version in made:
        if version.code in _ids(base, version.section) or (version.deleted and version.section != "rewards"):
            continue
        try:
            kept.append((version, version.definition))
        except CatalogError as error:
            left.append((version, error.faults))
    while True:
        try:
            return Merged(_together(base, kept), tuple(left))
        except CatalogError as error:
            blamed = _blamed([version for version, _ in kept], error.faults)
            left.extend(blamed)
            gone = [version for version, _ in blamed]
            kept = [each for each in kept if each[0] not in gone]


def refuse_unsound(whole: Merged, before: Catalog, seq: int) -> None:
    """Refuse the edit `seq` where it leaves out what it wrote, or what was in force `before`. Raises `CatalogError`."""
    faults = [
        fault
        for version, found in whole.left_out
        if not version.deleted and (version.activity == seq or version.code in _ids(before, version.section))
        for fault in found
    ]
    if faults:
        raise CatalogError(faults)


def _blamed(kept: Sequence[Version], faults: Sequence[Fault]) -> list[tuple[Version, tuple[Fault, ...]]]:
    """Return which definitions faults are about; where none is named, it is the last that came to their section."""
    found = []
    for version in kept:
        own = [each for each in faults if f"{each.path}.".startswith(f"{version.path}.")]
        if own:
            found.append((version, tuple(own)))
    if found:
        return found
    beside = [
        version
        for version in kept
        if any(each.path.startswith(version.path.rpartition(".")[0]) for each in faults)
    ]
    return [(max(beside or kept, key=lambda version: version.activity), tuple(faults))]


def _ids(catalog: Catalog, section: str) -> set[str]:
    """Return the ids of the definitions of a section."""
    if section == TIERS:
        return {tier_id(ladder.code, tier.code) for ladder in catalog.ladders for tier in ladder.tiers}
    kept: tuple[Definition, ...] = getattr(catalog, section)
    return {definition.code for definition in kept}


def _together(base: Catalog, kept: Sequence[tuple[Version, Definition]]) -> Catalog:
    """Return the catalog with these definitions as well. Raises `CatalogError`."""
    if not kept:
        return base
    parts: dict[str, Any] = {}
    for version, definition in kept:
        if version.section == TIERS:
            continue
        own: tuple[Definition, ...] = parts.setdefault(version.section, getattr(base, version.section))
        if version.deleted:  # what was claimed of a reward runs on
            definition = attrs.evolve(definition, is_active=False)  # type: ignore[call-arg]  # noqa: PLW2901
        parts[version.section] = (*own, definition)
    rungs = [each for each in kept if each[0].section == TIERS]
    if rungs:
        parts["ladders"] = _with_rungs(base.ladders, rungs)
    return attrs.evolve(base, **parts)


def _with_rungs(
    ladders: tuple[Ladder, ...], rungs: Sequence[tuple[Version, Definition]]
) -> tuple[Ladder, ...]:
    """Return ladders with the tiers made at run time; a ladder that is not there comes with its first."""
    known = {ladder.code: ladder for ladder in ladders}
    for version, tier in rungs:
        code = str(version.ladder)
        assert isinstance(tier, Tier)  # noqa: S101 - what the section holds
        ladder = known.get(code)
        if ladder is None:
            known[code] = Ladder(code, tiers=(tier,))
        else:
            known[code] = attrs.evolve(ladder, tiers=(*_unnumbered(ladder), tier))
    return tuple(known.values())


def _unnumbered(ladder: Ladder) -> tuple[Tier, ...]:
    """Return the tiers of a ladder, ready to be numbered anew where they merely count from the bottom up."""
    if any(tier.level != place for place, tier in enumerate(ladder.tiers, 1)):
        return ladder.tiers
    return tuple(attrs.evolve(tier, level=0) for tier in ladder.tiers)
