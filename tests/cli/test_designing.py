"""The commands that rules are made with: new, try, diff, backtest and apply."""

from __future__ import annotations

import random
import re
import sqlite3
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from gamify_core import Catalog, Engine, ManualClock, Metric, backtest
from tests.cli.games import GIT, HISTORY, LESSONS, Said, digest, ran
from tests.cli.repositories import AUTHORS, OFFSETS, Made, make


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file in which the bundled history was played."""
    db = tmp_path_factory.mktemp("game") / "game.db"
    assert ran("run", GIT, HISTORY, db).returncode == 0
    return db


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Return the catalog of that game with some things changed."""
    text = (
        GIT.read_text("utf-8")
        .replace("10 + min", "12 + min")
        .replace("contributor = 100", "contributor = 150")
    )
    text = re.sub(r"(?m)^whole_week .*$", 'neat = { criteria = "commits >= 3" }', text)
    path = tmp_path / "changed.toml"
    path.write_text(text.replace("grace_period_hours = 12", "grace_period_hours = 2"), encoding="utf-8")
    return path


# -- new ----------------------------------------------------------------------------------------------------------


def test_new_writes_a_catalog_that_is_sound(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes check as it stands, and what it suggests works."""
    monkeypatch.chdir(tmp_path)
    out = said.by("new")
    assert said.status == 0
    for line in out.splitlines():
        if line.startswith("  gamify "):
            said.by(*line.split()[1:])
            assert said.status == 0
    assert not Catalog.load("game.toml").notes
    assert said.json("new", "other.toml") == {"catalog": "other.toml"}


def test_new_overwrites_nothing(said: Said, tmp_path: Path) -> None:
    """Whatever is there stays, whatever it is."""
    path = tmp_path / "game.toml"
    path.write_text("mine", encoding="utf-8")
    said.by("new", path)
    assert said.status == 1
    assert "is there already, and stays as it is" in said.err
    assert path.read_text("utf-8") == "mine"
    said.by("new", tmp_path)
    assert said.status == 1
    said.by("new", tmp_path / "no" / "game.toml")
    assert said.status == 1


# -- try ----------------------------------------------------------------------------------------------------------


def test_try_says_what_comes_of_an_event_and_why(said: Said) -> None:
    """For somebody new: effects first, then each rule with its reason."""
    out = said.by("try", LESSONS, "lesson_finished", "score=41")
    assert said.status == 0
    assert "somebody · lesson_finished" in out
    assert "score >= 60 is false (score = 41)" in out
    document = said.json("try", LESSONS, "lesson_finished", "score=97", "topic=loops")
    assert document["rules"]
    assert document["effects"]
    said.by("try", LESSONS, "lesson")
    assert said.status == 1
    said.by("try", LESSONS, "lesson_finished", "score")
    assert said.status == 1
    assert "is not key=value" in said.err


def test_try_takes_somebody_as_they_stand_in_a_file(said: Said, game: Path, changed: Path) -> None:
    """Under the catalog that is tried, and with nothing written to the file."""
    before = digest(game)
    event = ("commit", "insertions=30", "deletions=2", "merge=false", "hour=9", "weekday=2")
    who = ("--db", game, "--participant", "ada@example.org", "--now", "2025-05-11T20:00Z")
    out = said.by("try", changed, *event, *who)
    assert said.status == 0
    assert "+15 points" in out
    assert "points.earned 1,1" in out
    assert digest(game) == before
    said.by("try", changed, *event, "--db", changed)
    assert said.status == 1
    assert "holds no game" in said.err


# -- diff ---------------------------------------------------------------------------------------------------------


def test_diff_says_what_differs_and_what_would_follow(said: Said, game: Path, changed: Path) -> None:
    """Definitions in sentences, then what adopting them would do, with how many people it is about."""
    out = said.by("diff", game, changed)
    assert said.status == 0
    text = " ".join(out.split())
    for sentence in (
        "streaks.daily.grace_period_hours was 12 and is 2",
        "streaks.daily is judged anew from its first activity on, silently",
        "badges.whole_week is gone: 2 participants are still holding it",
        "ladders.tier differs: 8 participants are left on their rungs",
        "badges.neat is earned from now on",
        "rules commit act from now on",
    ):
        assert sentence in text
    document = said.json("diff", game, changed, "--exit-code")
    assert said.status == 1
    assert document["same"] is False
    consequences = document["consequences"]
    assert isinstance(consequences, list)
    assert {one["kind"] for one in consequences} == {"judged", "kept", "from_now_on"}


def test_diff_of_what_is_in_force_is_nothing(said: Said, game: Path) -> None:
    """Then its status is 0, whatever was asked."""
    assert "says what is in force in" in said.by("diff", game, GIT, "--exit-code")
    assert said.status == 0
    said.by("diff", game, game)
    assert said.status == 1


def test_what_diff_says_comes_true(tmp_path: Path) -> None:
    """Windows that are to be filled and people that are to be placed are, and definitions at run time are weighed."""
    path = tmp_path / "game.db"
    old = Catalog(metrics=[Metric("lessons", "lesson")])
    new = Catalog.from_dict(
        {
            "metrics": {"lessons": {"on": "lesson"}, "best": {"on": "lesson", "max": "score"}},
            "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 5}}},
            "leaderboards": {"best": {"metric": "best", "period": "weekly"}},
            "badges": {"made": {"criteria": "lessons >= 1"}},
        }
    )
    with Engine(old, path) as game:
        game.events.emit("ada", "lesson", {"score": 7})
        game.points.award("bob", 9)
        game.definitions.badges.create({"code": "made"})
        game.definitions.badges.create({"code": "other", "criteria": "lessons >= 3"})
        bare = game.history.adoption(attrs.evolve(old, metrics=[]))
        found = game.history.adoption(new)
        assert game.history.adoption(old).same
    told = [(one.kind, one.what, one.participants) for one in found.consequences]
    assert ("filled", "best weekly", None) in told
    assert ("placed", "ladders.tier", 2) in told
    assert ("overruled", "badges.made", None) in told
    assert [one.what for one in bare.consequences if one.kind == "left_out"] == ["badges.other"]
    with Engine(new, path) as game:
        game.points.award("cay", 1)
        assert game.leaderboards.top("best").entries[0].score == 7
        rung = game.tiers.current("bob").current_tier
        assert rung is not None
        assert rung.code == "silver"


# -- backtest -----------------------------------------------------------------------------------------------------


def test_backtest_says_what_would_have_come_of_it(said: Said, game: Path, changed: Path) -> None:
    """For people and for programs; the file is only read, and the status tells where that is asked for."""
    before = digest(game)
    out = said.by("backtest", game, changed, "--top", "2")
    assert said.status == 0
    for text in ("8 participants gain", "rule commit", "neat", "Largest movers", "… and 6 others"):
        assert text in out
    assert max(map(len, out.splitlines())) < 110
    document = said.json("backtest", game, changed, "--top", "3", "--exit-code")
    assert said.status == 1
    movers = document["movers"]
    assert isinstance(movers, list)
    assert len(movers) == 3
    assert document["participants_differing"] == 8
    assert "Behaviour is held fixed" in str(document["note"])
    assert "Nothing comes out otherwise." in said.by("backtest", game, GIT, "--exit-code")
    assert said.status == 0
    assert digest(game) == before


def test_backtest_tells_what_it_costs(said: Said, game: Path, changed: Path) -> None:
    """In your own money, of what was spent and what is outstanding; what is no cost is one sentence."""
    plain = said.json("backtest", game, changed)
    document = said.json("backtest", game, changed, "--cost", "points=0.01")
    (points,) = cast("list[dict[str, Any]]", document["currencies"])
    costs = points.pop("costs")
    assert plain["currencies"] == [points]
    assert costs["liability_now"] == pytest.approx(points["outstanding_now"] / 100)
    assert costs["liability_change"] == pytest.approx(costs["liability_now"] - costs["liability_then"])
    assert costs["liability_change"] > 0
    assert "points liability, at 0.01 each" in said.by("backtest", game, changed, "--cost", "points=0.01")
    assert "at 0.01 each" not in said.by("backtest", game, changed)
    for cost in ("points", "points=much", "points=-1", "gems=1"):
        said.by("backtest", game, changed, "--cost", cost)
        assert said.status == 1
        assert len(said.err.splitlines()) == 1


def test_backtest_of_what_cannot_be_decided_is_one_sentence(said: Said, game: Path, tmp_path: Path) -> None:
    """No file, no game, a catalog with faults, a rule whose function is elsewhere."""
    catalog = tmp_path / "python.json"
    catalog.write_text(
        '{"rules": {"own": {"on": "commit", "when": {"python": "app.own"}}}}', encoding="utf-8"
    )
    said.by("backtest", game, catalog)
    assert said.status == 1
    assert "rule own is decided by a Python function (app.own)" in said.err
    said.by("backtest", tmp_path / "no.db", GIT)
    assert said.status == 1
    assert "there is no file" in said.err
    empty = tmp_path / "empty.db"
    sqlite3.connect(empty).close()
    said.by("backtest", empty, GIT)
    assert said.status == 1


def test_an_exported_history_is_decided_again_too(
    said: Said, game: Path, changed: Path, tmp_path: Path
) -> None:
    """It says what the file says that it was exported from; what is neither is one sentence."""
    exported = tmp_path / "game.jsonl"
    said.by("export", game, exported)
    documents = [said.json("backtest", path, changed) for path in (game, exported)]
    for document in documents:
        document.pop("db")
    assert documents[0] == documents[1]
    said.by("backtest", changed, changed)
    assert said.status == 1
    assert len(said.err.splitlines()) == 1


def test_apply_makes_up_for_it_once(said: Said, game: Path, changed: Path, tmp_path: Path) -> None:
    """What a backtest tells is given, and taken where that is asked for; then nothing is left to be done."""
    db = tmp_path / "game.db"
    db.write_bytes(game.read_bytes())
    before = said.json("backtest", db, changed)
    (points,) = [each for each in before["currencies"] if each["currency"] == "points"]  # type: ignore[attr-defined]
    assert points["gained"] > 0
    out = said.by("apply", db, changed, "--no-give")
    assert "nothing to be done" in out
    given = said.json("apply", db, changed)
    assert given["given"] == {"points": points["gained"]}
    again = said.json("apply", db, changed)
    assert (again["given"], again["participants"]) == ({}, 0)
    left = said.json("backtest", db, changed)["currencies"]
    assert [(each["gained"], each["lost"]) for each in left] == [(0, 0)]  # type: ignore[attr-defined]
    said.by("apply", tmp_path / "no.db", changed)
    assert said.status == 1


def test_apply_says_what_has_not_matured(said: Said, tmp_path: Path) -> None:
    """It cannot be compared yet, and is made up for once it has."""
    db, old, new = tmp_path / "game.db", tmp_path / "old.toml", tmp_path / "new.toml"
    rule = '[rules.a]\non = "lesson_finished"\naward = {}\nmatures = "14d"\n'
    old.write_text(rule.format(5), encoding="utf-8")
    new.write_text(rule.format(8), encoding="utf-8")
    with Engine(old, db) as game:
        game.events.emit("ada", "lesson_finished")
    out = said.by("apply", db, new)
    assert "nothing to be done" in out
    assert "5 points promised, not matured: made up for only once they have" in " ".join(out.split())
    assert said.json("apply", db, new)["pending"] == {"points": 5}


def test_apply_counts_what_has_matured_since(said: Said, tmp_path: Path) -> None:
    """Points that were due and not told yet are told first, so that a second time nothing is left of them."""
    db, old, new = tmp_path / "game.db", tmp_path / "old.toml", tmp_path / "new.toml"
    rule = '[rules.a]\non = "lesson_finished"\naward = {}\nmatures = "14d"\n'
    old.write_text(rule.format(5), encoding="utf-8")
    new.write_text(rule.format(8), encoding="utf-8")
    with Engine(old, db, clock=ManualClock("2025-03-01T10:00Z")) as game:
        game.events.emit("ada", "lesson_finished")
    first = said.json("apply", db, new)
    assert (first["given"], first["pending"]) == ({"points": 3}, {})
    assert said.json("apply", db, new)["given"] == {}
    with Engine.reopen(db, read_only=True) as game:
        assert game.points.balance("ada").balance == 8


def test_a_real_git_history_comes_out_as_it_was(tmp_path: Path) -> None:
    """Clocks that were wrong, authors without names, any offset: decided again nothing is otherwise."""
    draw = random.Random(11)  # noqa: S311 - any will do
    made = [
        Made(
            draw.choice(AUTHORS),
            1_700_000_000 + n * 7_000 + draw.randrange(-300_000, 300_000),
            draw.choice(OFFSETS),
            files=((f"f{n % 5}", b"line\n" * draw.randrange(1, 90)),),
        )
        for n in range(120)
    ]
    db = tmp_path / "game.db"
    assert ran("demo", "--git", make(tmp_path / "repo", made), "--db", db).returncode in {0, 1}
    report = backtest(db)
    assert report.activities > 100
    assert report.same
    assert backtest(db, GIT).same
    with Engine.reopen(db) as engine:
        assert engine.history.verify(replay=True).ok
