"""`gamify check`: everything that is wrong with a catalog, or what it contains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gamify_core import Catalog, CatalogError
from gamify_core.catalog.parts import SECTIONS
from gamify_core.commands.output import Output, clean, count, wrapped

if TYPE_CHECKING:
    from gamify_core.errors import Fault

__all__ = ["check", "fault_lines"]

_LABEL = 14
_INDENT = " " * 12


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
            output.say(*_listed(f"{len(codes):>3} {name}", codes))
    if catalog.notes:
        output.say("", "Worth a second look:")
        for note in catalog.notes:
            output.say(*wrapped(note, "  - ", "    "))
    return 0


def fault_lines(path: str, faults: Sequence[Fault]) -> list[str]:
    """Return what is wrong with a catalog, for people; of a file that cannot be read at all in one sentence."""
    if len(faults) == 1 and faults[0].path == path and faults[0].line is None:
        return [clean(f"{path} {faults[0].message}")]
    lines = [f"{clean(path)}: {count(len(faults), 'thing is', 'things are')} wrong", ""]
    for one in faults:
        head = f"{f'line {one.line}':<9} {one.path}" if one.line else one.path
        lines.append(f"  {clean(head)}")
        for text in filter(None, (one.message, one.remedy and f"→ {one.remedy}")):
            lines += wrapped(text, _INDENT)
    return lines


def _faulty(path: str, faults: Sequence[Fault], output: Output) -> None:
    found = [
        {"path": one.path, "line": one.line, "message": one.message, "remedy": one.remedy} for one in faults
    ]
    output.give({"ok": False, "catalog": path, "faults": found})
    output.say(*fault_lines(path, faults))


def _contents(catalog: Catalog) -> dict[str, list[str]]:
    """Return the codes of each section."""
    codes = {section: [each.code for each in getattr(catalog, section)] for section in SECTIONS}
    tiers = [f"{ladder.code}: {' < '.join(tier.code for tier in ladder.tiers)}" for ladder in catalog.ladders]
    return {**codes, "ladders": tiers}


def _listed(label: str, codes: list[str]) -> list[str]:
    return wrapped(", ".join(codes), f"{label:<{_LABEL + 2}}  ", " " * (_LABEL + 4))
