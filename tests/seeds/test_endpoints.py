"""The page that says which call stands for which endpoint: each is there, and takes what it is shown with."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import gamify_core
from gamify_core import Catalog, Engine

PAGE = (Path(__file__).parents[2] / "docs" / "endpoints.md").read_text(encoding="utf-8")
CALLS = re.findall(r"`(game\.[^`]+\))`", PAGE)


def written(call: str) -> ast.Call:
    """Return a call of the page, as Python that can be read."""
    text = re.sub(r", …(?=[\])])", "", call).replace("…", "...").replace("{...}", "{}")
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call)
    return node


@pytest.mark.parametrize("call", CALLS)
def test_every_call_can_be_made(call: str) -> None:
    """The method is there, and takes as many arguments and just these names."""
    node = written(call)
    method = eval(ast.unparse(node.func), {"game": Engine(Catalog())})  # noqa: S307 - a name on our own page
    names = [keyword.arg for keyword in node.keywords if keyword.arg]
    inspect.signature(method).bind(*node.args, **dict.fromkeys(names))


def test_errors_have_the_status_that_is_told() -> None:
    """Each row of the table of errors names an error of the library, with its status."""
    rows = re.findall(r"^\|[^|]+\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(rows) > 4
    for status, name in rows:
        assert getattr(gamify_core, name).http_status == int(status), name
