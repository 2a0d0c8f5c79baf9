"""Keys that nothing knows, told with what they were probably meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["misshapen", "spelt", "unknown_key"]

_LONGEST: Final = 60


def misshapen(  # noqa: PLR0913 - what it is, and what it was to be
    findings: Findings,
    path: str,
    value: object,
    what: str,
    remedy: str,
    known: Sequence[str],
    needed: Iterable[str] = (),
) -> None:
    """Say what is wrong with what was to be a season, say, and is none: the key that is unknown, or that is missing.

    Nothing could be made of `{name: table}`, which a converter left as it was given.
    """
    if isinstance(value, Mapping) and len(value) == 1:
        ((key, table),) = value.items()
        path = f"{path}.{spelt(key)}"
        if isinstance(table, Mapping):
            unknown = [each for each in table if each not in known]
            for each in unknown:
                unknown_key(findings, path, each, known, "key")
            missing = [each for each in needed if each not in table]
            if missing and not unknown:
                findings.fault(path, f"it has no {' and no '.join(missing)}", remedy)
            if missing or unknown:
                return
        value = table
    findings.fault(path, f"{shown(value)} is not {what}", remedy)


def unknown_key(findings: Findings, path: str, key: object, known: Sequence[str], what: str) -> None:
    """Tell of a key, or of the name of a section, that is not known."""
    near = nearest(key, known) if isinstance(key, str) else None
    remedy = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
    where = f"{path}.{spelt(key)}" if path else spelt(key)
    findings.fault(where, f"unknown {what} {shown(key)}", remedy)


def spelt(key: object) -> str:
    """Return a key as a path shows it."""
    text = key if isinstance(key, str) and key and key.isprintable() else shown(key)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
