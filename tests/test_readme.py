"""The README's own code, run as it stands: what it prints is what its comments say."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WHEN = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d\d:\d\d")


def _blocks(language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(README.read_text("utf-8")) if kind == language]


def _promised(code: str) -> list[str]:
    """Return the comment lines: what the code says it prints."""
    return [line[2:] for line in code.splitlines() if line.startswith("# ")]


def test_the_code_prints_what_its_comments_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who copies the README's catalog and code sees exactly what the README shows, dates aside."""
    monkeypatch.chdir(tmp_path)
    Path("game.toml").write_text(_blocks("toml")[0], "utf-8")
    names: dict[str, object] = {}
    for code in _blocks("python"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - the README's own code
        assert _WHEN.sub("<when>", printed.getvalue()).splitlines() == [
            _WHEN.sub("<when>", line) for line in _promised(code)
        ]
    for name in ("game", "test"):
        names[name].close()  # type: ignore[attr-defined]


def test_two_commands_do_all_the_set_up() -> None:
    """There is one command for the main job and one for the tests, each a single line that makes its environment."""
    commands = _blocks("sh")
    assert len(commands) == 2
    for command in commands:
        assert len(command.splitlines()) == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
