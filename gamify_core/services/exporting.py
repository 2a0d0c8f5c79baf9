"""Everything that is held about one person, as plain JSON.

Promise: what is in the export is what erasing the person would take away, and what it would leave under an alias. Text
and properties come from the very commands they were sent with.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from gamify_core.clock import iso
from gamify_core.domain.decimals import exact, plain
from gamify_core.domain.streaks import BASELINE
from gamify_core.ids import id_of
from gamify_core.road.erasing import concerning, currencies
from gamify_core.road.groups import is_of_group
from gamify_core.road.joined import gather, own_numbers
from gamify_core.road.requests import asked_with
from gamify_core.road.wallet import OPENING
from gamify_core.services.profiles import profile_of
from gamify_core.services.wallets import movements_of
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_OWNER
from gamify_core.storage.tables.challenges import COMPLETION
from gamify_core.storage.tables.gifts import SCORE
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, ZONE_CHANGE
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING
from gamify_core.storage.tables.rewards import CLAIM, CLAIM_BY_PERSON, CODE
from gamify_core.storage.tables.streaks import FREEZE, MARK, MILESTONE, PAUSE, REPAIR

if TYPE_CHECKING:
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.rewards import ClaimRow
    from gamify_core.storage.tables.streaks import MarkRow

__all__ = ["exported"]


def exported(seen: Snapshot, person: ParticipantRow) -> dict[str, object]:
    """Return everything that is held about a participant, oldest first in every list.

    Of who was merged with others it is the history of all of them, one after the other.
    """
    reader, numbers = seen.reader, own_numbers(seen.reader, person)
    names = [row.participant_id for row in reader.get_many(PARTICIPANT, [(each,) for each in numbers]) if row]
    return {
        "profile": profile_of(seen, person).to_dict(),
        **({"names": sorted(names)} if len(names) > 1 else {}),
        "timezones": [
            {"timezone": row.timezone, "since": iso(row.since)} for row in gather(reader, person, ZONE_CHANGE)
        ],
        "transactions": [
            movement.to_dict()
            for number in numbers
            for currency in currencies(reader, number)
            for movement in movements_of(
                reader, reader.scan(ENTRY, None, (number, currency)), seen.plan.catalog.scale(currency)
            )
        ],
        "events": [
            {
                "id": id_of("evt", row.activity),
                "event_name": row.name,
                "properties": (asked_with(reader, row.activity) or {}).get("properties", {}),
                "occurred_at": iso(row.occurred_at),
                "retracted": row.retracted is not None,
            }
            for row in gather(reader, person, EVENT)
        ],
        "badges": [
            {"code": row.badge, "earned": bool(row.held), "cause": row.source or "direct", **_when(row)}
            for row in gather(reader, person, BADGE)
        ],
        "tiers": [
            {"ladder": row.ladder, "code": row.tier, "how": row.how, **_when(row)}
            for row in gather(reader, person, STANDING)
        ],
        "streaks": [
            {"code": row.streak, "recorded_at": iso(row.instant), **_baseline(row)}
            for row in gather(reader, person, MARK)
        ],
        **_pardons(reader, person),
        "metrics": _metrics(seen, person),
        **_property(seen, person),
        "activity": _activity(seen, person),
    }


def _baseline(row: MarkRow) -> dict[str, object]:
    """Return what a streak had come to elsewhere, where this is how it was opened."""
    return {"current": row.weight, "longest": row.day} if row.part == BASELINE else {}


def _pardons(reader: Reader, person: ParticipantRow) -> dict[str, object]:
    """Return what was forgiven in streaks by hand, and which lengths of runs were rewarded."""
    return {
        "freezes": [
            {"code": row.streak, "number": row.number, "source": row.source, "given_at": iso(row.instant)}
            for row in gather(reader, person, FREEZE)
        ],
        "pauses": [
            {
                "code": row.streak,
                "starts": iso(row.starts),
                "ends": iso(row.ends) if row.ends is not None else None,
            }
            for row in gather(reader, person, PAUSE)
        ],
        "repairs": [{"code": row.streak} for row in gather(reader, person, REPAIR)],
        "milestones": [
            {"code": row.streak, "length": row.length, "times": row.times}
            for row in gather(reader, person, MILESTONE)
        ],
    }


def _property(seen: Snapshot, person: ParticipantRow) -> dict[str, object]:
    """Return what somebody owns, claimed, was posted and completed."""
    reader = seen.reader
    return {
        "assets": [
            {
                "asset_id": id_of("asset", row.minted_by, row.ordinal),
                "badge": row.badge,
                "edition": row.edition,
                "acquired_at": iso(row.acquired_at),
            }
            for row in gather(reader, person, ASSET, ASSET_BY_OWNER)
        ],
        "claims": [_claim(seen, row) for row in gather(reader, person, CLAIM, CLAIM_BY_PERSON)],
        "scores": [
            {
                "metric": row.metric,
                "action": row.action,
                "value": _value(seen, row.metric, row.value),
                **_when(row),
            }
            for row in gather(reader, person, SCORE)
            if row.action != OPENING  # which says what of it was posted in the activity itself
        ],
        "challenges": [{"code": row.challenge, **_when(row)} for row in gather(reader, person, COMPLETION)],
    }


class _Dated(Protocol):
    """A row that says when what it tells of occurred."""

    @property
    def occurred_at(self) -> int: ...


def _when(row: _Dated) -> dict[str, object]:
    return {"occurred_at": iso(row.occurred_at)}


def _claim(seen: Snapshot, row: ClaimRow) -> dict[str, object]:
    reader = seen.reader
    code = reader.get(CODE, (row.scope, row.reward, row.code)) if row.code is not None else None
    return {
        "claim_id": id_of("claim", row.claimed_by, row.ordinal),
        "reward_id": row.reward,
        "code_value": code.value if code is not None else None,
        "points_deducted": plain(exact(row.cost, seen.plan.catalog.scale(row.currency))),
        "currency": row.currency,
        "cancelled": row.standing is None,
        "occurred_at": iso(row.occurred_at),
    }


def _value(seen: Snapshot, metric: str, value: int) -> object:
    """Return the value of a metric, or what was posted to one, with its decimals."""
    return plain(exact(value, seen.plan.scale(metric)))


def _metrics(seen: Snapshot, person: ParticipantRow) -> list[dict[str, object]]:
    """Return what is counted, window by window; the boards of groups say the same once more, and are left out."""
    found: list[dict[str, object]] = []
    reader = seen.reader
    for row in gather(reader, person, METRIC):
        window = reader.get(WINDOW, (row.window,))
        assert window is not None  # noqa: S101 - windows are never removed
        if is_of_group(window.calendar):
            continue
        starts = iso(window.starts_at) if window.starts_at is not None else None
        told = {"metric": window.metric, "calendar": window.calendar, "starts_at": starts}
        value = _value(seen, window.metric, row.value)
        found.append({**told, "value": value, "reached_at": iso(row.reached_at)})
    return found


def _activity(seen: Snapshot, person: ParticipantRow) -> list[dict[str, object]]:
    """Return every command about a participant; of a batch only that it was sent, for it is about others too."""
    return [
        {
            "seq": row.seq,
            "kind": row.kind,
            "recorded_at": iso(row.recorded_at),
            "request": None if row.participant is None else json.loads(payload.request or "null"),
        }
        for row, payload in concerning(seen.reader, person)
    ]
