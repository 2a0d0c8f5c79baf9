"""The guide to testing one's rules, run as it stands: each block is a test file, and each message is what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.testing.test_plugin import pytest_run

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

PATIENT = """
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run all of the guide's tests at once."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "game.toml").write_text(blocks(README, "toml")[0], encoding="utf-8")
    (folder / "conftest.py").write_text(PATIENT, encoding="utf-8")
    for n, block in enumerate(blocks(GUIDE, "python")):
        (folder / f"test_{n}.py").write_text(block, encoding="utf-8")
    return pytest_run(folder, "-p", "no:hypothesispytest")


def test_what_is_to_pass_passes_and_what_is_to_fail_fails(output: str) -> None:
    """As many as the guide has, and those fail that say so in their names."""
    names = re.findall(r"^def (test_\w+)", GUIDE, re.MULTILINE)
    failing = {name for name in names if "that_fails" in name}
    assert f"{len(failing)} failed, {len(names) - len(failing)} passed" in output
    assert set(re.findall(r"^FAILED \S+::(\w+)", output, re.MULTILINE)) == failing


def test_the_messages_are_what_is_said(output: str) -> None:
    """Line by line."""
    said = re.sub(r"^E {7}", "", output, flags=re.MULTILINE)
    for message in blocks(GUIDE, "text"):
        first, *rest = message.rstrip().splitlines()
        lines = [first, *(line.removeprefix("    ") if line.startswith("    ") else line for line in rest)]
        shown = [re.sub(r"^ +", "", line) for line in said.splitlines()]
        start = shown.index(first)
        assert shown[start : start + len(lines)] == [line.strip() for line in lines]


def test_a_catalog_is_tested_in_ten_lines() -> None:
    """As the heading says."""
    assert len([line for line in blocks(GUIDE, "python")[0].splitlines() if line.strip()]) <= 10
