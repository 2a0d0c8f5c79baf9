"""Definitions made at run time beside a catalog in code that changes: nothing stops, and nothing is mistaken."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Badge,
    Catalog,
    CatalogError,
    Currency,
    Engine,
    Ladder,
    ManualClock,
    Metric,
    NotFound,
)
from gamify_core.road.plan import Plan
from gamify_core.storage.tables.definitions import DEFINITION, DefinitionRow

from .conftest import store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

COUNTED = Catalog(metrics=[Metric("lessons", on="lesson")])


@pytest.fixture
def store(make_store: Callable[[], Store], clock: ManualClock) -> Store:
    """Hold what refers to a metric of the code: a badge, a challenge that gives it, and a badge of its own."""
    kept = make_store()
    made = Engine(COUNTED, kept, clock=clock).definitions
    made.badges.create({"code": "three", "criteria": "lessons >= 3", "name": "Three"})
    made.challenges.create({"code": "dash", "goals": "points.earned >= 500", "badge": "three"})
    made.leaderboards.create({"code": "top", "metric": "lessons"})
    made.badges.create({"code": "free", "criteria": "points.earned >= 5"})
    return kept


@pytest.fixture
def bare(store: Store, make_engine: MakeEngine) -> Engine:
    """Open the store with a catalog that has lost the metric."""
    return make_engine(Catalog(), store=store)


def in_force(game: Engine, section: str) -> dict[str, bool]:
    """Return which definitions of a section there are, and whether they are in force."""
    resource = getattr(game.definitions, section)
    listed = [*resource.list(), *resource.list(is_active=False)]
    return {each.id: each.is_active for each in listed}


def test_what_refers_to_nothing_is_left_out(bare: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Everything else works as before; what refers to something that is left out is left out with it, told once."""
    with caplog.at_level(logging.WARNING, logger="gamify_core"):
        assert bare.points.balance("ada").balance == 0
        assert [badge.code for badge in bare.points.award("ada", 5).badges] == ["free"]
        assert [badge.code for badge in bare.badges.list("ada").badges] == ["free"]
        bare.definitions.badges.create({"code": "more"})
        bare.points.award("ada", 5)
    told = [record.getMessage() for record in caplog.records]
    assert [message.split(" is left out: ")[0].rpartition(" ")[2] for message in told] == [
        "badges.three",
        "leaderboards.top",
        "challenges.dash",
    ]
    assert "badges.three.criteria: unknown metric 'lessons'" in told[0]
    assert in_force(bare, "badges") == {"free": True, "more": True, "three": False}
    assert in_force(bare, "leaderboards") == {"top": False}
    assert bare.definitions.badges.get("three").to_dict()["name"] == "Three"
    with pytest.raises(NotFound):
        bare.badges.award("ada", "three")


def test_what_is_left_out_comes_back(bare: Engine, store: Store, make_engine: MakeEngine) -> None:
    """Once the code has again what they refer to, definitions are in force as they were."""
    bare.points.award("ada", 5)
    again = make_engine(COUNTED, store=store)
    for _ in range(2):
        again.events.emit("ada", "lesson")
    assert [badge.code for badge in again.events.emit("ada", "lesson").badges] == ["three"]
    assert in_force(again, "challenges") == {"dash": True}
    assert str(again.leaderboards.top("top")) == "1. ada 3"


def test_what_is_left_out_is_mended_or_deleted(bare: Engine) -> None:
    """One at a time, whatever else is left out; what leaned on the mended one is back with it."""
    assert bare.definitions.leaderboards.delete("top").deleted
    assert in_force(bare, "challenges") == {"dash": False}
    with pytest.raises(CatalogError, match=r"badges\.three\.criteria: unknown metric 'lesons'"):
        bare.definitions.badges.update("three", {"criteria": "lesons >= 3"})
    bare.definitions.badges.update("three", {"criteria": None})
    assert in_force(bare, "badges") == {"free": True, "three": True}
    assert in_force(bare, "challenges") == {"dash": True}
    with pytest.raises(CatalogError, match=r"challenges\.dash\.badge"):
        bare.definitions.badges.delete("three")
    assert bare.badges.award("ada", "three").badges[0].code == "three"


def test_what_a_fault_does_not_name_is_the_last_to_have_come(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A coded tier that is no higher than one made at run time keeps its place, and the other one gives way."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 200})]))
    game.definitions.tiers.create({"code": "silver", "min_points": 100})
    game.definitions.badges.create({"code": "b"})
    changed = Catalog(ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 100})])
    later = Engine(changed, store_of(game), clock=clock)
    upgrade = later.points.award("ada", 100).tier_upgrade
    assert upgrade is not None
    assert (upgrade.code, in_force(later, "tiers")["silver"], in_force(later, "badges")["b"]) == (
        "gold",
        False,
        True,
    )


def test_a_loop_with_the_code_is_broken_at_what_was_made(make_engine: MakeEngine) -> None:
    """Badges that would set each other off for ever are refused, and where the code closes the loop it goes first."""
    coins = [Currency("coins")]
    coded = Badge("a", criteria="points.earned >= 9", points={"coins": 9}, repeatable=True)
    fields = {"code": "b", "criteria": "coins.earned >= 9", "points": {"points": 9}, "repeatable": True}
    game = make_engine(Catalog(currencies=coins))
    game.definitions.badges.create({"code": "older"})
    game.definitions.badges.create(fields)  # type: ignore[arg-type]
    game.definitions.leaderboards.create({"code": "newer"})
    later = make_engine(Catalog(currencies=coins, badges=[coded]), store=store_of(game))
    assert [badge.code for badge in later.points.award("ada", 9).badges] == ["a"]
    assert in_force(later, "badges") == {"a": True, "older": True, "b": False}
    assert in_force(later, "leaderboards") == {"newer": True}
    with pytest.raises(CatalogError, match="a loop of repeatable badges"):
        later.definitions.badges.create({**fields, "code": "c"})  # type: ignore[arg-type]


def test_a_document_that_cannot_be_read_is_left_out(store: Store, make_engine: MakeEngine) -> None:
    """A field that this version does not know leaves the rest of the definition to be seen, and to be deleted."""
    writer = make_engine(COUNTED, store=store)
    unit = writer._access.road.open()  # noqa: SLF001 - as a later version would have written it
    document = '{"name":"Odd","sparkle":true}'
    unit.append(DEFINITION, DefinitionRow("badges", "odd", 1, document, 0, 1_772_000_000_000_000, 2))
    unit.commit()
    game = make_engine(COUNTED, store=store)
    assert game.points.award("ada", 5).new_balance == 5
    odd = game.definitions.badges.get("odd")
    assert (odd.is_active, odd.definition.name) == (False, "Odd")
    assert game.definitions.badges.update("odd", {"sparkle": None}).version == 2  # type: ignore[typeddict-unknown-key]
    assert game.definitions.badges.get("odd").is_active


def test_a_deleted_reward_that_is_unsound_stops_no_edit(make_engine: MakeEngine) -> None:
    """It is kept for those who claimed it, and where it cannot be kept nobody is held up by it."""
    game = make_engine(Catalog(currencies=[Currency("gems")]))
    game.definitions.rewards.create({"code": "mug", "currency": "gems"})
    game.definitions.rewards.delete("mug")
    later = make_engine(Catalog(), store=store_of(game))
    assert later.definitions.rewards.create({"code": "cup"}).version == 1
    assert in_force(later, "rewards") == {"cup": True, "mug": False}


# -- whose catalog it is ---------------------------------------------------------------------------------------


def test_catalogs_of_one_meaning_are_told_apart(make_engine: MakeEngine, store_kind: str) -> None:
    """An engine that has a badge in code and one that has it from the store part again with its deletion."""
    first = make_engine(Catalog())
    first.definitions.badges.create({"code": "b", "name": "B"})
    first.points.award("ada", 1)
    second = make_engine(Catalog(badges=[Badge("b", name="B")]), store=store_of(first), on_change="refuse")
    second.points.award("ada", 1)
    assert first.badges.list("ada").total == 1
    first.definitions.badges.delete("b")
    third = make_engine(Catalog(badges=[Badge("b", name="B")]), store=store_of(first))
    third.points.award("ada", 1)
    assert first.badges.list("ada").total == 0, store_kind
    with pytest.raises(NotFound, match="Badge definition not found: b"):
        first.badges.award("ada", "b")
    assert third.badges.award("ada", "b").badges[0].name == "B"


def test_an_edit_that_was_taken_back_is_not_mistaken_for_the_next(make_engine: MakeEngine) -> None:
    """The same version of the same definition, with other words, is another catalog."""
    game = make_engine()
    for name in ("Tried", "Tried Again"):
        with game.dry_run() as trial:
            trial.definitions.badges.create({"code": "b", "name": name})
            assert trial.badges.award("ada", "b").badges[0].name == name
    game.definitions.badges.create({"code": "b", "name": "Meant"})
    assert game.badges.award("ada", "b").badges[0].name == "Meant"


def test_what_is_known_of_catalogs_has_a_bound(make_engine: MakeEngine) -> None:
    """After many edits, read back one by one, an engine does not hold every catalog there ever was."""
    game = make_engine()
    game.definitions.badges.create({"code": "b"})
    for n in range(40):
        game.definitions.badges.update("b", {"name": f"N{n}"})
        game.badges.award(f"p{n}", "b", idempotency_key=f"k{n}")
        game.badges.list("ada")
    for n in range(40):
        assert game.badges.award(f"p{n}", "b", idempotency_key=f"k{n}").badges[0].name == f"N{n}"
    road = game._access.road  # noqa: SLF001 - what is kept is nobody's to see
    assert max(len(road.catalogs._catalogs), len(road.catalogs._plans)) <= 20  # noqa: SLF001
    facts: list[Any] = [fact for fact in road.known.values() if isinstance(fact, Plan | tuple)]
    assert len(facts) <= 2
