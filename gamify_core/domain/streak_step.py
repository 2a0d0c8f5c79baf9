"""The next step of a fold: what one more activity makes of a state, without going through all of them.

Promise: `step` and `surplus` give what `fold` would, or None where only that can tell. Where a period is a sum of
weights, they need nothing but the state; else they are given the marks beside which the new one comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streak_credit import in_grace, open_before
from gamify_core.domain.streak_facts import MEMORY, NO_PARDONS, Mark, Pardons, State, Terms
from gamify_core.domain.streak_fold import NOTHING, Chain, chain_of, fold, link
from gamify_core.domain.streak_rules import plain
from gamify_core.domain.streak_tallies import Tally, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamify_core.domain.streak_rules import StreakRules
    from gamify_core.domain.zones import ZoneLine

__all__ = ["satisfied", "step", "surplus"]

_row = tuple.__new__  # with every activity: `State(…)` takes three times as long


def step(  # noqa: PLR0913 - a mark, what it meets, and what both are judged by
    state: State | None,
    mark: Mark,
    rules: StreakRules,
    line: ZoneLine,
    pardons: Pardons = NO_PARDONS,
    beside: Sequence[Mark] = (),
) -> State | None:
    """Return the state with one more mark, or None when all must be folded again.

    A mark in order never must: nothing seen so far is later than it or has a higher label. (With credit grace it
    may, while the period before is open.) The last one may be repeated: it changes nothing. `beside` are all the
    marks of its label so far, in any order, one given twice counting once; where the rules are `plain` they are
    not needed.
    """
    if not rules.simple:
        return _step(state, mark, Terms(rules, line, pardons), beside)
    label, instant, identity, offset, _, weight, _ = mark
    chain: Chain | State = NOTHING
    before = 0
    if state is not None:
        if instant == state.seen and identity == state.seen_id:
            return state
        if label < state.label or (instant, identity) < (state.seen, state.seen_id):
            return None
        chain, before = state, state.tally if label == state.label else 0
    tally = before + weight
    if before < rules.target <= tally:
        chain = link(chain, mark, _row(Terms, (rules, line, pardons)))
    elif chain.last is None:
        chain = NOTHING._replace(offset=offset)
    return _row(State, (*chain[:11], label, tally, instant, identity))


def _step(state: State | None, mark: Mark, terms: Terms, beside: Sequence[Mark]) -> State | None:
    """Do the same where a mark is more than a weight in its own period."""
    if state is None:
        return fold([mark], *terms)
    again = (mark.instant, mark.id) == (state.seen, state.seen_id)
    if mark in beside or (again and plain(terms.rules)):
        return state
    if mark.label < state.label or (mark.instant, mark.id) < (state.seen, state.seen_id):
        return None
    if terms.rules.grace_mode == "keep_alive":
        return _beside(state, mark, terms, beside)
    return None if again else _credit(state, mark, terms, beside)


def _credit(state: State, mark: Mark, terms: Terms, beside: Sequence[Mark]) -> State | None:
    """Let a mark fill the earliest period that is open, be it its own or one before."""
    for label in open_before(mark, terms):
        if not satisfied(state, label):
            return _fill(state, mark, label, terms)
    target = terms.rules.target
    if plain(terms.rules):
        before = state.tally if mark.label == state.label else 0
        tally = before + mark.weight
        return _after(state, mark, tally, terms, reached=before < target <= tally)
    if any(in_grace(other, terms) for other in beside):
        return None  # whether those were counted for this period does not show in the state
    return _beside(state, mark, terms, beside)


def _beside(state: State, mark: Mark, terms: Terms, beside: Sequence[Mark]) -> State:
    """Count a mark for its own period, all of whose marks are known."""
    whole = _tally(beside, terms.rules)
    before = whole.satisfied
    whole.add(mark)
    return _after(state, mark, whole.packed, terms, reached=whole.satisfied and not before)


def _after(state: State, mark: Mark, tally: int, terms: Terms, *, reached: bool) -> State:
    """Return the state with a mark that counts for its own period, the greatest."""
    chain = chain_of(state)
    if reached:
        chain = link(chain, mark, terms)
    elif chain.last is None:
        chain = NOTHING._replace(offset=mark.offset)
    return State(*chain, mark.label, tally, mark.instant, mark.id)


def _fill(state: State, mark: Mark, label: int, terms: Terms) -> State | None:
    """Return the state with a mark that alone satisfies a period before its own, later than the last one."""
    rules = terms.rules
    if (state.last is not None and label < state.last) or not plain(rules) or mark.weight < rules.target:
        return None
    chain = link(chain_of(state), mark._replace(label=label), terms)
    tally = state.tally if mark.label == state.label else 0
    return State(*chain, mark.label, tally, mark.instant, mark.id)


def surplus(state: State, mark: Mark, beside: Sequence[Mark], rules: StreakRules) -> State | None:
    """Return the state with one more mark in a period that was satisfied by then anyway, or None if it was not.

    `beside` are all marks of that period (where the rules are `plain`, the earliest `target` of them suffice). The
    mark is a new one, but need not be in order: what a period is worth was decided by the mark that reached the
    target. With credit grace that cannot be told from the marks of one period.
    """
    if rules.grace_mode == "credit" or not filled((other for other in beside if other < mark), rules):
        return None
    tally = state.tally
    if mark.label == state.label:
        tally = tally + mark.weight if rules.simple else _tally([*beside, mark], rules).packed
    seen, seen_id = max((state.seen, state.seen_id), (mark.instant, mark.id))
    return state._replace(tally=tally, seen=seen, seen_id=seen_id)


def _tally(marks: Sequence[Mark], rules: StreakRules) -> Tally:
    whole = Tally(rules)
    for mark in sorted(set(marks)):
        whole.add(mark)
    return whole


def satisfied(state: State | None, label: int) -> bool:
    """Say whether a period is satisfied; more than `MEMORY` periods behind the last that is forgotten."""
    if state is None or state.last is None or label > state.last:
        return False
    back = state.last - label
    return back == 0 or (back <= MEMORY and bool(state.behind >> (back - 1) & 1))
