"""What a catalog listens to, and what of an event its expressions read: for whoever invents events that suit it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gamify_core.catalog.catalog import Catalog

__all__ = ["events_of", "expressions_of"]

Kind = Literal["any", "number", "text"]


def events_of(catalog: Catalog) -> tuple[str, ...]:
    """Return the events that a catalog declares, and then those that something in it listens to."""
    names = dict.fromkeys(event.code for event in catalog.events)
    for rule in catalog.rules:
        names |= dict.fromkeys(rule.on)
    for metric in catalog.metrics:
        names |= dict.fromkeys(metric.on)
    for streak in catalog.streaks:
        names |= dict.fromkeys(streak.on)
    return tuple(names)


def expressions_of(catalog: Catalog, event: str) -> Iterator[tuple[str, Kind]]:
    """Give every expression that reads an event, and what it is expected to come to where it is only a name."""
    for found, kind in _all(catalog, event):
        if isinstance(found, str):
            yield found, kind


def _all(catalog: Catalog, event: str) -> Iterator[tuple[object, Kind]]:
    """Give what may be such an expression, and may be nothing, a number or a function."""
    for rule in catalog.rules:
        if event in rule.on:
            yield rule.when, "any"
            yield from ((amount, "number") for _, amount in (*rule.award, *rule.deduct))
    for metric in catalog.metrics:
        if event in metric.on:
            yield metric.when, "any"
            yield from ((taken, "number") for taken in (metric.sum, metric.max, metric.min, metric.latest))
            yield metric.distinct, "text"
    for streak in catalog.streaks:
        if event in streak.on:
            yield streak.when, "any"
