"""Scores that are posted by hand: what a posted value may move, and how it moves it.

Promise: a posted score is a fact of its own row, so that whatever is worked out from history anew finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from gamify_core import border
from gamify_core.catalog.known import Known
from gamify_core.catalog.nearest import nearest
from gamify_core.errors import BadValue, NotFound
from gamify_core.road import wallet
from gamify_core.road.compiled import CounterPlan, LadderPlan, MetricPlan
from gamify_core.road.meters import moved
from gamify_core.storage.tables.gifts import SCORE, ScoreRow

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn

__all__ = ["Target", "post", "refusal", "repeat", "target_of"]

_MOVED_BY = {
    ".spent": "points.deduct takes points that are spent",
    "streak.": "streaks.record records an activity",
    "badges.count": "badges.award gives a badge",
    "events.count": "events.emit sends an event",
    "challenge.": "a rule with advance moves it",
}


class Target(NamedTuple):
    """What a score is posted to: either a wallet or a declared metric moves.

    `reading` is the metric to be shown (`points.earned@yearly` where a ladder reads that), `metric` what moves.
    """

    reading: str
    metric: str
    ladder: LadderPlan | None
    currency: str | None
    counter: CounterPlan | None


def target_of(plan: Plan, name: str) -> Target:
    """Return what `name` stands for: a ladder, a currency or a metric. Raises `NotFound`, `BadValue`."""
    ladder = plan.ladders.get(name)
    if ladder is not None:
        reading = ladder.ladder.metric
    elif "@" in name:
        raise refusal(plan, name)
    else:
        reading = f"{name}.earned" if name in plan.currencies else name
        ladder = plan.laddered.get(reading)
    metric = reading.partition("@")[0]
    currency, _, part = metric.rpartition(".")
    if currency in plan.currencies and part in {"earned", "balance"}:
        return Target(reading, metric, ladder, currency, None)
    counter = _counter(plan, metric)
    if counter is None:
        raise refusal(plan, metric if ladder is not None else name)
    return Target(reading, metric, ladder, None, counter)


def _counter(plan: Plan, metric: str) -> CounterPlan | None:
    """Return the plan of a declared metric that a value can be added to or held against."""
    counter = plan.declared.get(metric)
    return counter if counter is not None and counter.distinct is None else None


def refusal(plan: Plan, name: str) -> BadValue | NotFound:
    """Return why no score can be posted to this: it is not known, or moves in ways of its own."""
    known = Known(plan.catalog)
    base, at, _ = name.partition("@")
    if base not in known.metrics:
        near = nearest(name, (*plan.ladders, *known.currencies, *known.metrics))
        return NotFound("metric", name[:100], f"Metric not found: {name:.100}", nearest=near)
    if at:
        return BadValue(
            "metric", name, f"{name} is a window of {base}", hint=f"post to {base!r}: windows follow"
        )
    hint = "send an event that it counts"
    for part, told in _MOVED_BY.items():
        if base.startswith(part) or base.endswith(part):
            hint = told
    return BadValue("metric", name, f"{name} cannot be posted to: it moves in a way of its own", hint=hint)


def post(turn: Turn, target: Target, action: str, value: int, most: int) -> None:
    """Let a posted value move what it is posted to, and write it down. Raises `BadValue` for one that cannot be."""
    who = turn.who
    if target.currency is not None:
        amount = border.amount(value, "value", most)
        wallet.award(turn, who, target.currency, amount, f"action:{action}")
    else:
        assert target.counter is not None  # noqa: S101 - what is no wallet is a declared metric
        if target.counter.metric.count:
            border.amount(value, "value")
        _move(turn, target.counter.plan, value)
    row = ScoreRow(
        who.number, turn.seq, turn.scope, target.metric, action, value, None, None, turn.occurred_at
    )
    turn.unit.add(SCORE, row)


def repeat(turn: Turn, row: ScoreRow, wanted: Mapping[str, MetricPlan]) -> None:
    """Move again what a posted score once moved, where a declared metric is worked out anew."""
    plan = wanted.get(row.metric)
    if plan is not None and _counter(turn.plan, row.metric) is not None:
        _move(turn, plan, row.value)


def _move(turn: Turn, plan: MetricPlan, value: int) -> None:
    if value or plan.mode != "sum":  # a row that nothing moved would have an instant for no reason
        moved(turn, turn.who, plan, None, value, value)
