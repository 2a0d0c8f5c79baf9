"""`gamify try`: what an event would do under a catalog, to somebody new or to somebody of a file, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gamify_core import Catalog, Engine, ManualClock
from gamify_core.catalog.elsewhere import decidable
from gamify_core.commands.explain import clean_lines, properties_of
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean
from gamify_core.printing import lines_of

__all__ = ["attempt"]

_SOMEBODY = "somebody"


def attempt(  # noqa: PLR0913 - the options of the command, all by name
    catalog_path: str,
    event: str,
    pairs: Iterable[str],
    output: Output,
    *,
    db: str | None = None,
    participant_id: str | None = None,
    now: datetime | None = None,
) -> int:
    """Send an event and keep nothing: what it brings about, then why.

    With `db` it is somebody's event as they stand in that file, with the catalog adopted as the next command would; the
    file is only read.
    """
    catalog = decidable(Catalog.load(catalog_path))
    properties = properties_of(pairs)
    clock = ManualClock(now) if now is not None else None
    who = participant_id or _SOMEBODY
    if db is None:
        with Engine(catalog, clock=clock) as engine:
            return _say(engine, who, event, properties, output)
    check_readable(db)
    from gamify_core.storage.sqlite import SQLiteStore  # noqa: PLC0415 - only for a file

    store = SQLiteStore(db, read_only=True)
    try:
        return _say(Engine(catalog, store, clock=clock), who, event, properties, output)
    finally:
        store.close()


def _say(engine: Engine, who: str, event: str, properties: dict[str, object], output: Output) -> int:
    found = engine.events.explain(who, event, properties)
    effects = list(found.effects)
    output.give(found.to_dict())
    who = found.participant_id  # whoever was merged has several names
    told = lines_of(effects, engine.catalog, who) or ["  nothing comes of it"]
    output.say(clean(f"{who} · {event}"), *map(clean, told), "", clean_lines(str(found)))
    return 0
