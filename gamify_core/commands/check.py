"""`gamify check`: everything that is wrong with a catalog, or what it contains."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gamify_core import Catalog, CatalogError
from gamify_core.commands.output import Output, clean, count

if TYPE_CHECKING:
    from gamify_core.errors import Fault

__all__ = ["check"]

_WIDTH = 78
_LABEL = 14


def check(path: str, output: Output) -> int:
    """Say what is wrong with the catalog at `path`, or what is in it."""
    try:
        catalog = Catalog.load(path)
    except CatalogError as error:
        _faulty(path, error.faults, output)
        return 1
    sections = _contents(catalog)
    output.give(
        {
            "ok": True,
            "catalog": path,
            "fingerprint": catalog.fingerprint,
            **sections,
            "notes": list(catalog.notes),
        }
    )
    output.say(f"{clean(path)} is sound.", "")
    for name, codes in sections.items():
        if codes:
            output.say(*_wrapped(f"{len(codes):>3} {name}", codes))
    if catalog.notes:
        output.say("", "Worth a second look:")
        for note in catalog.notes:
            output.say(*textwrap.wrap(clean(note), _WIDTH, initial_indent="  - ", subsequent_indent="    "))
    return 0


def _faulty(path: str, faults: Iterable[Fault], output: Output) -> None:
    found = [
        {"path": one.path, "line": one.line, "message": one.message, "remedy": one.remedy} for one in faults
    ]
    output.give({"ok": False, "catalog": path, "faults": found})
    wrong = count(len(found), "thing is", "things are")
    output.say(f"{clean(path)}: {wrong} wrong", "")
    for one in faults:
        where = f"line {one.line}" if one.line else "line ?"
        head = f"{where:<9} {one.path}"
        output.say(f"  {clean(head)}")
        for text in filter(None, (one.message, one.remedy and f"→ {one.remedy}")):
            output.say(
                *textwrap.wrap(clean(text), _WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 12)
            )


def _contents(catalog: Catalog) -> dict[str, list[str]]:
    """Return the codes of each section."""
    tiers = [f"{ladder.code}: {' < '.join(tier.code for tier in ladder.tiers)}" for ladder in catalog.ladders]
    return {
        "events": [event.code for event in catalog.events],
        "metrics": [metric.code for metric in catalog.metrics],
        "rules": [rule.code for rule in catalog.rules],
        "streaks": [streak.code for streak in catalog.streaks],
        "ladders": tiers,
        "badges": [badge.code for badge in catalog.badges],
        "leaderboards": [board.code for board in catalog.leaderboards],
    }


def _wrapped(label: str, codes: list[str]) -> list[str]:
    indent = " " * (_LABEL + 4)
    first = f"{label:<{_LABEL + 2}}  "
    return textwrap.wrap(clean(", ".join(codes)), _WIDTH, initial_indent=first, subsequent_indent=indent)
