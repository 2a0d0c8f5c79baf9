"""What somebody holds, for all who show it: rungs and badges as they are defined, or were last where they are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gamify_core.road import gone
from gamify_core.road.joined import gather
from gamify_core.storage.tables.progress import BADGE, BadgeRow, StandingRow, ended_by, is_void, voided

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
    if person is None:
        return found
    for row in gather(seen.reader, person, BADGE):
        found.setdefault(row.badge, []).append(row)
    if person.person is None:
        return found
    repeatable = {badge.code for badge in seen.plan.catalog.badges if badge.repeatable}
    return {code: _as_one(rows, often=code in repeatable) for code, rows in found.items()}


def _as_one(rows: Sequence[BadgeRow], *, often: bool) -> list[BadgeRow]:
    """Return what several chains of a badge come to: earnings that are over, and those by which it is held.

    What is no repeatable badge is held by one earning, the first.
    """
    chains: dict[int, list[BadgeRow]] = {}
    for row in rows:
        chains.setdefault(row.participant, []).append(row)
    won: list[BadgeRow] = []
    standing: list[BadgeRow] = []
    for chain in chains.values():
        void, there = voided(chain), dict[int, BadgeRow]()
        for row in chain:
            if ended_by(row) is not None:
                there.pop(ended_by(row) or 0, None)
            elif not row.held:
                there.clear()
            elif not is_void(row) and (row.badge, row.n) not in void:
                there[row.n] = row
                won.append(row)
        standing += there.values()
    standing.sort(key=lambda row: (row.occurred_at, row.activity))
    over = sorted([row for row in won if row not in standing], key=lambda row: row.activity)
    if not standing:
        return [*over, max(rows, key=lambda row: row.activity)._replace(held=0, source=None)]
    return [*over, *(standing if often else standing[:1])]


def held_of_old(seen: Snapshot, earned: Mapping[str, Sequence[BadgeRow]]) -> Sequence[Badge]:
    """Return the badges that are held though they are gone, in the order of earning."""
    there = {badge.code for badge in seen.plan.catalog.badges}
    heads = [rows[-1] for code, rows in earned.items() if code not in there and rows[-1].held]
    heads.sort(key=lambda row: row.activity)
    return [gone.badge_of(seen.reader, seen.access.road.known, row.badge) for row in heads]
