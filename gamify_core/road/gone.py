"""The last known definition of what is in force no more, for those who hold it still.

A definition goes with an edit, or with a catalog that comes without it; badges that are held and rungs that are stood
on stay. Promise: what they were can be told as long as the file is there. What was made at run time is in its own
versions; the rest is in the newest catalog of the file that had it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gamify_core.catalog import Badge, Tier
from gamify_core.catalog.findings import Findings
from gamify_core.catalog.reading import read
from gamify_core.road.definitions import TIERS, latest, tier_id
from gamify_core.road.seal import canonical
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG
from gamify_core.storage.unit import Unit, remember

if TYPE_CHECKING:
    from gamify_core.catalog.parts import Parts
    from gamify_core.storage.protocol import Reader

__all__ = ["badge_of", "former_tier", "rung_of"]

Facts = dict[object, Any]
_NAME = "gone"
_AT_ONCE = 8


def badge_of(reader: Reader | Unit, facts: Facts, code: str) -> Badge:
    """Return a badge as it was last defined; `facts` are those that the process knows of committed rows."""
    kept = _kept(reader, facts)
    name = "badges", code
    if name not in kept:
        kept[name] = _badge(reader, kept, code)
    found: Badge = kept[name]
    return found


def rung_of(reader: Reader | Unit, facts: Facts, ladder: str, code: str) -> Tier:
    """Return a rung as it was last defined, with the level that it had."""
    return former_tier(reader, facts, ladder, code) or Tier(code)


def former_tier(reader: Reader | Unit, facts: Facts, ladder: str, code: str) -> Tier | None:
    """Return a rung as it was last defined, or None for one that never was."""
    kept = _kept(reader, facts)
    name = TIERS, ladder, code
    if name not in kept:
        kept[name] = _tier(reader, kept, ladder, code)
    found: Tier | None = kept[name]
    return found


def _kept(reader: Reader | Unit, facts: Facts) -> Facts:
    """Return what was found so far: it holds until another catalog is in force."""
    head = reader.last(ACTIVITY)
    number = head.catalog if head is not None else 0
    memo = reader.memo if isinstance(reader, Unit) else facts
    for known in (facts, memo):
        found = known.get(_NAME)
        if found is not None and found[0] == number:
            kept: Facts = found[1]
            return kept
    fresh: Facts = {}
    remember(memo, {_NAME: (number, fresh)})
    return fresh


def _badge(reader: Reader | Unit, kept: Facts, code: str) -> Badge:
    version = latest(reader, "badges", code)
    if version is not None and isinstance(made := version.readable, Badge):
        return made
    for parts in _catalogs(reader, kept, code):
        for badge in parts.badges:
            if badge.code == code:
                return badge
    return Badge(code)


def _tier(reader: Reader | Unit, kept: Facts, ladder: str, code: str) -> Tier | None:
    # The catalogs first: they know which level a rung had among the others, which its own versions do not
    for parts in _catalogs(reader, kept, code):
        for each in parts.ladders:
            for tier in each.tiers if each.code == ladder else ():
                if tier.code == code:
                    return tier
    version = latest(reader, TIERS, tier_id(ladder, code))
    return made if version is not None and isinstance(made := version.readable, Tier) else None


def _catalogs(reader: Reader | Unit, kept: Facts, code: str) -> Iterator[Parts]:
    """Go through the catalogs of the file in which this code occurs at all, newest first; each is parsed once."""
    spelt = canonical(code)
    last = reader.last(CATALOG)
    stop = last.number + 1 if last is not None else 1
    while rows := reader.scan(CATALOG, None, (), stop=(stop,), reverse=True, limit=_AT_ONCE):
        for row in rows:
            if spelt in row.document:
                if row.number not in kept:
                    kept[row.number] = read(json.loads(row.document), Findings())
                yield kept[row.number]
        stop = rows[-1].number
