"""Erasing a person: what was said about them goes, what was counted stays.

The arguments of every command about them are blanked, and only their hashes stay, which the chain of digests needs.
Outcomes name people by number, so they, the ledger and the seal stand as they were; behind the number there is an
alias from then on. Somebody who is deleted leaves the scope as well: no board, no list and no rebuild shows them.
Whoever was merged into them is erased with them: they are one person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gamify_core.effects import PEERS
from gamify_core.road import assets, former, groups, waiting, wallet
from gamify_core.road.joined import own_numbers
from gamify_core.road.levels import relevel
from gamify_core.road.seal import canonical, payload_hash
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, ActivityRow, PayloadRow
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_OWNER
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW, MetricRow
from gamify_core.storage.tables.participants import (
    PARTICIPANT,
    PARTICIPANT_BY_ID,
    ZONE_CHANGE,
    ParticipantRow,
)
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import FREEZE, MARK, MILESTONE, PAUSE, REPAIR, STREAK

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader, Table
    from gamify_core.storage.unit import Unit

__all__ = ["ACCOUNT", "ALIAS", "ANONYMIZED", "DELETED", "NOWHERE"]
__all__ += ["anonymize", "concerning", "currencies", "delete", "leave"]

ANONYMIZED = "anonymized"
DELETED = "deleted"
ALIAS = "anonymous:"
"""How the names begin under which erased people go; their numbers follow."""
ACCOUNT = "@deleted"
"""The system account that balances of deleted people go to."""
NOWHERE = "@deleted"
"""The scope of those who are in none any more; nobody can ask for it."""
_AT_ONCE = 1_000
_BEYOND = 2**62


def anonymize(turn: Turn) -> int:
    """Let nobody know any more who the turn's participant is, and return how many commands lost their words."""
    who = turn.who
    blanked = _blank(turn.unit, who)
    groups.regroup(turn, who, who._replace(attributes="{}"))
    for each in _everyone(turn.unit, who):
        _forget_seen(turn.unit, each)  # they are words of events
        alias = _alias(turn.unit, each)
        for row in turn.unit.scan(METRIC, None, (each.number,)):
            if row.tie is not None:
                turn.unit.put(METRIC, row._replace(tie=alias))
        for streak in turn.unit.scan(STREAK, None, (each.number,)):
            turn.unit.put(STREAK, streak._replace(due=None))  # nothing is said any more, by time either
        former.forget(turn.unit, each.number, all_of_it=False)
        _become(turn, each._replace(participant_id=alias, erased=ANONYMIZED))
    return blanked


def delete(turn: Turn) -> int:
    """Take the turn's participant out of the game, and return how many commands lost their words."""
    who, unit = turn.who, turn.unit
    blanked = _blank(unit, who)
    waiting.forget(turn, who)
    for currency in currencies(unit, who.number):
        wallet.sweep(turn, who, currency, ACCOUNT, DELETED)
    for asset in unit.scan(ASSET, ASSET_BY_OWNER, (who.number,)):
        assets.burn(turn, asset, DELETED)
    for each in _everyone(unit, who):
        _depart(turn, each)
    return blanked


def _depart(turn: Turn, who: ParticipantRow) -> None:
    """Remove what a number of somebody who is deleted has, but for what sums and chains rest on."""
    unit = turn.unit
    _forget_seen(unit, who)
    for row in unit.scan(METRIC, None, (who.number,)):
        leave(turn, row)
    tables: tuple[Table[Any], ...] = (MARK, STREAK, FREEZE, PAUSE, REPAIR, MILESTONE, FIRED, ADVANCE)
    for table in tables:
        for kept in unit.scan(table, None, (who.number,)):
            unit.remove(table, kept)
    for change in unit.scan(ZONE_CHANGE, None, (who.number,)):
        unit.put(ZONE_CHANGE, change._replace(timezone=None))
    former.forget(unit, who.number, all_of_it=True)
    alias = _alias(unit, who)
    _become(turn, who._replace(participant_id=alias, scope=NOWHERE, timezone=None, erased=DELETED))


def _everyone(reader: Reader | Unit, who: ParticipantRow) -> list[ParticipantRow]:
    """Return the rows that are one person, the row that stands for it last."""
    rows = [reader.get(PARTICIPANT, (number,)) for number in own_numbers(reader, who)]
    return [row for row in rows if row is not None and row.number != who.number] + [who]


def concerning(reader: Reader | Unit, who: ParticipantRow) -> Iterator[tuple[ActivityRow, PayloadRow]]:
    """Go through the commands about a participant whose words are still there, in order.

    These are their own, those whose outcome names them (a transfer from somebody else), and batches in which they
    were named. There is no index for that: it goes through the whole history, a stretch of it at a time.
    """
    people = _everyone(reader, who)
    own: set[int] = set()
    after = 0
    while rows := reader.scan(ACTIVITY, None, (), start=(after + 1,), limit=_AT_ONCE):
        after = rows[-1].seq
        mine = [
            row for row in rows if row.scope == who.scope and any(_names(row, each.number) for each in people)
        ]
        own.update(row.seq for row in mine)
        mine += [row for row in rows if row.scope == who.scope and row.kind.endswith("_batch")]
        payloads = reader.get_many(PAYLOAD, [(row.seq,) for row in mine])
        for row, payload in sorted(zip(mine, payloads, strict=True), key=lambda pair: pair[0].seq):
            if payload is not None and payload.request is not None and _about(row, payload, people, own):
                yield row, payload


def currencies(reader: Reader | Unit, number: int) -> Iterator[str]:
    """Go through the currencies in which a participant has a wallet, one look for each."""
    rows = reader.scan(ENTRY, None, (number,), limit=1)
    while rows:
        yield rows[0].currency
        rows = reader.scan(ENTRY, None, (number,), start=(rows[0].currency, _BEYOND), limit=1)


def _names(row: ActivityRow, number: int) -> bool:
    """Say whether a command was about a participant, or did something to them."""
    if row.participant == number:
        return True
    if str(number) not in row.outcome:  # most are ruled out without being read
        return False
    for words in json.loads(row.outcome):
        place = PEERS.get(words[0], 1)
        if words[1] == number or (len(words) > place and words[place] == number):
            return True
    return False


def _about(row: ActivityRow, payload: PayloadRow, people: list[ParticipantRow], own: set[int]) -> bool:
    """Say whether a command concerns a participant; a batch does by an item, also by one that was refused."""
    if row.seq in own:
        return True
    if any(canonical(each.participant_id) in (payload.request or "") for each in people):
        return True
    return not own.isdisjoint(json.loads(row.outcome)[0][2:])


def _blank(unit: Unit, who: ParticipantRow) -> int:
    """Leave only the hashes of what commands about a participant were asked with."""
    blanked = 0
    for _, payload in concerning(unit, who):
        assert payload.salt is not None  # noqa: S101 - salt and words go together
        hashed = payload_hash(payload.salt, payload.request or "")
        unit.put(PAYLOAD, PayloadRow(payload.seq, None, None, hashed))
        blanked += 1
        if blanked % _AT_ONCE == 0:
            unit.flush()
    return blanked


def _forget_seen(unit: Unit, who: ParticipantRow) -> None:
    for seen in unit.scan(SEEN, None, (who.number,)):
        unit.remove(SEEN, seen)


def leave(turn: Turn, row: MetricRow) -> None:
    """Take a score out of its window, off the levels that a dense board counts, and out of its group."""
    unit = turn.unit
    if row.down is not None and unit.get(SCORE_LEVEL, (row.window, row.down)) is not None:
        relevel(unit, row, None)
    window = unit.get(WINDOW, (row.window,))
    group = groups.memberships(turn.plan, window) if window is not None else None
    if window is not None and group is not None:
        tracker, attribute, name = group
        groups.count(unit, tracker, window, attribute, name, row, None)
    unit.remove(METRIC, row)


def _alias(unit: Unit, who: ParticipantRow) -> str:
    """Return the name under which an erased participant goes: one that nobody else has."""
    if who.erased is not None:
        return who.participant_id
    alias = f"{ALIAS}{who.number}"
    while unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (who.scope, alias)) is not None:
        alias += "'"
    return alias


def _become(turn: Turn, row: ParticipantRow) -> None:
    """Put an erased participant in the place of the one there was."""
    who = row._replace(display_name=None, avatar_url=None, attributes="{}", is_active=0, due=None)
    turn.unit.put(PARTICIPANT, who)
    turn.unit.flush()  # the name is free before the same unit gives it to a new person
    if turn.who.number == who.number:
        turn.who = who
    turn.people[who.number] = who.participant_id
