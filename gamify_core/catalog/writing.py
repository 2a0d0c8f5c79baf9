"""From definitions to plain data: what `Catalog.from_dict` reads back, and the fingerprint.

Promise: what is as by default is left out, and what remains is JSON; reading it back gives the same catalog.
Sections are lists, since what comes first matters (rules fire in declared order) and stores may sort the keys
of a table.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from gamify_core.catalog.definitions import Cap, Definition, Event, Milestone, Prize, Season, Tier
from gamify_core.catalog.elsewhere import KEY, name_of
from gamify_core.catalog.parts import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gamify_core.catalog.parts import Parts

__all__ = ["Plain", "fingerprint", "plain"]

Plain = bool | int | str | list["Plain"] | dict[str, "Plain"]

_UNORDERED: Final = frozenset({"events", "currencies", "metrics", "leaderboards", "rewards"})
_SETTINGS: Final = ("name", "timezone", "week_start")
_ONE_OR_MORE: Final = frozenset({"on", "streak", "badge", "mint", "reward", "advance"})


def plain(parts: Parts) -> dict[str, Plain]:
    """Return a catalog as plain data."""
    written: dict[str, Plain] = {}
    for setting in _SETTINGS:
        value = getattr(parts, setting)
        if value != getattr(attrs.fields(type(parts)), setting).default:
            written[setting] = value
    for section in SECTIONS:
        definitions: tuple[Definition, ...] = getattr(parts, section)
        if definitions:
            written[section] = [_table(definition) for definition in definitions]
    return written


def fingerprint(parts: Parts) -> str:
    """Return the SHA-256 of a catalog's meaning: the order of keys says nothing, the order of rules does."""
    written = plain(parts)
    for section in _UNORDERED & written.keys():
        tables = cast("list[dict[str, Plain]]", written[section])
        written[section] = [*sorted(tables, key=lambda table: str(table["code"]))]
    import hashlib  # noqa: PLC0415 - a catalog is declared more often than it is sealed
    import json  # noqa: PLC0415

    text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _table(definition: Definition) -> Plain:
    table: dict[str, Plain] = {"code": definition.code}
    if isinstance(definition, Event):
        if definition.properties:
            table["properties"] = dict(definition.properties)
        return table
    return {**table, **_fields(definition)}


def _fields(value: attrs.AttrsInstance) -> dict[str, Plain]:
    """Return the fields that are not as by default."""
    fields: dict[str, Plain] = {}
    for field in attrs.fields(type(value)):
        given = getattr(value, field.name)
        make = getattr(field.default, "factory", None)
        if field.name != "code" and given != (field.default if make is None else make(value)):
            fields[field.name] = _value(field.name, given)
    return fields


def _value(name: str, value: object) -> Plain:
    """Return one field's value as plain data."""
    if isinstance(value, tuple):
        return _several(name, value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Cap):
        return _fields(value)
    if isinstance(value, bool | int | str):
        return value
    return {KEY: name_of(value)}  # only a callable is left


def _several(name: str, values: tuple[Any, ...]) -> Plain:
    """Return a field of several values: amounts by currency, tiers by code, or a list."""
    if name in ("award", "deduct", "points"):
        amounts: dict[str, Plain] = dict(values)
        return amounts["points"] if list(amounts) == ["points"] else amounts
    if name in _TABLES:
        return dict(_TABLES[name](each, place) for place, each in enumerate(values, 1))
    return values[0] if name in _ONE_OR_MORE and len(values) == 1 else list(values)


_TABLES: Final[Mapping[str, Callable[[Any, int], tuple[str, Plain]]]] = {
    "goals": lambda pair, _: pair,
    "milestones": lambda milestone, _: (str(milestone.length), _gift(milestone)),
    "prizes": lambda prize, _: (prize.ranks, _gift(prize)),
    "seasons": lambda season, _: (season.code, _span(season)),
    "tiers": lambda tier, place: (tier.code, _rung(tier, place)),
}
"""How the fields are written that are tables in a file."""


def _span(season: Season) -> Plain:
    """Return when a season starts and ends."""
    return {"starts": _value("starts", season.starts), "ends": _value("ends", season.ends)}


def _gift(gives: Milestone | Prize) -> Plain:
    """Return what a milestone or a rank gives, as points alone where that says everything."""
    where = ("length", "first", "last")
    fields = {name: value for name, value in _fields(gives).items() if name not in where}
    return fields["points"] if [*fields] == ["points"] and isinstance(fields["points"], int) else fields


def _rung(tier: Tier, place: int) -> Plain:
    """Return a tier as its threshold alone where that says everything."""
    fields = _fields(tier)
    if tier.level == place:
        fields.pop("level", None)
    fields["min_points"] = tier.min_points
    return tier.min_points if len(fields) == 1 else fields
