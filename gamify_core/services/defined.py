"""What `engine.definitions` hands out: a definition and how it stands, and what a change of one came to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, cast

import attrs

from gamify_core.answers import Answer
from gamify_core.catalog import Tier
from gamify_core.catalog.definitions import Definition
from gamify_core.clock import iso
from gamify_core.road.definitions import TIERS, tier_id

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog

__all__ = ["Defined", "DefinitionAnswer", "definitions_in", "id_in"]

Kind = TypeVar("Kind", bound=Definition)


@attrs.frozen
class Defined(Generic[Kind]):
    """A definition and how it stands. `origin` says where it is changed: in `code`, or at `runtime`.

    One made at run time is out of force once it is deleted, and as long as something it refers to is not in the catalog
    (an engine was opened with one that comes without it). `version` counts its changes at run time; one that stands in
    code has version 0 and no instants. `ladder` is that of a tier; the `id` of one that is not on the ladder `tier`
    begins with it (`level:gold`).
    """

    id: str
    definition: Kind
    is_active: bool
    origin: Literal["code", "runtime"]
    version: int
    created_at: datetime | None
    updated_at: datetime | None
    ladder: str | None = None

    @property
    def code(self) -> str:
        """The `id`, under the name that other calls take it by."""
        return self.id

    def __str__(self) -> str:
        """Return `gold (version 2, at runtime)`."""
        made = f"version {self.version}, at runtime" if self.origin == "runtime" else "in code"
        return f"{self.id} ({made}{'' if self.is_active else ', not in force'})"

    def to_dict(self) -> dict[str, object]:
        """Return every field of the definition under the document's keys, and how it stands."""
        return {
            **_body(self.id, self.definition, self.ladder),
            "is_active": self.is_active,
            "origin": self.origin,
            "version": self.version,
            "created_at": iso(self.created_at) if self.created_at is not None else None,
            "updated_at": iso(self.updated_at) if self.updated_at is not None else None,
        }


class DefinitionAnswer(Answer):
    """A definition that was created, updated or deleted."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """The definition's id: its code, before which a tier has its ladder where that is not `tier`."""
        return str(self._said()[3])

    @property
    def section(self) -> str:
        """Which kind of definition: `badges`, `tiers`, …."""
        return str(self._said()[2])

    @property
    def version(self) -> int:
        """How often it has been written, this time included."""
        return int(self._said()[4] or 0)

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the fields that an update changed."""
        return tuple(str(name) for name in self._said()[6:])

    def __str__(self) -> str:
        """Return `definitions.badges.update gold (version 2): name, points`."""
        told = f": {', '.join(self.changed)}" if self.changed else ""
        again = " (replayed)" if self.replayed else ""
        return f"{self._decided.kind} {self.id} (version {self.version}){told}{again}"

    @property
    def deleted(self) -> bool:
        """Whether this deleted it."""
        return bool(self._said()[5])

    @property
    def definition(self) -> Definition | None:
        """The definition as this left it, or None where it was deleted."""
        return self._found()[0]

    def _found(self) -> tuple[Definition | None, str | None]:
        for definition, ladder in definitions_in(self._decided.catalog, self.section):
            if id_in(self.section, definition, ladder) == self.id and not self.deleted:
                return definition, ladder
        return None, None

    def to_dict(self) -> dict[str, object]:
        """Return the definition's fields and its version, or that it was deleted."""
        definition, ladder = self._found()
        gone = {"id": self.id, "code": self.id.rpartition(":")[2]}
        body = _body(self.id, definition, ladder) if definition is not None else gone
        return {**body, "version": self.version, "deleted": self.deleted}


def definitions_in(catalog: Catalog, section: str) -> Iterator[tuple[Definition, str | None]]:
    """Go through the definitions of a section, tiers with the ladders they belong to."""
    if section == TIERS:
        for ladder in catalog.ladders:
            yield from ((tier, ladder.code) for tier in ladder.tiers)
        return
    kept: tuple[Definition, ...] = getattr(catalog, section)
    yield from ((definition, None) for definition in kept)


def id_in(section: str, definition: Definition, ladder: str | None) -> str:
    """Return the id of a definition, by which it is called among those of its section."""
    return tier_id(str(ladder), definition.code) if section == TIERS else definition.code


def _body(name: str, definition: Definition, ladder: str | None) -> dict[str, object]:
    body: dict[str, object] = {"id": name}
    for field in attrs.fields(type(definition)):
        body[field.name] = _plain(field.name, getattr(definition, field.name))
    if isinstance(definition, Tier):
        body["criteria_config"] = {"min_points": definition.min_points}
        body["ladder"] = ladder
    return body


def _plain(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if name == "points":
        amounts = dict(cast("tuple[tuple[str, int], ...]", value))
        return amounts if amounts.keys() - {"points"} else amounts.get("points", 0)
    return list(value) if isinstance(value, tuple) else value
