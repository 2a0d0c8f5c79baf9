"""Who a participant is: their row, which appears on first use, its fields, and where they lived since when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gamify_core.domain.periods import BEGINNING
from gamify_core.errors import NotFound
from gamify_core.road import former, streak_moves
from gamify_core.road.erasing import ALIAS, NOWHERE
from gamify_core.road.groups import regroup
from gamify_core.road.joined import the_one
from gamify_core.road.seal import canonical
from gamify_core.storage.tables.participants import (
    PARTICIPANT,
    PARTICIPANT_BY_ID,
    ZONE_CHANGE,
    ParticipantRow,
    ZoneChangeRow,
)
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.road.turn import Turn
    from gamify_core.storage.unit import Unit

__all__ = ["become", "is_new", "participant", "register"]


def participant(
    unit: Unit, scope: str, participant_id: str, recorded_at: int, *, erased: bool = False
) -> ParticipantRow:
    """Return a participant's row; participants appear on first use, and who was merged is whom they were merged into.

    Nothing happens any more to somebody who was erased: their alias is for reading, and raises `NotFound` here.
    """
    row = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (scope, participant_id))
    if row is None and participant_id.startswith(ALIAS):  # no new person under the alias of a deleted one
        gone = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (NOWHERE, participant_id))
        row, erased = gone, erased and gone is None
    if row is None:
        head = unit.last(PARTICIPANT)
        number = 1 if head is None else head.number + 1
        row = ParticipantRow(number, scope, participant_id, None, None, None, "{}", 1, recorded_at, None)
        unit.add(PARTICIPANT, row)
        return row
    row = the_one(unit, row)
    if row.erased is not None and not erased:
        raise NotFound("participant", participant_id, f"Participant not found: {participant_id}")
    return row


def become(turn: Turn, before: ParticipantRow, after: ParticipantRow) -> None:
    """Put a participant's row in the place of another, and leave word of it unless they appeared just now."""
    if not is_new(turn):
        former.keep(turn, PARTICIPANT, before, after)
    turn.unit.put(PARTICIPANT, after)


def is_new(turn: Turn) -> bool:
    """Say whether nobody has seen the turn's participant before this very command."""
    return turn.who.created_at == turn.recorded_at  # no two commands are recorded at one instant


def register(
    turn: Turn,
    display_name: str | None,
    avatar_url: str | None,
    timezone: str | None,
    attributes: Mapping[str, Json],
) -> None:
    """Put the fields that are given; attributes are merged, and one that is None is removed."""
    row = turn.who
    merged = {**json.loads(row.attributes), **attributes}
    new = row._replace(
        display_name=row.display_name if display_name is None else display_name,
        avatar_url=row.avatar_url if avatar_url is None else avatar_url,
        timezone=row.timezone if timezone is None else timezone,
        attributes=canonical({key: value for key, value in merged.items() if value is not None}),
    )
    if new.timezone != row.timezone:
        before = streak_moves.standing(turn, row)
        head = turn.unit.last(ZONE_CHANGE, (row.number,))
        n = 1 if head is None else head.n + 1
        # Who says for the first time where they live, and has no streak yet, has always lived there
        always = n == 1 and not turn.unit.scan(STREAK, None, (row.number,), limit=1)
        since = BEGINNING if always else turn.occurred_at
        change = ZoneChangeRow(row.number, n, since, new.timezone, turn.seq)
        turn.unit.append(ZONE_CHANGE, change)
        streak_moves.rezone(turn, new, before)
    if new != row:
        if new.attributes != row.attributes:
            regroup(turn, row, new)
        become(turn, row, new)
    elif not is_new(turn):
        turn.rest(0)
