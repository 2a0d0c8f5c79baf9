"""Deciding a history again, where it holds more than commands under one catalog."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Award,
    Badge,
    Catalog,
    Emit,
    Engine,
    GamifyError,
    Ladder,
    ManualClock,
    Metric,
    Rule,
    Streak,
)
from gamify_core.replay.again import Again, differing_rows
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import START, MakeEngine, store_of
from tests.engine.replaying import difference
from tests.engine.test_replay_law import CATALOG, COMMANDS, play

BASE = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", when="score >= 40", award="score")],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 60})],
    badges=[Badge("first", criteria="lessons >= 1", points=5)],
)
RICHER = attrs.evolve(
    BASE,
    rules=[Rule("lesson", on="lesson", when="score >= 50", award="score * 2")],
    badges=[*BASE.badges, Badge("rich", criteria="points.earned >= 50", points=1)],
    metrics=[*BASE.metrics, Metric("best", "lesson", max="score")],
)


def test_keys_and_batches_are_repeated(make_engine: MakeEngine) -> None:
    """A command that a key alone kept, an event that is called by its key, and batches with refusals in them."""
    game = make_engine(BASE)
    sent = game.events.emit("ada", "lesson", {"score": 70}, idempotency_key="l-1")
    game.events.emit_batch(
        [
            Emit("bob", "lesson", {"score": 90}, None, "l-2"),
            Emit("bob", ""),
            Emit("cay", "lesson", {"score": 3}),
        ],
        idempotency_key="b-1",
    )
    game.points.award_batch([Award("ada", 5), Award("bob", -1)], idempotency_key="b-2")
    game.events.amend(key="l-1", properties={"score": 50})
    game.events.retract(key="l-2", idempotency_key="r-1")
    assert game.events.retract(key="l-2", idempotency_key="r-2").already_retracted
    assert sent.event_id == "evt_2"
    assert difference(game) == {}


def test_old_events_that_were_imported_are_repeated(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An import has a clock of its own, which follows its events."""
    game = make_engine(BASE)
    old = [
        Emit("ada", "lesson", {"score": 50 + n}, clock.now().replace(year=2020, day=n + 1)) for n in range(5)
    ]
    game.events.emit_batch(old, backfill=True, idempotency_key="all")
    clock.advance(days=1)
    game.events.emit("ada", "lesson", {"score": 99})
    assert difference(game) == {}


@pytest.mark.parametrize("on_change", ["keep", "reevaluate"])
def test_catalogs_that_were_adopted_are_adopted_again(
    make_engine: MakeEngine, clock: ManualClock, on_change: str
) -> None:
    """Each command is decided by what was in force, code and run time together, back and forth."""
    game = make_engine(BASE)
    game.events.emit("ada", "lesson", {"score": 70})
    game.definitions.badges.create({"code": "keen", "criteria": "lessons >= 2"})
    clock.advance(hours=1)
    richer = Engine(RICHER, store_of(game), clock=clock, on_change=on_change)  # type: ignore[arg-type]
    richer.events.emit("ada", "lesson", {"score": 45})
    richer.definitions.badges.update("keen", {"criteria": "best >= 60", "points": 2}, on_change="reevaluate")
    richer.events.emit("bob", "lesson", {"score": 70})
    game.events.emit("cay", "lesson", {"score": 45})
    game.definitions.badges.delete("keen")
    assert difference(richer) == {}
    assert difference(game) == {}


def test_after_an_erasure_it_holds_for_everybody_else(make_engine: MakeEngine) -> None:
    """What the erased person was asked for is gone: their commands keep their place, and nothing else moves."""
    game = make_engine(BASE)
    for who in ("ada", "bob", "cay"):
        game.events.emit(who, "lesson", {"score": 70})
    game.participants.anonymize("bob")
    game.participants.delete("cay")
    game.events.emit("dee", "lesson", {"score": 70})
    game.points.award("ada", 3)
    with store_of(game).view() as view:
        again = Again(view, game._access.road)  # noqa: SLF001 - engines do not hand out their road
        again.run()
        assert again.erased == [3, 4, 5, 6]
        for who in ("ada", "dee"):
            assert again.game.points.balance(who).to_dict() == game.points.balance(who).to_dict()
        with again.store.view() as other:
            assert "activity" not in differing_rows(view, other)


def test_the_day_is_that_of_the_clock_of_then(make_engine: MakeEngine) -> None:
    """A streak by the event's own clock: what came without an instant had the offset of the engine's clock."""
    clock = ManualClock("2026-03-02T23:30+01:00")
    game = make_engine(Catalog(streaks=[Streak("daily", on="lesson", timezone="event")]), clock=clock)
    game.events.emit("ada", "lesson")
    clock.set("2026-03-03T00:30+01:00")
    assert game.events.emit("ada", "lesson").streaks[0].count == 2
    game.streaks.record("ada", "daily")
    game.streaks.retract("ada", "daily", at=clock.now())
    assert difference(game) == {}
    assert game.history.backtest(game.catalog).same


def test_a_function_is_asked_again_where_it_is_there(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A rule that Python decides needs the function; a file alone cannot be decided again, and says which it was."""

    def lucky(properties: Mapping[str, object]) -> bool:
        return properties.get("n") == 7

    catalog = Catalog(rules=[Rule("lucky", on="lesson", when=lucky, award=1)])
    game = make_engine(catalog)
    game.events.emit("ada", "lesson", {"n": 7})
    assert difference(game) == {}
    other = Engine(Catalog(), store_of(game), clock=clock)
    with pytest.raises(GamifyError, match=r"rule lucky is decided by a Python function .*lucky"):
        difference(other)


PARTS = st.lists(st.tuples(st.sampled_from(["keep", "reevaluate"]), COMMANDS), min_size=2, max_size=3)


@settings(deadline=None, max_examples=max(5, settings().max_examples // 4))
@given(parts=PARTS)
def test_histories_under_several_catalogs_are_decided_again(parts: list[tuple[str, list[object]]]) -> None:
    """Whatever the catalogs in code were, and what was defined over them at run time."""
    clock, store = ManualClock(START), MemoryStore()
    other = attrs.evolve(
        CATALOG,
        rules=CATALOG.rules[:2],
        badges=[*CATALOG.badges[:5], Badge("made_1", criteria="points.earned >= 9")],
        ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 20})],
    )
    for n, (on_change, commands) in enumerate(parts):
        game = Engine((CATALOG, other)[n % 2], store, clock=clock, seed=7, on_change=on_change)  # type: ignore[arg-type]
        play(game, clock, commands)
    assert difference(game) == {}
