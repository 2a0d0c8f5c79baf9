"""A small game for the tests of the command line, and histories to play in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gamify_core import Catalog, Engine
from gamify_core.cli import main
from gamify_core.eventfiles import read_events
from gamify_core.importing import Imported, feed

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "gamify_core" / "examples"
LESSONS = EXAMPLES / "lessons.toml"
HISTORY = EXAMPLES / "history.jsonl"
GIT = EXAMPLES / "git.toml"


def line(**fields: object) -> str:
    """Return a line of an events file: a lesson of Ada's, but for the fields that are given."""
    usual = {
        "participant_id": "ada",
        "event_name": "lesson_finished",
        "timestamp": "2025-03-01T10:00:00+01:00",
        "properties": {"score": 90, "topic": "loops"},
    }
    return json.dumps({key: value for key, value in (usual | fields).items() if value is not None})


def played(catalog: Path, lines: Iterable[bytes], batch: int = 500) -> tuple[Engine, Imported]:
    """Play lines into a new engine in memory."""
    engine = Engine(Catalog.load(catalog), accept_late=None, seed=0)
    return engine, feed(engine, read_events(lines, engine.catalog), batch=batch)


def digest(path: Path | str) -> str:
    """Return the digest of all that is in a file."""
    with Engine.reopen(path) as engine:
        return engine.history.state_digest()


def gamify(*arguments: Path | str) -> list[str]:
    """Return the command line that runs `gamify` in a process of its own."""
    return [sys.executable, "-m", "gamify_core", *map(str, arguments)]


def ran(*arguments: Path | str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run `gamify` in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own command
        gamify(*arguments), input=told, capture_output=True, check=False, env=surroundings(), timeout=120
    )


def surroundings() -> dict[str, str]:
    """Return the environment of such a process, where the package is found whether it is installed or not."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def written(path: Path, lines: Sequence[str]) -> Path:
    """Write lines into a file."""
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return path


class Said:
    """Runs commands, and keeps what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.status = 0
        self.out = self.err = ""

    def by(self, *arguments: Path | str) -> str:
        """Return what a command writes to standard output."""
        self.status = main([str(each) for each in arguments])
        self.out, self.err = self._capsys.readouterr()
        return self.out

    def json(self, *arguments: Path | str) -> dict[str, object]:
        """Return the document a command answers with `--json`."""
        found = json.loads(self.by(*arguments, "--json"))
        assert isinstance(found, dict)
        return found
