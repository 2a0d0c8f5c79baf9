"""What a streak may say: every fault at its field with what to write instead, and files that read back the same."""

from __future__ import annotations

import datetime as dt
from datetime import date
from typing import Any

import pytest

from gamify_core import Badge, Catalog, CatalogError, Metric, Milestone, Reward, Rule, Streak

METRICS = [Metric("lessons", "e"), Metric("minutes", "e", sum="m"), Metric("best", "e", max="m")]

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"period": "days"}, "days", "write days = 14"),
    ({"days": 3}, "days", 'write period = "days"'),
    ({"anchor": "2026-03-02"}, "anchor", 'write period = "days"'),
    ({"period": "days", "days": 3, "anchor": "soon"}, "anchor", "write 2026-02-14"),
    ({"count": "days", "target": 2}, "target", "ask for 1 at most"),
    ({"count": "days", "period": "weekly", "goals": {"lessons": 8}}, "goals", "ask for 7 at most"),
    ({"match": "any"}, "match", "name metrics in goals"),
    ({"goals": {"lesson": 1}}, "goals", "did you mean 'lessons'?"),
    ({"goals": {"best": 1}}, "goals", "a goal is a metric that counts events or sums a property"),
    ({"goals": {"lessons": 0}}, "goals.lessons", ""),
    ({"goals": "lessons"}, "goals", "write goals = { lessons = 3 }"),
    ({"goals": {"lessons": 10**9, "minutes": 10**9, "best": 10**9}}, "goals", "write smaller minimums"),
    ({"goals": {"lessons": 1}, "on": "e"}, "on", "leave on out"),
    ({"goals": {"lessons": 1}, "target": 2}, "target", "leave target out"),
    ({"freeze_every": 3}, "freeze_every", "write freeze_cap = 2"),
    ({"freeze_cost": 3}, "freeze_cost", "write freeze_cap = 2"),
    ({"repair_cost": 3}, "repair_cost", "write repair_hours = 48"),
    ({"grace_mode": "kind"}, "grace_mode", "one of keep_alive, credit"),
    ({"milestones": {0: 5}}, "milestones", ""),
    ({"milestones": {"x": 5}}, "milestones", ""),
    ({"milestones": {7: {}}}, "milestones.7", "write points = 50"),
    ({"milestones": {7: {"badges": "keen"}}}, "milestones.7.badges", "did you mean 'badge'?"),
    ({"milestones": {7: {"badge": "kean"}}}, "milestones", "did you mean 'keen'?"),
    ({"milestones": {7: {"points": {"gems": 5}}}}, "milestones", "there are points"),
    ({"milestones": {7: -5}}, "milestones.7.points", "an amount is from 1"),
    ({"milestones": [Milestone(7, 5), Milestone(7, 6)]}, "milestones.7", "once is enough"),
    ({"milestones": 7}, "milestones", "write { 7 = 50 }"),
    ({"at_risk_hours": 0}, "at_risk_hours", ""),
]


@pytest.mark.parametrize(("fields", "field", "remedy"), FAULTS)
def test_each_fault_stands_at_its_field(fields: dict[str, Any], field: str, remedy: str) -> None:
    """One fault each, at the field that has to change, with what to write there."""
    with pytest.raises(CatalogError) as caught:
        Catalog(metrics=METRICS, badges=[Badge("keen")], streaks=[Streak("daily", **fields)])
    faults = [fault for fault in caught.value.faults if fault.path == f"streaks.daily.{field}"]
    assert faults, caught.value
    assert remedy in faults[0].remedy


def test_a_rule_does_not_record_what_goes_by_goals() -> None:
    """The rule is told so."""
    streak = Streak("daily", goals={"lessons": 1})
    with pytest.raises(CatalogError, match=r"rules\.r\.streak: streak 'daily' is recorded by its goals"):
        Catalog(metrics=METRICS, streaks=[streak], rules=[Rule("r", on="e", streak="daily")])


TOML = """
[metrics]
lessons = { on = "e" }
minutes = { on = "e", sum = "m" }
[badges.keen]
[streaks.daily]
period = "days"
days = 14
anchor = 2026-03-02
goals = { minutes = 20, lessons = 3 }
match = "any"
grace_period_hours = 4
grace_mode = "credit"
freeze_cap = 2
freeze_every = 5
freeze_cost = 10
repair_hours = 48
repair_cost = 30
milestones_once = "run"
at_risk_hours = 6
[streaks.daily.milestones]
7 = 50
30 = { points = { points = 100 }, badge = "keen" }
"""


def test_a_file_says_all_of_it() -> None:
    """TOML, plain data and Python are one catalog, written out and read back the same."""
    catalog = Catalog.from_toml(TOML)
    (streak,) = catalog.streaks
    assert (streak.anchor, streak.goals) == (date(2026, 3, 2), (("lessons", 3), ("minutes", 20)))
    assert streak.milestones == (Milestone(7, 50), Milestone(30, 100, "keen"))
    assert Catalog.from_dict(catalog.to_dict()) == catalog
    names = {"Streak": Streak, "Milestone": Milestone, "datetime": dt}
    assert eval(repr(streak), names) == streak  # noqa: S307 - our own text


def test_a_key_that_a_milestone_does_not_have_is_named() -> None:
    """With the nearest one."""
    with pytest.raises(
        CatalogError, match=r"milestones\.7\.point: unknown key 'point'; did you mean 'points'"
    ):
        Catalog.from_dict({"streaks": {"daily": {"milestones": {"7": {"point": 5}}}}})


def test_a_grace_of_a_whole_period_is_a_note() -> None:
    """Of fourteen days too: it is legal, and worth a second look."""
    long = Streak("daily", period="days", days=14, grace_period_hours=336, on="e")
    assert "missing one period never breaks it" in " ".join(Catalog(streaks=[long]).notes)
    short = Streak("daily", period="days", days=14, grace_period_hours=335, on="e")
    assert Catalog(streaks=[short]).notes == ()


def test_what_milestones_give_is_given_by_something() -> None:
    """Notes know that badges, rewards and currencies come from milestones, and goals read their metrics."""
    catalog = Catalog.from_dict(
        {
            "currencies": {"gems": {}},
            "badges": {"keen": {}},
            "metrics": {"lessons": {"on": "e"}},
            "rewards": {"mug": {}},
            "streaks": {
                "daily": {
                    "goals": {"lessons": 1},
                    "milestones": {"3": {"points": {"gems": 1}, "badge": "keen", "reward": "mug"}},
                }
            },
        }
    )
    assert catalog.notes == ()
    closed = Reward("mug", is_active=False)
    notes = Catalog(rewards=[closed], streaks=[Streak("d", on="e", milestones={2: {"reward": "mug"}})]).notes
    assert notes == ("rewards.mug is not active: what streaks.d would hand out of it is skipped.",)
