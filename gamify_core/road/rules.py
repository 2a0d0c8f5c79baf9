"""What an event does: metrics first, then the rules against that state, in declared order.

A cascade never refuses the event. What a rule means to do and cannot (an overdraft, a cap, a cooldown, an
expression that fails) is passed over, and the outcome says so; a rule declared `strict` refuses the event instead.

Judging and doing are apart. Here every rule is held against the state before any acts, `firing` then lets those act
that nothing stands against, and neither refuses anything: each says with a `Verdict` what becomes of the rule.
Whoever sends the event raises for a strict one; whoever only asks puts the verdicts into sentences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.border import MOST, Json
from gamify_core.catalog.elsewhere import Elsewhere
from gamify_core.domain.condition_facts import Facts
from gamify_core.domain.decimals import exact
from gamify_core.domain.luck import stream
from gamify_core.domain.python_conditions import raised
from gamify_core.effects import SKIPPED
from gamify_core.errors import ConditionError
from gamify_core.road.joined import gather, own_numbers
from gamify_core.road.meters import moved, see, value_in, value_of
from gamify_core.road.seal import canonical
from gamify_core.storage.protocol import LARGEST
from gamify_core.storage.tables.rules import FIRED

if TYPE_CHECKING:
    from datetime import datetime

    from gamify_core.road.compiled import CounterPlan, MetricPlan, RulePlan
    from gamify_core.road.turn import Turn

__all__ = ["FALSE", "FIRES", "Judged", "PassedOver", "Told", "Verdict", "attributes_of", "count"]
__all__ += ["judge", "judged", "wait"]

_row = tuple.__new__  # for every rule that listens: `Judged(…)` takes three times as long
NO_ATTRIBUTES: Final[Mapping[str, object]] = MappingProxyType({})


class PassedOver(NamedTuple):
    """Something a rule means to do and cannot: what, a code of `SKIPPED`, its numbers, and where it helps the fault."""

    effect: str
    code: str
    facts: tuple[str | int, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        """Return the reason as a sentence."""
        return self.why or SKIPPED[self.code].format(*self.facts)


class Verdict(NamedTuple):
    """What becomes of a rule. `quiet` is a reason not to fire that no outcome reports."""

    fires: bool
    passed: tuple[PassedOver, ...] = ()
    quiet: str = ""


FIRES = Verdict(fires=True)
FALSE = Verdict(fires=False, quiet="its condition is false")
OUT_OF_SEASON = Verdict(fires=False, quiet="it is out of season")


class Judged(NamedTuple):
    """A rule, held against the state that the event found."""

    plan: RulePlan
    facts: Facts
    verdict: Verdict


class Told(Facts):
    """What an expression may read of the event that a turn is about; what is costly is asked for late.

    The draws are those of `name`.
    """

    __slots__ = ("_draw", "_name", "_turn", "_who")

    def __init__(self, turn: Turn, properties: Mapping[str, Json], name: str = "") -> None:
        self.properties: Mapping[str, object] = properties
        self.participant: Mapping[str, object] = attributes_of(turn.who.attributes)
        self._turn = turn
        self._who = turn.who
        self._name = name
        self._draw: Callable[[], int] | None = None

    def metric(self, name: str) -> int | Decimal:
        """Return a metric's value exactly, with the decimals that it has."""
        turn = self._turn
        value = value_of(turn, self._who, name)
        return exact(value, turn.plan.scale(name)) if turn.plan.scales else value

    def local(self) -> datetime:
        """Return the wall time where the participant lives."""
        return self._turn.local(self._who)

    def luck(self) -> int:
        """Return the next draw of a rule for this event; the store's seed is only asked for when something is drawn."""
        if self._draw is None:
            self._draw = stream(self._turn.seed, self._turn.luck, self._name)
        return self._draw()


def attributes_of(text: str) -> Mapping[str, object]:
    """Return a participant's attributes."""
    return NO_ATTRIBUTES if text == "{}" else json.loads(text)


def count(turn: Turn, plan: CounterPlan, facts: Facts) -> None:
    """Let a declared metric take what it counts from an event."""
    code = plan.metric.code
    try:
        _count(turn, plan, facts)
    except ConditionError:
        scale = plan.metric.scale
        facts_told = ("not_a_decimal", code, scale) if scale else ("not_a_number", code)
        turn.say("skipped", turn.who.number, f"metric:{code}", "count", *facts_told)


def _count(turn: Turn, plan: CounterPlan, facts: Facts) -> None:
    if plan.when is not None and not plan.when.holds(facts):
        return
    who = turn.who
    if plan.metric.days:
        see(turn, who, plan.plan, None)
        return
    if plan.distinct is not None:
        value = plan.distinct.value(facts)
        if value is not None:
            see(turn, who, plan.plan, value if isinstance(value, str) else canonical(str(value)))
        return
    amount = 1
    if plan.amount is not None:
        if any(facts.properties.get(field.partition(".")[0]) is None for field in plan.amount.fields):
            return  # an event without the property has nothing to add
        amount = plan.amount.amount(facts, plan.metric.rounding)
    if not -MOST <= amount <= MOST or (plan.plan.mode == "sum" and not _fits(turn, plan.plan, amount)):
        turn.say("skipped", who.number, f"metric:{plan.metric.code}", "count", "out_of_range")
        return
    if amount == 0 and plan.plan.mode == "sum":
        return  # a row that nothing moved would have an instant that depends on the order of arrival
    moved(turn, who, plan.plan, None, amount, amount)
    if plan.goals and amount > 0:
        turn.gained.append((plan, amount))


def _fits(turn: Turn, plan: MetricPlan, amount: int) -> bool:
    """Say whether every window can take an amount: one that cannot must leave all of them as they are.

    All time alone does not tell. What is summed may be negative, and a week can overflow in a sum that is small.
    """
    who = turn.who
    for tracker in plan.trackers:  # noqa: SIM110 - `all` costs twice as much, at every event
        if not -LARGEST <= value_in(turn, who, tracker) + amount <= LARGEST:
            return False
    return True


def judged(turn: Turn, name: str, properties: Mapping[str, Json], shared: Facts) -> list[Judged]:
    """Hold every rule that listens to an event against the same state, before any of them changes it."""
    found = []
    for plan in turn.plan.rules.get(name, ()):
        facts = Told(turn, properties, plan.rule.code) if plan.random else shared
        found.append(_row(Judged, (plan, facts, judge(turn, plan, facts))))
    return found


def judge(turn: Turn, plan: RulePlan, facts: Facts) -> Verdict:
    """Say whether a rule fires, as far as that can be told before it does: its condition, then its own bounds."""
    if plan.opaque:
        return _asked(turn, plan, facts)
    try:
        holds = plan.when is None or plan.when.holds(facts)
    except ConditionError as error:
        return _not(PassedOver("rule", "condition", why=str(error)))
    if not holds:
        return FALSE
    return _bounds(turn, plan) if plan.bounded else FIRES


def _asked(turn: Turn, plan: RulePlan, facts: Facts) -> Verdict:
    """Ask a condition in Python; one that raises is passed over as one that cannot be worked out."""
    decide = plan.rule.when
    if isinstance(decide, Elsewhere):  # read back from a file, which cannot carry a function
        raise decide.refusal
    try:
        holds = bool(decide(facts.properties)) if callable(decide) else True
    except Exception as error:  # noqa: BLE001 - whatever the application's code raises
        return _not(PassedOver("rule", "condition", why=raised(decide, error)))
    return _bounds(turn, plan) if holds else FALSE


def _not(passed: PassedOver) -> Verdict:
    return Verdict(fires=False, passed=(passed,))


def _bounds(turn: Turn, plan: RulePlan) -> Verdict:
    """Hold a rule against what bounds it: none of that is changed by the rules before it."""
    at = turn.occurred_at
    if (plan.starts is not None and at < plan.starts) or (plan.ends is not None and at >= plan.ends):
        return OUT_OF_SEASON
    if plan.cooldown is not None and _near(turn, plan, at - plan.cooldown, at + plan.cooldown):
        return _not(PassedOver("rule", "cooldown"))
    cap = plan.cap
    if cap is not None and cap.times is not None and value_in(turn, turn.who, cap.times_in) >= cap.times:
        return _not(PassedOver("rule", "cap_times", (cap.times, cap.per)))
    return FIRES


def _near(turn: Turn, plan: RulePlan, after: int, before: int) -> bool:
    """Say whether the rule fired between two instants, neither of them included."""
    code = plan.rule.code
    return any(
        turn.unit.scan(FIRED, None, (number, code), start=(after + 1,), stop=(before,), limit=1)
        for number in own_numbers(turn.unit, turn.who)
    )


def wait(turn: Turn, plan: RulePlan) -> int:
    """Return how long it is until the rule is a whole cooldown away from every firing known now."""
    span = plan.cooldown or 0
    free = turn.occurred_at
    found = gather(turn.unit, turn.who, FIRED, None, (plan.rule.code,), start=(free - span + 1,))
    for fired in sorted(found, key=lambda row: row.occurred_at):
        if fired.occurred_at >= free + span:
            break
        free = fired.occurred_at + span
    return free - turn.occurred_at
