"""`gamify explain`: what the rules would make of an event, or made of one that was sent, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from gamify_core import BadValue, Catalog, Engine
from gamify_core.catalog.elsewhere import decidable
from gamify_core.commands.files import check_readable, is_database
from gamify_core.commands.output import Output, clean
from gamify_core.printing import lines_of

__all__ = ["explain", "properties_of"]

_SENT = re.compile(r"(evt|fact)_\d+")


def explain(  # noqa: PLR0913 - the options of the command, all by name
    source: str,
    event: str,
    pairs: Iterable[str],
    output: Output,
    *,
    participant_id: str | None = None,
    replay: bool = False,
) -> int:
    """Say of every rule whether it fires, if not why not, and how near the event comes to what can be reached.

    `source` is a catalog, for somebody who has done nothing before, or a file of a game: then for `participant_id` as
    they stand, or of an event that was sent, which its id names (with `replay`, all of it).
    Raises `BadValue` for a `replay` of anything else.
    """
    sent = _SENT.fullmatch(event) is not None
    if replay and not (sent and is_database(source)):
        detail = "--replay decides again what came before an event that was sent, and here is none"
        raise BadValue("replay", replay, detail, hint="gamify explain DB evt_17 --replay")
    if not is_database(source):
        with Engine(decidable(Catalog.load(source))) as engine:
            _say(engine, participant_id, event, pairs, output)
        return 0
    check_readable(source)
    with Engine.reopen(source, read_only=True) as engine:
        if sent:
            found = engine.events.why(event, replay=replay)
            output.give(found.to_dict())
            output.say(f"{clean(found.participant_id)} · {clean(found.event_name)}", clean_lines(str(found)))
        else:
            _say(engine, participant_id, event, pairs, output)
    return 0


def _say(
    engine: Engine, participant_id: str | None, event: str, pairs: Iterable[str], output: Output
) -> None:
    found = engine.events.explain(participant_id or "somebody", event, properties_of(pairs))
    who = found.participant_id  # whoever was merged has several names
    output.give(found.to_dict())
    whom = f"For {who} as they stand:" if participant_id else "For somebody who has done nothing before:"
    told = [f"{who} · {event}", *lines_of(found.effects, engine.catalog, who)]
    output.say(clean_lines(str(found)), "", clean(whom), *map(clean, told))


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
