"""How the page looks: one column on a phone, two on a desk, light or dark as the reader has it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["COLOURS", "style"]

COLOURS: Final = 8
"""How many colours there are to tell things apart by."""


@cache
def style() -> str:
    """Return the style sheet, which goes into the page itself."""
    sheet = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    return sheet + "\n".join(
        f".s{n} {{ stroke: var(--c{n}); }} .f{n} {{ fill: var(--c{n}); }} .b{n} {{ background: var(--c{n}); }}"
        for n in range(COLOURS)
    )
