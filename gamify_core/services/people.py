"""Lists of people: searched, filtered, sorted, a page at a time.

By id, with no search and no filter, only the people of the page are looked at. A search reads everybody's row; a filter
by tier, and any other order, read something of everybody in the scope, whatever the page: that is the cost of an order
that no index keeps. For a ranking of many people there are leaderboards.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args

import attrs

from gamify_core import border
from gamify_core.clock import moment
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly
from gamify_core.road import gone
from gamify_core.road.joined import is_alias
from gamify_core.road.values import events_of
from gamify_core.services.pages import Page
from gamify_core.services.profiles import last_seen
from gamify_core.services.reading import tier_ladder
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import (
    PARTICIPANT,
    PARTICIPANT_BY_ID,
    PARTICIPANT_BY_PERSON,
    ParticipantRow,
)
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.services.reading import Snapshot

__all__ = ["Listing", "ParticipantSummary", "SortBy", "SortOrder", "listing", "people"]

SortBy = Literal[
    "participant_id",
    "display_name",
    "total_points",
    "available_points",
    "total_events",
    "first_seen_at",
    "last_seen_at",
]
SortOrder = Literal["asc", "desc"]


@attrs.frozen
class ParticipantSummary:
    """A participant as lists show them. `current_tier` is the rung's code on the ladder `tier` (or else the first)."""

    participant_id: str
    display_name: str | None
    total_points: int
    available_points: int
    current_tier: str | None
    total_events: int
    is_active: bool
    first_seen_at: datetime = attrs.field(eq=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the document's participant; its list does not say since when."""
        return attrs.asdict(self, filter=lambda field, _: field.name != "first_seen_at")


@attrs.frozen
class Listing:
    """What a list was asked for, checked."""

    search: str | None
    is_active: bool | None
    tier: str | None
    sort_by: SortBy
    sort_order: SortOrder
    page: int
    page_size: int

    @property
    def plain(self) -> bool:
        """Whether the index by id answers it all."""
        return self.search is None and self.is_active is None and self.tier is None and self.by_id

    @property
    def by_id(self) -> bool:
        """Whether it is in the order of ids, or against it."""
        return self.sort_by == "participant_id"


def listing(  # noqa: PLR0913 - the parameters of a list
    search: str | None,
    is_active: bool | None,  # noqa: FBT001 - a filter
    tier: str | None,
    sort_by: str,
    sort_order: str,
    page: int,
    page_size: int,
) -> Listing:
    """Check what a list is asked for. Raises `BadValue`."""
    number, size = border.page(page, page_size)
    return Listing(
        border.text(search, "search"),
        None if is_active is None else border.flag(is_active, "is_active"),
        None if tier is None else border.code(tier, "tier"),
        next(known for known in get_args(SortBy) if known == _one_of("sort_by", sort_by, get_args(SortBy))),
        "desc" if _one_of("sort_order", sort_order, get_args(SortOrder)) == "desc" else "asc",
        number,
        size,
    )


def _one_of(field: str, value: object, known: tuple[str, ...]) -> str:
    value = exactly(value)
    if isinstance(value, str) and value in known:
        return value
    detail = f"{field} must be one of {', '.join(known)}, not {in_words(value)}"
    raise BadValue(field, value, detail)


def people(seen: Snapshot, asked: Listing) -> Page[ParticipantSummary]:
    """Return a page of the people of a scope. Raises `NotFound` for a tier that there is not."""
    first, size = (asked.page - 1) * asked.page_size, asked.page_size
    prefix = (seen.access.scope,)
    reverse = asked.sort_order == "desc"
    aliases = _aliases(seen)
    if asked.plain:
        total = seen.reader.count(PARTICIPANT, PARTICIPANT_BY_ID, prefix) - len(aliases)
        rows = _stretch(seen, aliases, first, size, reverse=reverse)
    else:
        rows = [row for row in seen.reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, prefix) if not is_alias(row)]
        found = _found(seen, asked, rows)
        ordered = found[::-1] if asked.by_id and reverse else _sorted(seen, asked.sort_by, found, reverse)
        total, rows = len(ordered), ordered[first : first + size]
    return Page([_summary(seen, row) for row in rows], total, asked.page, size)


def _aliases(seen: Snapshot) -> list[str]:
    """Return the names in the scope that are one more name of somebody, who was merged; they are in no list."""
    rows = seen.reader.scan(PARTICIPANT, PARTICIPANT_BY_PERSON)
    return sorted(row.participant_id for row in rows if is_alias(row) and row.scope == seen.access.scope)


def _stretch(
    seen: Snapshot, aliases: list[str], first: int, size: int, *, reverse: bool
) -> list[ParticipantRow]:
    """Return the people of a page by id. Names that are passed over move it on, by as many as stand before it."""
    prefix, passed = (seen.access.scope,), 0

    def rows(offset: int, limit: int) -> list[ParticipantRow]:
        return seen.reader.scan(
            PARTICIPANT, PARTICIPANT_BY_ID, prefix, reverse=reverse, offset=offset, limit=limit
        )

    while passed < len(aliases) and (at := rows(first + passed, 1)):
        name = at[0].participant_id
        before = sum(alias >= name if reverse else alias <= name for alias in aliases)
        if before == passed:
            break
        passed = before
    found = rows(first + passed, size + len(aliases) - passed)
    return [row for row in found if not is_alias(row)][:size]


def _found(seen: Snapshot, asked: Listing, rows: list[ParticipantRow]) -> list[ParticipantRow]:
    if asked.search is not None:
        low = asked.search.casefold()
        rows = [
            row
            for row in rows
            if low in row.participant_id.casefold() or low in (row.display_name or "").casefold()
        ]
    if asked.is_active is not None:
        rows = [row for row in rows if bool(row.is_active) == asked.is_active]
    if asked.tier is not None:
        plan = tier_ladder(seen.plan) or seen.plan.ladder("tier")  # which raises, as there is none
        _known(seen, plan, asked.tier)
        rows = [row for row in rows if _tier(seen, row, plan) == asked.tier]
    return rows


def _known(seen: Snapshot, plan: LadderPlan, tier: str) -> None:
    """Refuse a rung that the ladder has not, and never had. Raises `NotFound`."""
    if tier not in plan.codes:
        former = gone.former_tier(seen.reader, seen.access.road.known, plan.ladder.code, tier)
        if former is None:
            plan.ladder.tier(tier)


def _sorted(
    seen: Snapshot,
    by: SortBy,
    rows: list[ParticipantRow],
    reverse: bool,  # noqa: FBT001 - which way
) -> list[ParticipantRow]:
    """Sort people who stand in the order of their ids; those without a value come last, whichever the way."""
    there: list[tuple[int | str, ParticipantRow]] = []
    missing = []
    for row in rows:
        value = _value(seen, by, row)
        if value is None:
            missing.append(row)
        else:
            there.append((value, row))
    # Sorting backwards keeps the order of equals too, so ties are by id either way
    there.sort(key=lambda pair: pair[0], reverse=reverse)
    return [row for _, row in there] + missing


def _value(seen: Snapshot, by: SortBy, row: ParticipantRow) -> int | str | None:
    """Return what a list in this order compares."""
    match by:
        case "display_name":
            return row.display_name.casefold() if row.display_name is not None else None
        case "total_points" | "available_points":
            earned, there = _points(seen, row)
            return earned if by == "total_points" else there
        case "total_events":
            return events_of(seen.reader, row)
        case "first_seen_at":
            return row.created_at
        case "last_seen_at":
            return last_seen(seen.plan.catalog, seen.reader, row)
        case _:
            return 0  # by id, as they stand


def _summary(seen: Snapshot, row: ParticipantRow) -> ParticipantSummary:
    plan = tier_ladder(seen.plan)
    return ParticipantSummary(
        row.participant_id,
        row.display_name,
        *_points(seen, row),
        _tier(seen, row, plan) if plan is not None else None,
        events_of(seen.reader, row),
        bool(row.is_active),
        moment(row.created_at),
    )


def _points(seen: Snapshot, row: ParticipantRow) -> tuple[int, int]:
    """Return what somebody earned in all, and what of it is there."""
    head = seen.reader.last(ENTRY, (row.number, "points"))
    return (0, 0) if head is None else (head.earned, head.balance)


def _tier(seen: Snapshot, row: ParticipantRow, plan: LadderPlan) -> str | None:
    head = seen.reader.last(STANDING, (row.number, plan.ladder.code))
    return head.tier if head is not None else None
