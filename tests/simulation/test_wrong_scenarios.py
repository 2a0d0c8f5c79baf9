"""Scenarios and sweeps that are wrong: every kind of fault with its path, its sentence and what to write instead."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import BadValue, Catalog, Event, Persona, Reward, Scenario, ScenarioError, simulate, sweep

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = Catalog.from_toml("""
[rules.lesson]
on = "lesson"
award = 10
[ladders.tier]
tiers = { bronze = 0, gold = { min_points = 100, name = "Golden" } }
""")


def faults_of(data: Any) -> list[str]:
    """Return the faults of a scenario of plain data as sentences."""
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_dict(data)
    return [str(fault) for fault in refused.value.faults]


DRAWS = "write { normal = [70, 15], min = 0, max = 100 }, say"
FAULTS: list[tuple[Any, str]] = [
    (3, "scenario: 3 is not a scenario; write [personas.casual]"),
    ({"start": "soon"}, "start: 'soon' is not a date; write 2026-01-05"),
    ({"start": datetime(2026, 1, 5, tzinfo=UTC)}, "start: a datetime is not a date; write 2026-01-05"),
    ({"players": True}, "players: True is not a whole number from 1 to 10000000"),
    ({"days": 1.5}, "days: 1.5 is not a whole number from 1 to 10000000"),
    ({"arrivals": -1}, "arrivals: -1 is not a number of days; write 30, say"),
    (
        {"zzz": 1},
        "zzz: unknown key 'zzz'; there are personas, players, days, start, arrivals, gifts, codes, costs",
    ),
    ({"personas": {"a": 3}}, "personas.a: 3 is not a table; write [personas.a]"),
    (
        {"personas": {"a": {"share": 0}, "b": {"share": 0}}},
        "personas: no persona has a share; leave it out for all alike",
    ),
    ({"personas": {"": {}}}, 'personas.: a persona needs a code of its own; write Persona("casual")'),
]


def _drawn(source: object) -> dict[str, Any]:
    return {"events": {"x": {"score": source}}}


PERSONAS: list[tuple[dict[str, Any], str]] = [
    ({"churn": True}, "churn: True is not a chance; write a number from 0 to 1"),
    ({"events": 3}, "events: 3 is not a table; write [personas.a.events.some_event]"),
    ({"events": {"x": "much"}}, "events.x: 'much' is not a table; write { weight = 2, score = [1, 2, 3] }"),
    ({"events": {"x": True}}, "events.x: True is not a table; write { weight = 2, score = [1, 2, 3] }"),
    ({"events": {"x": -1}}, "events.x.weight: -1 is not a weight; write a number from 0 to 10000000"),
    ({"events": {"x": 0, "y": 0}}, "events: no event has a weight; leave the table out for all events alike"),
    ({"events": {"x": {"score": []}}}, f"events.x.score: an empty list has nothing to draw from; {DRAWS}"),
    (
        {"events": {"x": {"score": {"min": 0}}}},
        f"events.x.score: it names 0 ways of drawing, not one; {DRAWS}",
    ),
    (
        {"events": {"x": {"score": {"chance": 1, "uniform": [0, 1]}}}},
        f"events.x.score: it names 2 ways of drawing, not one; {DRAWS}",
    ),
    ({"events": {"x": {"score": {"uniform": [0]}}}}, f"events.x.score: uniform takes two numbers; {DRAWS}"),
    (
        {"events": {"x": {"score": {"chance": 2}}}},
        f"events.x.score: a chance is a number from 0 to 1; {DRAWS}",
    ),
    (
        {"events": {"x": {"score": {"weights": {}}}}},
        f"events.x.score: weights are a table such as {{ easy = 3, hard = 1 }}; {DRAWS}",
    ),
    ({"events": {"x": {"score": {"zzz": 1}}}}, f"events.x.score: unknown key 'zzz'; {DRAWS}"),
    (_drawn({"uniform": [5, 1]}), f"events.x.score: it goes from 5 up to 1, which is less; {DRAWS}"),
    (_drawn({"uniform": [0, float("inf")]}), f"events.x.score: uniform takes two numbers; {DRAWS}"),
    (_drawn({"normal": [5, -1]}), f"events.x.score: a spread of -1 is below zero; {DRAWS}"),
    (_drawn({"log_normal": [0, 1]}), f"events.x.score: a median of 0 is not above zero; {DRAWS}"),
    (_drawn({"log_normal": [1, 800]}), f"events.x.score: a sigma of 800 is beyond 20; {DRAWS}"),
    (_drawn({"weights": {"a": -1}}), f"events.x.score: a weight is a number from 0 on; {DRAWS}"),
    (_drawn({"weights": {"a": 0}}), f"events.x.score: nothing has a weight; {DRAWS}"),
    (_drawn({"normal": [5, 1], "min": "x"}), f"events.x.score: min takes a number; {DRAWS}"),
    (
        _drawn({"normal": [5, 1], "min": 9, "max": 1}),
        f"events.x.score: it is to be 9 at least and 1 at most; {DRAWS}",
    ),
    (
        _drawn({"normal": [5, 1], "digits": "x"}),
        f"events.x.score: digits takes a whole number from 0 to 15; {DRAWS}",
    ),
    (
        _drawn({"chance": 0.5, "max": 1}),
        f"events.x.score: max is for numbers, and chance draws none; {DRAWS}",
    ),
    ({"timezone": {}}, "timezone: no zone has a weight; leave it out for the catalog's own"),
    ({"timezone": {"UTC": 0}}, "timezone: no zone has a weight; leave it out for the catalog's own"),
    (
        {"retention": {"power": [float("inf"), -1]}},
        "retention.power: a list is not a power law; write { power = [0.6, -0.4] }",
    ),
    ({"picks": 3}, "picks: 3 is not known; one of cheapest, dearest, random"),
    ({"retention": {}}, "retention: a dict is not a retention; write { 1 = 0.6, 7 = 0.4, 30 = 0.2 }"),
    ({"retention": {1: 2}}, "retention.1: 2 is not a share; write a number from 0 to 1"),
    (
        {"retention": {1: {"power": "x"}}},
        "retention.1: 'x' is not a power law; write { power = [0.6, -0.4] }",
    ),
    ({"timezone": {"UTC": -1}}, "timezone.UTC: -1 is not a weight; write a number from 0 to 10000000"),
    ({"hours": [1, 2]}, 'hours: a tuple is not a time of day; write "18-23", or 24 weights'),
]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [*FAULTS, *(({"personas": {"a": given}}, f"personas.a.{told}") for given, told in PERSONAS)],
)
def test_each_fault_of_a_scenario_is_told_with_its_path_and_what_to_write(data: Any, sentence: str) -> None:
    """One mistake is one sentence: where, what, and what to write instead."""
    assert faults_of(data) == [sentence]


def test_what_is_no_persona_and_no_mix_is_told_as_such() -> None:
    """In Python anything can stand where a persona, or the mix of an event, should."""
    with pytest.raises(ScenarioError) as refused:
        Scenario(["casual", Persona("a", events={"x": 1})])  # type: ignore[list-item, dict-item]
    assert [str(fault) for fault in refused.value.faults] == [
        "personas[0]: 'casual' is not a Persona; write Persona(\"casual\")",
        "personas.a.events.x: 1 is not a Mix; write Mix(2, {'score': [1, 2, 3]})",
    ]


def test_a_file_that_is_not_there_is_a_scenario_error(tmp_path: Path) -> None:
    """And is named in it, as a file that holds no scenario is."""
    with pytest.raises(ScenarioError, match=r"gone\.toml"):
        Scenario.load(tmp_path / "gone.toml")
    path = tmp_path / "people.json"
    path.write_text('{"players": 0}', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"people\.json"):
        Scenario.load(path)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("badges.first.points", "'badges.first.points' leads nowhere: there is no 'badges'"),
        ("rules.lessn.award", "there is no 'lessn' (did you mean 'lesson'?)"),
        ("rules.lesson.awrd", "there is no 'awrd' (did you mean 'award'?)"),
        (
            "rules.lesson",
            "'rules.lesson' leads nowhere: 'rules' is there, but no setting at the end of the path",
        ),
        ("timezone.x", "leads nowhere"),
        ("rules.lesson.on.x", "'on' is there, but no setting at the end of the path"),
        ("personas.casul.share", "there is no 'casul' (did you mean 'casual'?)"),
        ("personas.casual.shar", "there is no 'shar' (did you mean 'share'?)"),
        ("personas.casual", "leads nowhere"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_before_anything_is_played(path: str, told: str) -> None:
    """A sweep over a misspelt setting would show that nothing depends on it."""
    with pytest.raises(BadValue) as refused:
        sweep(CATALOG, {path: [1]}, players=1, days=1)
    assert told in str(refused.value)


def test_lists_that_cannot_be_swept_are_refused() -> None:
    """No values at all, or lists in step of different lengths."""
    with pytest.raises(BadValue, match=r"'rules.lesson.award' has no values"):
        sweep(CATALOG, {"rules.lesson.award": []}, players=1, days=1)
    with pytest.raises(BadValue, match="different lengths: 1, 2"):
        sweep(CATALOG, {"rules.lesson.award": [1], "timezone": ["UTC", "+01:00"]}, grid=False)


def test_a_point_that_fails_is_told_and_the_others_are_played() -> None:
    """With what was changed in the catalog, in the calendar, in a rung that has a name too, and in a persona."""
    over: dict[str, list[object]] = {
        "ladders.tier.tiers.gold": [50],
        "timezone": ["Europe/Paris"],
        "personas.a.activity": [5, 1.0],
    }
    told: list[tuple[int, int]] = []
    found = sweep(
        CATALOG,
        over,
        scenario=Scenario([Persona("a")]),
        players=2,
        days=2,
        replications=1,
        progress=lambda done, whole: told.append((done, whole)),
    )
    failed, played = found.points
    assert found.failed == (failed,)
    assert failed.error is not None
    assert "personas.a.activity: 5 is not a chance" in failed.error
    assert played.result is not None
    catalog = played.result.catalog
    assert (catalog.timezone, [tier.min_points for tier in catalog.ladders[0].tiers]) == (
        "Europe/Paris",
        [0, 50],
    )
    assert catalog.ladders[0].tiers[1].name == "Golden"
    assert told == [(1, 2), (2, 2)]
    rows = [row for row in found.table.rows if row[2] == 5]
    assert [row[-1] for row in rows] == [failed.error]


def test_a_sweep_in_which_everything_fails_has_no_measures() -> None:
    """It is told as such, and not by an error of another kind."""
    found = sweep(CATALOG, {"rules.lesson.award": ["b +"]}, players=1, days=1)
    assert len(found.failed) == 1
    assert len(found.table.rows) == 1
    assert "CatalogError" in str(found)


def test_results_go_where_they_are_asked_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tables by their names, with their columns, to whichever library is there; anything else is refused."""
    result = simulate(CATALOG, players=2, days=2, replications=1)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=lambda rows, **how: (rows, how)))
    monkeypatch.setitem(sys.modules, "polars", SimpleNamespace(DataFrame=lambda rows, **how: (rows, how)))
    flows = result.tables["flows"]
    assert result.to_pandas("flows") == (flows.rows, {"columns": flows.columns})
    assert result.to_polars("flows") == (flows.rows, {"schema": flows.columns, "orient": "row"})
    with pytest.raises(BadValue, match="there is no table 'flow'"):
        result.to_pandas("flow")
    with pytest.raises(BadValue, match=r"not in .html, .db or .csv"):
        result.save(tmp_path / "season.xlsx")
    assert not list(tmp_path.iterdir())


def test_what_the_catalog_does_not_have_is_told_at_once_and_by_line(tmp_path: Path) -> None:
    """Events, currencies, badges and coupons: each with its path, and with its line where it came from a file."""
    text = """[personas.a.events]
lessn = 1
[gifts.spring]
badge = "flower"
[gifts.gem]
currency = "gem"
reward = 5
[codes]
mug = 3
mag = 3
[costs]
point = 1
"""
    path = tmp_path / "season.toml"
    path.write_text(text)
    catalog = Catalog(events=[Event("lesson")], rewards=[Reward("mug", type="physical")])
    told = [
        (2, "personas.a.events.lessn: Event definition not found: lessn; did you mean 'lesson'?"),
        (4, "gifts.spring.badge: Badge definition not found: flower"),
        (6, "gifts.gem.currency: Currency definition not found: gem"),
        (9, 'codes.mug: the reward mug takes no codes; only one of type "coupon" does'),
        (10, "codes.mag: Reward definition not found: mag; did you mean 'mug'?"),
        (12, "costs.point: Currency definition not found: point; did you mean 'points'?"),
    ]
    with pytest.raises(ScenarioError) as refused:
        simulate(catalog, scenario=Scenario.load(path))
    assert [str(fault) for fault in refused.value.faults] == [sentence for _, sentence in told]
    with pytest.raises(ScenarioError) as refused:
        simulate(catalog, scenario=path)
    assert [fault.line for fault in refused.value.faults] == [line for line, _ in told]
    assert refused.value.source == str(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[personas.a.events.x]\nscore = { uniform = [5, 0] }", "it goes from 5 up to 0, which is less"),
        (
            "[personas.a.events.x]\nscore = { normal = [5, 1], digits = -1 }",
            "digits takes a whole number from 0 to 15",
        ),
        (
            "players = 3\n[gifts.c]",
            'gifts.c (line 2): it gives nothing; write reward = 50, or badge = "spring"',
        ),
        ("players = 3\n[gifts.c]\nday = 4", "gifts.c (line 2): it gives nothing"),
    ],
)
def test_what_draws_or_gives_nothing_sensible_is_told_by_line(text: str, told: str) -> None:
    """A range upside down, digits below none, a gift that gives nothing: refused before anybody plays."""
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_toml(text)
    (fault,) = refused.value.faults
    assert told in f"{fault.path} (line {fault.line}): {fault.message}; {fault.remedy}"
    assert fault.line == 2
