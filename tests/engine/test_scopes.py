from __future__ import annotations

import pytest

from gamify_core import BadValue, Catalog, Engine, InsufficientPoints
from gamify_core.game import Game
from gamify_core.storage import unit
from tests.engine.conftest import MakeEngine, store_of

CATALOG = Catalog.from_dict(
    {
        "metrics": {"topics": {"on": "lesson", "distinct": "topic"}},
        "rules": {"lesson": {"on": "lesson", "award": 10, "streak": "daily", "cap": {"points": 15}}},
        "streaks": {"daily": {}},
        "badges": {"first": {"criteria": "topics >= 1"}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 15}}},
        "leaderboards": {"all": {}, "week": {"period": "weekly", "ties": "dense"}},
    }
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with something of everything."""
    return make_engine(CATALOG)


def facts(game: Game) -> dict[str, object]:
    """Read everything there is to read about ada."""
    return {
        "state": game.participants.state("ada").to_dict(),
        "tier": game.tiers.current("ada").to_dict(),
        "all": str(game.leaderboards.top("all")),
        "week": str(game.leaderboards.top("week", period="weekly")),
        "daily": str(game.leaderboards.top("all", period="daily")),
        "events": game.events.list("ada").total,
        "transactions": game.points.transactions("ada").total,
        "people": [person.participant_id for person in game.participants.list()],
        "streak": game.streaks.get("ada", "daily").current_count,
    }


def test_a_scope_is_a_world_of_its_own(game: Engine) -> None:
    """Nothing that happens in one scope is seen in another: people, points, boards, caps, badges, streaks."""
    guild, empty = game.scope("guild:42"), facts(game)
    for _ in range(2):
        guild.events.emit("ada", "lesson", {"topic": "loops"})
    guild.points.award("bob", 3)
    assert facts(game) == empty
    assert facts(game.scope("guild:43")) == empty
    inside = facts(guild)
    game.events.emit("ada", "lesson", {"topic": "loops"})
    assert facts(guild) == inside
    assert game.points.balance("ada").balance == 10
    assert str(guild.leaderboards.top("all")) == "1. ada 15\n2. bob 3"
    assert str(game.leaderboards.top("all")) == "1. ada 10"


def test_a_scope_cannot_spend_what_another_holds(game: Engine) -> None:
    """Balances and transfers stay within their scope."""
    game.points.award("ada", 100)
    guild = game.scope("guild")
    with pytest.raises(InsufficientPoints, match="Available: 0"):
        guild.points.deduct("ada", 1)
    with pytest.raises(InsufficientPoints, match="Available: 0"):
        guild.points.transfer("ada", "bob", 1)


def test_the_empty_scope_is_the_default(game: Engine) -> None:
    """`scope("")` is the engine's own world, and asking a scope for another gives that other one."""
    game.scope("").points.award("ada", 1)
    assert game.points.balance("ada").balance == 1
    assert game.scope("a").scope("").points.balance("ada").balance == 1
    game.scope("a").scope("b").points.award("ada", 2)
    assert game.scope("b").points.balance("ada").balance == 2
    assert game.scope("a").points.balance("ada").balance == 0


def test_one_transaction_reaches_several_scopes(game: Engine) -> None:
    """A handle's scopes are in the same transaction: kept together, or taken back together."""
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        tx.scope("guild").points.award("ada", 2)
    assert game.scope("guild").points.balance("ada").balance == 2
    with pytest.raises(ZeroDivisionError), game.transaction() as tx:  # noqa: PT012 - the block is the subject
        tx.scope("guild").points.award("ada", 5)
        _ = 1 / 0
    assert game.scope("guild").points.balance("ada").balance == 2


def test_a_scope_opens_transactions_and_trials_of_its_own(game: Engine) -> None:
    """A block opened on a scope speaks for that scope."""
    guild = game.scope("guild")
    with guild.transaction() as tx:
        tx.points.award("ada", 2)
    with guild.dry_run() as trial:
        assert trial.points.award("ada", 3).new_balance == 5
    assert guild.points.balance("ada").balance == 2
    assert game.points.balance("ada").balance == 0


def test_history_is_told_by_scope_or_whole(game: Engine) -> None:
    """A scope reads its own commands only; asked for, every scope's in the one order they were written in."""
    game.points.award("ada", 1)
    game.scope("guild").points.award("ada", 2)
    seen = [(row.seq, row.kind, row.participant_id) for row in game.history.activity(every_scope=True)]
    assert [row.seq for row in game.history.activity()] == [1, 2]
    assert [(row.seq, row.scope) for row in game.scope("guild").history.activity()] == [(3, "guild")]
    assert seen == [(1, "catalog.adopted", None), (2, "points.award", "ada"), (3, "points.award", "ada")]


@pytest.mark.parametrize(
    ("name", "said"),
    [(42, "pass '42'"), (None, "must be a string"), ("x" * 256, "255 characters"), ("a\x00b", "NUL")],
)
def test_a_scope_has_a_sound_name(game: Engine, name: object, said: str) -> None:
    """A scope is named as participants are, and what cannot be kept is refused at once."""
    with pytest.raises(BadValue, match=said) as caught:
        game.scope(name)  # type: ignore[arg-type]
    assert caught.value.field == "scope"


def test_what_is_remembered_of_windows_is_bounded(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many windows are written to or looked at, only so many are remembered; answers stay right."""
    monkeypatch.setattr(unit, "_FACTS_KEPT", 5)
    game = make_engine(CATALOG)
    scopes = [f"guild:{number}" for number in range(20)]
    for number, scope in enumerate(scopes, 1):
        game.scope(scope).points.award("ada", number)
    reader = make_engine(CATALOG, store=store_of(game))
    for engine, bound in ((reader, 6), (game, 10)):  # a command adds what it learnt at once
        found = [engine.scope(scope).leaderboards.rank("all", "ada").score for scope in scopes]
        assert found == list(range(1, 21))
        assert len(engine._access.road.known) <= bound  # noqa: SLF001 - it shows in memory only
