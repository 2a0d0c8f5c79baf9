from __future__ import annotations

import pytest

from tests.cli.games import Said


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a way to run a command here and to hear what it says."""
    return Said(capsys)
