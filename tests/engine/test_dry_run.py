"""A dry run: any command, the answer it would have, and nothing kept, heard or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gamify_core import (
    Award,
    Badge,
    Catalog,
    Effect,
    Emit,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    Opening,
    Reward,
    Rule,
    Side,
    Streak,
)
from gamify_core.answers import Answer
from gamify_core.game import Game
from tests.engine.conftest import MakeEngine

GAME = Catalog(
    rules=[Rule("lesson", on="lesson", award=50, streak="daily")],
    streaks=[Streak("daily", freeze_cap=3, freeze_cost=5, repair_hours=48)],
    ladders=[Ladder("tier", {"bronze": 0, "silver": 60, "gold": 2000})],
    badges=[Badge("star", points=5), Badge("copy", max_supply=9)],
    rewards=[Reward("mug", points_cost=10, total_inventory=3), Reward("code", type="coupon")],
    leaderboards=[Leaderboard("board")],
)

COMMANDS: dict[str, Callable[[Game], object]] = {
    "points.award": lambda g: g.points.award("ada", 100),
    "points.deduct": lambda g: g.points.deduct("ada", 5),
    "points.transfer": lambda g: g.points.transfer("ada", "new", 5),
    "points.award_batch": lambda g: g.points.award_batch([Award("ada", 5), Award("new", 5)]),
    "points.reverse": lambda g: g.points.reverse("txn_2_0"),
    "points.hold": lambda g: g.points.hold("ada", 5, expires="15m"),
    "points.capture": lambda g: g.points.capture(g.points.holds("cyd")[0].hold_id, 3),
    "points.release": lambda g: g.points.release(g.points.holds("cyd")[0].hold_id),
    "points.close": lambda g: g.points.close("ada"),
    "points.reopen": lambda g: g.points.reopen("dan"),
    "points.award, later": lambda g: g.points.award("ada", 5, matures="1d", expires="1d"),
    "events.emit": lambda g: g.events.emit("ada", "lesson", explain=True),
    "events.emit_batch": lambda g: g.events.emit_batch([Emit("new", "lesson"), Emit("ada", "lesson")]),
    "events.retract": lambda g: g.events.retract("evt_3"),
    "events.amend": lambda g: g.events.amend("evt_3", {"n": 1}),
    "badges.award": lambda g: g.badges.award("ada", "star"),
    "badges.revoke": lambda g: g.badges.revoke("ada", "copy"),
    "tiers.assign": lambda g: g.tiers.assign("ada", "gold"),
    "tiers.clear": lambda g: g.tiers.clear("bob"),
    "streaks.record": lambda g: g.streaks.record("new", "daily"),
    "streaks.give_freezes": lambda g: g.streaks.give_freezes("ada", "daily", 2),
    "streaks.buy_freezes": lambda g: g.streaks.buy_freezes("ada", "daily", 1),
    "streaks.pause": lambda g: g.streaks.pause("ada", "daily"),
    "streaks.resume": lambda g: g.streaks.resume("cyd", "daily"),
    "streaks.repair": lambda g: g.streaks.repair("bob", "daily"),
    "streaks.retract": lambda g: g.streaks.retract("bob", "daily", activity_id=6),
    "assets.mint": lambda g: g.assets.mint("copy", "bob"),
    "assets.transfer": lambda g: g.assets.transfer("asset_5_1", "ada", "bob"),
    "assets.burn": lambda g: g.assets.burn("asset_5_1", "ada"),
    "trades.execute": lambda g: g.trades.execute(Side("ada", points=5), Side("bob")),
    "rewards.claim": lambda g: g.rewards.claim("mug", "ada"),
    "rewards.cancel": lambda g: g.rewards.cancel(g.rewards.claims("cyd").items[0].claim_id),
    "rewards.add_codes": lambda g: g.rewards.add_codes("code", ["a", "b"]),
    "gifts.create": lambda g: g.gifts.create("spring", "gold", 5),
    "gifts.redeem": lambda g: g.gifts.redeem(g.gifts.list().items[0].gift_id, "ada"),
    "scores.add": lambda g: g.scores.add("ada", "points", "bonus", 5),
    "participants.upsert": lambda g: g.participants.upsert("ada", display_name="Ada"),
    "participants.update": lambda g: g.participants.update("ada", display_name="Ada"),
    "participants.visit": lambda g: g.participants.visit("new"),
    "participants.opening": lambda g: g.participants.opening("new", balances={"points": 5}),
    "participants.opening_batch": lambda g: g.participants.opening_batch([Opening("new", {"points": 5})]),
    "participants.merge": lambda g: g.participants.merge("bob", into="ada"),
    "participants.anonymize": lambda g: g.participants.anonymize("ada"),
    "participants.delete": lambda g: g.participants.delete("ada"),
    "definitions": lambda g: g.definitions.badges.create({"code": "run_time"}),
    "settle": lambda g: g.settle(),
}


def begun(make_engine: MakeEngine, clock: ManualClock) -> Engine:
    """Return a game in which some things have happened and one streak is about to be said broken."""
    game = make_engine(GAME, seed=1)
    game.points.award("ada", 100)
    game.events.emit("ada", "lesson")
    game.tiers.assign("bob", "silver")
    game.badges.award("ada", "copy")
    game.streaks.record("bob", "daily")
    clock.advance(days=1)
    game.streaks.record("ada", "daily")
    clock.advance(days=1, hours=20)
    game.points.award("cyd", 50)
    game.points.hold("cyd", 5)
    game.rewards.claim("mug", "cyd")
    game.streaks.pause("cyd", "daily")
    game.gifts.create("winter", "gold", 5)
    game.points.close("dan")
    return game


def heard_by(game: Engine) -> list[Effect]:
    """Return a list to which listeners add every effect they are told."""
    heard: list[Effect] = []
    game.on(Effect, heard.append)
    return heard


def files(tmp_path: Path) -> dict[str, bytes]:
    """Return what lies on disk, but for the shared memory in which readers say that they read."""
    return {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith("-shm")}


def told(answer: object) -> object:
    """Return an answer in full: an answer's own words, ids and instants, not only what `==` looks at."""
    if isinstance(answer, Answer):
        return (
            answer.to_dict(),
            [effect.to_dict() for effect in answer.effects],
            answer.activity_id,
            str(answer),
        )
    return answer


@pytest.mark.parametrize("name", COMMANDS)
def test_any_command_answers_as_it_will_and_leaves_no_trace(
    make_engine: MakeEngine, clock: ManualClock, tmp_path: Path, name: str
) -> None:
    """The same answer, ids included, as the command gives afterwards; nothing kept, nobody told, no byte written."""
    game = begun(make_engine, clock)
    heard = heard_by(game)
    digest, rows, before = game.history.state_digest(), len(game.history.activity()), files(tmp_path)
    with game.dry_run() as trial:
        tried = told(COMMANDS[name](trial))
        assert len(trial.history.activity()) > rows
    assert (game.history.state_digest(), len(game.history.activity()), heard) == (digest, rows, [])
    assert files(tmp_path) == before
    with game.transaction() as tx:
        with tx.dry_run() as trial:
            assert told(COMMANDS[name](trial)) == tried
        assert (tx.history.state_digest(), heard) == (digest, [])
    assert game.history.state_digest() == digest
    assert told(COMMANDS[name](game)) == tried
    assert game.history.state_digest() != digest


def test_every_service_that_writes_is_tried(make_engine: MakeEngine) -> None:
    """The list above names what takes an idempotency key, so that a new command is not forgotten."""
    game = make_engine(GAME)
    writing = set()
    services = (
        "points",
        "events",
        "badges",
        "tiers",
        "streaks",
        "assets",
        "trades",
        "rewards",
        "gifts",
        "scores",
    )
    for service in (*services, "participants"):
        for name in dir(type(getattr(game, service))):
            call = getattr(type(getattr(game, service)), name)
            code = getattr(call, "__code__", None)
            if code is not None and not name.startswith("_") and "idempotency_key" in code.co_varnames:
                writing.add(f"{service}.{name}")
    assert writing - set(COMMANDS) == set()
