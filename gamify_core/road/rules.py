"""What an event does: metrics first, then the rules against that state, in declared order.

A cascade never refuses the event. What a rule means to do and cannot (an overdraft, a cap, a cooldown, an
expression that fails) is passed over, and the outcome says so; a rule declared `strict` refuses the event instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gamify_core.border import MOST, Json
from gamify_core.domain.condition_facts import Facts
from gamify_core.domain.conditions import Expression
from gamify_core.domain.luck import stream
from gamify_core.effects import SKIPPED
from gamify_core.errors import BadValue, ConditionError, GamifyError, InsufficientPoints, RuleFailed
from gamify_core.road import badges, streaks, wallet
from gamify_core.road.meters import moved, see, value_of
from gamify_core.road.seal import canonical

if TYPE_CHECKING:
    from gamify_core.road.plan import CounterPlan, RulePlan
    from gamify_core.road.turn import Turn

__all__ = ["attributes_of", "count", "facts_for", "fire", "held_back", "holds"]


def facts_for(turn: Turn, properties: Mapping[str, Json], name: str = "") -> Facts:
    """Return what an expression may read; what is costly is asked for late."""
    who = turn.who
    return Facts(
        properties,
        attributes_of(who.attributes),
        lambda metric: value_of(turn, who, metric),
        lambda: turn.local(who),
        _luck(turn, name),
    )


def _luck(turn: Turn, name: str) -> Callable[[], int]:
    """Return the draws of a rule for this event; the store's seed is only asked for when something is drawn."""
    draws: Callable[[], int] | None = None

    def draw() -> int:
        nonlocal draws
        if draws is None:
            draws = stream(turn.seed, turn.seq, name)
        return draws()

    return draw


def attributes_of(text: str) -> Mapping[str, object]:
    """Return a participant's attributes."""
    return {} if text == "{}" else json.loads(text)


def count(turn: Turn, plan: CounterPlan, facts: Facts) -> None:
    """Let a declared metric take what it counts from an event."""
    code = plan.metric.code
    try:
        _count(turn, plan, facts)
    except ConditionError:
        turn.say("skipped", turn.who.number, f"metric:{code}", "count", "not_a_number", code)
    except BadValue:  # the sum would leave the range of 64 bits
        turn.say("skipped", turn.who.number, f"metric:{code}", "count", "out_of_range")


def _count(turn: Turn, plan: CounterPlan, facts: Facts) -> None:
    if plan.when is not None and not plan.when.holds(facts):
        return
    who = turn.who
    if plan.distinct is not None:
        value = plan.distinct.value(facts)
        if value is not None:
            see(turn, who, plan.plan, value if isinstance(value, str) else canonical(str(value)))
        return
    amount = 1
    if plan.amount is not None:
        if any(facts.properties.get(field.partition(".")[0]) is None for field in plan.amount.fields):
            return  # an event without the property has nothing to add
        amount = plan.amount.amount(facts)
        if not -MOST <= amount <= MOST:
            turn.say("skipped", who.number, f"metric:{plan.metric.code}", "count", "out_of_range")
            return
        if amount == 0 and plan.plan.mode == "sum":
            return  # a row that nothing moved would have an instant that depends on the order of arrival
    moved(turn, who, plan.plan, None, amount, amount)


def fire(turn: Turn, plan: RulePlan, facts: Facts) -> None:
    """Do what a rule says."""
    rule = plan.rule
    cause = f"rule:{rule.code}"
    if not _free(turn, plan):
        return
    fired = False
    for currency, amount in plan.awards:
        fired = _award(turn, plan, facts, currency, amount, cause) or fired
    for currency, amount in plan.deducts:
        fired = _deduct(turn, plan, facts, currency, amount, cause) or fired
    for code in rule.streak:
        streaks.record(turn, turn.who, turn.plan.streaks[code], cause)
        fired = True
    for code in rule.badge:
        badge = turn.plan.catalog.badge(code)
        if badge.repeatable or badges.held(turn, turn.who, badge) is None:
            badges.earn(turn, turn.who, badge, cause)
            fired = True
    if fired:
        _note(turn, plan)


def held_back(turn: Turn, plan: RulePlan) -> str | None:
    """Say why a rule whose condition holds would not fire now, or None where nothing holds it back."""
    bound = _bound(turn, plan)
    if bound is None:
        return None
    code, facts = bound
    return "it is out of season" if not code else SKIPPED[code].format(*facts)


def _free(turn: Turn, plan: RulePlan) -> bool:
    """Say whether the rule may fire now; where a bound holds it back, the outcome says so."""
    bound = _bound(turn, plan)
    if bound is not None and bound[0]:
        _skip(turn, plan, "rule", bound[0], *bound[1])
    return bound is None


def _bound(turn: Turn, plan: RulePlan) -> tuple[str, tuple[str | int, ...]] | None:
    """Return what holds a rule back (the code is empty out of season, which is nothing to report), or None."""
    at = turn.occurred_at
    if (plan.starts is not None and at < plan.starts) or (plan.ends is not None and at >= plan.ends):
        return "", ()
    if plan.cooldown is not None and plan.last is not None:
        last = value_of(turn, turn.who, plan.last.name)
        if last and abs(at - last) < plan.cooldown:
            return "cooldown", ()
    cap = plan.cap
    if cap is not None and cap.times is not None:
        times = value_of(turn, turn.who, f"{cap.times_plan.name}@{cap.per}")
        if times >= cap.times:
            return "cap_times", (cap.times, cap.per)
    return None


def _award(  # noqa: PLR0913 - a rule, one of its awards, and what it is judged by
    turn: Turn, plan: RulePlan, facts: Facts, currency: str, amount: int | Expression, cause: str
) -> bool:
    value = _amount(turn, plan, facts, amount, "award")
    if value is None:
        return False
    cap = plan.cap
    if cap is not None and cap.points is not None:
        left = cap.points - value_of(turn, turn.who, f"{cap.points_plan.name}@{cap.per}")
        if value > left:
            _skip(turn, plan, "award", "cap", cap.points, cap.per, max(left, 0))
            value = left
        if value <= 0:
            return False
    try:
        wallet.award(turn, turn.who, currency, value, cause)
    except GamifyError:
        _skip(turn, plan, "award", "out_of_range")
        return False
    if cap is not None and cap.points is not None:
        moved(turn, turn.who, cap.points_plan, None, value, value)
    return True


def _deduct(  # noqa: PLR0913 - as an award
    turn: Turn, plan: RulePlan, facts: Facts, currency: str, amount: int | Expression, cause: str
) -> bool:
    value = _amount(turn, plan, facts, amount, "deduct")
    if value is None:
        return False
    try:
        wallet.deduct(turn, turn.who, currency, value, cause)
    except InsufficientPoints as error:
        _skip(turn, plan, "deduct", "insufficient_points", error.available, error.requested)
        return False
    return True


def _amount(turn: Turn, plan: RulePlan, facts: Facts, amount: int | Expression, effect: str) -> int | None:
    """Return what an amount comes to; zero is nothing to do, anything else that is no amount is passed over."""
    if isinstance(amount, int):
        return amount
    try:
        value = amount.amount(facts, plan.rule.rounding)
    except ConditionError as error:
        _skip(turn, plan, effect, "expression", why=error.detail)
        return None
    if value == 0:
        return None
    if not 0 < value <= MOST:
        _skip(turn, plan, effect, "not_an_amount", value)
        return None
    return value


def _note(turn: Turn, plan: RulePlan) -> None:
    """Remember that the rule fired, where its bounds ask for it."""
    if plan.cap is not None and plan.cap.times is not None:
        moved(turn, turn.who, plan.cap.times_plan, None, 1, 1)
    if plan.last is not None:
        moved(turn, turn.who, plan.last, None, turn.occurred_at, turn.occurred_at)


def _asked(turn: Turn, plan: RulePlan, facts: Facts) -> bool:
    """Ask a condition in Python; one that raises is passed over as one that cannot be worked out."""
    decide = plan.rule.when
    try:
        return bool(decide(facts.properties)) if callable(decide) else True
    except Exception as error:  # noqa: BLE001 - whatever the application's code raises
        _skip(turn, plan, "rule", "condition", why=f"{type(error).__name__}: {error}")
        return False


def _skip(turn: Turn, plan: RulePlan, effect: str, code: str, *facts: str | int, why: str = "") -> None:
    """Pass over something a rule meant to do, or refuse the event where the rule is strict."""
    if plan.rule.strict:
        raise RuleFailed(plan.rule.code, code, why or SKIPPED[code].format(*facts))
    turn.say("skipped", turn.who.number, f"rule:{plan.rule.code}", effect, code, *facts)


def holds(turn: Turn, plan: RulePlan, facts: Facts) -> bool:
    """Say whether a rule's condition is true; one that cannot be worked out is passed over."""
    if plan.rule.opaque:
        return _asked(turn, plan, facts)
    if plan.when is None:
        return True
    try:
        return plan.when.holds(facts)
    except ConditionError as error:
        _skip(turn, plan, "rule", "condition", why=error.detail)
        return False
