"""Deciding a history again: every activity of one engine, in order, through the public calls of another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gamify_core import Engine, ManualClock, Side
from gamify_core.clock import moment
from gamify_core.engine import Game
from gamify_core.road.reevaluation import go_on, pending
from gamify_core.road.road import Decided, reconsideration
from gamify_core.road.settling import SOURCES, again
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD
from gamify_core.storage.tables.definitions import JOB
from gamify_core.storage.unit import Unit
from tests.engine.conftest import store_of

__all__ = ["differing_tables", "replay"]

Call = Callable[[Game, dict[str, Any]], object]

_NAMED_OTHERWISE: dict[str, dict[str, str]] = {
    "assets.mint": {"participant_id": "to"},
    "assets.transfer": {"participant_id": "sender"},
    "assets.burn": {"participant_id": "owner"},
    "points.transfer": {"participant_id": "sender_id"},
}


def _side(given: Mapping[str, Any]) -> Side:
    return Side(**{**given, "assets": tuple(given.get("assets", ()))})


def _definition(service: Any, what: str, request: dict[str, Any]) -> None:
    if what == "create":
        fields = {**request.pop("definition"), **({"code": request.pop("code")} if "code" in request else {})}
        service.create(fields, **request)
    else:
        getattr(service, what)(**request)


def _again(game: Game, kind: str, request: dict[str, Any]) -> None:
    for name in ("at", "start", "end"):
        if isinstance(request.get(name), str):
            request[name] = datetime.fromisoformat(request[name])
    if kind == "event":
        game.events.emit(**request)
        return
    if kind == "trades.execute":
        request.pop("participant_id")
        first, second = _side(request.pop("first")), _side(request.pop("second"))
        game.trades.execute(first, second, **request)
        return
    *path, what = kind.split(".")
    service: Any = game
    for name in path:
        service = getattr(service, name)
    if path[0] == "definitions":
        _definition(service, what, request)
        return
    if kind == "events.amend":
        request.pop("event_name")
    renamed = _NAMED_OTHERWISE.get(kind, {})
    getattr(service, what)(**{renamed.get(key, key): value for key, value in request.items()})


def _left_to_the_rows(unit: Unit, _people: int) -> list[Decided]:
    job = pending(unit)
    if job is not None:
        go_on(unit, job, None)
    return []


def replay(source: Engine, target: Engine, clock: ManualClock) -> None:
    """Decide everything that `source` recorded again on `target`, a new engine under the same catalog and `clock`.

    The clock stands where each command stood. Batches are repeated item by item, so they must have come without keys.
    """
    with store_of(source).view() as view:
        rows = [(row, view.get(PAYLOAD, (row.seq,))) for row in view.scan(ACTIVITY)]
    road = target._access.road  # noqa: SLF001 - the work of a reevaluation is no public call
    road.reevaluate = _left_to_the_rows  # type: ignore[assignment]  # they say whom it came to, and when
    adopted = 0
    for row, payload in rows:
        assert payload is not None
        assert payload.request is not None
        request = json.loads(payload.request)
        if row.kind == "catalog.adopted":
            adopted = row.recorded_at  # which the next command does, a moment before it is recorded itself
            continue
        told = "at" in request or row.kind == "events.amend"  # then it did not occur when it was recorded
        clock.set(moment(min(row.recorded_at, adopted or row.recorded_at) if told else row.occurred_at))
        adopted = 0
        if row.kind == "catalog.reevaluated":
            unit = road.open()
            road.perform(unit, row.scope, reconsideration(request["participant_id"]))
            unit.commit()
        elif row.kind in [source.kind for source in SOURCES]:
            clock.set(moment(row.recorded_at))
            unit = road.open()
            road.perform(unit, row.scope, again(row.kind, request["participant_id"], row.occurred_at))
            unit.commit()
        else:
            _again(target.scope(row.scope), row.kind, request)


_PASSED_OVER = {"activity": {"digest", "key", "fingerprint"}, "payload": {"salt", "hash"}}
"""What luck (a salt) or the key that only its hash is kept of leaves in a row."""


def differing_tables(one: Engine, other: Engine) -> dict[str, tuple[list[Any], list[Any]]]:
    """Return the tables whose rows differ between two engines, with the rows that only one of them has."""
    found = {}
    with store_of(one).view() as mine, store_of(other).view() as theirs:
        for table in TABLES:
            if table.name == "setting" or table is JOB:
                continue
            kept = [
                n for n, name in enumerate(table.columns) if name not in _PASSED_OVER.get(table.name, set())
            ]
            a, b = (
                [tuple(row[place] for place in kept) for row in view.scan(table)] for view in (mine, theirs)
            )
            if a != b:
                found[table.name] = ([row for row in a if row not in b], [row for row in b if row not in a])
    return found
