"""What somebody holds, for all who show it: rungs and badges as they are defined, or were last where they are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gamify_core.road import gone
from gamify_core.storage.tables.progress import BADGE, BadgeRow, StandingRow

if TYPE_CHECKING:
    from gamify_core.catalog import Badge, Tier
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["earnings", "held_of_old", "rung_held"]


def rung_held(seen: Snapshot, plan: LadderPlan, row: StandingRow | None) -> Tier | None:
    """Return the rung that a row puts somebody on."""
    if row is None or row.tier is None:
        return None
    if row.tier in plan.codes:
        return plan.ladder.tiers[plan.codes.index(row.tier)]
    return gone.rung_of(seen.reader, seen.access.road.known, plan.ladder.code, row.tier)


def earnings(seen: Snapshot, person: ParticipantRow | None) -> dict[str, list[BadgeRow]]:
    """Return the rows of every badge that a participant ever had to do with, by its code, oldest first."""
    found: dict[str, list[BadgeRow]] = {}
    for row in seen.reader.scan(BADGE, None, (person.number,)) if person is not None else ():
        found.setdefault(row.badge, []).append(row)
    return found


def held_of_old(seen: Snapshot, earned: Mapping[str, Sequence[BadgeRow]]) -> Sequence[Badge]:
    """Return the badges that are held though they are gone, in the order of earning."""
    there = {badge.code for badge in seen.plan.catalog.badges}
    heads = [rows[-1] for code, rows in earned.items() if code not in there and rows[-1].held]
    heads.sort(key=lambda row: row.activity)
    return [gone.badge_of(seen.reader, seen.access.road.known, row.badge) for row in heads]
