"""What of an event nobody has asked for, though something like it was: a name that may be misspelt.

A property that nothing reads is no fault, for it may be there for others to read. One that nothing reads and that
resembles one which is read and did not come is worth a word to whoever asks why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.catalog.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.domain.conditions import Expression
    from gamify_core.road.plan import Plan

__all__ = ["hints"]


def hints(plan: Plan, name: str, properties: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for the name of an event, and each of its properties, that may be misspelt."""
    listened = {*plan.rules, *plan.counters, *plan.recorded_by}
    if name not in listened:
        near = nearest(name, listened)
        return (f"nothing listens to {name}: did you mean {near}?",) if near is not None else ()
    read = _read(plan, name)
    if read is None:
        return ()
    sent = set(properties)
    found = []
    for each in sorted(sent - read):
        near = nearest(each, sorted(read - sent))
        if near is not None:
            found.append(f"nothing reads {each}: did you mean {near}?")
    return tuple(found)


def _read(plan: Plan, name: str) -> set[str] | None:
    """Return the properties of an event that the catalog reads or declares; None where Python may read any."""
    expressions: list[Expression | int | None] = []
    for rule in plan.rules.get(name, ()):
        if rule.rule.opaque:
            return None
        expressions += [rule.when, *(amount for _, amount in (*rule.awards, *rule.deducts))]
    for counter in plan.counters.get(name, ()):
        expressions += [counter.when, counter.amount, counter.distinct]
    expressions += [streak.when for streak in plan.recorded_by.get(name, ())]
    declared = [each for event in plan.catalog.events if event.code == name for each in event.properties]
    fields = {
        field.partition(".")[0]
        for one in expressions
        if one is not None and not isinstance(one, int)
        for field in one.fields
    }
    return fields | set(declared)
