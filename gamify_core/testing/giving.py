"""What a played game begins with, put there by the engine's own road: what it sets off has happened as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from gamify_core import border
from gamify_core.clock import moment
from gamify_core.domain.decimals import Amount, kept
from gamify_core.domain.zones import zone
from gamify_core.errors import BadValue, NotFound
from gamify_core.road.commands import Ask
from gamify_core.road.meters import moved, see, value_of

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.game import Game
    from gamify_core.road.turn import Turn
    from gamify_core.services.events import Emit

__all__ = [
    "Number",
    "badges",
    "by_code",
    "events",
    "metrics",
    "numbers",
    "person",
    "points",
    "streaks",
    "tiers",
]

Value = TypeVar("Value")
Number: TypeAlias = int | Decimal | str
"""A number as commands take it: as text too, and not as a float."""
_LONGEST = 10_000


def by_code(given: Value | Mapping[str, Value] | None, codes: Iterable[str], what: str) -> dict[str, Value]:
    """Return values by code: one that is given without is about the only one there is."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    known = list(codes)
    if len(known) != 1:
        there = f"there are {', '.join(known)}" if known else "there is none"
        detail = f"{what}={given!r} does not say which: {there}"
        raise BadValue(what, given, detail, hint=f'{what}={{"{known[0] if known else "code"}": {given!r}}}')
    return {known[0]: given}


def numbers(
    given: Number | Mapping[str, Number] | None, codes: Iterable[str], what: str
) -> dict[str, Amount]:
    """Return numbers by code, as they were written. Raises `BadValue` for what is none, such as a float."""
    return {code: border.number(value, what) for code, value in by_code(given, codes, what).items()}


def person(game: Game, who: str, attributes: Mapping[str, object] | None, timezone: str | None) -> None:
    """Give somebody attributes and a zone to live in."""
    if attributes is not None or timezone is not None:
        game.participants.upsert(who, attributes=attributes, timezone=timezone)


def events(game: Game, sent: Iterable[Emit]) -> None:
    """Send events of the past; the first that is refused raises."""
    listed = list(sent)
    for item in game.events.emit_batch(listed, backfill=True) if listed else ():
        if item.error is not None:
            raise item.error


def badges(game: Game, who: str, codes: str | Iterable[str]) -> None:
    """Award badges by hand, with what they give."""
    for code in [codes] if isinstance(codes, str) else codes:
        game.badges.award(who, code)


def points(game: Game, who: str, amounts: Number | Mapping[str, Number] | None) -> None:
    """Award what is missing to a balance."""
    for currency, amount in numbers(amounts, ["points"], "points").items():
        missing = amount - game.points.balance(who, currency=currency).balance
        if missing < 0:
            detail = (
                f"given(points={amount}): what else is given comes to {amount - missing} {currency} already"
            )
            raise BadValue("points", amount, detail, hint="points is the balance to begin with")
        if missing:
            game.points.award(who, missing, currency=currency)


def tiers(game: Game, who: str, rungs: str | Mapping[str, str] | None) -> None:
    """Assign rungs by hand."""
    for ladder, code in by_code(rungs, ["tier"], "tier").items():
        game.tiers.assign(who, code, ladder=ladder)


def streaks(game: Game, who: str, lengths: int | Mapping[str, int] | None) -> None:
    """Record activities in the periods before the present one, as many as a streak is to be long."""
    codes = [streak.code for streak in game.catalog.streaks]
    for code, given in by_code(lengths, codes, "streak").items():
        length = border.whole(given, "streak", 0, _LONGEST)
        access = game._access  # noqa: SLF001 - how a streak cuts time into periods is no public matter
        plan, now = access.plan.streak(code), access.road.now()[0]
        calendar, where = plan.rules.calendar, _zone_of(game, who, code)
        label = calendar.label(now, where)
        for back in range(length, 0, -1):
            begins, ends = calendar.begins(label - back, where), calendar.begins(label - back + 1, where)
            for n in range(plan.rules.target):
                instant = begins + (ends - begins) * (n + 1) // (plan.rules.target + 1)
                game.streaks.record(who, code, at=moment(instant).astimezone(where))
        found = game.streaks.get(who, code).current_count
        if found != length:
            detail = f"given(streak={{{code!r}: {length}}}) comes to {found}: recording alone does not make this streak"
            raise BadValue("streak", length, detail, hint="give the events that do: given(events=[…])")


def _zone_of(game: Game, who: str, code: str) -> tzinfo:
    """Return the zone by whose days a streak counts for somebody."""
    declared = game.catalog.streak(code).timezone
    if declared == "event":
        return UTC
    if declared != "participant":
        return zone(declared)
    try:
        own = game.participants.get(who).timezone
    except NotFound:
        own = None
    return zone(own or game.catalog.timezone)


def metrics(game: Game, who: str, values: Mapping[str, Number]) -> None:
    """Bring declared metrics to a value, in all their windows, as events of now would have."""
    for name, value in numbers(values, (), "metrics").items():
        scale = game.catalog.metric(name).scale  # which says what there is, where there is none of that name
        units = kept(value, scale)
        if units is None:
            detail = f"given(metrics={{{name!r}: {value}}}): it has {scale} decimals"
            raise BadValue("metrics", value, detail)

        def decide(turn: Turn, name: str = name, units: int = units) -> None:
            _move(turn, name, units)

        request: dict[str, Json] = {"participant_id": who, "metric": name, "value": units}
        ask = Ask("testing.given", who, request, None, None, decide)
        game._access.write(ask)  # noqa: SLF001 - no public command moves a metric by itself


def _move(turn: Turn, name: str, value: int) -> None:
    counter = turn.plan.declared[name]
    before = value_of(turn, turn.who, name)
    if counter.distinct is not None:
        for n in range(before, value):
            see(turn, turn.who, counter.plan, f"given {n}")
    elif counter.plan.mode != "sum":
        moved(turn, turn.who, counter.plan, None, value, value)
    elif value != before:
        moved(turn, turn.who, counter.plan, None, value - before, value - before)
    now = value_of(turn, turn.who, name)
    if now != value:
        detail = f"given(metrics={{{name!r}: {value}}}): it is {now} already"
        raise BadValue("metrics", value, detail)
