"""Definitions at run time: made, changed and deleted while others read, and what that does to those who are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    CatalogError,
    DefinitionExists,
    DefinitionFixed,
    Engine,
    IdempotencyConflict,
    Ladder,
    Leaderboard,
    ManualClock,
    NotFound,
    Rule,
    Streak,
    Tier,
    TierChanged,
)

from .conftest import new_store, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeEngine

CATALOG = Catalog(
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 100})],
    badges=[Badge("own", criteria="points.earned >= 50")],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Open an engine whose catalog has a ladder and a badge."""
    return make_engine(CATALOG)


@pytest.fixture
def other(game: Engine, clock: ManualClock) -> Engine:
    """Open a second engine on the same store, as another process would."""
    return Engine(CATALOG, store_of(game), clock=clock)


# -- the resources -------------------------------------------------------------------------------------------

EACH: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "badges",
        {"code": "streak_master", "rarity": "epic", "icon_url": "https://x/y.png"},
        {"rarity": "legendary"},
    ),
    (
        "tiers",
        {"code": "platinum", "criteria_config": {"min_points": 1000}, "benefits": ["2x"]},
        {"color": "#E5E4E2"},
    ),
    ("leaderboards", {"code": "top", "period": "weekly"}, {"name": "The Best"}),
    ("streaks", {"code": "daily_login", "grace_period_hours": 24}, {"grace_period_hours": 4}),
    ("rewards", {"code": "card", "type": "voucher", "points_cost": 1000}, {"points_cost": 900}),
    ("challenges", {"code": "dash", "goals": "points.earned >= 500", "period": "weekly"}, {"points": 10}),
]


@pytest.mark.parametrize(("section", "fields", "changes"), EACH, ids=[each[0] for each in EACH])
def test_every_resource_is_created_read_changed_and_deleted(
    game: Engine, section: str, fields: dict[str, Any], changes: dict[str, Any]
) -> None:
    """All kinds follow the same pattern, and each answer shows the fields that were passed."""
    resource = getattr(game.definitions, section)
    code = fields["code"]
    created = resource.create(fields)
    assert (created.id, created.version, created.section) == (code, 1, section)
    assert created.to_dict().items() >= fields.items()
    there = resource.get(code)
    assert there.to_dict().items() >= fields.items()
    assert (there.origin, there.is_active, there.version) == ("runtime", True, 1)
    assert there.created_at == there.updated_at is not None
    updated = resource.update(code, changes)
    assert updated.version == 2
    assert updated.to_dict().items() >= {**fields, **changes}.items()
    assert resource.get(code).to_dict().items() >= {**fields, **changes}.items()
    assert code in [item.id for item in resource.list()]
    deleted = resource.delete(code)
    assert (deleted.deleted, deleted.definition) == (True, None)
    assert code not in [item.id for item in resource.list()]
    assert code in [item.id for item in resource.list(is_active=False)]
    assert not resource.get(code).is_active
    for call in (lambda: resource.update(code, changes), lambda: resource.delete(code)):
        with pytest.raises(NotFound, match=f"definition not found: {code}"):
            call()


def test_a_value_does_as_well_as_fields(game: Engine) -> None:
    """A definition made in Python is created with everything that it says."""
    game.definitions.badges.create(Badge("b", name="Bee", points=5, criteria="points.earned >= 10"))
    game.definitions.tiers.create(Tier("gold", min_points=500, benefits=("x",)))
    game.definitions.tiers.create(Tier("tin", level=1, min_points=3), at=None)
    assert game.definitions.badges.get("b").definition == Badge(
        "b", "Bee", points=5, criteria="points.earned >= 10"
    )
    answer = game.points.award("ada", 500)
    assert answer.tier_upgrade is not None
    assert (answer.tier_upgrade.code, answer.tier_upgrade.level) == ("gold", 4)
    assert [badge.name for badge in answer.badges] == ["Own", "Bee"]


def test_what_stands_in_code_is_changed_there(game: Engine) -> None:
    """A definition of the catalog is listed with its origin, and refuses every change."""
    assert game.definitions.badges.get("own").origin == "code"
    assert game.definitions.tiers.get("silver").ladder == "tier"
    with pytest.raises(DefinitionFixed, match="Badge own is defined in code") as caught:
        game.definitions.badges.update("own", {"name": "Mine"})
    assert (caught.value.http_status, caught.value.kind, caught.value.name) == (409, "badge", "own")
    with pytest.raises(DefinitionFixed):
        game.definitions.tiers.delete("silver")
    with pytest.raises(DefinitionExists, match="Badge definition exists already: own"):
        game.definitions.badges.create({"code": "own"})


def test_an_unsound_edit_is_refused_with_its_paths(game: Engine) -> None:
    """The whole catalog is held against an edit, all faults are told, and nothing is written."""
    before = game.history.state_digest()
    with pytest.raises(CatalogError) as caught:
        game.definitions.badges.create({"code": "bad", "criteria": "lesons >= 3", "rarity": 3})  # type: ignore[arg-type]
    assert [fault.path for fault in caught.value.faults] == ["badges.bad.rarity", "badges.bad.criteria"]
    with pytest.raises(CatalogError, match="did you mean 'criteria'"):
        game.definitions.badges.create({"code": "bad", "critera": "x >= 3"})  # type: ignore[arg-type]
    with pytest.raises(CatalogError, match=r"tiers\.tin"):
        game.definitions.tiers.create({"code": "tin", "min_points": 100})
    with pytest.raises(BadValue, match="needs a code"):
        game.definitions.badges.create({"name": "Nameless"})
    with pytest.raises(BadValue, match="cannot be changed"):
        game.definitions.badges.update("own", {"code": "mine"})
    with pytest.raises(BadValue, match="criteria_config"):
        game.definitions.tiers.create({"code": "tin", "criteria_config": 5})  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="must be a Badge or its fields"):
        game.definitions.badges.create(Streak("s"))  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="on_change"):
        game.definitions.badges.create({"code": "b"}, on_change="later")  # type: ignore[arg-type]
    assert game.history.state_digest() == before


def test_what_others_refer_to_cannot_be_deleted(game: Engine) -> None:
    """A badge that a challenge gives stays until the challenge is gone."""
    game.definitions.badges.create({"code": "medal"})
    game.definitions.challenges.create({"code": "dash", "goals": "points.earned >= 5", "badge": "medal"})
    with pytest.raises(CatalogError, match="medal"):
        game.definitions.badges.delete("medal")
    game.definitions.challenges.delete("dash")
    game.definitions.badges.delete("medal")


def test_a_deleted_code_can_be_created_anew(game: Engine) -> None:
    """Versions go on counting, and nothing of the old document is left."""
    game.definitions.badges.create({"code": "b", "rarity": "epic"})
    game.definitions.badges.delete("b")
    assert game.definitions.badges.create({"code": "b"}).version == 3
    assert game.definitions.badges.get("b").definition.rarity == "common"


def test_a_field_set_to_none_is_the_default_again(game: Engine) -> None:
    """Partial updates touch what they name; None takes a value back; no change writes nothing."""
    game.definitions.badges.create({"code": "b", "rarity": "epic", "description": "x"})
    game.definitions.badges.update("b", {"description": None})
    badge = game.definitions.badges.get("b").definition
    assert (badge.rarity, badge.description) == ("epic", None)
    before = game.history.state_digest()
    idle = game.definitions.badges.update("b", {"rarity": "epic"})
    assert (idle.version, idle.activity_id) == (2, game.history.activity()[-1].seq)
    assert game.history.state_digest() == before


def test_rewards_get_a_code_of_their_own(game: Engine) -> None:
    """The document's reward has no code: its id is then made of the activity."""
    answer = game.definitions.rewards.create(
        {"name": "Premium Gift Card", "type": "voucher", "points_cost": 1000}
    )
    assert answer.id == f"rwd_{answer.activity_id}"
    assert game.definitions.rewards.get(answer.id).definition.name == "Premium Gift Card"


def test_lists_are_paged_searched_and_in_display_order(game: Engine) -> None:
    """`display_order` goes first, then catalog before run time, then the order of creation."""
    for n, code in enumerate(("c", "a", "b")):
        game.definitions.badges.create({"code": code, "name": f"Name {code}", "display_order": -n})
    everything = game.definitions.badges.list()
    assert [item.id for item in everything] == ["b", "a", "own", "c"]
    second = game.definitions.badges.list(page=2, page_size=3)
    assert ([item.id for item in second], second.total) == (["c"], 4)
    assert [item.id for item in game.definitions.badges.list(search="NAME A")] == ["a"]


def test_a_key_repeats_the_first_answer(game: Engine) -> None:
    """Under the same key a definition is created once; other fields are a conflict."""
    first = game.definitions.badges.create({"code": "b"}, idempotency_key="k")
    again = game.definitions.badges.create({"code": "b"}, idempotency_key="k")
    assert (again.replayed, again.id, again.version) == (True, first.id, 1)
    with pytest.raises(IdempotencyConflict, match="definition"):
        game.definitions.badges.create({"code": "b", "rarity": "rare"}, idempotency_key="k")


# -- others see it -------------------------------------------------------------------------------------------


def test_another_engine_goes_by_it_at_once(game: Engine, other: Engine) -> None:
    """Reads and writes of a second engine follow an edit without being opened anew, and the other way round."""
    other.points.award("ada", 10)
    assert other.badges.list("ada").total == 1
    game.definitions.badges.create({"code": "b", "criteria": "points.earned >= 20"})
    assert other.badges.list("ada").total == 2
    assert [badge.code for badge in other.points.award("ada", 10).badges] == ["b"]
    other.definitions.badges.update("b", {"name": "Bee"})
    assert game.badges.list("ada").badges[1].name == "Bee"
    other.definitions.badges.delete("b")
    assert (game.badges.list("ada").total, game.badges.list("bob").total) == (2, 1)  # hers stays hers


def test_a_file_that_is_opened_again_has_them(tmp_path: Path, clock: ManualClock) -> None:
    """Definitions made at run time belong to the file, whichever catalog it is opened with."""
    path = tmp_path / "game.db"
    with Engine(CATALOG, path, clock=clock) as first:
        first.definitions.leaderboards.create({"code": "top"})
        first.points.award("ada", 5)
    with Engine(CATALOG, path, clock=clock) as second:
        assert str(second.leaderboards.top("top")) == "1. ada 5"
        rows = len(second.history.activity())
        second.points.award("ada", 5)
        assert len(second.history.activity()) == rows + 1, "nothing had to be adopted"
    with Engine.reopen(path, clock=clock) as third:
        assert third.leaderboards.rank("top", "ada").score == 10


def test_code_wins_over_a_definition_of_the_same_code(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A catalog that comes to have the code later takes it over, and says so in its origin."""
    game = make_engine(CATALOG)
    game.definitions.badges.create({"code": "b", "name": "Made"})
    later = Engine(Catalog(badges=[Badge("b", name="Coded")]), store_of(game), clock=clock)
    assert later.definitions.badges.get("b").origin == "code"
    assert later.badges.award("ada", "b").to_dict()["badge_name"] == "Coded"


def test_a_new_board_is_filled_from_history(game: Engine) -> None:
    """A leaderboard made at run time shows what was earned before there was one."""
    game.points.award("ada", 5)
    game.points.award("bob", 7)
    game.definitions.leaderboards.create({"code": "top", "period": "daily", "periods": ["all_time"]})
    assert str(game.leaderboards.top("top")) == "1. bob 7\n2. ada 5"
    assert game.leaderboards.rank("top", "ada", period="all_time").rank == 2


def test_history_keeps_the_names_of_what_was_deleted(game: Engine) -> None:
    """An outcome is read with the catalog it was decided under; so is a replay under its key."""
    game.definitions.badges.create({"code": "b", "name": "Bee"})
    game.badges.award("ada", "b", idempotency_key="k")
    game.definitions.badges.delete("b")
    with pytest.raises(NotFound, match="Badge definition not found: b"):
        game.badges.award("ada", "b")
    assert game.badges.award("ada", "b", idempotency_key="k").badges[0].name == "Bee"
    (earned,) = [row for row in game.history.activity() if row.kind == "badges.award"]
    assert earned.effects[0].to_dict()["name"] == "Bee"


def test_a_trial_of_an_edit_leaves_nothing(game: Engine, other: Engine) -> None:
    """A dry run shows what an edit would do to everybody; afterwards nobody knows of it."""
    game.points.award("ada", 60)
    before = game.history.state_digest()
    with game.dry_run() as trial:
        trial.definitions.tiers.create({"code": "wood", "min_points": 55}, on_change="reevaluate")
        current = trial.tiers.current("ada").current_tier
        assert current is not None
        assert current.code == "wood"
        assert trial.catalog.ladder("tier").tier("wood").level == 2
    assert game.history.state_digest() == before
    with pytest.raises(NotFound):
        other.definitions.tiers.get("wood")
    assert [tier.code for tier in game.catalog.ladder("tier").tiers] == ["bronze", "silver"]


def test_an_edit_that_is_rolled_back_is_forgotten(game: Engine) -> None:
    """After a transaction that failed, the code is free and the old catalog decides."""

    class Oops(Exception):
        """What goes wrong."""

    with pytest.raises(Oops), game.transaction() as tx:  # noqa: PT012 - the transaction is what is tried
        tx.definitions.badges.create({"code": "b", "criteria": "points.earned >= 1"})
        assert [badge.code for badge in tx.points.award("ada", 1).badges] == ["b"]
        raise Oops
    assert not game.points.award("ada", 1).badges
    game.definitions.badges.create({"code": "b"})


# -- those who are there --------------------------------------------------------------------------------------


def test_keep_lets_people_keep_what_they_hold(game: Engine) -> None:
    """A rung that is raised leaves those who stand on it; a badge that is reached already comes with the next move."""
    game.definitions.tiers.create({"code": "gold", "min_points": 500})
    game.points.award("ada", 600)
    game.definitions.tiers.update("gold", {"min_points": 1000})
    current = game.tiers.current("ada").current_tier
    assert current is not None
    assert current.code == "gold"
    game.definitions.badges.create({"code": "b", "criteria": "points.earned >= 600"})
    assert not game.badges.list("ada", badge_codes=["b"]).badges[0].earned


def test_reevaluate_moves_everybody_both_ways(game: Engine) -> None:
    """Who is below the rung now leaves it, who reaches it gets it, who was put there by hand stays."""
    game.definitions.tiers.create({"code": "gold", "min_points": 500})
    for who, points in (("ada", 600), ("bob", 300), ("cleo", 5)):
        game.points.award(who, points)
    game.tiers.assign("cleo", "gold")
    seen: list[TierChanged] = []
    game.on(TierChanged, seen.append)
    game.definitions.tiers.update("gold", {"min_points": 250}, on_change="reevaluate")
    assert [(effect.participant_id, effect.code) for effect in seen] == [("bob", "gold")]
    game.definitions.tiers.update("gold", {"min_points": 1000}, on_change="reevaluate")
    stand = {who: game.tiers.current(who).current_tier for who in ("ada", "bob", "cleo")}
    assert {who: tier.code if tier else None for who, tier in stand.items()} == {
        "ada": "silver",
        "bob": "silver",
        "cleo": "gold",
    }


def test_reevaluate_treats_badges_by_their_permanence(game: Engine) -> None:
    """A badge that is not permanent goes with its criteria, and so do its points; a permanent one stays."""
    for code, permanent in (("lasting", True), ("fleeting", False)):
        fields = {"code": code, "criteria": "points.earned >= 10", "points": 7, "permanent": permanent}
        game.definitions.badges.create(fields)  # type: ignore[arg-type]
    game.points.award("ada", 10)
    assert game.points.balance("ada").balance == 24
    for code in ("lasting", "fleeting"):
        game.definitions.badges.update(code, {"criteria": "points.earned >= 1000"}, on_change="reevaluate")
    assert [b.code for b in game.badges.list("ada", earned_only=True)] == ["lasting"]
    assert game.points.balance("ada").balance == 17


def test_a_changed_catalog_has_the_same_choice(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`on_change="reevaluate"` gives what the new catalog gives to those who have reached it; `"keep"` does not."""
    game = make_engine(CATALOG)
    game.points.award("ada", 70)
    more = Catalog(
        ladders=CATALOG.ladders, badges=[*CATALOG.badges, Badge("more", criteria="points.earned >= 60")]
    )
    for choice, earned in (("keep", ["own"]), ("reevaluate", ["own", "other"])):
        renamed = (
            more
            if choice == "keep"
            else Catalog(
                ladders=CATALOG.ladders,
                badges=[*CATALOG.badges, Badge("other", criteria="points.earned >= 60")],
            )
        )
        engine = Engine(renamed, store_of(game), clock=clock, on_change=choice)  # type: ignore[arg-type]
        engine.points.award("bob", 1)
        assert [badge.code for badge in engine.badges.list("ada", earned_only=True)] == earned


def test_a_reevaluation_survives_a_crash(
    store_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one process did not finish, the next one that writes does, each person once."""
    store = new_store(store_kind, tmp_path / "g.db")
    game = Engine(CATALOG, store)
    for n in range(7):
        game.points.award(f"p{n}", 10)

    class Crash(BaseException):
        """The end of a process."""

    calls = []

    def dies(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise Crash
        return whole(*arguments)

    monkeypatch.setattr("gamify_core.services.access._PEOPLE_AT_ONCE", 3)
    road = game._access.road  # noqa: SLF001 - the step that is interrupted
    whole = road.reevaluate
    monkeypatch.setattr(road, "reevaluate", dies)
    with pytest.raises(Crash):
        game.definitions.badges.create(
            {"code": "b", "criteria": "points.earned >= 5"}, on_change="reevaluate"
        )
    assert game.badges.list("p2", badge_codes=["b"]).earned_count == 1
    assert game.badges.list("p3", badge_codes=["b"]).earned_count == 0
    after = Engine(CATALOG, store)
    for _ in range(3):  # a process that did not begin the work helps on with a step of each command
        after.points.award("late", 1)
    assert all(after.badges.list(f"p{n}", badge_codes=["b"]).earned_count for n in range(7))
    given = [row.participant_id for row in after.history.activity() if row.kind == "catalog.reevaluated"]
    assert given == [f"p{n}" for n in range(7)]
    after.points.award("late", 1)
    assert len([row for row in after.history.activity() if row.kind == "catalog.reevaluated"]) == 7
    store.close()


def test_a_tier_can_found_a_ladder(make_engine: MakeEngine) -> None:
    """With an empty catalog the document's own calls are enough: tiers first, then points."""
    game = make_engine(Catalog())
    for level, (code, least) in enumerate({"bronze": 0, "silver": 100}.items(), 1):
        game.definitions.tiers.create(
            {"code": code, "level": level, "criteria_config": {"min_points": least}}
        )
    assert game.points.award("ada", 5).tier_upgrade is None
    upgrade = game.points.award("ada", 95).tier_upgrade
    assert upgrade is not None
    assert (upgrade.code, upgrade.level, upgrade.previous_code) == ("silver", 2, "bronze")


def test_rules_of_the_code_can_lean_on_nothing_made_at_run_time() -> None:
    """A catalog is sound by itself: a rule that names a badge which only a file has is refused when it is built."""
    with pytest.raises(CatalogError, match="medal"):
        Catalog(rules=[Rule("r", on="e", badge="medal")])
    assert Catalog(leaderboards=[Leaderboard("b")]).leaderboard("b").code == "b"
