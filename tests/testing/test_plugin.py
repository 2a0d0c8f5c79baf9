"""The pytest plugin: fixtures in a test run of somebody else's, and nothing where they are not used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gamify_core import StoreClosed
from gamify_core.testing.fixtures import Games, new_clock

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def pytest_run(folder: Path, *arguments: str) -> str:
    """Run pytest in a folder, with this plugin and no other, and return what it prints."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    done = subprocess.run(  # noqa: S603 - our own interpreter, on files of ours
        [sys.executable, "-m", "pytest", "-q", "-p", "gamify_core.testing.plugin", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**plain, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
    )
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the README's catalog in it."""
    found = re.search(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "game.toml").write_text(found[1], encoding="utf-8")
    return tmp_path


TESTS = """
from gamify_core import Engine, ManualClock
from gamify_core.testing import play


def test_a_lesson(game, clock):
    engine = game("game.toml")
    assert isinstance(engine, Engine) and isinstance(clock, ManualClock)
    assert engine.events.emit("ada", "lesson_finished", {"score": 97}).points == 69
    clock.advance(days=1)
    assert engine.events.emit("ada", "lesson_finished", {"score": 97}).streaks[0].count == 2
    assert clock.now().isoformat() == "2026-03-03T09:00:00+00:00"


def test_on_a_file(game, tmp_path):
    assert game(store=tmp_path / "game.db").points.award("ada", 5).new_balance == 5
    assert game(store=tmp_path / "game.db").points.balance("ada").balance == 5


def test_a_failure():
    play("game.toml").given(points=50).when("lesson_finished", score=41).then(points=+19)
"""


def test_fixtures_serve_a_test_run(folder: Path) -> None:
    """Engines on a clock that is moved, in memory and in files; a failure shows the line of the test and the why."""
    (folder / "test_rules.py").write_text(TESTS, encoding="utf-8")
    out = pytest_run(folder)
    assert "1 failed, 2 passed" in out
    assert "E       AssertionError: ada · lesson_finished(score=41)" in out
    assert "E           lesson: no, score >= 60 is false (score = 41)" in out
    assert "playing.py" not in out


def test_a_run_that_uses_nothing_of_it_loads_nothing(folder: Path) -> None:
    """The plugin and the front doors above it are all that is imported: no engine, and no Hypothesis."""
    (folder / "test_other.py").write_text(
        "import sys\n\n\ndef test_other():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] in {'gamify_core', 'hypothesis', 'attr'}}\n"
        "    assert ours == {'gamify_core', 'gamify_core.testing', 'gamify_core.testing.plugin'}\n",
        encoding="utf-8",
    )
    out = pytest_run(folder)
    assert "1 passed" in out


def test_games_are_made_on_the_clock_and_closed(folder: Path) -> None:
    """What the fixture does, by itself."""
    clock = new_clock()
    games = Games(clock)
    engine, other = games(folder / "game.toml"), games(store=folder / "game.db")
    clock.advance(days=1)
    assert engine.points.award("ada", 1).occurred_at == clock.now()
    games.close()
    for closed in (engine, other):
        with pytest.raises(StoreClosed):
            closed.points.balance("ada")


def test_the_entry_point_names_the_plugin() -> None:
    """What the package declares is the module that is there."""
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\ngamify_core = "gamify_core.testing.plugin"' in declared
    assert (ROOT / "gamify_core" / "testing" / "plugin.py").is_file()
