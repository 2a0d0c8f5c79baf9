"""What people hold of definitions that are in force no more: it stays theirs, and readable, everywhere the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    Catalog,
    CatalogError,
    Challenge,
    Engine,
    Ladder,
    ManualClock,
    Metric,
    NotFound,
    Rule,
    Streak,
    Tier,
    TierChanged,
)
from tests.engine.conftest import START, store_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gamify_core.answers import Answer
    from tests.engine.conftest import MakeEngine

LADDER = Ladder("tier", tiers=[Tier("a"), Tier("b", name="B", min_points=10), Tier("c", min_points=50)])
CATALOG = Catalog(ladders=[LADDER], badges=[Badge("own")])
RUNGS = [Tier("a"), Tier("b", name="B", min_points=10), Tier("t30", "Thirty", min_points=30, color="#333")]
FULL = Catalog(ladders=[Ladder("tier", tiers=[*RUNGS, Tier("c", min_points=50)])])


def deleted_at_run_time(make: MakeEngine) -> Engine:
    """Give an engine on whose ladder `ada` stands on a rung that an edit took away."""
    game = make(CATALOG)
    game.definitions.tiers.create({"code": "t30", "name": "Thirty", "min_points": 30, "color": "#333"})
    for who, points in (("ada", 35), ("bob", 12)):
        game.points.award(who, points)
    game.definitions.tiers.delete("t30")
    return game


def dropped_from_code(make: MakeEngine) -> Engine:
    """Give an engine whose catalog came without the rung that `ada` stands on."""
    before = make(FULL)
    for who, points in (("ada", 35), ("bob", 12)):
        before.points.award(who, points)
    later = Engine(CATALOG, store_of(before), clock=ManualClock(START))
    later.points.award("bob", 1)
    return later


WAYS: dict[str, Callable[[MakeEngine], Engine]] = {
    "deleted": deleted_at_run_time,
    "dropped": dropped_from_code,
}


@pytest.fixture(params=WAYS)
def game(request: pytest.FixtureRequest, make_engine: MakeEngine) -> Engine:
    """Give an engine whose rung `t30` is gone while `ada`, with 35 points, stands on it."""
    return WAYS[str(request.param)](make_engine)


def moves(answer: Answer) -> list[tuple[str | None, str | None]]:
    """Return each change of rung that an answer tells, from and to."""
    return [(one.previous_code, one.code) for one in answer.effects if isinstance(one, TierChanged)]


# -- rungs ---------------------------------------------------------------------------------------------------


def test_a_rung_that_is_gone_is_stood_on_still(game: Engine) -> None:
    """Every call that tells where somebody stands gives the rung as it was last defined, and the same next one."""
    state = game.tiers.current("ada")
    now = state.current_tier
    assert now is not None
    assert (now.code, now.name, now.level, now.color) == ("t30", "Thirty", 3, "#333")
    assert [reached.code for reached in state.tier_history] == ["a", "b", "t30"]
    following = state.next_tier
    assert following is not None
    assert (following.code, following.points_remaining) == ("c", 15)
    assert (following.share_of_threshold, following.share_of_way) == (70, 25)
    assert game.participants.get("ada").tier == now
    assert game.participants.state("ada").tier == now
    assert {one.participant_id: one.current_tier for one in game.participants.list()} == {
        "ada": "t30",
        "bob": "b",
    }
    assert [one.participant_id for one in game.participants.list(tier="t30")] == ["ada"]
    assert [one.participant_id for one in game.participants.list(tier="b")] == ["bob"]
    profile = game.participants.profile("ada")
    assert (profile.level, profile.title, profile.next_level, profile.progress) == (3, "Thirty", 50, 70)
    assert (profile.leaderboard[0].level, profile.leaderboard[0].title) == (3, "Thirty")
    assert game.scores.add("ada", "tier", "quiz", 1).tier_name == "t30"
    with pytest.raises(NotFound):
        game.participants.list(tier="t31")


def test_the_next_rung_that_is_reached_places_them_anew(game: Engine) -> None:
    """They go on from where they stand: rungs below what theirs asked are not climbed, nor fallen to."""
    assert moves(game.points.award("ada", 5)) == []
    assert moves(game.points.award("ada", 10)) == [("t30", "c")]
    assert game.tiers.current("ada").next_tier is None


def test_who_was_put_there_by_hand_stays(make_engine: MakeEngine) -> None:
    """A pin holds on a rung that is gone too, until it is cleared."""
    game = make_engine(CATALOG)
    game.definitions.tiers.create({"code": "t30", "min_points": 30})
    game.tiers.assign("ada", "t30")
    game.definitions.tiers.delete("t30", on_change="reevaluate")
    assert moves(game.points.award("ada", 60)) == []
    state = game.tiers.current("ada")
    assert state.current_tier is not None
    assert (state.current_tier.code, state.assigned) == ("t30", True)
    assert state.next_tier is None, "no rung of the ladder is above 60"
    assert moves(game.tiers.clear("ada")) == [("t30", "c")]


def test_reevaluating_puts_everybody_on_the_ladder_in_force(make_engine: MakeEngine) -> None:
    """With `reevaluate` nobody is left on a rung that is gone, and nobody climbs twice."""
    game = make_engine(CATALOG)
    game.definitions.tiers.create({"code": "t30", "min_points": 30})
    game.points.award("ada", 35)
    seen: list[TierChanged] = []
    game.on(TierChanged, seen.append)
    game.definitions.tiers.delete("t30", on_change="reevaluate")
    assert [(one.previous_code, one.code) for one in seen] == [("t30", "b")]


def test_a_ladder_that_demotes_lets_fall_from_a_rung_that_is_gone(make_engine: MakeEngine) -> None:
    """What the gone rung asked says where it was: below a rung that is there one falls as from any other."""
    game = make_engine(Catalog(ladders=[Ladder("tier", LADDER.tiers, "points.balance", "immediate")]))
    game.definitions.tiers.create({"code": "t30", "min_points": 30})
    game.points.award("ada", 35)
    game.definitions.tiers.delete("t30")
    assert moves(game.points.deduct("ada", 20)) == []
    assert moves(game.points.deduct("ada", 10)) == [("t30", "a")]


def test_a_rung_is_told_as_it_was_last_defined(make_engine: MakeEngine) -> None:
    """Neither its first name counts nor one that it had in a trial, and within a trial the same is told."""
    game = make_engine(CATALOG)
    game.definitions.tiers.create({"code": "t30", "name": "First", "min_points": 30})
    game.points.award("ada", 35)
    game.definitions.tiers.update("t30", {"name": "Second"})
    game.definitions.tiers.update("t30", {"name": "First"})
    with game.dry_run() as trial:
        trial.definitions.tiers.update("t30", {"name": "Trial"})
        trial.definitions.tiers.delete("t30")
        tier = trial.participants.get("ada").tier
        assert tier is not None
        assert tier.name == "Trial"
    game.definitions.tiers.delete("t30")
    tier = game.participants.get("ada").tier
    assert tier is not None
    assert tier.name == "First"
    game.definitions.tiers.create({"code": "t30", "name": "Back", "min_points": 40})
    tier = game.participants.get("ada").tier
    assert tier is not None
    assert (tier.name, tier.level) == ("Back", 3)
    game.definitions.tiers.delete("t30")
    tier = game.participants.get("ada").tier
    assert tier is not None
    assert tier.name == "Back", "not what was found of it the first time it was gone"


def test_a_rung_of_long_ago_is_found(make_engine: MakeEngine) -> None:
    """However many catalogs a file has seen since, the one that had the rung is looked up."""
    game = dropped_from_code(make_engine)
    for number in range(20):
        game.definitions.badges.create({"code": f"n{number}"})
    tier = game.participants.get("ada").tier
    assert tier is not None
    assert (tier.name, tier.level) == ("Thirty", 3)


# -- badges --------------------------------------------------------------------------------------------------


def without_badge(make: MakeEngine, *, in_code: bool) -> Engine:
    """Give an engine whose badge `b` is gone while `ada` holds it."""
    game = make(Catalog(badges=[Badge("own"), Badge("b", name="Bee", points=5)]) if in_code else CATALOG)
    if not in_code:
        game.definitions.badges.create({"code": "b", "name": "Bee", "points": 5})
    game.badges.award("ada", "b")
    if not in_code:
        game.definitions.badges.delete("b")
        return game
    return Engine(CATALOG, store_of(game), clock=ManualClock(START))


@pytest.mark.parametrize("in_code", [True, False])
def test_a_badge_that_is_gone_is_held_still(make_engine: MakeEngine, in_code: bool) -> None:  # noqa: FBT001 - a parameter
    """Whoever holds it sees it, after those of the catalog; nobody is offered it, and it can be taken back."""
    game = without_badge(make_engine, in_code=in_code)
    listed = game.badges.list("ada")
    assert [(one.code, one.name, one.earned, one.times) for one in listed] == [
        ("own", "Own", False, 0),
        ("b", "Bee", True, 1),
    ]
    assert (listed.total, listed.earned_count) == (2, 1)
    assert [one.code for one in game.badges.list("ada", badge_codes=["b"])] == ["b"]
    assert [one.code for one in game.participants.get("ada").badges if one.earned] == ["b"]
    assert [one.code for one in game.participants.state("ada").badges or ()] == ["own", "b"]
    profile = game.participants.profile("ada")
    assert [(badge.id, badge.points) for badge in profile.badges] == [("b", 5)]
    assert [badge.id for badge in profile.available_badges] == ["own"]
    assert [one.code for one in game.badges.list("bob")] == ["own"]
    assert [badge.id for badge in game.participants.profile("bob").available_badges] == ["own"]
    with pytest.raises(NotFound, match="Badge definition not found: b"):
        game.badges.award("bob", "b")
    with pytest.raises(NotFound, match="Badge definition not found: b"):
        game.badges.revoke("bob", "b")
    with pytest.raises(NotFound):
        game.badges.list("bob", badge_codes=["b"])
    game.badges.revoke("ada", "b")
    assert [one.code for one in game.badges.list("ada")] == ["own"]


def test_badges_that_are_gone_come_in_the_order_of_earning(make_engine: MakeEngine) -> None:
    """Not by code, and those that were taken back are not among them."""
    game = make_engine(CATALOG)
    for code in ("z", "m", "a"):
        game.definitions.badges.create({"code": code, "repeatable": True})
    for code in ("z", "z", "m", "a"):
        game.badges.award("ada", code)
    game.badges.revoke("ada", "m")
    for code in ("z", "m", "a"):
        game.definitions.badges.delete(code)
    assert [(one.code, one.times) for one in game.badges.list("ada", earned_only=True)] == [
        ("z", 2),
        ("a", 1),
    ]


def test_a_badge_that_is_left_out_is_held_as_it_reads_now(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """One whose criteria refer to what the catalog has no more can be renamed meanwhile, and its holders see that."""
    game = make_engine(Catalog(metrics=[Metric("lessons", on="lesson")]))
    game.definitions.badges.create({"code": "b", "name": "Before", "criteria": "lessons >= 1"})
    game.events.emit("ada", "lesson")
    later = Engine(Catalog(), store_of(game), clock=clock)
    assert [(one.name, one.earned) for one in later.badges.list("ada")] == [("Before", True)]
    later.definitions.badges.update("b", {"name": "After", "criteria": None})
    assert [(one.name, one.earned) for one in later.badges.list("ada")] == [("After", True)]
    later.definitions.badges.delete("b")
    assert [(one.name, one.earned) for one in later.badges.list("ada")] == [("After", True)]


def test_what_else_is_gone_is_not_listed(make_engine: MakeEngine) -> None:
    """Streaks, boards and challenges go out of sight; completions still count."""
    game = make_engine(CATALOG)
    game.definitions.streaks.create({"code": "s"})
    game.definitions.leaderboards.create({"code": "l"})
    game.definitions.challenges.create({"code": "ch", "goals": "points.earned >= 5"})
    game.points.award("ada", 5)
    game.streaks.record("ada", "s")
    for resource in ("streaks", "leaderboards", "challenges"):
        code = {"streaks": "s", "leaderboards": "l", "challenges": "ch"}[resource]
        getattr(game.definitions, resource).delete(code)
    assert len(game.streaks.list("ada")) == game.streaks.list("ada").total == 0
    for read in (
        lambda: game.streaks.get("ada", "s"),
        lambda: game.leaderboards.top("l"),
        lambda: game.challenges.progress("ada", code="ch"),
    ):
        with pytest.raises(NotFound):
            read()
    counts = game.participants.state("ada").challenges
    assert counts is not None
    assert (counts.active, counts.completed) == (0, 1)


# -- edits that are refused ----------------------------------------------------------------------------------


def test_a_reward_that_something_gives_cannot_be_deleted(make_engine: MakeEngine) -> None:
    """A challenge, a rule or a streak that gives it is named; once none does it goes."""
    game = make_engine(Catalog())
    game.definitions.rewards.create({"code": "mug"})
    game.definitions.challenges.create({"code": "dash", "goals": "points.earned >= 5", "reward": "mug"})
    before = game.history.state_digest()
    with pytest.raises(CatalogError, match=r"challenges\.dash\.reward"):
        game.definitions.rewards.delete("mug")
    assert game.history.state_digest() == before
    game.definitions.challenges.delete("dash")
    assert game.definitions.rewards.delete("mug").deleted


def test_a_ladder_that_is_misspelt_is_not_founded(make_engine: MakeEngine) -> None:
    """A name like that of a ladder asks which was meant; another one, or one more of a row, founds a ladder."""
    game = make_engine(CATALOG)
    with pytest.raises(NotFound, match="did you mean 'tier'") as caught:
        game.definitions.tiers.create({"code": "d", "ladder": "teir", "min_points": 70})
    assert (caught.value.kind, caught.value.nearest) == ("ladder", "tier")
    game.definitions.tiers.create({"code": "one", "ladder": "season_1"})
    game.definitions.tiers.create({"code": "one", "ladder": "season_2"})
    game.definitions.tiers.create({"code": "two", "ladder": "season_2", "min_points": 5})
    with pytest.raises(NotFound, match="did you mean 'season_"):
        game.definitions.tiers.create({"code": "three", "ladder": "saeson_2"})


def test_a_ladder_that_was_there_before_is_no_slip(make_engine: MakeEngine) -> None:
    """Its name may come back when all its rungs had gone, though another is like it by now."""
    game = make_engine(Catalog())
    game.definitions.tiers.create({"code": "one", "ladder": "leagues"})
    game.definitions.tiers.delete("leagues:one")
    game.definitions.tiers.create({"code": "one", "ladder": "league"})
    assert game.definitions.tiers.create({"code": "one", "ladder": "leagues"}).id == "leagues:one"


def test_a_file_that_is_opened_again_tells_the_same(tmp_path: Path) -> None:
    """What is gone is found in the file, not in what the process that saw it go remembers."""
    path = tmp_path / "game.db"
    clock = ManualClock(START)
    rule = Rule("r", on="e", award=35, badge="b")
    full = Catalog(ladders=FULL.ladders, badges=[Badge("b", name="Bee")], rules=[rule])
    with Engine(full, path, clock=clock) as first:
        first.events.emit("ada", "e")
    with Engine(CATALOG, path, clock=clock) as second:
        second.points.award("bob", 1)
    challenge = Challenge("saver", "points.earned >= 100", points=10)
    third_catalog = Catalog(ladders=[LADDER], challenges=[challenge], streaks=[Streak("s")])
    with Engine(third_catalog, path, clock=clock) as third:
        assert [(one.code, one.name) for one in third.badges.list("ada")] == [("b", "Bee")]
        tier = third.participants.get("ada").tier
        assert tier is not None
        assert (tier.name, tier.level) == ("Thirty", 3)
        assert moves(third.points.award("ada", 15)) == [("t30", "c")]
