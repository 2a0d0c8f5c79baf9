"""Whether what a designer expects of a season can be asked of the catalog at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.catalog.findings import shown
from gamify_core.catalog.nearest import nearest

if TYPE_CHECKING:
    from gamify_core.catalog.findings import Findings
    from gamify_core.catalog.parts import Parts
    from gamify_core.domain.expectations import Measure

__all__ = ["check_expected", "unknown_in"]


def check_expected(findings: Findings, parts: Parts) -> None:
    """Check every goal: that it can be read, and that what it is about is there."""
    if not parts.expect:
        return
    from gamify_core.domain.expectations import expectation  # noqa: PLC0415 - few catalogs have goals
    from gamify_core.errors import BadValue  # noqa: PLC0415

    for pair in parts.expect:
        asked, wanted = pair if isinstance(pair, tuple) and len(pair) == 2 else (pair, "")  # noqa: PLR2004 - a pair
        if not isinstance(asked, str) or not isinstance(wanted, str):
            findings.fault(
                "expect", f"{shown(wanted)} is not a span", 'write "share(tier.gold)" = "5% .. 10%"'
            )
            continue
        path = f"expect.{asked}"
        try:
            goal = expectation(asked, wanted)
        except BadValue as error:
            findings.fault(path, error.detail, error.hint)
            continue
        if told := unknown_in(parts, goal.measure):
            findings.fault(path, *told)


def unknown_in(parts: Parts, asked: Measure) -> tuple[str, str] | None:
    """Return what is not known in a measure and the remedy, or None where the catalog has it."""
    known: dict[str, list[str]] = {
        "badge": [each.code for each in parts.badges],
        "streak": [each.code for each in parts.streaks],
        "reward": [each.code for each in parts.rewards],
        "currency": ["points", *[each.code for each in parts.currencies]],
        "": [""],
    }
    known |= {ladder.code: [tier.code for tier in ladder.tiers] for ladder in parts.ladders}
    if asked.kind not in known:
        near = nearest(asked.kind, known)
        return (
            f"unknown ladder {asked.kind!r}",
            f"did you mean {near!r}?" if near else "it has none of that name",
        )
    if asked.target in known[asked.kind]:
        return None
    near = nearest(asked.target, known[asked.kind])
    elsewhere = [ladder.code for ladder in parts.ladders if asked.target in known[ladder.code]]
    if asked.kind in {ladder.code for ladder in parts.ladders} and elsewhere:
        return f"unknown {asked.kind} {asked.target!r}", f"write {elsewhere[0]}.{asked.target}"
    return (
        f"unknown {asked.kind} {asked.target!r}",
        f"did you mean {near!r}?" if near else "it has none of that name",
    )
