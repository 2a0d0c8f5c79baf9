"""What a store would make of another catalog, if its next command came under it: what differs, and what follows.

Promise: what is said to follow is found by the very comparisons by which adopting a catalog acts; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.catalog import Catalog
from gamify_core.history.looking import rows_of
from gamify_core.road.definitions import merged, versions
from gamify_core.road.joined import is_alias
from gamify_core.road.plan import compile_plan
from gamify_core.road.streak_moves import redefined
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, STANDING

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader

__all__ = ["Adoption", "Consequence", "adoption"]

Kind = Literal["filled", "reordered", "judged", "placed", "kept", "from_now_on", "overruled", "left_out"]


@attrs.frozen
class Consequence:
    """One thing that adopting a catalog brings about, and for how many participants where that can be told."""

    kind: Kind
    what: str
    detail: str
    participants: int | None = None

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.what} {self.detail}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Adoption:
    """What differs between the definitions in force and another catalog, and what follows of adopting it."""

    changes: tuple[str, ...]
    consequences: tuple[Consequence, ...]

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return not self.changes

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "same": self.same,
            "changes": list(self.changes),
            "consequences": [one.to_dict() for one in self.consequences],
        }


def adoption(reader: Reader, road: Road, catalog: Catalog) -> Adoption:
    """Return what adopting `catalog` would change in a store; definitions made at run time are laid over it."""
    made = versions(reader)
    whole = merged(catalog, made)
    before, after = road.plan_in(reader), compile_plan(whole.catalog)
    changes = before.catalog.diff(after.catalog)
    found: list[Consequence] = []
    if changes:
        people = sum(1 for row in rows_of(reader, PARTICIPANT) if row.erased is None and not is_alias(row))
        found = [
            *_windows(before, after),
            *_streaks(before, after),
            *_ladders(reader, before, after, people),
            *_badges(reader, before, after),
            *_rules(before.catalog, after.catalog),
        ]
    codes = {(each.section, each.code) for each in made if not each.deleted}
    for section, code in sorted(codes):
        if code in [each.code for each in getattr(catalog, section, ())]:
            found.append(
                Consequence(
                    "overruled", f"{section}.{code}", "was made at run time; the catalog's own wins over it"
                )
            )
    for version, faults in whole.left_out:
        if not version.deleted:
            why = "; ".join(map(str, faults))
            found.append(
                Consequence("left_out", version.path, f"was made at run time and is left out: {why}")
            )
    return Adoption(changes, tuple(found))


def _windows(before: Plan, after: Plan) -> Iterator[Consequence]:
    """Say what is filled from history, and what is ranked otherwise."""
    counted = {metric.code: metric for metric in before.catalog.metrics}
    metrics = {each.code for each in after.catalog.metrics if each != counted.get(each.code)}
    for key, tracker in after.trackers.items():
        name = f"{tracker.metric} {key[1].split()[0].replace('_', ' ')}"
        was = before.trackers.get(key)
        if tracker.metric.startswith("rule."):
            continue
        if was is None or tracker.metric in metrics:
            yield Consequence("filled", name, "is worked out from history")
        elif (tracker.ranked, tracker.dense) != (was.ranked, was.dense):
            yield Consequence("reordered", name, "is ranked otherwise, for everybody")


def _streaks(before: Plan, after: Plan) -> Iterator[Consequence]:
    for code in redefined(after, before):
        if code in before.streaks:
            yield Consequence(
                "judged", f"streaks.{code}", "is judged anew from its first activity on, silently"
            )


def _ladders(reader: Reader, before: Plan, after: Plan, people: int) -> Iterator[Consequence]:
    standing = Counter[tuple[str, str]]()
    last: dict[tuple[int, str], str | None] = {}
    for row in rows_of(reader, STANDING):
        last[row.participant, row.ladder] = row.tier
    merged = {row.number for row in rows_of(reader, PARTICIPANT) if is_alias(row)}
    for (number, ladder), tier in last.items():
        if tier is not None and number not in merged:
            standing[ladder, tier] += 1
    for code, plan in after.ladders.items():
        was = before.ladders.get(code)
        if was is None:
            detail = f"is new: {_people(people)} placed on it, silently"
            yield Consequence("placed", f"ladders.{code}", detail, people)
        elif was.ladder != plan.ladder:
            held = sum(number for (ladder, _), number in standing.items() if ladder == code)
            detail = f"differs: {_people(held)} left on their rungs until their metric moves (or on_change=reevaluate)"
            yield Consequence("kept", f"ladders.{code}", detail, held)
            gone = {tier.code for tier in was.ladder.tiers} - {tier.code for tier in plan.ladder.tiers}
            for tier in sorted(gone):
                if number := standing[code, tier]:
                    detail = f"is gone: {_people(number)} still standing on it, as it was"
                    yield Consequence("kept", f"ladders.{code}.tiers.{tier}", detail, number)


def _badges(reader: Reader, before: Plan, after: Plan) -> Iterator[Consequence]:
    gone = set(before.badges) | {badge.code for badge in before.catalog.badges}
    gone -= {badge.code for badge in after.catalog.badges}
    if gone:
        held: dict[tuple[int, str], int] = {}
        for row in rows_of(reader, BADGE):
            if row.badge in gone:
                held[row.participant, row.badge] = row.held
        person = {row.number: row.person or row.number for row in rows_of(reader, PARTICIPANT)}
        holding = {(person[number], code) for (number, code), there in held.items() if there}
        holders = Counter(code for _, code in holding)
        for code in sorted(gone):
            if number := holders[code]:
                detail = f"is gone: {_people(number)} still holding it, as it was"
                yield Consequence("kept", f"badges.{code}", detail, number)
    known = {badge.code: badge for badge in before.catalog.badges}
    for badge in after.catalog.badges:
        if (
            badge.criteria
            and known.get(badge.code) != badge
            and (badge.code not in known or known[badge.code].criteria != badge.criteria)
        ):
            detail = (
                "is earned from now on; who is there already gets it by on_change=reevaluate or history.apply"
            )
            yield Consequence("from_now_on", f"badges.{badge.code}", detail)


def _rules(before: Catalog, after: Catalog) -> Iterator[Consequence]:
    old, new = ({rule.code: rule for rule in each.rules} for each in (before, after))
    changed = [code for code in {**old, **new} if old.get(code) != new.get(code)]
    if changed:
        detail = "act from now on; what they would have made of the past is told by gamify backtest"
        yield Consequence("from_now_on", f"rules {', '.join(changed)}", detail)


def _people(number: int) -> str:
    return f"{number:,} participant is" if number == 1 else f"{number:,} participants are"
