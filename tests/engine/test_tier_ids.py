"""Tiers of several ladders at run time: each ladder has its own codes, as it has in code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import BadValue, Catalog, DefinitionExists, DefinitionFixed, Engine, Ladder, NotFound, Tier

if TYPE_CHECKING:
    from .conftest import MakeEngine


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Open an engine with a ladder of its own."""
    return make_engine(Catalog(ladders=[Ladder("tier", tiers=[Tier("gold", min_points=10)])]))


def test_a_code_is_free_on_another_ladder(game: Engine) -> None:
    """`gold` of the ladder `level` is `level:gold`, and has nothing to do with `gold`."""
    created = game.definitions.tiers.create({"code": "gold", "ladder": "level", "min_points": 5})
    assert (created.id, created.to_dict()["id"], created.to_dict()["code"]) == (
        "level:gold",
        "level:gold",
        "gold",
    )
    assert [tier.id for tier in game.definitions.tiers.list()] == ["gold", "level:gold"]
    there = game.definitions.tiers.get("level:gold")
    assert (there.ladder, there.origin, there.definition.min_points) == ("level", "runtime", 5)
    assert (there.to_dict()["id"], there.to_dict()["code"]) == ("level:gold", "gold")
    assert game.definitions.tiers.get("tier:gold") == game.definitions.tiers.get("gold")
    game.points.award("ada", 5)
    current = game.tiers.current("ada", ladder="level").current_tier
    assert current is not None
    assert current.code == "gold"
    assert game.tiers.current("ada").current_tier is None


def test_an_id_does_for_a_code(game: Engine) -> None:
    """Tiers are created, changed and deleted under their ids, and a ladder that the id tells need not be told."""
    game.definitions.tiers.create({"code": "level:gold", "min_points": 5})
    assert game.catalog.ladder("level").tier("gold").min_points == 5
    game.definitions.tiers.create({"code": "tier:jade", "min_points": 50})
    assert game.catalog.ladder("tier").tier("jade").min_points == 50
    updated = game.definitions.tiers.update("level:gold", {"color": "red", "code": "gold", "ladder": "level"})
    assert (updated.id, updated.to_dict()["color"], updated.to_dict()["ladder"]) == (
        "level:gold",
        "red",
        "level",
    )
    game.definitions.tiers.update("jade", {"color": "green", "code": "tier:jade", "ladder": None})
    assert game.definitions.tiers.get("tier:jade").definition.color == "green"
    deleted = game.definitions.tiers.delete("level:gold").to_dict()
    assert (deleted["id"], deleted["code"], deleted["deleted"]) == ("level:gold", "gold", True)
    assert not game.definitions.tiers.get("level:gold").is_active


def test_names_that_do_not_fit_are_refused(game: Engine) -> None:
    """There is one of each; a tier keeps its ladder; and the code's own are changed in code."""
    game.definitions.tiers.create({"code": "gold", "ladder": "level", "min_points": 5})
    with pytest.raises(DefinitionExists, match="level:gold"):
        game.definitions.tiers.create({"code": "level:gold", "min_points": 6})
    with pytest.raises(DefinitionExists, match="gold"):
        game.definitions.tiers.create({"code": "gold", "ladder": "tier", "min_points": 6})
    with pytest.raises(DefinitionFixed):
        game.definitions.tiers.update("tier:gold", {"color": "red"})
    with pytest.raises(BadValue, match="is not on ladder 'rank'"):
        game.definitions.tiers.create({"code": "level:jade", "ladder": "rank"})
    with pytest.raises(BadValue, match="ladder of tier level:gold cannot be changed"):
        game.definitions.tiers.update("level:gold", {"ladder": "tier"})
    with pytest.raises(BadValue, match="code of tier level:gold cannot be changed"):
        game.definitions.tiers.update("level:gold", {"code": "jade"})
    with pytest.raises(NotFound, match="Tier definition not found: rank:gold"):
        game.definitions.tiers.get("rank:gold")


def test_a_colon_is_for_tiers_alone(game: Engine) -> None:
    """Elsewhere it is a code that no definition can have."""
    with pytest.raises(ValueError, match="a:b"):
        game.definitions.badges.create({"code": "a:b"})
