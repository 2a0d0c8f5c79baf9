"""Runs of satisfied periods: the definition (`fold`), its next step (`step`), and what time does to them.

Promise: the result depends on the set of marks alone, not on the order in which they came; `step` and
`surplus` give what `fold` would, or None. Freezes make it not monotone: an earlier activity that comes late
can draw a freeze away from a later gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.domain.streak_deadlines import deadline, ground, label_at, next_required
from gamify_core.domain.streak_facts import (
    MEMORY,
    NO_PARDONS,
    Mark,
    Miss,
    Pardons,
    Run,
    State,
    StreakRules,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gamify_core.domain.zones import ZoneLine

__all__ = ["Chain", "Settled", "Terms", "chain_of", "fold", "history", "missed", "settle", "step", "stock_at"]
__all__ += ["surplus"]

_MASK: Final = (1 << MEMORY) - 1


class Chain(NamedTuple):
    """The part of a `State` that only satisfied periods move."""

    last: int | None
    last_at: int | None
    run: int
    longest: int
    longest_at: int | None
    runs: int
    stock: int
    settled: int | None
    consumed: int
    behind: int
    offset: int


class Terms(NamedTuple):
    """All that a streak is judged by, beside its marks."""

    rules: StreakRules
    line: ZoneLine
    pardons: Pardons


class Settled(NamedTuple):
    """What became of the periods after the last satisfied one: `required` is the first still open."""

    required: int
    stock: int
    settled: int | None
    broken_at: int | None
    misses: tuple[Miss, ...]


class _Period(NamedTuple):
    """The marks of one label: how many, and the mark with which the target was reached."""

    label: int
    tally: int
    reached: Mark | None
    final: Mark


_NOTHING: Final = Chain(None, None, 0, 0, None, 0, 0, None, 0, 0, 0)


def fold(
    marks: Iterable[Mark], rules: StreakRules, line: ZoneLine, pardons: Pardons = NO_PARDONS
) -> State | None:
    """Return the state that a set of marks amounts to, in whatever order they come; None for no marks."""
    periods = _periods(marks, rules.target)
    if not periods:
        return None
    terms, chain = Terms(rules, line, pardons), _NOTHING
    for period in periods:
        if period.reached is not None:
            chain = _link(chain, period.reached, terms)
    label, count, _, final = periods[-1]
    if chain.last is None:
        chain = chain._replace(offset=final.offset)
    seen, seen_id = max((period.final.instant, period.final.id) for period in periods)
    return State(*chain, label, count, seen, seen_id)


def step(
    state: State | None, mark: Mark, rules: StreakRules, line: ZoneLine, pardons: Pardons = NO_PARDONS
) -> State | None:
    """Return the state with one more mark, or None when it is out of order and all must be folded again.

    A mark is in order when nothing seen so far is later than it or has a higher label. The last one may be
    repeated: it changes nothing.
    """
    label, instant, identity, offset = mark
    if state is None:
        chain, count = _NOTHING, 1
    else:
        if instant == state.seen and identity == state.seen_id:
            return state
        if label < state.label or (instant, identity) < (state.seen, state.seen_id):
            return None
        chain, count = chain_of(state), state.tally + 1 if label == state.label else 1
    if count == rules.target:
        chain = _link(chain, mark, Terms(rules, line, pardons))
    elif chain.last is None:
        chain = _NOTHING._replace(offset=offset)
    return State(*chain, label, count, instant, identity)


def surplus(state: State, mark: Mark, beside: Sequence[Mark], target: int) -> State | None:
    """Return the state with one more mark in a period that was satisfied by then anyway, or None if it was not.

    `beside` are the earliest marks of that period, `target` of them if there are as many. The mark is a new one,
    but need not be in order: what a period is worth was decided by the mark that reached the target.
    """
    if len(beside) < target or mark < beside[target - 1]:
        return None
    tally = state.tally + (mark.label == state.label)
    seen, seen_id = max((state.seen, state.seen_id), (mark.instant, mark.id))
    return state._replace(tally=tally, seen=seen, seen_id=seen_id)


def history(
    marks: Iterable[Mark], rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int
) -> tuple[Run, ...]:
    """Return every run, oldest first; the last has `ended_at` None while it lives at `as_of`."""
    terms, chain, runs, start = Terms(rules, line, pardons), _NOTHING, list[Run](), 0
    for period in _periods(marks, rules.target):
        mark = period.reached
        if mark is None:
            continue
        longer = _link(chain, mark, terms)
        if longer.runs != chain.runs:
            if chain.last is not None:
                ended = settle(chain, chain.last, terms, mark.label, mark.instant).broken_at
                runs.append(Run(start, chain.last, chain.run, ended))
            start = mark.label
        chain = longer
    if chain.last is not None:
        present = label_at(rules.calendar, ground(line, chain.offset), as_of)
        ended = settle(chain, chain.last, terms, present, as_of).broken_at
        runs.append(Run(start, chain.last, chain.run, ended))
    return tuple(runs)


def missed(
    state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int
) -> tuple[Miss, ...]:
    """Return what time has done since the last satisfied period: freezes used, and the end of the run."""
    if state is None or state.last is None:
        return ()
    present = label_at(rules.calendar, ground(line, state.offset), as_of)
    return settle(chain_of(state), state.last, Terms(rules, line, pardons), present, as_of).misses


def settle(chain: Chain, last: int, terms: Terms, before: int, until: int) -> Settled:
    """Judge the required periods between `last` and `before` whose deadline is `until` or earlier.

    Each uses a freeze, or ends the run. One whose deadline is later stays open: the grace bridges it. A run
    that has ended uses no more freezes.
    """
    rules, line, pardons = terms
    line = ground(line, chain.offset)
    stock, settled, misses = chain.stock, chain.settled, list[Miss]()
    required = next_required(last, rules, line, pardons)
    while required < before and (at := deadline(required, rules, line)) <= until:
        stock, settled = stock_at(stock, settled, at, terms), at
        if not stock:
            misses.append(Miss(required, at, "broken", chain.run))
            return Settled(required, stock, settled, at, tuple(misses))
        stock -= 1
        misses.append(Miss(required, at, "frozen", chain.run))
        required = next_required(required, rules, line, pardons)
    return Settled(required, stock, settled, None, tuple(misses))


def stock_at(stock: int, settled: int | None, instant: int, terms: Terms) -> int:
    """Return a stock of freezes with the grants after `settled`, up to `instant`, added under the cap."""
    for granted, number in terms.pardons.grants:
        if granted > instant:
            break
        if settled is None or granted > settled:
            stock = min(terms.rules.freeze_cap, stock + number)
    return stock


def chain_of(state: State) -> Chain:
    """Return the part of a state that satisfied periods move."""
    return Chain(*state[:11])


def _link(chain: Chain, mark: Mark, terms: Terms) -> Chain:
    """Return the chain with one more satisfied period, later than all it has."""
    last, _, run, longest, longest_at, runs, stock, settled, consumed, behind, _ = chain
    label, at, _, offset = mark
    if last is None:
        return Chain(label, at, 1, 1, at, 1, stock, settled, consumed, 0, offset)
    gap = label - last
    if gap > 1:
        after = settle(chain, last, terms, label, at)
        stock, settled = after.stock, after.settled
        consumed += sum(miss.outcome == "frozen" for miss in after.misses)
        if after.broken_at is not None:
            run, runs = 0, runs + 1
    run += 1
    behind = (behind << gap | 1 << (gap - 1)) & _MASK if gap <= MEMORY else 0
    if run > longest:
        longest, longest_at = run, at
    return Chain(label, at, run, longest, longest_at, runs, stock, settled, consumed, behind, offset)


def _periods(marks: Iterable[Mark], target: int) -> list[_Period]:
    """Group marks by label, in order, each mark once."""
    periods = list[_Period]()
    before: Mark | None = None
    reached: Mark | None = None
    count = 0
    for mark in sorted(marks):
        if mark == before:
            continue
        if before is not None and mark.label != before.label:
            periods.append(_Period(before.label, count, reached, before))
            count, reached = 0, None
        count += 1
        if count == target:
            reached = mark
        before = mark
    if before is not None:
        periods.append(_Period(before.label, count, reached, before))
    return periods
