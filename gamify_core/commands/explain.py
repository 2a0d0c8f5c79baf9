"""`gamify explain`: what the rules of a catalog would make of one event."""

from __future__ import annotations

import json
from collections.abc import Iterable

from gamify_core import BadValue, Catalog, Engine
from gamify_core.commands.output import Output, clean
from gamify_core.commands.run import decidable

__all__ = ["explain", "properties_of"]


def explain(catalog_path: str, event_name: str, pairs: Iterable[str], output: Output) -> int:
    """Say of every rule that listens to the event whether it fires, and if not why not."""
    properties = properties_of(pairs)
    with Engine(decidable(Catalog.load(catalog_path))) as engine:
        found = engine.events.explain("somebody", event_name, properties)
        trial = engine.events.emit("somebody", event_name, properties)
    output.give({**found.to_dict(), "effects": [effect.to_dict() for effect in trial.effects]})
    output.say(
        clean_lines(str(found)), "", "For somebody who has done nothing before:", clean_lines(str(trial))
    )
    return 0


def clean_lines(text: str) -> str:
    """Return text of several lines as it may be shown."""
    return "\n".join(clean(line) for line in text.splitlines())


def properties_of(pairs: Iterable[str]) -> dict[str, object]:
    """Return properties from `key=value`, the value JSON where it can be read as such and text where not."""
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            detail = f"{pair!r:.60} is not key=value"
            raise BadValue("properties", pair, detail, hint="such as score=97 topic=loops")
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = value
    return found
