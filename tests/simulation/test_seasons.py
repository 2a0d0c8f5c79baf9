from __future__ import annotations

import csv
import math
import sqlite3
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Currency,
    Engine,
    GamifyError,
    Giveaway,
    Ladder,
    Mix,
    Persona,
    Reward,
    Rule,
    Scenario,
    ScenarioError,
    SimulationFailed,
    Streak,
    compare,
    simulate,
    sweep,
)
from gamify_core.simulation.acting import Cast, Life
from gamify_core.simulation.report import html_of
from gamify_core.simulation.worlds import World
from tests.simulation.games import APART, PEOPLE, SHARED

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = Catalog(rules=[Rule("lesson", on="lesson", award=10)])
TIERS = Ladder("tier", tiers={"bronze": 0, "gold": 100})


@pytest.mark.parametrize(
    ("catalog", "shared"),
    [
        (PLAIN, ()),
        (Catalog(rules=PLAIN.rules, badges=[Badge("few", max_supply=3)]), ("badges.few.max_supply",)),
        (
            Catalog(rules=PLAIN.rules, rewards=[Reward("mug", total_inventory=3)]),
            ("rewards.mug.total_inventory",),
        ),
        (Catalog(rules=PLAIN.rules, rewards=[Reward("off", type="coupon")]), ("rewards.off.codes",)),
    ],
)
def test_what_is_shared_is_found_and_said(catalog: Catalog, shared: tuple[str, ...]) -> None:
    """Scarce things make everybody play together, and the result says which."""
    assert simulate(catalog, players=5, days=3).coupling == shared


def test_stock_and_editions_go_to_whoever_comes_first() -> None:
    """Never more claims than stock nor more copies than editions; who comes too late is counted."""
    result = simulate(SHARED, players=40, days=30, seed=1, scenario=PEOPLE)
    tally = result.tallies[0]
    assert sum(tally.claims["mug"]) == 3
    assert result.measure("stockout(reward.mug)").value <= 30
    assert result.measure("unmet(reward.mug)").value > 0
    assert sum(n for (badge, _), n in tally.earners.items() if badge == "pioneer") == 5


def test_points_add_up() -> None:
    """What was issued less what was spent is what people hold, by the day, by persona, and in the tables."""
    result = simulate(SHARED, players=40, days=30, seed=2, scenario=PEOPLE)
    tally = result.tallies[0]
    held = sum(value * many for value, many in tally.held("points").items())
    assert tally.supply("points")[-1] == held
    assert held == result.measure("issued(points)").value - result.measure("spent(points)").value
    table = result.tables["flows"]
    issued = sum(row[-1] for row in table.rows if row[3] == "issued")  # type: ignore[misc]
    assert issued == result.measure("issued(points)").value
    assert result.measure("mean(points)").value == pytest.approx(held / 40)


def test_trades_move_copies_and_points() -> None:
    """Personas that trade play together; points change hands and neither come nor go."""
    catalog = Catalog(
        rules=[Rule("lesson", on="lesson", award=10)],
        metrics=[],
        badges=[Badge("card", criteria="events.count >= 2", max_supply=20)],
    )
    scenario = Scenario([Persona("trader", activity=0.8, trades=0.5, price=10)])
    result = simulate(catalog, players=20, days=20, seed=1, scenario=scenario)
    assert "personas.trader.trades" in result.coupling
    tally = result.tallies[0]
    assert sum(tally.trades) > 0
    assert sum(tally.flow("moved", "points")) > 0
    assert tally.supply("points")[-1] == sum(tally.flow("issued", "points"))


def test_gifts_are_redeemed_once_while_they_are_on_offer() -> None:
    """By who redeems, on its days; its points are told under its name, its badge is earned, and nobody is coupled."""
    catalog = Catalog(rules=PLAIN.rules, badges=[Badge("flower")], currencies=[Currency("gems")])
    gifts = [Giveaway("spring", 50, day=3, lasts=2, badge="flower"), Giveaway("gem", 5, currency="gems")]
    people = [Persona("eager", activity=1.0, redeems=1.0), Persona("idle", activity=1.0)]
    result = simulate(catalog, scenario=Scenario(people, gifts=gifts), players=40, days=9, seed=1)
    assert result.coupling == ()
    (tally,) = result.tallies
    eager = tally.players["eager"]
    assert 0 < eager < 40
    assert tally.earners == {("flower", "eager"): eager}
    ways = {
        (flow, currency, cause): days
        for (flow, currency, cause), days in tally.amounts.items()
        if "gift" in cause
    }
    assert ways == {
        ("issued", "points", "gift:gift_1"): [0, 0, 50 * eager, 0, 0, 0, 0, 0, 0],
        ("issued", "gems", "gift:gift_2"): [5 * eager, 0, 0, 0, 0, 0, 0, 0, 0],
    }
    assert {row[4] for row in result.tables["flows"].rows} == {"rule:lesson", "gift:spring", "gift:gem"}
    assert "gift spring" in html_of(result)


def test_coupons_have_the_codes_that_a_scenario_says_or_one_for_each() -> None:
    """So they can be claimed at all; who comes too late comes in vain."""
    coupon = Reward("tea", type="coupon", points_cost=10)
    catalog = Catalog(rules=PLAIN.rules, rewards=[coupon])
    people = [Persona("buyer", activity=1.0, spends=1.0)]
    for codes, claimed in ({"tea": 3}, 3), ({}, 8):
        result = simulate(catalog, scenario=Scenario(people, codes=codes), players=8, days=9)
        assert result.measure("claims(reward.tea)").value == claimed
        assert result.measure("unmet(reward.tea)").value > 0
        days = [row[1:3] + row[5:] for row in result.tables["rewards"].rows]
        out = next(day for day, (_, _, left) in enumerate(days, 1) if left == 0)
        assert result.measure("stockout(reward.tea)").value == out
        assert "Stock burn-down" in html_of(result)
    for scenario in (Scenario(codes={"mug": 3}), Scenario(gifts=[Giveaway("g", badge="flower")])):
        with pytest.raises(ScenarioError):
            simulate(catalog, scenario=scenario, players=1, days=1)


def test_people_send_each_other_points() -> None:
    """Which couples them, and changes no sum."""
    people = [Persona("kind", activity=1.0, sends=0.5, price=4)]
    result = simulate(PLAIN, scenario=Scenario(people), players=8, days=9)
    assert result.coupling == ("personas.kind.sends",)
    (tally,) = result.tallies
    assert sum(tally.flow("moved", "points")) > 0
    held = sum(value * many for value, many in tally.held("points").items())
    assert held == sum(tally.flow("issued", "points"))


def test_a_season_ends_when_it_should() -> None:
    """It stops at the end of the first day on which the condition holds, and no day earlier."""
    whole = simulate(PLAIN, players=50, days=30, seed=1)
    supply = whole.tallies[0].supply("points")
    day = next(day for day, held in enumerate(supply, 1) if held >= 1000)
    stopped = simulate(PLAIN, players=50, days=30, seed=1, until="supply(points) >= 1,000")
    assert (stopped.stopped, stopped.days) == ((day,), day)
    assert stopped.tallies[0].supply("points") == supply[:day]
    assert simulate(PLAIN, players=5, days=5, until=("dau()", "> 1000")).stopped == (None,)
    for nonsense in (
        "soon",
        "gini() > 0.1",
        "retention(day=1) > 0",
        "claims(reward.mug) > 3",
        "supply(points) >=",
    ):
        with pytest.raises(BadValue):
            simulate(PLAIN, until=nonsense)


def test_streaks_that_nothing_records_are_recorded_by_coming() -> None:
    """A login streak, which an application records by a visit, is recorded once on each active day."""
    scenario = Scenario([Persona("daily", activity=1)])
    result = simulate(Catalog(streaks=[Streak("login")]), players=3, days=10, scenario=scenario)
    assert result.tallies[0].running["login"] == {10: 3}


def test_a_repetition_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is told with its traceback; numbers come from the others; where all fail, that is raised."""
    played = World.one_by_one

    def sometimes(self: World, seed: int, replication: int, first: int, last: int) -> Any:
        if replication in failing:
            raise RuntimeError("out of order")
        return played(self, seed, replication, first, last)

    failing = {1}
    monkeypatch.setattr(World, "one_by_one", sometimes)
    result = simulate(PLAIN, players=5, days=5, replications=3)
    assert (result.n, [each.replication for each in result.failures]) == (2, [1])
    assert "out of order" in result.failures[0].traceback
    failing = {0, 1, 2}
    with pytest.raises(GamifyError, match="all repetitions failed"):
        simulate(PLAIN, players=5, days=5, replications=3)


@pytest.mark.parametrize("catalog", [PLAIN, SHARED], ids=["apart", "together"])
def test_what_failed_keeps_what_it_had_come_to(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    """Nothing of the others, and nothing twice; where all fail, the error has it, and a sweep's point does."""
    lived = Life.acts

    def until(self: Life, cast: Cast, day: int) -> Any:
        if self.name == "p4" and day >= 3:
            raise RuntimeError("out of order")
        return lived(self, cast, day)

    scenario = Scenario([Persona("casual", activity=1.0)])
    whole = simulate(catalog, scenario=scenario, players=9, days=5)
    monkeypatch.setattr(Life, "acts", until)
    with pytest.raises(SimulationFailed, match="out of order") as failed:
        simulate(catalog, scenario=scenario, players=9, days=5, replications=2)
    partial = failed.value.partial
    assert partial is not None
    assert [each.replication for each in failed.value.failures] == [0, 1]
    issued = partial.measure("issued(points)").values[0], whole.measure("issued(points)").values[0]
    assert 0 < issued[0] < issued[1]
    assert partial.tallies[0].events.keys() == whole.tallies[0].events.keys()
    found = sweep(catalog, {"arrivals": [0]}, scenario=scenario, players=9, days=5, measures=["dau()"])
    (point,) = found.points
    assert point.partial is not None
    assert point.partial.tallies == partial.tallies[:1]
    assert str(point.partial)


def test_progress_is_told_to_the_end() -> None:
    """Progress rises to the number of participants in all repetitions."""
    told: list[tuple[int, int]] = []
    simulate(PLAIN, players=30, days=5, replications=2, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (60, 60)
    assert told == sorted(told)


# -- numbers ------------------------------------------------------------------------------------------------


def test_goals_and_budgets() -> None:
    """Goals tell what came of them; a budget guard fails with the numbers that broke it."""
    result = simulate(PLAIN, players=30, days=10, replications=4, seed=1)
    goals = result.goals({"issued(points)": "> 0", "gini()": "> 2"})
    assert [goal.met for goal in goals] == [True, False]
    assert result.assert_probability("issued(points)", "<= 1,000,000") == 1
    with pytest.raises(AssertionError, match=r"0 of 4 repetitions.*seed 1"):
        result.assert_probability("issued(points)", "<= 10", at_least=0.5)
    with pytest.raises(BadValue, match="unknown badge"):
        result.measure("share(badge.nothing)")


def test_an_estimate_has_an_interval() -> None:
    """One repetition gives a share its Wilson interval; several give every number one that holds their mean."""
    one = simulate(APART, players=60, days=20, seed=1).measure("reached(tier.silver)")
    assert 0 <= one.low < one.value < one.high <= 1
    many = simulate(APART, players=60, days=20, seed=1, replications=5).measure("issued(points)")
    assert many.n == 5
    assert min(many.values) <= many.value <= max(many.values)
    assert many.low < many.value < many.high


def test_two_catalogs_meet_the_same_luck() -> None:
    """On the same luck a change that does nothing differs by nothing, and a small one is seen at once."""
    dearer = Catalog.from_dict(
        {**PLAIN.to_dict(), "rules": [{"code": "lesson", "on": "lesson", "award": 11}]}
    )
    same = compare(PLAIN, PLAIN, players=20, days=10, replications=3)
    assert all(each.difference.value == 0 and not each.sure for each in same.differences)
    other = compare(PLAIN, dearer, players=20, days=10, replications=3)
    found = other.measure("issued(points)")
    assert found.sure
    assert found.b.value == pytest.approx(found.a.value * 1.1)
    apart = [b - a for a, b in zip(found.a.values, found.b.values, strict=True)]
    assert found.difference.high - found.difference.low < max(found.a.values) - min(found.a.values)
    assert found.difference.value == pytest.approx(sum(apart) / 3)
    assert not other.measure("dau()").sure
    assert "b − a" in str(other)
    assert str(found) == f"{found.a.value:,.0f} → {found.b.value:,.0f}, by {found.difference}"
    assert str(same.measure("dau()")).endswith(", by 0 [0 – 0]")


def test_a_sweep_goes_through_every_combination() -> None:
    """A grid is every combination, lists go in step; what makes no sound catalog is told, and the sweep goes on."""
    over: dict[str, list[object]] = {
        "rules.lesson.award": [5, 10, "what?"],
        "personas.casual.activity": [0.1, 0.9],
    }
    found = sweep(PLAIN, over, measures=["issued(points)"], players=20, days=10)
    assert [tuple(point.parameters.values()) for point in found.points] == [
        (5, 0.1),
        (5, 0.9),
        (10, 0.1),
        (10, 0.9),
        ("what?", 0.1),
        ("what?", 0.9),
    ]
    assert len(found.failed) == 2
    assert "CatalogError" in str(found.failed[0].error)
    values: list[Any] = [row[3] for row in found.table.rows[:4]]
    assert values[2] == 2 * values[0]
    assert values[1] > values[0]
    steps = sweep(
        PLAIN,
        {"rules.lesson.award": [1, 2], "personas.casual.activity": [0.1, 0.2]},
        grid=False,
        players=5,
        days=5,
    )
    assert len(steps.points) == 2
    assert "rules.lesson.award" in str(steps)


def test_a_sweep_goes_through_settings_of_the_scenario_too() -> None:
    """However deep they are, with the rest of the scenario as it was."""
    over: dict[str, list[object]] = {
        "personas.keen.events.quiz.score": [10, 20],
        "personas.keen.retention.2": [0.0],
        "players": [7],
        "arrivals": [1, "soon"],
    }
    found = sweep(APART, over, scenario=PEOPLE, players=5, days=4, measures=["events()"])
    assert [point.result is None for point in found.points] == [False, True, False, True]
    result = found.points[0].result
    assert result is not None
    assert result.players == 7
    assert result.scenario is not None
    keen = result.scenario.personas[1]
    assert keen.events["quiz"].properties == {"score": 10}
    assert keen.events["lesson"] == PEOPLE.personas[1].events["lesson"]
    assert result.scenario.arrivals == 1
    assert Scenario.from_dict(PEOPLE.to_dict()).to_dict() == PEOPLE.to_dict()


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("rules.leson.award", "lesson"),
        ("rules.lesson.awrd", "award"),
        ("ruls.lesson.award", "rules"),
        ("personas.casul.activity", "casual"),
        ("personas.casual.actvity", "activity"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, near: str) -> None:
    """A misspelt path is refused before anybody plays, with the nearest that is there."""
    with pytest.raises(BadValue) as refused:
        sweep(PLAIN, {path: [1]})
    assert near in refused.value.hint


# -- what comes out -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """A page, looked at: whether its elements close, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Open an element."""
        if tag != "meta":
            self.open.append(tag)
        self.handle_startendtag(tag, attrs)

    def handle_startendtag(self, _tag: str, attrs: Any) -> None:
        """Note what an element would load."""
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last, and no other."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what is to be read."""
        self.texts.append(data)


@pytest.mark.parametrize("replications", [1, 3])
def test_the_page_stands_alone(replications: int) -> None:
    """The page closes what it opens, loads nothing, runs no script, and shows what it was asked about."""
    named = Catalog.from_dict({**SHARED.to_dict(), "name": "Season <1>", "expect": {"dau()": "> 1"}})
    result = simulate(named, players=30, days=20, seed=1, scenario=PEOPLE, replications=replications)
    text = html_of(result)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.loads == []
    assert "<script" not in text
    assert "nan" not in text.replace("dominant", "")
    told = " ".join(page.texts)
    for word in (
        "Season <1>",
        "seed",
        "Goals",
        "Retention",
        "Faucets and sinks",
        "Gini",
        "Stock burn-down",
        "Pioneer",
    ):
        assert word in told, word


@pytest.mark.parametrize(("players", "days", "replications"), [(1, 1, 1), (1, 2, 3), (2, 40, 2)])
def test_the_smallest_season_has_a_page(players: int, days: int, replications: int) -> None:
    """One player, one day, or a persona that nobody is of: there is a page, tables and headlines all the same."""
    result = simulate(SHARED, players=players, days=days, seed=1, scenario=PEOPLE, replications=replications)
    assert "<svg" in html_of(result)
    assert str(result)
    assert all(len(row) == len(table.columns) for table in result.tables.values() for row in table.rows)


def test_tables_go_into_files(tmp_path: Path) -> None:
    """CSV and SQLite hold the same rows, and writing again replaces them."""
    result = simulate(SHARED, players=20, days=15, seed=1, scenario=PEOPLE, replications=2)
    for _ in range(2):
        result.save(tmp_path / "season.csv")
        result.save(tmp_path / "season.db")
    for name, table in result.tables.items():
        with (tmp_path / f"season.{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert tuple(rows[0]) == table.columns
        assert len(rows) == len(table.rows) + 1
        connection = sqlite3.connect(tmp_path / "season.db")
        assert connection.execute(f"SELECT * FROM {name}").fetchall() == table.rows
        connection.close()
    with pytest.raises(BadValue, match="ends in"):
        result.save(tmp_path / "season.pdf")


def test_a_game_is_not_written_over(tmp_path: Path) -> None:
    """A file that holds anything else than a season stays as it is, byte for byte; so does what is no place at all."""
    result = simulate(PLAIN, players=5, days=5)
    game = tmp_path / "game.db"
    with Engine(PLAIN, game) as engine:
        engine.points.award("ada", 5)
    before = game.read_bytes()
    with pytest.raises(BadValue, match="something else than a season"):
        result.save(game)
    assert game.read_bytes() == before
    (tmp_path / "no.db").write_text("no database at all", encoding="utf-8")
    (tmp_path / "folder.html").mkdir()
    for name, why in (
        ("no.db", "something else"),
        ("no/x.html", "no folder"),
        ("folder.html", "is a folder"),
    ):
        with pytest.raises(BadValue, match=why):
            result.save(tmp_path / name)


def test_a_day_after_the_season_is_not_known() -> None:
    """Of day 60 a season of ten days says nothing, and a goal about it is missed, and says why."""
    result = simulate(PLAIN, players=5, days=10)
    assert result.measure("issued(points, day=10)").value == result.measure("issued(points)").value
    assert math.isnan(result.measure("issued(points, day=11)").value)
    (goal,) = result.goals({"issued(points, day=60)": ">= 0"})
    assert not goal.met
    assert "unknown" in str(goal)
    stopped = simulate(PLAIN, players=50, days=60, until="issued(points) >= 10")
    assert math.isnan(stopped.measure("issued(points, day=60)").value)


def test_what_cannot_be_asked_is_refused() -> None:
    """A persona who did not play, a day before the first, a chance that is none: each is told, not ignored."""
    catalog = Catalog(rules=PLAIN.rules, badges=[Badge("b", criteria="events.count >= 1")], ladders=[TIERS])
    result = simulate(catalog, players=20, days=5)
    assert result.measure("share(badge.b, persona=casual)").value >= 0
    for asked, why in (
        ("share(badge.b, persona=casul)", "did you mean 'casual'"),
        ("mean(points, persona=nobody)", "casual, devoted, regular"),
        ("share(tier.gold, persona=casual)", "told of everybody"),
        ("issued(points, day=0)", "counted from 1"),
    ):
        with pytest.raises(BadValue, match=why):
            result.measure(asked)
    nothing: Any = None
    with pytest.raises(BadValue, match="not a measure"):
        result.measure(nothing)
    for at_least in (9, 0, True, "0.9"):
        none: Any = at_least
        with pytest.raises(BadValue, match="at_least"):
            result.assert_probability("issued(points)", ">= 0", at_least=none)


def test_a_season_in_a_list_is_a_line() -> None:
    """A sweep's points can be printed: a season says when and for whom it was, and leaves its catalog out."""
    (point,) = sweep(SHARED, {"rewards.mug.total_inventory": [2]}, players=5, days=3).points
    assert "days=3" in repr(point)
    assert len(repr(point)) < 500
    assert "Catalog(" not in repr(point)


def test_what_is_no_executor_is_told() -> None:
    """Before anything is played, not by the first part that is handed out."""
    none: Any = 5
    with pytest.raises(BadValue, match="not int"):
        simulate(PLAIN, players=5, days=2, executor=none)


def test_frames() -> None:
    """Where pandas or polars is installed, a table is a frame."""
    pandas = pytest.importorskip("pandas", reason="comes with the extra `frames`")
    polars = pytest.importorskip("polars", reason="comes with the extra `frames`")
    season = simulate(PLAIN, players=5, days=5)
    columns = ["replication", "date", "present", "active", "events"]
    for frame, kind in (
        (season.to_pandas("days"), pandas.DataFrame),
        (season.to_polars("days"), polars.DataFrame),
    ):
        assert isinstance(frame, kind)
        assert list(frame.columns) == columns
    for made in (season.to_pandas, season.to_polars):
        with pytest.raises(BadValue, match="no table"):
            made("dayz")


def test_mixes_weigh() -> None:
    """An event that weighs nothing is never sent, and one that weighs three times as much about as often."""
    scenario = Scenario([Persona("a", activity=1, events={"x": Mix(3), "y": Mix(1), "z": Mix(0)})])
    tally = simulate(PLAIN, players=100, days=30, scenario=scenario).tallies[0]
    assert set(tally.events) == {"x", "y"}
    assert sum(tally.events["x"]) / sum(tally.events["y"]) == pytest.approx(3, rel=0.15)
