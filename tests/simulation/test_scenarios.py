from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    BadValue,
    Catalog,
    Event,
    Metric,
    Mix,
    Persona,
    Rule,
    Scenario,
    ScenarioError,
    simulate,
)
from gamify_core.simulation.acting import Cast, Life
from gamify_core.simulation.inventing import mix_of
from gamify_core.simulation.personas import survival
from tests.simulation.games import APART, PEOPLE, START

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
players = 40
days = 20
start = 2026-03-02
arrivals = 10

[personas.casual]
share = 3
activity = 0.3
retention = { 1 = 0.6, 7 = 0.4 }
hours = "18-23"

[personas.keen]
activity = 0.9
events_per_day = 2
timezone = "Asia/Tokyo"
[personas.keen.events.lesson]
weight = 2
score = { normal = [75, 10], min = 0, max = 100 }
topic = ["loops", "functions"]
[personas.keen.events]
quiz = 1
"""


def test_a_file_says_who_plays(tmp_path: Path) -> None:
    """A scenario file gives the personas, how many there are, how long, and from when."""
    path = tmp_path / "people.toml"
    path.write_text(
        FILE.replace("[personas.keen.events]\nquiz = 1\n", "[personas.keen.events.quiz]\n"), encoding="utf-8"
    )
    result = simulate(APART, scenario=path, seed=1)
    assert (result.players, result.days, result.start.isoformat()) == (40, 20, "2026-03-02")
    assert set(result.tallies[0].players) == {"casual", "keen"}
    assert simulate(APART, scenario=path, seed=1, players=10).players == 10


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("[personas.a]\nactvity = 0.5\n", "personas.a.actvity", "did you mean 'activity'?"),
        ("[personas.a]\nactivity = 50\n", "personas.a.activity", "from 0 to 1"),
        ("[personas.a]\nretention = { D1 = 0.5 }\n", "personas.a.retention", "7 = 0.4"),
        ("[personas.a]\nretention = { power = [1] }\n", "personas.a.retention.power", "power"),
        ('[personas.a]\nhours = "late"\n', "personas.a.hours", "18-23"),
        ('[personas.a]\ntimezone = "Europe/Pris"\n', "personas.a.timezone", "Europe/Paris"),
        ('[personas.a]\npicks = "chepest"\n', "personas.a.picks", "'cheapest'"),
        (
            "[personas.a.events.lesson]\nscore = { norml = [1, 2] }\n",
            "personas.a.events.lesson.score",
            "normal",
        ),
        ("playrs = 5\n", "playrs", "'players'"),
        ("players = 0\n", "players", ""),
        ("personas = 3\n", "personas", "[personas.casual]"),
        ("nonsense", "scenario", ""),
    ],
)
def test_faults_have_a_path_and_a_remedy(text: str, path: str, remedy: str) -> None:
    """What is wrong is told with its path, its line and what to write instead; nobody plays."""
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_toml(text)
    fault = next(each for each in refused.value.faults if each.path == path)
    assert remedy in fault.remedy + fault.message
    assert fault.line


def test_all_faults_are_told_at_once() -> None:
    """One look at the answer is enough to mend a scenario."""
    with pytest.raises(ScenarioError) as refused:
        Scenario([Persona("a", activity=2, churn=-1), Persona("a", events_per_day=0.5)], arrivals=-1)
    assert len(refused.value.faults) == 5


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    ["share", "activity", "retention", "events", "hours", "timezone", "picks", "churn", "price"]
)


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from(["players", "days", "start", "arrivals", "x"]), ANY),
    st.dictionaries(WORDS, ANY),
)
def test_any_data_is_a_scenario_or_its_faults(top: dict[str, Any], persona: dict[str, Any]) -> None:
    """Whatever a file holds, reading it answers with a scenario or a `ScenarioError`, never another error."""
    try:
        Scenario.from_dict({**top, "personas": {"a": persona}})
    except ScenarioError as refused:
        assert refused.faults  # noqa: PT017 - either way is right


@pytest.mark.parametrize(
    ("retention", "share"),
    [
        (None, {0: 1, 5: 1}),
        ({1: 0.6, 3: 0.4}, {0: 1, 1: 0.6, 2: 0.5, 3: 0.4, 9: 0.4}),
        ({"power": [0.5, -1.0]}, {0: 1, 1: 0.5, 2: 0.25, 10: 0.05}),
        ({1: 0.6, 4: {"power": [0.8, -1.0]}}, {1: 0.6, 4: 0.2, 8: 0.1}),
    ],
)
def test_retention_is_a_table_a_power_law_or_pieces(retention: Any, share: dict[int, float]) -> None:
    """A table is straight between its days, a power law holds from its day on."""
    kept = survival(Persona("a", retention=retention))
    assert {age: kept(age) for age in share} == pytest.approx(share)


def test_people_stay_as_long_as_retention_says() -> None:
    """With everybody active whenever they are there, the measured curve is the one that was asked for."""
    scenario = Scenario([Persona("a", activity=1, retention={1: 0.6, 7: 0.3}, churn=0.01)])
    result = simulate(
        Catalog(rules=[Rule("r", on="e", award=1)]), players=4000, days=9, scenario=scenario, seed=2
    )
    for day, share in ((1, 0.6 * 0.99), (7, 0.3 * 0.99**7)):
        assert result.measure(f"retention(day={day})").value == pytest.approx(share, abs=0.025)


def test_people_arrive_over_the_days_they_should() -> None:
    """Nobody plays before they arrive, and arrivals are spread evenly."""
    scenario = Scenario([Persona("a", activity=1)], arrivals=10)
    tally = simulate(
        Catalog(rules=[Rule("r", on="e", award=1)]), players=1000, days=20, scenario=scenario
    ).tallies[0]
    arrived = tally.arrived["a"]
    assert sum(arrived[:10]) == 1000
    assert min(arrived[:10]) > 60
    assert tally.daily() == tally.present()


def test_hours_are_those_of_the_persona_where_they_live() -> None:
    """Events fall on the hours that were asked for, on the clock of the persona's own zone."""
    cast = Cast(APART, PEOPLE, START, 14)
    lives = [Life(cast, 1, 0, each) for each in range(40)]
    keen = [life for life in lives if life.role.persona.code == "keen" and life.zone == "Asia/Tokyo"]
    acts = [
        act for life in keen for day in life.active for act in life.acts(cast, day) if act.kind == "event"
    ]
    assert {((act.at // 3_600_000_000) + 9) % 24 for act in acts} == set(range(18, 24))


def test_events_are_invented_to_suit_conditions() -> None:
    """Undeclared or declared, what is invented falls on both sides of what conditions compare with."""
    catalog = Catalog(
        events=[Event("sale", amount=int, country=str, gift=bool)],
        rules=[Rule("big", on="sale", when="amount >= 2000 and country == 'FR' and not gift", award=5)],
    )
    assert mix_of(catalog)["sale"].properties == {
        "amount": {"uniform": [0, 4000]},
        "country": ["FR", "a", "b", "c", "d", "e", "f", "g"],
        "gift": {"chance": 0.5},
    }
    fired = simulate(catalog, players=200, days=30, seed=1)
    assert 0 < fired.measure("issued(points)").value / 5 < fired.measure("events()").value / 4


def test_an_event_that_is_not_declared_is_refused_before_anybody_plays() -> None:
    """A scenario that sends what the catalog would refuse says so at once."""
    with pytest.raises(ScenarioError, match="did you mean 'lesson'"):
        simulate(APART, scenario=Scenario([Persona("a", events={"leson": Mix()})]))


def test_a_catalog_without_events_has_nothing_to_play() -> None:
    """Where nobody could do anything, that is said, and how to mend it."""
    with pytest.raises(BadValue, match="no events"):
        simulate(Catalog())


def test_what_is_only_a_name_is_invented_as_what_it_is_to_come_to() -> None:
    """A property that is added up or is the latest value is a number, one whose values are counted is a word."""
    game = Catalog(
        metrics=[
            Metric("minutes", on="e", sum="minutes"),
            Metric("weight", on="f", latest="weight"),
            Metric("topics", on="e", distinct="topic"),
        ],
        rules=[Rule("r", on="e", when="passed", award="score")],
    )
    mix = mix_of(game)
    assert mix["f"].properties == {"weight": {"uniform": [0, 100]}}
    kinds = {name: type(source).__name__ for name, source in mix["e"].properties.items()}
    assert kinds == {"minutes": "dict", "passed": "dict", "score": "dict", "topic": "list"}
    assert mix["e"].properties["passed"] == {"chance": 0.5}
    result = simulate(game, players=5, days=5)
    assert not result.tallies[0].skipped
    assert result.measure("issued(points)").value > 0
