"""What was decided before, read back from its row of activity: it cannot be answered otherwise than it was then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gamify_core.effects import PEERS, Words
from gamify_core.errors import IdempotencyConflict
from gamify_core.road.commands import Decided
from gamify_core.road.requests import asked_with
from gamify_core.road.seal import canonical, differing
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.road.commands import Ask
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.unit import Unit

__all__ = ["again", "check_same", "recall"]


def check_same(unit: Unit, first: ActivityRow, ask: Ask, fingerprint: bytes) -> None:
    """Refuse a key that was used with other arguments. Raises `IdempotencyConflict`, which names them.

    Where their words were erased nobody can say any more which they are.
    """
    if first.fingerprint != fingerprint:
        then, now = asked_with(unit, first.seq), json.loads(canonical(ask.request))
        raise IdempotencyConflict(ask.kind, ask.key or "", differing(then, now))


def again(unit: Unit, row: ActivityRow, ask: Ask, catalog: Catalog) -> Decided:
    """Return what was decided when this was asked before, in the names that it was asked with.

    Who has been erased since goes by an alias; an answer that told it to whoever knows the name they had would say
    who the alias is. Only the command that erased them does.
    """
    decided = recall(unit, row, catalog)._replace(replayed=True, written=False)
    people = dict(decided.people)
    for number in people:
        person = unit.get(PARTICIPANT, (number,))
        if person is not None and person.erased is not None and not ask.erases:
            other = ask.others[0] if ask.others else ""
            people[number] = ask.participant_id if number == row.participant else other
    who = people.get(row.participant or 0, "")
    return decided._replace(people=people, participant_id=who)


def recall(reader: Reader | Unit, row: ActivityRow, catalog: Catalog) -> Decided:
    """Return what was decided under a `catalog`, from its activity row."""
    outcome: list[Words] = json.loads(row.outcome)
    numbers = {words[1] for words in outcome if isinstance(words[1], int)}
    for words in outcome:
        place = PEERS.get(str(words[0]))
        if place is not None and len(words) > place and isinstance(peer := words[place], int):
            numbers.add(peer)
    if row.participant is not None:
        numbers.add(row.participant)
    people = {}
    for number in sorted(numbers):
        person = reader.get(PARTICIPANT, (number,))
        if person is not None:
            people[number] = person.participant_id
    who = people.get(row.participant, "") if row.participant is not None else ""
    return Decided(row.seq, row.recorded_at, row.occurred_at, row.kind, who, people, outcome, catalog)
