"""Runs of satisfied periods: the definition (`fold`), and what time does to them.

Promise: the result depends on the set of marks alone, not on the order in which they came. Freezes make it not
monotone: an earlier activity that comes late can draw a freeze away from a later gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.domain.streak_deadlines import following, ground, label_at
from gamify_core.domain.streak_facts import (
    BASELINE,
    MEMORY,
    NO_PARDONS,
    Mark,
    Miss,
    Pardons,
    Run,
    State,
    Terms,
)
from gamify_core.domain.streak_periods import counted, when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.domain.streak_rules import StreakRules
    from gamify_core.domain.zones import ZoneLine

__all__ = ["NOTHING", "Chain", "Settled", "chain_of", "fold", "history", "link", "missed"]
__all__ += ["satisfied_labels", "settle", "stock_at"]

_MASK: Final = (1 << MEMORY) - 1
_row = tuple.__new__  # with every activity: `Settled(…)` takes three times as long


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


class Settled(NamedTuple):
    """What became of the periods after the last satisfied one: `required` is the first still open, until `deadline`."""

    required: int
    deadline: int
    stock: int
    settled: int | None
    broken_at: int | None
    misses: tuple[Miss, ...]


NOTHING: Final = Chain(None, None, 0, 0, None, 0, 0, None, 0, 0, 0)
"""Before the first satisfied period."""


def fold(
    marks: Iterable[Mark], rules: StreakRules, line: ZoneLine, pardons: Pardons = NO_PARDONS
) -> State | None:
    """Return the state that a set of marks amounts to, in whatever order they come; None for no marks."""
    marks = list(marks)
    if not marks:
        return None
    terms, chain = Terms(rules, line, pardons), NOTHING
    periods = counted(marks, terms)
    for period in periods:
        if period.reached is not None:
            chain = link(chain, period.reached, terms)
    greatest, latest = max(marks), max(marks, key=when)
    if chain.last is None:
        chain = chain._replace(offset=greatest.offset)
    # With credit the greatest label may be that of a mark which counts for the period before.
    tally = periods[-1].tally if periods[-1].label == greatest.label else 0
    return State(*chain, greatest.label, tally, latest.instant, latest.id)


def satisfied_labels(
    marks: Iterable[Mark], rules: StreakRules, line: ZoneLine, pardons: Pardons = NO_PARDONS
) -> tuple[int, ...]:
    """Return the labels of all satisfied periods, in order."""
    periods = counted(marks, Terms(rules, line, pardons))
    return tuple(period.label for period in periods if period.reached is not None)


def history(
    marks: Iterable[Mark], rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int
) -> tuple[Run, ...]:
    """Return every run, oldest first; the last has `ended_at` None while it lives at `as_of`."""
    terms, chain, runs, start = Terms(rules, line, pardons), NOTHING, list[Run](), 0
    for period in counted(marks, terms):
        mark = period.reached
        if mark is None:
            continue
        longer = link(chain, mark, terms)
        if longer.runs != chain.runs:
            if chain.last is not None:
                ended = settle(chain, chain.last, terms, mark.label, mark.instant).broken_at
                runs.append(Run(start, chain.last, chain.run, ended))
            start = mark.label - max(mark.weight - 1, 0) if mark.part == BASELINE else mark.label
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
    return settle(state, state.last, _row(Terms, (rules, line, pardons)), present, as_of).misses


def settle(chain: Chain | State, last: int, terms: Terms, before: int, until: int) -> Settled:
    """Judge the required periods between `last` and `before` whose deadline is `until` or earlier.

    Each uses a freeze, or ends the run. One whose deadline is later stays open: the grace bridges it. A run
    that has ended uses no more freezes.
    """
    rules, line, pardons = terms
    if line.carried:
        line = ground(line, chain.offset)
    stock, settled, broken_at = chain.stock, chain.settled, None
    misses: list[Miss] = []
    required, at = following(last, rules, line, pardons)
    while required < before and at <= until:
        stock, settled = stock_at(stock, settled, at, terms), at
        if not stock:
            misses.append(Miss(required, at, "broken", chain.run))
            broken_at = at
            break
        stock -= 1
        misses.append(Miss(required, at, "frozen", chain.run))
        required, at = following(required, rules, line, pardons)
    return _row(Settled, (required, at, stock, settled, broken_at, tuple(misses)))


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
    return _row(Chain, state[:11])


def link(chain: Chain | State, mark: Mark, terms: Terms) -> Chain:
    """Return the chain with one more satisfied period, later than all it has: `mark` has its label."""
    last, _, run, longest, longest_at, runs, stock, settled, consumed, behind = chain[:10]
    label, at, _, offset, part, weight, day = mark
    if part == BASELINE:
        return Chain(label, at, weight, day, at, 1, 0, None, 0, 0, offset)
    rules = terms.rules
    if last is None:
        runs = 1
    else:
        gap = label - last
        if gap > 1:
            after = settle(chain, last, terms, label, at)
            stock, settled = after.stock, after.settled
            consumed += len(after.misses)
            if after.broken_at is not None:
                consumed -= 1  # for the last of them no freeze was left: it broke the run
                run, runs = 0, runs + 1
        behind = (behind << gap | 1 << (gap - 1)) & _MASK if gap <= MEMORY else 0
    run += 1
    if rules.freeze_every and run % rules.freeze_every == 0:
        # Grants between `settled` and now are taken later: under one cap that comes to the same.
        stock = min(rules.freeze_cap, stock + 1)
    if run > longest:
        longest, longest_at = run, at
    longer = (label, at, run, longest, longest_at, runs, stock, settled, consumed, behind, offset)
    return _row(Chain, longer)
