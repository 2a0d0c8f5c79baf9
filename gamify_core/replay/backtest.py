"""A history under another catalog, and what comes out otherwise.

Promise: what is compared is how everybody stands at the end, row by row of the two stores, so nothing is estimated; in
both, what was due by then is done. Who was erased, and whoever they dealt with, is left out. Nothing is written to the
history.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gamify_core.clock import moment
from gamify_core.ids import without_ids
from gamify_core.replay.again import Again
from gamify_core.replay.examples import Hearing
from gamify_core.replay.report import (
    Backtest,
    BadgeChange,
    CauseChange,
    CurrencyChange,
    Difference,
    RewardChange,
    TierChange,
)
from gamify_core.replay.standings import Flow, Person, Purse, Standing, standings
from gamify_core.road.definitions import merged, versions
from gamify_core.storage.tables.activity import ACTIVITY

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader

__all__ = ["compare"]

Pairs = dict[Person, tuple[Standing, Standing]]
_NOBODY = Standing()
_EMPTY = Purse()


def compare(
    source: Reader,
    road: Road,
    catalog: Catalog | None,
    *,
    top: int = 20,
    told: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Decide the history of `source`, which `road` has written, again, and report what is otherwise.

    `told` hears how many of how many commands are done. Raises `GamifyError` where a Python function is missing.
    """
    head = source.last(ACTIVITY)
    again = Again(source, road, catalog)
    hearing = Hearing(source, road, again)
    for done, step in enumerate(again.steps(), 1):
        hearing.hear(step)
        if told is not None and head is not None:
            told(done, head.seq)
    left_out = hearing.touched
    then = again.rest(head) if catalog is not None and head is not None else source
    with again.store.view() as now:
        old, new = standings(then, left_out), standings(now, left_out, again.names.called_then)
    pairs = {person: (old.get(person, _NOBODY), new.get(person, _NOBODY)) for person in {**old, **new}}
    # As an engine would have it that is opened with the catalog: by the codes of the history, not by those of now
    effective = merged(catalog, versions(source)).catalog if catalog is not None else None
    if effective is not None and head is not None:
        hearing.changes = road.catalog_of(source, head.catalog).diff(effective)
    differences = _differences(pairs)
    digest = head.digest.hex() if head is not None else ""
    named = effective.fingerprint if effective is not None else None
    return Backtest(
        hashlib.sha256(f"{digest}|{named}".encode()).hexdigest()[:12],
        named,
        head.seq if head is not None else 0,
        digest,
        moment(head.recorded_at) if head is not None else None,
        len(pairs),
        hearing.changes,
        _currencies(pairs, differences),
        _causes(pairs, hearing),
        _badges(pairs),
        _tiers(differences),
        _rewards(pairs),
        hearing.skips(),
        tuple(hearing.refused),
        tuple(hearing.overruled),
        tuple(hearing.exemplified(one) if place < top else one for place, one in enumerate(differences)),
        top,
        len(again.erased),
        len(left_out),
    )


def _differences(pairs: Pairs) -> list[Difference]:
    found = [_difference(person, *pair) for person, pair in pairs.items() if pair[0] != pair[1]]
    differing = [one for one in found if one is not None]
    return sorted(
        differing, key=lambda one: (-one.size, -len(one.badges_gained), one.scope, one.participant_id)
    )


def _difference(person: Person, old: Standing, new: Standing) -> Difference | None:
    points, last, because = {}, {}, list[CauseChange]()
    for currency in sorted({*old.purses, *new.purses}):
        then, now = old.purses.get(currency, _EMPTY), new.purses.get(currency, _EMPTY)
        if change := _given(now) - _given(then):
            points[currency] = change
        flows = _merged(then), _merged(now)
        because += [one for one in _flows(currency, *flows) if one.points_then != one.points_now]
        more = [
            flow.last for cause, flow in flows[1].items() if flow.given > flows[0].get(cause, Flow()).given
        ]
        if more:
            last[currency] = moment(max(more))
    because.sort(key=lambda one: -abs(one.points_now - one.points_then))
    ladders = sorted({*old.tiers, *new.tiers})
    tiers = [(ladder, old.tiers.get(ladder), new.tiers.get(ladder)) for ladder in ladders]
    moved = tuple(each for each in tiers if each[1] != each[2])
    gained, lost = sorted(new.badges - old.badges), sorted(old.badges - new.badges)
    if not (points or moved or gained or lost or old.claims != new.claims):
        return None
    return Difference(*person, points, tuple(because), tuple(gained), tuple(lost), moved, last)


def _given(purse: Purse) -> int:
    """Return what definitions gave: what was earned, less what rules took; what people paid is theirs to decide."""
    return purse.earned - sum(flow.taken for cause, flow in purse.flows.items() if cause.startswith("rule:"))


def _merged(purse: Purse) -> dict[str, Flow]:
    """Return the flows by causes that both histories call the same."""
    merged: dict[str, Flow] = {}
    for cause, flow in purse.flows.items():
        into = merged.setdefault(without_ids(cause), Flow())
        into.times, into.last = into.times + flow.times, max(into.last, flow.last)
        into.given, into.taken = into.given + flow.given, into.taken + flow.taken
    return merged


def _flows(currency: str, then: dict[str, Flow], now: dict[str, Flow]) -> Iterable[CauseChange]:
    for cause in {**then, **now}:
        a, b = then.get(cause, Flow()), now.get(cause, Flow())
        yield CauseChange(cause, currency, a.times, b.times, a.given - a.taken, b.given - b.taken)


def _currencies(pairs: Pairs, differences: Iterable[Difference]) -> tuple[CurrencyChange, ...]:
    gained: defaultdict[str, list[int]] = defaultdict(list)
    for one in differences:
        for currency, amount in one.points.items():
            gained[currency].append(amount)
    found = []
    for currency in sorted({code for pair in pairs.values() for each in pair for code in each.purses}):
        purses = [[pair[side].purses.get(currency, _EMPTY) for pair in pairs.values()] for side in (0, 1)]
        (issued, spent, owed), (issued_now, spent_now, owed_now) = (_sums(each) for each in purses)
        up = [amount for amount in gained[currency] if amount > 0]
        down = [-amount for amount in gained[currency] if amount < 0]
        whole = (issued, issued_now, spent, spent_now, owed, owed_now)
        found.append(CurrencyChange(currency, *whole, len(up), sum(up), len(down), sum(down)))
    return tuple(found)


def _sums(purses: Iterable[Purse]) -> tuple[int, int, int]:
    """Return what was issued, what was spent, and what is outstanding: debts are none of ours."""
    listed = list(purses)
    outstanding = sum(max(purse.balance, 0) for purse in listed)
    return sum(purse.earned for purse in listed), sum(purse.spent for purse in listed), outstanding


def _causes(pairs: Pairs, hearing: Hearing) -> tuple[CauseChange, ...]:
    """Return what each cause came to; a rule that moves no points is counted by its firings."""
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for pair in pairs.values():
        for side, standing in enumerate(pair):
            for currency, purse in standing.purses.items():
                for cause, flow in _merged(purse).items():
                    total = sums[cause, currency]
                    total[side] += flow.times
                    total[2 + side] += flow.given - flow.taken
    found = []
    for (cause, currency), (old, new, points_old, points_new) in sums.items():
        then, now = hearing.fired(cause) if cause.startswith("rule:") else (old, new)
        one = CauseChange(cause, currency, then, now, points_old, points_new)
        found.append(hearing.shown(one))
    paying = {cause for cause, _ in sums}
    others = [cause for cause in hearing.rules() if cause not in paying]
    found += [hearing.shown(CauseChange(cause, None, *hearing.fired(cause), 0, 0)) for cause in others]
    found.sort(key=lambda one: (-abs(one.points_now - one.points_then), one.cause, one.currency or ""))
    return tuple(found)


def _badges(pairs: Pairs) -> tuple[BadgeChange, ...]:
    both, only_then, only_now = Counter[str](), Counter[str](), Counter[str]()
    for old, new in pairs.values():
        both.update(old.badges & new.badges)
        only_then.update(old.badges - new.badges)
        only_now.update(new.badges - old.badges)
    codes = sorted({*both, *only_then, *only_now})
    return tuple(BadgeChange(code, both[code], only_then[code], only_now[code]) for code in codes)


def _tiers(differences: Iterable[Difference]) -> tuple[TierChange, ...]:
    moves = Counter(move for one in differences for move in one.tiers)
    return tuple(TierChange(*move, people) for move, people in moves.most_common())


def _rewards(pairs: Pairs) -> tuple[RewardChange, ...]:
    then, now = Counter[str](), Counter[str]()
    for old, new in pairs.values():
        then.update(old.claims)
        now.update(new.claims)
    return tuple(RewardChange(code, then[code], now[code]) for code in sorted({*then, *now}))
