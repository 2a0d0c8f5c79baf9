"""Importing costs little: what is not used is not loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HEAVY = (
    "sqlite_utils",
    "sqlite3",
    "hypothesis",
    "pytest",
    "rich",
    "click",
    "gamify_core.testing",
    "gamify_core.cli",
)


def loaded_after(code: str) -> set[str]:
    """Return what a fresh interpreter has loaded after running this."""
    text = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(  # noqa: S603 - our own interpreter and text; measuring would load modules of its own
        [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60, env=plain
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def front_door() -> set[str]:
    """Load the library's front door."""
    return loaded_after("import gamify_core\nfrom gamify_core import Catalog, Engine")


@pytest.mark.parametrize("name", HEAVY)
def test_importing_the_library_does_not_load(front_door: set[str], name: str) -> None:
    """The front door loads neither a database, nor a test library, nor the command line."""
    assert "gamify_core.engine" in front_door
    assert name not in front_door


def test_an_engine_in_memory_loads_no_database() -> None:
    """Playing in memory needs no SQLite."""
    loaded = loaded_after(
        "from gamify_core import Catalog, Engine\ngame = Engine(Catalog())\ngame.points.award('ada', 1)\n"
        "game.points.balance('ada')"
    )
    assert "gamify_core.storage.memory" in loaded
    assert not {"sqlite3", "sqlite_utils", "gamify_core.storage.sqlite"} & loaded


def test_importing_prints_and_opens_nothing() -> None:
    """An import is silent and leaves no file behind."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import gamify_core"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("", "")
