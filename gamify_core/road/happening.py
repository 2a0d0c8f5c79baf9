"""An event being decided: it is stored, its metrics move, and the rules that listen to it act.

Promise: every condition is held against the state that the event's own metrics have left, before any rule acts; the
rules that fire then act in declared order, and streaks that listen by themselves come last. The answer's own words name
all rules that fired, for taking the event back has to know of them, and not all that they do shows among the effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gamify_core.errors import BadValue, ConditionError, in_words
from gamify_core.road import rules, streaks
from gamify_core.road.firing import act, refuse
from gamify_core.road.meters import moved
from gamify_core.road.values import events_of
from gamify_core.storage.tables.progress import EVENT, EventRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.border import Json
    from gamify_core.catalog import Catalog
    from gamify_core.domain.condition_facts import Facts
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.rules import Judged, Verdict
    from gamify_core.road.turn import Turn

__all__ = ["Witness", "begin", "check", "happen"]

_row = tuple.__new__


class Witness(Protocol):
    """Somebody who looks on while an event is decided, and has no say in it."""

    def judged(self, found: list[Judged]) -> None:
        """See how the rules were judged, before any of them acts."""
        ...

    def acted(self, judged: Judged, verdict: Verdict) -> None:
        """See what became of a rule, before a strict one refuses the event."""
        ...

    def passed(self, streak: StreakPlan, facts: Facts) -> None:
        """See that a streak which listens to the event by itself does not take it."""
        ...


def happen(
    turn: Turn,
    name: str,
    properties: Mapping[str, Json],
    witness: Witness | None = None,
    *,
    earnest: bool = True,
) -> None:
    """Decide an event: metrics, then every rule's condition against that state, then the firing rules in order.

    What is not in `earnest` is not refused by a strict rule either.
    """
    place = len(turn.outcome)
    shared = begin(turn, name, properties)
    told = turn.outcome[place]
    found = rules.judged(turn, name, properties, shared)
    if witness is not None:
        witness.judged(found)
    for judged in found:
        verdict = act(turn, judged)
        if witness is not None:
            witness.acted(judged, verdict)
        if verdict.passed and earnest:
            refuse(judged, verdict)
        if verdict.fires:
            told.append(judged.plan.rule.code)
    for streak in turn.plan.recorded_by.get(name, ()):
        random = streak.when is not None and streak.when.random
        facts = rules.Told(turn, properties, streak.streak.code) if random else shared
        if _holds(turn, streak, facts):
            streaks.record(turn, turn.who, streak, f"streak:{streak.streak.code}")
        elif witness is not None:
            witness.passed(streak, facts)
    if turn.gained:
        streaks.gain(turn)


def begin(turn: Turn, name: str, properties: Mapping[str, Json]) -> Facts:
    """Store the event, move its metrics, and return what expressions may read of it."""
    facts = rules.Told(turn, properties)
    turn.say("=", turn.who.number, name)
    head = turn.unit.last(EVENT, (turn.who.number,))
    n = 1 if head is None else head.n + 1
    turn.unit.append(EVENT, _row(EventRow, (turn.who.number, n, name, turn.occurred_at, turn.seq, None)))
    if (plan := turn.plan.metrics.get("events.count")) is not None:
        sent = events_of(turn.unit, turn.who)
        moved(turn, turn.who, plan, sent - 1 if n > 1 else None, sent, 1)
    for counter in turn.plan.counters.get(name, ()):
        rules.count(turn, counter, facts)
    return facts


def check(catalog: Catalog, name: str, properties: Mapping[str, Json]) -> None:
    """Hold an event against its declaration; a property that is missing is no fault, one of another kind is."""
    if not catalog.events:
        return
    kinds = catalog.event(name).properties
    for key, value in properties.items():
        kind = kinds.get(key)
        if kind is None or value is None or _is(value, kind):
            continue
        detail = f"properties.{key} of {name} must be {kind}, not {type(value).__name__} {in_words(value)}"
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
