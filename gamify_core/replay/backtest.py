"""A history under another catalog, and what comes out otherwise.

Promise: what is compared is how everybody stands at the end, row by row of the two stores, so nothing is estimated; in
both, what was due by then is done. Who was erased, and whoever they dealt with, is left out. Nothing is written to the
history.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from gamify_core.catalog import Catalog
from gamify_core.clock import moment
from gamify_core.domain.decimals import Amount, exact
from gamify_core.ids import without_ids
from gamify_core.replay.again import Again
from gamify_core.replay.changes import (
    BadgeChange,
    CauseChange,
    CurrencyChange,
    RankChange,
    RankMove,
    RewardChange,
    StreakChange,
    TierChange,
)
from gamify_core.replay.costs import CostChange, check_known
from gamify_core.replay.examples import Hearing
from gamify_core.replay.ranks import Board, all_time, ranks
from gamify_core.replay.report import Backtest, Difference
from gamify_core.replay.standings import Flow, Person, Purse, Standing, standings
from gamify_core.road.definitions import merged, versions
from gamify_core.road.plan import compile_plan
from gamify_core.storage.tables.activity import ACTIVITY

if TYPE_CHECKING:
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader

__all__ = ["compare"]

Pairs = dict[Person, tuple[Standing, Standing]]
Places = dict[Board, dict[str, int]]
_NO_RUN = (0, 0)
_NOBODY = Standing()
_EMPTY = Purse()


def compare(  # noqa: PLR0913 - the options of a backtest, all by name
    source: Reader,
    road: Road,
    catalog: Catalog | None,
    *,
    top: int = 20,
    costs: Mapping[str, float] | None = None,
    told: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Decide the history of `source`, which `road` has written, again, and report what is otherwise.

    `told` hears how many of how many commands are done. Raises `GamifyError` where a Python function is missing.
    """
    head = source.last(ACTIVITY)
    # As an engine would have it that is opened with the catalog: by the codes of the history, not by those of now
    effective = merged(catalog, versions(source)).catalog if catalog is not None else None
    before = road.catalog_of(source, head.catalog) if head is not None else Catalog()
    check_known(costs or {}, before, effective or before)
    again = Again(source, road, catalog)
    hearing = Hearing(source, road, again)
    for done, step in enumerate(again.steps(), 1):
        hearing.hear(step)
        if told is not None and head is not None:
            told(done, head.seq)
    left_out = hearing.touched
    then = again.rest(head) if catalog is not None and head is not None else source
    if effective is not None and head is not None:
        hearing.changes = before.diff(effective)
    plans = compile_plan(before), again.road.plan_in_force
    boards = all_time(plans[0]).keys() & all_time(plans[1]).keys()
    as_of = head.recorded_at if head is not None else 0
    with again.store.view() as now:
        old = standings(then, plans[0], as_of, left_out)
        new = standings(now, plans[1], as_of, left_out, again.names.called_then)
        places = ranks(then, plans[0], boards, left_out), ranks(now, plans[1], boards, left_out)
    pairs = {person: (old.get(person, _NOBODY), new.get(person, _NOBODY)) for person in {**old, **new}}
    scales = _Scales(plan.catalog for plan in plans)
    differences = _differences(pairs, scales, places)
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
        _currencies(pairs, differences, scales, costs or {}),
        _causes(pairs, hearing, scales),
        _badges(pairs),
        _tiers(differences),
        _streaks(pairs),
        _ranks(*places, top),
        _rewards(pairs),
        hearing.skips(),
        tuple(hearing.refused),
        tuple(hearing.overruled),
        tuple(hearing.exemplified(one) if place < top else one for place, one in enumerate(differences)),
        top,
        len(again.erased),
        len(left_out),
    )


class _Scales:
    """With how many decimals the currencies of two catalogs are told."""

    def __init__(self, catalogs: Iterable[Catalog]) -> None:
        self._known = {each.code: each.scale for catalog in catalogs for each in catalog.currencies}

    def exact(self, currency: str | None, units: int) -> Amount:
        """Return an amount that is kept as a whole number of a currency's smallest unit."""
        return exact(units, self._known.get(currency, 0) if currency is not None else 0)


def _differences(pairs: Pairs, scales: _Scales, places: tuple[Places, Places]) -> list[Difference]:
    found = []
    for person, pair in pairs.items():
        one = _difference(person, *pair, scales) if pair[0] != pair[1] else None
        if one is not None:
            found.append(attrs.evolve(one, ranks=_moved(person, *places)))
    return sorted(found, key=lambda one: (-one.size, -len(one.badges_gained), one.scope, one.participant_id))


def _moved(person: Person, then: Places, now: Places) -> tuple[tuple[str, int | None, int | None], ...]:
    scope, who = person
    both = [
        (code, then.get((scope, code), {}).get(who), now.get((scope, code), {}).get(who))
        for each, code in sorted({*then, *now})
        if each == scope
    ]
    return tuple(each for each in both if each[1] != each[2])


def _difference(person: Person, old: Standing, new: Standing, scales: _Scales) -> Difference | None:
    points, last, because = dict[str, Amount](), {}, list[CauseChange]()
    for currency in sorted({*old.purses, *new.purses}):
        then, now = old.purses.get(currency, _EMPTY), new.purses.get(currency, _EMPTY)
        if change := _given(now) - _given(then):
            points[currency] = scales.exact(currency, change)
        flows = _merged(then), _merged(now)
        because += [one for one in _flows(currency, *flows, scales) if one.points_then != one.points_now]
        more = [
            flow.last for cause, flow in flows[1].items() if flow.given > flows[0].get(cause, Flow()).given
        ]
        if more:
            last[currency] = moment(max(more))
    because.sort(key=lambda one: -_size(one))
    ladders = sorted({*old.tiers, *new.tiers})
    tiers = [(ladder, old.tiers.get(ladder), new.tiers.get(ladder)) for ladder in ladders]
    moved = tuple(each for each in tiers if each[1] != each[2])
    gained, lost = sorted(new.badges - old.badges), sorted(old.badges - new.badges)
    if not (points or moved or gained or lost or old.claims != new.claims or old.streaks != new.streaks):
        return None
    runs = tuple(
        (code, old.streaks.get(code, _NO_RUN)[0], new.streaks.get(code, _NO_RUN)[0])
        for code in sorted({*old.streaks, *new.streaks})
        if old.streaks.get(code) != new.streaks.get(code)
    )
    badges = tuple(gained), tuple(lost)
    return Difference(*person, points, tuple(because), *badges, moved, last, streaks=runs)


def _size(one: CauseChange) -> Amount:
    change = one.points_now - one.points_then
    return change if change > 0 else -change


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


def _flows(
    currency: str, then: dict[str, Flow], now: dict[str, Flow], scales: _Scales
) -> Iterable[CauseChange]:
    for cause in {**then, **now}:
        a, b = then.get(cause, Flow()), now.get(cause, Flow())
        then_now = scales.exact(currency, a.given - a.taken), scales.exact(currency, b.given - b.taken)
        yield CauseChange(cause, currency, a.times, b.times, *then_now)


def _currencies(
    pairs: Pairs, differences: Iterable[Difference], scales: _Scales, costs: Mapping[str, float]
) -> tuple[CurrencyChange, ...]:
    gained: defaultdict[str, list[Amount]] = defaultdict(list)
    for one in differences:
        for currency, amount in one.points.items():
            gained[currency].append(amount)
    found = []
    held = {code for pair in pairs.values() for each in pair for code in each.purses}
    for currency in sorted(held | costs.keys()):
        purses = [[pair[side].purses.get(currency, _EMPTY) for pair in pairs.values()] for side in (0, 1)]
        (issued, spent, owed), (issued_now, spent_now, owed_now) = (_sums(each) for each in purses)
        nothing = scales.exact(currency, 0)
        up = [amount for amount in gained[currency] if amount > 0]
        down = [-amount for amount in gained[currency] if amount < 0]
        used = scales.exact(currency, spent), scales.exact(currency, spent_now)
        outstanding = scales.exact(currency, owed), scales.exact(currency, owed_now)
        each = costs.get(currency)
        found.append(
            CurrencyChange(
                currency,
                scales.exact(currency, issued),
                scales.exact(currency, issued_now),
                *used,
                *outstanding,
                *(len(up), sum(up, nothing), len(down), sum(down, nothing)),
                CostChange.of(each, used, outstanding) if each is not None else None,
            )
        )
    return tuple(found)


def _sums(purses: Iterable[Purse]) -> tuple[int, int, int]:
    """Return what was issued, what was spent, and what is outstanding: debts are none of ours."""
    listed = list(purses)
    outstanding = sum(max(purse.balance, 0) for purse in listed)
    return sum(purse.earned for purse in listed), sum(purse.spent for purse in listed), outstanding


def _causes(pairs: Pairs, hearing: Hearing, scales: _Scales) -> tuple[CauseChange, ...]:
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
        points = scales.exact(currency, points_old), scales.exact(currency, points_new)
        one = CauseChange(cause, currency, then, now, *points)
        found.append(hearing.shown(one))
    paying = {cause for cause, _ in sums}
    others = [cause for cause in hearing.rules() if cause not in paying]
    found += [hearing.shown(CauseChange(cause, None, *hearing.fired(cause), 0, 0)) for cause in others]
    found.sort(key=lambda one: (-_size(one), one.cause, one.currency or ""))
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


def _streaks(pairs: Pairs) -> tuple[StreakChange, ...]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for old, new in pairs.values():
        for code in {**old.streaks, **new.streaks}:
            (run, longest), (run_now, longest_now) = (each.streaks.get(code, _NO_RUN) for each in (old, new))
            told = found[code]
            if run != run_now:
                lasts = "longer" if run < run_now else "shorter"
                told["only_now" if not run else "only_then" if not run_now else lasts] += 1
            told["records"] += longest != longest_now
    return tuple(
        StreakChange(
            code, *(told[name] for name in ("only_then", "only_now", "longer", "shorter", "records"))
        )
        for code, told in sorted(found.items())
    )


def _ranks(then: Places, now: Places, top: int) -> tuple[RankChange, ...]:
    found = []
    for scope, board in sorted({*then, *now}):
        old, new = then.get((scope, board), {}), now.get((scope, board), {})
        moves = [
            RankMove(who, old.get(who), new.get(who))
            for who in {**old, **new}
            if old.get(who) != new.get(who)
        ]
        last = max(len(old), len(new)) + 1  # where somebody stands who is not on the board
        far = {one.participant_id: (one.then or last) - (one.now or last) for one in moves}
        moves.sort(key=lambda one: (-abs(far[one.participant_id]), one.participant_id))
        there = [one for one in moves if one.then is not None and one.now is not None]
        rose = sum(far[one.participant_id] > 0 for one in there)
        entered = sum(one.then is None for one in moves)
        left = len(moves) - len(there) - entered
        counts = (len(old), len(new), rose, len(there) - rose, entered, left)
        found.append(RankChange(scope, board, *counts, tuple(moves[:top])))
    return tuple(found)


def _rewards(pairs: Pairs) -> tuple[RewardChange, ...]:
    then, now = Counter[str](), Counter[str]()
    for old, new in pairs.values():
        then.update(old.claims)
        now.update(new.claims)
    return tuple(RewardChange(code, then[code], now[code]) for code in sorted({*then, *now}))
