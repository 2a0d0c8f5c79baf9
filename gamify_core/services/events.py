"""`engine.events`: one event in, every mechanic moves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.answers import BatchAnswer, EventAnswer
from gamify_core.clock import iso, moment
from gamify_core.errors import BadValue, ConditionError, GamifyError
from gamify_core.road import rules, streaks
from gamify_core.road.batches import Batch, Item
from gamify_core.road.firing import act, refuse
from gamify_core.road.meters import moved
from gamify_core.road.road import Ask
from gamify_core.road.trial import Trial
from gamify_core.services.access import Access
from gamify_core.services.asking import batch_of, request_of
from gamify_core.services.explaining import Explained, explained
from gamify_core.services.pages import Page
from gamify_core.storage.tables.activity import PAYLOAD
from gamify_core.storage.tables.progress import EVENT, EventRow

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.domain.condition_facts import Facts
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn

__all__ = ["Emit", "Events", "Sent"]

_row = tuple.__new__


@attrs.frozen
class Emit:
    """One event of a batch: the fields of the document's event, `timestamp` being when it happened."""

    participant_id: str
    event_name: str
    properties: Mapping[str, object] | None = None
    timestamp: datetime | None = None
    idempotency_key: str | None = None


@attrs.frozen
class Sent:
    """An event that was sent."""

    id: str
    event_name: str
    properties: Mapping[str, object]
    occurred_at: datetime

    def to_dict(self) -> dict[str, object]:
        """Return the document's event."""
        return {
            "id": self.id,
            "event_name": self.event_name,
            "properties": dict(self.properties),
            "occurred_at": iso(self.occurred_at),
        }


class Events:
    """Events of the application, and what they bring about."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def emit(
        self,
        participant_id: str,
        event_name: str,
        properties: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> EventAnswer:
        """Send an event, and return everything it brought about.

        `properties` are plain JSON. Declared events are held against their declaration; where a catalog declares none,
        any name is accepted. The event itself is never refused by what it sets off: see `answer.skipped`.
        Raises `BadValue`, `OutOfWindow`, `IdempotencyConflict`, and `RuleFailed` where a rule is strict.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson_finished", when="score >= 60", award=19)]))
        >>> game.events.emit("ada", "lesson_finished", {"score": 97}).points
        19
        """
        ask = self._ask(Emit(participant_id, event_name, properties, at, idempotency_key))
        return EventAnswer(self._access.write(ask))

    def emit_batch(
        self, events: Iterable[Emit], *, backfill: bool = False, idempotency_key: str | None = None
    ) -> BatchAnswer:
        """Send many events in one commit, each decided in turn; one that is refused fails alone.

        `backfill` is for imports: events may be of any age, the clock follows them, and no listener is told. With an
        `idempotency_key`, repeating the batch answers with the whole first outcome, refusals included.
        """
        listed = border.several(events, "events")
        self._limits.check_batch(len(listed))
        key = border.idempotency_key(idempotency_key)
        asks: list[Item] = []
        for place, event in enumerate(listed):
            try:
                if not isinstance(event, Emit):
                    detail = f"events[{place}] must be an Emit, not {type(event).__name__}"
                    raise BadValue(f"events[{place}]", event, detail)
                asks.append(self._ask(event))
            except GamifyError as error:
                asks.append(error)
        access = self._access.importing() if backfill else self._access
        people = [str(getattr(event, "participant_id", "")) for event in listed]
        return batch_of(Batch("events.emit_batch", asks, key), people, access, EventAnswer)

    def _ask(self, event: Emit) -> Ask:
        who = border.participant(event.participant_id)
        name = border.participant(event.event_name, "event_name")  # the same bounds
        properties = border.properties(event.properties, "properties")
        key = border.idempotency_key(event.idempotency_key) if event.idempotency_key is not None else None
        request = request_of(event.timestamp, participant_id=who, event_name=name, properties=properties)

        def decide(turn: Turn) -> None:
            # Not before: a repeated key is answered even when the declaration is gone
            _check(turn.plan.catalog, name, properties)
            happen(turn, name, properties)

        return Ask("event", who, request, event.timestamp, key, decide)

    # -- reading ----------------------------------------------------------------------------------------------

    def explain(
        self, participant_id: str, event_name: str, properties: Mapping[str, object] | None = None
    ) -> Explained:
        """Say what each rule would make of an event, without sending it: which predicate fails, with what values.

        The event is decided for now, as `emit` would, over a snapshot: the store may be one that is only read from.
        """
        who = border.participant(participant_id)
        name = border.participant(event_name, "event_name")
        checked = border.properties(properties, "properties")
        found: list[Explained] = []

        def decide(turn: Turn) -> None:
            _check(turn.plan.catalog, name, checked)
            found.append(explained(turn, name, checked, _begin(turn, name, checked)))
            turn.reached.clear()  # what badges and tiers would make of it is not asked
            turn.rest(turn.seq)

        access = self._access
        with access.read() as reader:
            access.road.perform(Trial(reader), access.scope, Ask("event", who, {}, None, None, decide))
        return found[0]

    def list(
        self, participant_id: str, *, event_name: str | None = None, page: int = 1, page_size: int = 20
    ) -> Page[Sent]:
        """Return the events of a participant, newest first; with `event_name` only those of that name."""
        who = border.participant(participant_id)
        number, size = border.page(page, page_size)
        name = border.code(event_name, "event_name") if event_name is not None else None
        rows: list[EventRow] = []
        total = 0
        with self._access.read() as reader:
            person = self._access.person(reader, who)
            first = (number - 1) * size
            if person is not None and name is None:
                total = reader.count(EVENT, None, (person.number,))
                rows = reader.scan(EVENT, None, (person.number,), reverse=True, offset=first, limit=size)
            elif person is not None:
                mine = [
                    row
                    for row in reader.scan(EVENT, None, (person.number,), reverse=True)
                    if row.name == name
                ]
                total, rows = len(mine), mine[first : first + size]
            items = []
            for row in rows:
                payload = reader.get(PAYLOAD, (row.activity,))
                request = json.loads(payload.request) if payload is not None and payload.request else {}
                sent = Sent(
                    f"evt_{row.activity}", row.name, request.get("properties", {}), moment(row.occurred_at)
                )
                items.append(sent)
        return Page(items, total, number, size, "events", {"participant_id": who})


def happen(turn: Turn, name: str, properties: Mapping[str, border.Json]) -> None:
    """Decide an event: metrics, then every rule's condition against that state, then the firing rules in order."""
    shared = _begin(turn, name, properties)
    for judged in rules.judged(turn, name, properties, shared):
        refuse(judged, act(turn, judged))
    for streak in turn.plan.recorded_by.get(name, ()):
        random = streak.when is not None and streak.when.random
        facts = rules.facts_for(turn, properties, streak.streak.code) if random else shared
        if _holds(turn, streak, facts):
            streaks.record(turn, turn.who, streak, f"streak:{streak.streak.code}")


def _begin(turn: Turn, name: str, properties: Mapping[str, border.Json]) -> Facts:
    """Store the event, move its metrics, and return what expressions may read of it."""
    facts = rules.facts_for(turn, properties)
    turn.say("=", turn.who.number, name)
    head = turn.unit.last(EVENT, (turn.who.number,))
    n = 1 if head is None else head.n + 1
    turn.unit.append(EVENT, _row(EventRow, (turn.who.number, n, name, turn.occurred_at, turn.seq, None)))
    if (plan := turn.plan.metrics.get("events.count")) is not None:
        moved(turn, turn.who, plan, n - 1 if n > 1 else None, n, 1)
    for counter in turn.plan.counters.get(name, ()):
        rules.count(turn, counter, facts)
    return facts


def _check(catalog: Catalog, name: str, properties: Mapping[str, border.Json]) -> None:
    """Hold an event against its declaration; a property that is missing is no fault, one of another kind is."""
    if not catalog.events:
        return
    kinds = catalog.event(name).properties
    for key, value in properties.items():
        kind = kinds.get(key)
        if kind is None or value is None or _is(value, kind):
            continue
        detail = f"properties.{key} of {name} must be {kind}, not {type(value).__name__} {value!r:.60}"
        raise BadValue(f"properties.{key}", value, detail)


def _holds(turn: Turn, plan: StreakPlan, facts: Facts) -> bool:
    try:
        return plan.when is None or plan.when.holds(facts)
    except ConditionError:
        turn.say("skipped", turn.who.number, f"streak:{plan.streak.code}", "streak", "condition")
        return False


def _is(value: object, kind: str) -> bool:
    """Say whether a value is of a declared kind; a whole number is a number too, a truth value is neither."""
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list)
        case _:
            return True
