"""`engine.participants`: who people are, and everything about one of them in one call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core import border
from gamify_core.clock import iso, moment
from gamify_core.domain.zones import zone
from gamify_core.errors import BadValue, NotFound
from gamify_core.road.road import Ask
from gamify_core.road.seal import canonical
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.pages import Page
from gamify_core.services.profiles import Profile, Sections, profile_of, state_of
from gamify_core.services.reading import snapshot
from gamify_core.storage.tables.participants import (
    PARTICIPANT,
    PARTICIPANT_BY_ID,
    ZONE_CHANGE,
    ParticipantRow,
    ZoneChangeRow,
)

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn

__all__ = ["Participant", "Participants", "Profile", "Section", "Sections"]

Section = Literal["points", "tier", "badges", "streaks", "challenges", "rewards"]
SECTIONS: tuple[Section, ...] = ("points", "tier", "badges", "streaks", "challenges", "rewards")


@attrs.frozen
class Participant:
    """A participant as lists show them."""

    participant_id: str
    display_name: str | None
    avatar_url: str | None
    timezone: str | None
    attributes: Mapping[str, object]
    is_active: bool
    first_seen_at: datetime

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "first_seen_at": iso(self.first_seen_at)}


class Participants:
    """People. They appear on first use; registering them first is a choice."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def upsert(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        display_name: str | None = None,
        avatar_url: str | None = None,
        attributes: Mapping[str, object] | None = None,
        *,
        timezone: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Profile:
        """Register a participant, or update the fields that are given. Doing it again changes nothing.

        Returns the profile. Under an idempotency key that was used before it is flagged `replayed`, and is the
        profile of now: names are personal, and no outcome keeps them.
        `timezone` is an IANA name or a fixed offset such as `+05:30`: whose midnight counts for their streaks.

        >>> from gamify_core import Catalog, Engine
        >>> Engine(Catalog()).participants.upsert("ada", "Ada Lovelace").display_name
        'Ada Lovelace'
        """
        return self._write(
            "participants.upsert",
            participant_id,
            display_name,
            avatar_url,
            attributes,
            timezone,
            at,
            idempotency_key,
        )

    def update(  # noqa: PLR0913 - as above
        self,
        participant_id: str,
        *,
        display_name: str | None = None,
        avatar_url: str | None = None,
        attributes: Mapping[str, object] | None = None,
        timezone: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Profile:
        """Update a participant. Attributes are merged; one that is None is removed. Raises `NotFound`."""
        return self._write(
            "participants.update",
            participant_id,
            display_name,
            avatar_url,
            attributes,
            timezone,
            at,
            idempotency_key,
        )

    def _write(  # noqa: PLR0913 - the fields of a participant
        self,
        kind: str,
        participant_id: str,
        display_name: str | None,
        avatar_url: str | None,
        attributes: Mapping[str, object] | None,
        timezone: str | None,
        at: datetime | None,
        key: str | None,
    ) -> Profile:
        who = border.participant(participant_id)
        name = border.text(display_name, "display_name", 1000)
        avatar = border.text(avatar_url, "avatar_url", 2000)
        given = border.properties(attributes, "attributes") if attributes is not None else None
        where = border.text(timezone, "timezone", 100)
        if where is not None:
            zone(where)
        request = request_of(
            at, participant_id=who, display_name=name, avatar_url=avatar, attributes=given, timezone=where
        )

        def decide(turn: Turn) -> None:
            row = turn.who
            first_seen = row.created_at == turn.recorded_at
            if first_seen and kind == "participants.update":
                raise _unknown(who)
            merged = {**json.loads(row.attributes), **(given or {})}
            kept = canonical({key: value for key, value in merged.items() if value is not None})
            new = row._replace(
                display_name=row.display_name if name is None else name,
                avatar_url=row.avatar_url if avatar is None else avatar,
                timezone=row.timezone if where is None else where,
                attributes=kept,
            )
            if new.timezone != row.timezone:
                head = turn.unit.last(ZONE_CHANGE, (row.number,))
                n = 1 if head is None else head.n + 1
                turn.unit.append(
                    ZONE_CHANGE, ZoneChangeRow(row.number, n, turn.occurred_at, new.timezone, turn.seq)
                )
            if new != row:
                turn.unit.put(PARTICIPANT, new)
            elif not first_seen:
                turn.rest(0)

        decided = self._access.write(Ask(kind, who, request, at, border.idempotency_key(key), decide))
        return attrs.evolve(self.get(who), replayed=decided.replayed)

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, participant_id: str) -> Profile:
        """Return the rich profile. Raises `NotFound` (`Participant not found: …`) for somebody never seen."""
        who = border.participant(participant_id)
        with snapshot(self._access) as seen:
            person = self._access.person(seen.reader, who)
            if person is None:
                raise _unknown(who)
            return profile_of(seen, person)

    def state(self, participant_id: str, *, include: Iterable[Section] | None = None) -> Sections:
        """Return the sections asked for (all by default); somebody never seen has zeros."""
        who = border.participant(participant_id)
        asked = border.several(include, "include") if include is not None else SECTIONS
        for section in asked:
            if section not in SECTIONS:
                detail = f"include knows {', '.join(SECTIONS)}, not {section!r:.60}"
                raise BadValue("include", section, detail)
        wanted = tuple(section for section in SECTIONS if section in asked)
        with snapshot(self._access) as seen:
            return state_of(seen, self._access.person(seen.reader, who), who, wanted)

    def list(self, *, search: str | None = None, page: int = 1, page_size: int = 50) -> Page[Participant]:
        """Return the participants of this scope by id; `search` keeps those whose id or name contains it."""
        number, size = border.page(page, page_size)
        needle = border.text(search, "search")
        first = (number - 1) * size
        with self._access.read() as reader:
            prefix = (self._access.scope,)
            if needle is None:
                total = reader.count(PARTICIPANT, PARTICIPANT_BY_ID, prefix)
                rows = reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, prefix, offset=first, limit=size)
            else:
                low = needle.casefold()
                every = reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, prefix)
                found = [
                    row
                    for row in every
                    if low in row.participant_id.casefold() or low in (row.display_name or "").casefold()
                ]
                total, rows = len(found), found[first : first + size]
        return Page([_participant(row) for row in rows], total, number, size)


def _unknown(participant_id: str) -> NotFound:
    return NotFound("participant", participant_id, f"Participant not found: {participant_id}")


def _participant(row: ParticipantRow) -> Participant:
    return Participant(
        row.participant_id,
        row.display_name,
        row.avatar_url,
        row.timezone,
        json.loads(row.attributes),
        bool(row.is_active),
        moment(row.created_at),
    )
