"""The call that a recorded command was: the public one, with the arguments as they were passed.

A new kind of command is repeated by the service and the method that its kind names, with what its request holds as
the arguments; only what is asked for under other names is listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gamify_core.services.openings import OpeningBalance
from gamify_core.services.trades import Side

if TYPE_CHECKING:
    from gamify_core.game import Game

__all__ = ["call"]

_INSTANTS = ("at", "start", "end")
_CALLED: Mapping[str, Mapping[str, str]] = {
    "assets.mint": {"participant_id": "to"},
    "assets.transfer": {"participant_id": "sender"},
    "assets.burn": {"participant_id": "owner"},
    "points.transfer": {"participant_id": "sender_id"},
}
"""What a request calls otherwise than the call does."""
_IMPLIED: Mapping[str, frozenset[str]] = {
    "events.amend": frozenset({"event_name"}),
    "trades.execute": frozenset({"participant_id"}),
}
"""What a request says that the call does not: it follows from the rest."""


def call(game: Game, kind: str, request: Mapping[str, Any], key: str | None) -> None:
    """Repeat a command of this kind, with `key` as its idempotency key. Raises what it raises."""
    implied, called = _IMPLIED.get(kind, ()), _CALLED.get(kind, {})
    given = {called.get(name, name): value for name, value in request.items() if name not in implied}
    for name in _INSTANTS:
        if isinstance(given.get(name), str):
            given[name] = datetime.fromisoformat(given[name])
    if key is not None:
        given["idempotency_key"] = key
    special = _SPECIAL.get(kind)
    if special is not None:
        special(game, given)
        return
    *path, what = kind.split(".")
    service: Any = game
    for name in path:
        service = getattr(service, name)
    if what == "create" and path[0] == "definitions":
        fields = dict(given.pop("definition"))
        if "code" in given:
            fields["code"] = given.pop("code")
        given["definition"] = fields
    getattr(service, what)(**given)


def _event(game: Game, given: dict[str, Any]) -> None:
    game.events.emit(**given)


def _trade(game: Game, given: dict[str, Any]) -> None:
    game.trades.execute(_side(given.pop("first")), _side(given.pop("second")), **given)


def _side(given: Mapping[str, Any]) -> Side:
    return Side(**{**given, "assets": tuple(given.get("assets", ()))})


def _opening(game: Game, given: dict[str, Any]) -> None:
    balances = {
        currency: OpeningBalance(
            **{**held, "lots": [(amount, _instant(expires)) for amount, expires in held.get("lots", ())]}
        )
        for currency, held in given.pop("balances", {}).items()
    }
    streaks = {code: (*run[:2], _instant(run[2])) for code, run in given.pop("streaks", {}).items()}
    game.participants.opening(**given, balances=balances, streaks=streaks)


_instant = datetime.fromisoformat

_SPECIAL: Mapping[str, Callable[[Any, dict[str, Any]], None]] = {
    "event": _event,
    "participants.opening": _opening,
    "trades.execute": _trade,
}
