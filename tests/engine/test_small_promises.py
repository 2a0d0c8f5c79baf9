"""Lists come in pages, switches are switches, and what is handed out prints as a line that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Emit,
    Engine,
    Ladder,
    Leaderboard,
    Reward,
    Streak,
)
from tests.engine.conftest import MakeEngine

CATALOG = Catalog(
    badges=[Badge(f"b{n}") for n in range(3)],
    streaks=[Streak(f"s{n}") for n in range(3)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 10, "gold": 20})],
    leaderboards=[Leaderboard("all")],
    rewards=[Reward("mug", points_cost=10, total_inventory=3)],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with somebody in it."""
    game = make_engine(CATALOG)
    game.points.award("ada", 25)
    return game


def test_what_is_long_comes_in_pages(game: Engine) -> None:
    """Badges, streaks and rungs are cut into pages; what they count is the whole, and the documents stay."""
    game.badges.award("ada", "b2")
    badges = game.badges.list("ada", page=2, page_size=2)
    assert [one.code for one in badges] == ["b2"]
    assert (badges.total, badges.earned_count, badges.page, badges.page_size) == (3, 1, 2, 2)
    assert set(badges.to_dict()) == {"participant_id", "badges", "total", "earned_count"}
    streaks = game.streaks.list("ada", page=2, page_size=2)
    assert [one.code for one in streaks] == ["s2"]
    assert (streaks.total, streaks.page, streaks.page_size) == (3, 2, 2)
    assert set(streaks.to_dict()) == {"participant_id", "streaks"}
    rungs = game.tiers.history("ada", page=2, page_size=2)
    assert ([one.code for one in rungs], rungs.total) == (["gold"], 3)
    for asked in (game.badges.list, game.streaks.list, game.tiers.history):
        call: Any = asked
        assert len(call("ada")) == 3
        with pytest.raises(BadValue, match="page_size"):
            call("ada", page_size=101)


SWITCHES: dict[str, tuple[str, Callable[[Engine, Any], object]]] = {
    "badges": ("earned_only", lambda g, v: g.badges.list("ada", earned_only=v)),
    "challenges": ("active_only", lambda g, v: g.challenges.list(active_only=v)),
    "gifts": ("active_only", lambda g, v: g.gifts.list(active_only=v)),
    "definitions": ("is_active", lambda g, v: g.definitions.badges.list(is_active=v)),
    "history": ("every_scope", lambda g, v: g.history.activity(every_scope=v)),
    "top": ("change", lambda g, v: g.leaderboards.top("all", change=v)),
    "around": ("change", lambda g, v: g.leaderboards.around("all", "ada", change=v)),
    "batch": ("backfill", lambda g, v: g.events.emit_batch([Emit("ada", "e")], backfill=v)),
}


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [1, "yes", [], {}])
def test_a_switch_is_true_or_false(game: Engine, name: str, value: object) -> None:
    """Nothing else is taken for one, and the argument is named."""
    field, use = SWITCHES[name]
    with pytest.raises(BadValue, match=f"{field} must be True or False") as caught:
        use(game, value)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [[], {}, None, "later"])
def test_on_change_is_one_of_its_words(game: Engine, make_engine: MakeEngine, value: Any) -> None:
    """What cannot even be looked up among them is refused as any other, by edits and by the engine itself."""
    with pytest.raises(BadValue, match="on_change must be"):
        game.definitions.badges.create({"code": "b"}, on_change=value)
    with pytest.raises(BadValue, match="on_change must be"):
        make_engine(CATALOG, on_change=value)


@pytest.mark.parametrize("code", [5, True, ["a"]])
def test_the_code_of_a_definition_is_text(game: Engine, code: Any) -> None:
    """A number is not written out as one."""
    with pytest.raises(BadValue, match="code must be a string"):
        game.definitions.badges.create({"code": code})


def test_activity_is_plain_json(game: Engine) -> None:
    """A row of history gives its arguments and effects under plain keys, instants as text."""
    row = game.history.activity()[-1].to_dict()
    assert (row["kind"], row["participant_id"], row["request"]) == (
        "points.award",
        "ada",
        {"amount": 25, "participant_id": "ada"},
    )
    assert row["occurred_at"] == "2026-03-02T09:00:00Z"
    effects: Any = row["effects"]
    assert effects[0]["type"] == "points_awarded"


def test_an_edit_says_what_it_changed(game: Engine) -> None:
    """A definition has its code under that name too, and an answer prints the version and the fields that changed."""
    answer = game.definitions.badges.create({"code": "b", "points": 5})
    assert str(answer) == "definitions.badges.create b (version 1)"
    answer = game.definitions.badges.update("b", {"points": 7, "rarity": "rare"}, idempotency_key="k")
    assert str(answer) == "definitions.badges.update b (version 2): points, rarity"
    assert answer.changed == ("points", "rarity")
    again = game.definitions.badges.update("b", {"points": 7, "rarity": "rare"}, idempotency_key="k")
    assert str(again).endswith("points, rarity (replayed)")
    defined = game.definitions.badges.get("b")
    assert (defined.code, str(defined)) == ("b", "b (version 2, at runtime)")
    assert str(game.definitions.badges.get("b0")) == "b0 (in code)"
    game.definitions.badges.delete("b")
    assert str(game.definitions.badges.get("b")) == "b (version 3, at runtime, not in force)"


def test_what_is_handed_out_prints_as_a_line(game: Engine) -> None:
    """Each says in one line what it is; a page has a line for each, and says when there is more."""
    game.participants.upsert("ada", "Ada Lovelace")
    game.points.deduct("ada", 5)
    game.badges.award("ada", "b0")
    assert str(game.points.balance("ada")) == "ada: 20 points (earned 25, spent 5)"
    assert str(game.participants.get("ada")) == "Ada Lovelace (ada) · 20 points · Gold · 1 badge"
    assert str(game.rewards.list()) == "Mug (mug): 10 points, 3 left"
    gift = game.gifts.create("Pack", "gold", 500, badge=True, expires="2026-03-20T00:00Z")
    named = f"Pack ({gift.gift_id}, gold): 500 points and a badge, until 2026-03-20 00:00"
    assert str(game.gifts.get(gift.gift_id)) == named
    assert str(game.analytics.currency("points", "7d")) == "points, 7d: issued 25, spent 5, net 20"
    lines = str(game.tiers.history("ada", page_size=2)).splitlines()
    assert (len(lines), lines[-1]) == (3, "page 1 of 2, 3 in all")
    assert str(game.challenges.list()) == "nothing is listed"
    assert str(game.badges.list("ada", badge_codes=["b0", "b1"])) == (
        "B0 (b0), earned 2026-03-02\nB1 (b1), not earned"
    )
    assert str(game.badges.list("bob", earned_only=True)) == "bob has no such badges"
    assert str(game.participants.get("ada").points) == "ada: 20 points (earned 25, spent 5)"
