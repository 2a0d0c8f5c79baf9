"""`gamify simulate`, `compare` and `report`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gamify_core import Catalog, Engine, ManualClock
from tests.cli.games import HISTORY, LESSONS, Said

if TYPE_CHECKING:
    from pathlib import Path

SEASON = ("--players", "30", "--days", "20", "--seed", "1")


def test_a_catalog_alone_is_enough(said: Said) -> None:
    """A season is told in a screenful; the same seed says the same."""
    out = said.by("simulate", str(LESSONS), *SEASON)
    assert said.status == 0
    assert out.startswith("30 players × 20 days, seed 1")
    assert "reach tier silver" in out
    assert said.by("simulate", str(LESSONS), *SEASON) == out


def test_goals_set_the_status(said: Said, tmp_path: Path) -> None:
    """A goal that is missed makes the status 1, and says what was found instead."""
    catalog = tmp_path / "game.toml"
    text = LESSONS.read_text(encoding="utf-8")
    catalog.write_text(f'{text}\n[expect]\n"share(tier.silver)" = "0% .. 100%"\n', encoding="utf-8")
    said.by("simulate", str(catalog), *SEASON)
    assert said.status == 0
    catalog.write_text(f'{text}\n[expect]\n"issued(points)" = "<= 10"\n', encoding="utf-8")
    out = said.by("simulate", str(catalog), *SEASON)
    assert said.status == 1
    assert "MISSED issued(points) is" in out
    out = said.by("simulate", str(catalog), *SEASON, "--json")
    told = json.loads(out)
    assert said.status == 1
    assert [(goal["measure"], goal["met"]) for goal in told["goals"]] == [("issued(points)", False)]
    assert told["seed"] == 1


def test_what_is_wrong_is_told_in_its_file(said: Said, tmp_path: Path) -> None:
    """A faulty scenario is told with its path and its line; so is an until that cannot be read."""
    scenario = tmp_path / "people.toml"
    scenario.write_text("[personas.a]\nactvity = 1\n", encoding="utf-8")
    said.by("simulate", str(LESSONS), "--scenario", str(scenario))
    assert said.status == 1
    assert "line 2" in said.err
    assert "did you mean 'activity'?" in said.err
    said.by("simulate", str(LESSONS), "--until", "soon")
    assert said.status == 1
    assert "supply(points) >= 100,000" in said.err


def test_a_page_is_written(said: Said, tmp_path: Path) -> None:
    """`--save` writes a page and says where."""
    page = tmp_path / "season.html"
    out = said.by("simulate", str(LESSONS), *SEASON, "--replications", "2", "--save", str(page))
    assert (said.status, out.splitlines()[-1]) == (0, f"written to {page}")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_two_catalogs_are_compared(said: Said, tmp_path: Path) -> None:
    """What differs stands beside each other, with a star where it is hardly luck."""
    other = tmp_path / "dearer.toml"
    other.write_text(
        LESSONS.read_text(encoding="utf-8").replace('"10 + score', '"12 + score'), encoding="utf-8"
    )
    out = said.by("compare", str(LESSONS), str(other), *SEASON, "--replications", "3")
    assert said.status == 0
    assert any(line.startswith("* points issued") for line in out.splitlines())
    assert any(line.startswith("  active on a day") for line in out.splitlines())
    told = json.loads(said.by("compare", str(LESSONS), str(other), *SEASON, "--replications", "3", "--json"))
    sure = {each["measure"]: each["sure"] for each in told["differences"]}
    assert sure["issued(points)"]
    assert not sure["dau()"]


def test_a_live_file_has_the_same_page(said: Said, tmp_path: Path) -> None:
    """A file that was lived in is summed up as a simulation is, without being written to."""
    db = tmp_path / "game.db"
    said.by("demo", "--db", str(db))
    before = db.read_bytes()
    out = said.by("report", str(db), "--json")
    told = json.loads(out)
    assert said.status == 0
    assert told["source"] == str(db)
    assert told["saved"] == str(tmp_path / "game.html")
    assert "Retention" in (tmp_path / "game.html").read_text(encoding="utf-8")
    assert db.read_bytes() == before
    said.by("report", str(HISTORY))
    assert said.status == 1
    assert said.err


def test_where_it_cannot_be_written_is_told_before_the_work(said: Said, tmp_path: Path) -> None:
    """A page in a folder that is not there, or in place of a game, is refused in a sentence, and nothing is played."""
    out = said.by("simulate", str(LESSONS), *SEASON, "--save", str(tmp_path / "no" / "season.html"))
    assert said.status == 1
    assert "there is no folder" in said.err
    assert not out
    game = tmp_path / "game.db"
    said.by("demo", "--db", str(game))
    for place in (game, tmp_path / "no" / "page.html"):
        said.by("report", str(game), "--save", str(place))
        assert said.status == 1
        assert "gamify: " in said.err
    said.by("verify", str(game))
    assert said.status == 0


def test_a_report_tells_the_liability_where_the_cost_is_known(said: Said, tmp_path: Path) -> None:
    """Of a currency that there is; what is no cost is one sentence, and nothing is written."""
    db, page = tmp_path / "game.db", tmp_path / "game.html"
    with Engine(Catalog(), db) as game:
        game.points.award("ada", 50)
        game.points.deduct("ada", 20)
    for cost in ("points", "points=much", "points=-1", "gems=1"):
        said.by("report", str(db), "--save", str(page), "--cost", cost)
        assert said.status == 1
        assert not page.exists()
    said.by("report", str(db), "--save", str(page), "--cost", "points=0.01")
    assert said.status == 0
    assert "liability, at 0.01 each" in page.read_text("utf-8")


def test_the_liability_of_a_report_is_there_for_programs(said: Said, tmp_path: Path) -> None:
    """What will be spent of what is outstanding, told from what was before; without a cost there is none."""
    db = tmp_path / "game.db"
    clock = ManualClock("2026-01-05T10:00Z")
    with Engine(Catalog(), db, clock=clock) as game:
        game.points.award("ada", 100)
        clock.advance(days=1)
        game.points.deduct("ada", 50)
        game.points.award("ada", 40)
    told = json.loads(said.by("report", str(db), "--cost", "points=0.5", "--json"))
    (owed,) = told["liabilities"]  # half of what is a day old was spent, and so will be half of the 40
    assert owed == {
        "currency": "points",
        "cost": 0.5,
        "outstanding": 90,
        "expected": pytest.approx(20),
        "liability": pytest.approx(10),
        "at_most": 45,
    }
    out = said.by("report", str(db), "--cost", "points=0.5")
    assert "points liability, at 0.5 each" in out
    assert "(were all spent: 45)" in out
    assert "liabilities" not in json.loads(said.by("report", str(db), "--json"))
    assert "points liability" not in said.by("report", str(db))
