"""Every public write, found by its signature: its key replays, its instant is held against the window.

A write that joins the library joins this file: a parameter that nothing is said of here fails a test. Keys and windows
are the road's, which is the same over every store: one is enough here.
"""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Currency,
    Emit,
    Engine,
    IdempotencyConflict,
    Ladder,
    ManualClock,
    Metric,
    Opening,
    OutOfWindow,
    Reward,
    Side,
    Streak,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CATALOG = Catalog(
    badges=[Badge("star"), Badge("moon", repeatable=True), Badge("held", repeatable=True)],
    currencies=[Currency("gems")],
    ladders=[Ladder("tier", {"low": 0, "high": 10_000}), Ladder("level", {"low": 0, "high": 10_000})],
    metrics=[Metric("lessons", on="lesson"), Metric("quizzes", on="quiz")],
    rewards=[Reward("mug", points_cost=1), Reward("cup", points_cost=1)],
    streaks=[Streak(code, freeze_cap=9, freeze_cost=1, repair_hours=72) for code in ("daily", "other")],
)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FIELDS: Final[dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = {
    "badges": ({"name": "A"}, {"name": "B"}, {"name": "C"}),
    "challenges": (
        {"goals": "lessons >= 1", "period": "weekly"},
        {"goals": "lessons >= 2"},
        {"goals": "lessons >= 3"},
    ),
    "leaderboards": ({"name": "A"}, {"name": "B"}, {"name": "C"}),
    "rewards": ({"points_cost": 1}, {"points_cost": 2}, {"points_cost": 3}),
    "streaks": ({"name": "A"}, {"name": "B"}, {"name": "C"}),
    "tiers": ({"min_points": 50_000}, {"name": "B"}, {"name": "C"}),
}
"""What definitions of a kind are created with, and two ways to change them."""
UNTOLD: Final = {"events.emit": {"explain"}, "events.emit_batch": {"explain"}}
"""What says how a command is answered, and is no part of it."""
NAMED_SO: Final = {
    **{(f"definitions.{kind}.create", "definition"): "code" for kind in FIELDS},
    ("assets.burn", "owner"): "participant_id",
    ("assets.mint", "to"): "participant_id",
    ("assets.transfer", "sender"): "participant_id",
    ("points.transfer", "sender_id"): "participant_id",
}
"""What history calls a parameter."""
ERASING: Final = ("participants.anonymize", "participants.delete")
"""What leaves nothing but a hash of what it was asked with: nobody can say what differs."""
BATCHES: Final = {"participants.opening_batch": ("openings",), "points.award_batch": ("awards",)}
"""What gives each of its items the instant that it is given itself."""
TAKEN_BACK: Final = ("streaks.retract",)
"""Where `at` says which activity is meant, instead of another parameter."""


class Both(NamedTuple):
    """What a parameter is given, and what else it may be, with what other parameters are then where it takes that."""

    value: Any
    other: Any
    beside: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


def methods(thing: object, path: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Find all that takes an idempotency key, by the way to it from an engine."""
    for name in dir(thing):
        part = getattr(thing, name) if not name.startswith("_") else None
        if inspect.ismethod(part) and "idempotency_key" in inspect.signature(part).parameters:
            yield path + name, part
        elif type(part).__module__.startswith("gamify_core.services"):
            yield from methods(part, f"{path}{name}.")


WRITES: Final = {
    name: list(inspect.signature(method).parameters) for name, method in methods(Engine(Catalog()))
}


class Made(NamedTuple):
    """The ids of what there is."""

    moved: list[Any]
    holds: list[Any]
    copies: list[Any]
    sent: list[Any]
    gifts: list[Any]
    claims: list[Any]
    recorded: list[Any]


def prepared(clock: ManualClock) -> tuple[Engine, Made]:
    """Return an engine in which every write has something to do, and the ids of what there is in it."""
    game = Engine(CATALOG, clock=clock)
    for who in ("ada", "bob", "al", "el"):
        game.points.award(who, 1_000)
        for code in ("daily", "other"):
            game.streaks.record(who, code)
    moved = [game.points.award("ada", 10).transaction_id for _ in range(2)]
    holds = [game.points.hold("ada", 10).hold_id for _ in range(4)]
    copies = [game.assets.mint(code, who).asset_id for code in ("star", "moon") for who in ("ada", "bob")]
    sent = [game.events.emit("ada", "lesson", {"n": n}, idempotency_key=f"sent-{n}").event_id for n in (0, 1)]
    gifts = [game.gifts.create("G", "gold", 5).gift_id for _ in range(2)]
    claims = [game.rewards.claim(code, "ada").claim_id for code in ("mug", "cup")]
    for who in ("ada", "bob"):
        game.badges.award(who, "held")
        game.leaderboards.hide("el" if who == "ada" else "al")
    for who in ("shut", "shut too"):
        game.points.close(who)
    for kind, (made, *_) in FIELDS.items():
        for code in ("one", "two"):
            fields = made | ({"min_points": 60_000} if (kind, code) == ("tiers", "two") else {})
            getattr(game.definitions, kind).create({"code": f"{kind}_{code}", **fields})
    recorded = [game.streaks.record(who, "daily").activity_id for who in ("ada", "bob")]
    clock.advance(days=3)
    return game, Made(moved, holds, copies, sent, gifts, claims, recorded)


def calls(made: Made, now: datetime) -> dict[str, dict[str, Both]]:
    """Say what every write is called with, and how else it may be called: parameter by parameter, in their order."""
    moved, holds, copies, sent, gifts, claims, recorded = made
    who, why = Both("ada", "bob"), Both("r", "s")
    streak: dict[str, Both] = {"participant_id": who, "streak_code": Both("daily", "other")}
    noted: dict[str, Both] = {"reason": why, "metadata": Both({"a": 1}, {"a": 2})}
    points: dict[str, Both] = {"amount": Both(5, 6), **noted, "currency": Both("points", "gems")}
    policy = Both("allow_negative", "reject")
    named: dict[str, Both] = {
        "display_name": Both("A", "B"),
        "avatar_url": Both("https://a.example", "https://b.example"),
        "attributes": Both({"a": 1}, {"a": 2}),
        "timezone": Both("Europe/Paris", "Asia/Tokyo"),
    }
    come: list[dict[str, Any]] = [
        {
            "balances": {"points": n},
            "streaks": {"daily": (n, n, now - DAY)},
            "metrics": {"lessons": n},
            "badges": badges,
            "tiers": {"level": tier},
        }
        for n, badges, tier in ((1, ["star"], "low"), (2, ["moon"], "high"))
    ]
    opened = [Opening("new", **each) for each in come]
    definitions = {
        f"definitions.{kind}.{verb}": {
            **parameters,
            "on_change": Both("keep", "reevaluate"),
        }
        for kind, (begun, first, second) in FIELDS.items()
        for verb, parameters in {
            "create": {
                "definition": Both(
                    {"code": "new", **begun, **({"min_points": 70_000} if kind == "tiers" else {})},
                    {"code": "newer", **begun},
                )
            },
            "update": {
                "code": Both(f"{kind}_one", f"{kind}_two"),
                "changes": Both(first, second),
            },
            "delete": {"code": Both(f"{kind}_one", f"{kind}_two")},
        }.items()
    }
    return {
        "assets.burn": {"asset": Both(copies[0], copies[1]), "owner": who, "reason": why},
        "assets.mint": {
            "badge": Both("held", "star"),
            "to": who,
            "edition": Both(5, 6),
            "max_supply": Both(10, 11),
            "metadata": Both({"a": 1}, {"a": 2}),
        },
        "assets.transfer": {
            "asset": Both(copies[0], copies[1]),
            "sender": who,
            "to": Both("cy", "dee"),
        },
        "badges.award": {
            "participant_id": who,
            "badge_code": Both("held", "moon"),
            "metadata": Both({"a": 1}, {"a": 2}),
        },
        "badges.revoke": {"participant_id": who, "badge_code": Both("held", "moon"), "reason": why},
        **definitions,
        "events.amend": {
            "event": Both(sent[0], sent[1]),
            "properties": Both({"n": 5}, {"n": 6}),
            "key": Both(None, "sent-1", {"event": None}),
            "reason": why,
            "on_insufficient": policy,
        },
        "events.emit": {
            "participant_id": who,
            "event_name": Both("lesson", "quiz"),
            "properties": Both({"n": 5}, {"n": 6}),
        },
        "events.emit_batch": {
            "events": Both([Emit("ada", "lesson")], [Emit("ada", "quiz")]),
            "backfill": Both(False, True),  # noqa: FBT003 - the two there are
        },
        "events.retract": {
            "event": Both(sent[0], sent[1]),
            "key": Both(None, "sent-1", {"event": None}),
            "reason": why,
            "on_insufficient": policy,
        },
        "gifts.create": {
            "name": Both("N", "M"),
            "tier": Both("gold", "silver"),
            "reward": Both(5, 6),
            "badge": Both(False, "star"),  # noqa: FBT003 - one badge, and none
            "expires": Both(now + DAY, now + 2 * DAY),
            "currency": Both("points", "gems"),
        },
        "gifts.redeem": {"gift_id": Both(gifts[0], gifts[1]), "participant_id": who},
        "leaderboards.hide": {"participant_id": who},
        "leaderboards.unhide": {"participant_id": Both("el", "al")},
        "participants.anonymize": {"participant_id": who},
        "participants.delete": {"participant_id": who},
        "participants.merge": {"source": Both("al", "el"), "into": who},
        "participants.opening": {
            "participant_id": Both("new", "newer"),
            **{name: Both(value, come[1][name]) for name, value in come[0].items()},
        },
        "participants.opening_batch": {"openings": Both(opened[:1], opened[1:])},
        "participants.update": {"participant_id": who, **named},
        "participants.upsert": {"participant_id": who, **named},
        "participants.visit": {"participant_id": who, "streak": Both("daily", "other")},
        "points.award": {
            "participant_id": who,
            **points,
            "boost": Both(True, False),  # noqa: FBT003 - the two there are
            "matures": Both("1d", "2d"),
            "expires": Both("3d", "4d"),
        },
        "points.award_batch": {"awards": Both([Award("ada", 5)], [Award("ada", 6)])},
        "points.capture": {"hold_id": Both(holds[0], holds[1]), "amount": Both(5, 6), **noted},
        "points.close": {"participant_id": who, "reason": why},
        "points.deduct": {"participant_id": who, **points},
        "points.hold": {
            "participant_id": who,
            "amount": Both(5, 6),
            "expires": Both("1d", "2d"),
            **noted,
            "currency": Both("points", "gems"),
        },
        "points.release": {"hold_id": Both(holds[2], holds[3]), "reason": why},
        "points.reopen": {"participant_id": Both("shut", "shut too"), "reason": why},
        "points.reverse": {
            "transaction_id": Both(moved[0], moved[1]),
            "amount": Both(5, 6),
            "reason": why,
            "on_insufficient": policy,
        },
        "points.transfer": {"sender_id": who, "recipient_id": Both("cy", "dee"), **points},
        "rewards.add_codes": {"reward_id": Both("mug", "cup"), "codes": Both(["A"], ["B"])},
        "rewards.cancel": {"claim_id": Both(claims[0], claims[1]), "reason": why},
        "rewards.claim": {
            "reward_id": Both("mug", "cup"),
            "participant_id": who,
            "points_deduction": Both(True, False),  # noqa: FBT003 - the two there are
        },
        "scores.add": {
            "participant_id": who,
            "metric": Both("lessons", "quizzes"),
            "action": Both("quiz", "exam"),
            "value": Both(5, 6),
            "gift_id": Both(None, gifts[0], {"action": "gift_redeemed", "metric": "points"}),
        },
        "streaks.buy_freezes": {**streak, "number": Both(1, 2)},
        "streaks.give_freezes": {**streak, "number": Both(1, 2), "reason": why},
        "streaks.pause": {
            **streak,
            "start": Both(now, now + HOUR),
            "end": Both(now + DAY, now + 2 * DAY),
        },
        "streaks.record": streak,
        "streaks.repair": streak,
        "streaks.resume": streak,
        "streaks.retract": {**streak, "activity_id": Both(recorded[0], recorded[1])},
        "tiers.assign": {
            "participant_id": who,
            "tier_code": Both("high", "low"),
            "reason": why,
            "ladder": Both("tier", "level"),
        },
        "tiers.clear": {"participant_id": who, "ladder": Both("tier", "level")},
        "trades.execute": {
            "first": Both(Side("ada", points=1), Side("ada", points=2)),
            "second": Both(Side("bob", points=3), Side("bob", points=4)),
        },
    }


def called(game: Engine, name: str) -> Callable[..., Any]:
    """Return a write of an engine by the way to it."""
    thing: Any = game
    for part in name.split("."):
        thing = getattr(thing, part)
    found: Callable[..., Any] = thing
    return found


@pytest.mark.parametrize("name", WRITES)
def test_a_key_replays_and_every_parameter_counts(clock: ManualClock, name: str) -> None:
    """The same call under a key does nothing again; with any parameter otherwise it is refused, which is named."""
    game, made = prepared(clock)
    table = calls(made, clock.now())
    parameters, write = table[name], called(game, name)
    beside = {"at", "idempotency_key"} | UNTOLD.get(name, set())
    assert [*parameters] == [each for each in WRITES[name] if each not in beside]
    given = {parameter: both.value for parameter, both in parameters.items()}
    first = write(**given, idempotency_key="k")
    state, count = game.history.state_digest(), len(game.history.activity(limit=100))
    again = write(**given, idempotency_key="k")
    assert again.to_dict() == first.to_dict()
    for parameter, both in parameters.items():
        with pytest.raises(IdempotencyConflict) as refused:
            write(**(given | {parameter: both.other} | both.beside), idempotency_key="k")
        if name not in ERASING:
            assert {parameter, NAMED_SO.get((name, parameter))} & {*refused.value.fields}
    if name in TAKEN_BACK or "at" not in WRITES[name]:
        return
    with pytest.raises(IdempotencyConflict) as refused:
        write(**given, at=clock.now() - HOUR, idempotency_key="k")
    assert refused.value.fields == {**dict.fromkeys(ERASING, ()), **BATCHES}.get(name, ("at",))
    assert (game.history.state_digest(), len(game.history.activity(limit=100))) == (state, count)


WINDOWED = [name for name, parameters in WRITES.items() if "at" in parameters and name not in TAKEN_BACK]


@pytest.mark.parametrize("name", WINDOWED)
def test_every_instant_is_held_against_the_window(clock: ManualClock, name: str) -> None:
    """One that is too late, too early or in no zone is refused without a trace; one in the window is the command's.

    Of a batch each item is refused by itself.
    """
    game, made = prepared(clock)
    table = calls(made, clock.now())
    write = called(game, name)
    given = {parameter: both.value for parameter, both in table[name].items()}
    state = game.history.state_digest()
    for at in (clock.now() - 8 * DAY, clock.now() + HOUR):
        if name in BATCHES:
            assert [one.error.code for one in write(**given, at=at)] == ["out_of_window"]
            continue
        with pytest.raises(OutOfWindow):
            write(**given, at=at, idempotency_key="k")
    with pytest.raises(BadValue, match="time zone") as refused:
        write(**given, at=datetime(2026, 3, 5, 9), idempotency_key="k")  # noqa: DTZ001 - that is the point
    assert refused.value.field == "at"
    assert game.history.state_digest() == state
    at = clock.now() - timedelta(minutes=1)
    write(**given, at=at, idempotency_key="k")
    assert (at in {row.occurred_at for row in game.history.activity(limit=100)}) == (name != "events.amend")
