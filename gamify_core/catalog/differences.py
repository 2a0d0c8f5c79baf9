"""What differs between two catalogs, in sentences.

Promise: there is no sentence exactly when the two mean the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.catalog.parts import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gamify_core.catalog.writing import Plain

__all__ = ["differences"]

_ORDERED = ("rules", "streaks", "ladders", "badges", "challenges")
_AMOUNTS = ("award", "deduct", "points")


def differences(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> tuple[str, ...]:
    """Return what is news to somebody who knows only `before`; both are as written by `plain`."""
    sentences = list(_settings(before, after))
    for section in SECTIONS:
        old, new = _by_code(before.get(section)), _by_code(after.get(section))
        sentences.extend(_compared(section, old, new, whole=False))
        stayed = [code for code in old if code in new]
        if section == "metrics":
            counted = [code for code in stayed if old[code] != new[code]]
            sentences.extend(f"metrics.{code} is worked out again from history" for code in counted)
        if section in _ORDERED and stayed != [code for code in new if code in old]:
            sentences.append(f"{section} are in another order: {', '.join(new)}")
    return tuple(sentences)


def _settings(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> Iterator[str]:
    settings = [{k: v for k, v in each.items() if k not in SECTIONS} for each in (before, after)]
    yield from _compared("", settings[0], settings[1], whole=True)


def _by_code(tables: Plain | None) -> dict[str, Plain]:
    if not isinstance(tables, list):
        return {}
    return {str(table["code"]): table for table in tables if isinstance(table, dict)}


def _compared(path: str, old: Mapping[str, Plain], new: Mapping[str, Plain], *, whole: bool) -> Iterator[str]:
    """Go through two tables key by key. New definitions are told by name alone, values as a whole."""
    for key in (*old, *(key for key in new if key not in old)):
        where = f"{path}.{key}" if path else key
        if key not in new:
            yield f"{where} is gone" + (f" (it was {_told(old[key])})" if whole else "")
        elif key not in old:
            yield f"{where} is new" + (f": {_told(new[key])}" if whole else "")
        else:
            a, b = _alike(path, key, old[key], new[key])
            if isinstance(a, dict) and isinstance(b, dict):
                yield from _compared(where, a, b, whole=True)
            elif a != b:
                yield f"{where} was {_told(a)} and is {_told(b)}"


def _alike(path: str, key: str, old: Plain, new: Plain) -> tuple[Plain, Plain]:
    """Return both values, the one that is written short written out where the other is a table."""
    short = "min_points" if path.endswith(".tiers") else "points" if key in _AMOUNTS else ""
    if short and isinstance(old, dict) != isinstance(new, dict):
        return (old, {short: new}) if isinstance(old, dict) else ({short: old}, new)
    return old, new


def _told(value: Plain) -> str:
    return repr(value)
