"""People: a small number for each, under the name the application gave.

Other rows refer to the number, so a scope costs nothing and erasing a name touches one row.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Index, Table

__all__ = [
    "NEVER",
    "PARTICIPANT",
    "PARTICIPANT_BY_ID",
    "PARTICIPANT_BY_PERSON",
    "PARTICIPANT_DUE",
    "ZONE_CHANGE",
    "ParticipantRow",
    "ZoneChangeRow",
]


class ParticipantRow(NamedTuple):
    """One participant of one scope. `attributes` is JSON; `created_at` is when it was first seen.

    `erased` is `anonymized` or `deleted` where the person behind the number is not to be known any more; who
    is hidden stands on no leaderboard.
    `due` is the first instant at which time does something to what they have: it is the earliest `due` among their rows
    in `pending`, `lot`, `hold` and `review`, `NEVER` where there is none but holds without an end, and None where
    nothing waits; while an account is closed only holds count, for nothing else happens to it. So whoever reads the
    person knows whether there is anything to look for.
    `person` is None as long as nobody was merged with them. Then it is the number of the one into whom all of them
    were merged, with that one too: so who has several numbers is known from their own row, and who has one as well.
    """

    number: int
    scope: str
    participant_id: str
    display_name: str | None
    avatar_url: str | None
    timezone: str | None
    attributes: str
    is_active: int
    created_at: int
    erased: str | None
    is_hidden: int = 0
    due: int | None = None
    is_closed: int = 0
    person: int | None = None


class ZoneChangeRow(NamedTuple):
    """From `since` on, the participant lived in this zone: a fact, because streaks are judged by it."""

    participant: int
    n: int
    since: int
    timezone: str | None
    activity: int


PARTICIPANT_BY_ID = Index("participant_by_id", ("scope", "participant_id"), unique=True)
PARTICIPANT_DUE = Index("participant_due", ("due",), present="due")
PARTICIPANT_BY_PERSON = Index("participant_by_person", ("person", "number"), present="person")
PARTICIPANT = Table(
    "participant",
    ParticipantRow,
    key=1,
    chain=True,
    indexes=(PARTICIPANT_BY_ID, PARTICIPANT_DUE, PARTICIPANT_BY_PERSON),
    parents={"person": "participant"},
)
NEVER = 2**62
"""An instant after all time: something is there, and nothing becomes of it by itself."""
ZONE_CHANGE = Table(
    "zone_change",
    ZoneChangeRow,
    key=2,
    chain=True,
    parents={"participant": "participant", "activity": "activity"},
)
