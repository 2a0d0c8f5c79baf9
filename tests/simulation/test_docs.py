"""The page on simulations: its scenario and its goals can be used as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from gamify_core import Catalog, Scenario, simulate
from gamify_core.domain.expectations import MEASURES
from tests.simulation.games import SHARED

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_scenario_can_be_played() -> None:
    """What the page shows as a scenario file is one, and the catalog it fits plays it."""
    scenario = Scenario.from_toml(FILES[0])
    lessons = Path(__file__).parents[2] / "gamify_core" / "examples" / "lessons.toml"
    assert simulate(lessons, scenario=scenario, players=20, days=30).players == 20


def test_the_goals_can_be_held() -> None:
    """What the page shows as goals are goals."""
    text = FILES[1] + "[ladders.tier]\ntiers = { wood = 0, gold = 5 }\n[rewards.mug]\n"
    assert len(Catalog.from_toml(text).expect) == 3


def test_every_measure_is_told() -> None:
    """The table names every measure there is, and each can be asked of a season, with every option it takes."""
    for name in MEASURES:
        assert f"`{name}`" in PAGE, name
    result = simulate(SHARED, players=10, days=10)
    rewards = {"reward": "reward.mug", "currency": "points"}
    targets = {"tier": "tier.gold", "badge": "badge.week", "streak": "streak.daily", **rewards}
    options = {
        "day": 5,
        "persona": "casual",
        "length": 2,
    }
    for name, takes in MEASURES.items():
        for kind in takes.targets or ("",):
            asked = [targets[kind]] if kind else []
            assert result.measure(f"{name}({', '.join(asked)})").n == 1
            for option in takes.options:
                if (name, kind, option) == ("share", "tier", "persona"):  # of badges alone, as the table says
                    continue
                assert result.measure(f"{name}({', '.join([*asked, f'{option}={options[option]}'])})").n == 1
