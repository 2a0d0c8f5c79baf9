"""What each rule makes of an event, and why: as data, and as a sentence a person would say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.conditions import Expression
from gamify_core.errors import ConditionError
from gamify_core.road import rules

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.road.plan import RulePlan
    from gamify_core.road.turn import Turn

__all__ = ["Explained", "FailedPredicate", "RuleVerdict", "explained"]


@attrs.frozen
class FailedPredicate:
    """A part of a condition that was false, and the values it saw."""

    source: str
    values: Mapping[str, object]


@attrs.frozen
class RuleVerdict:
    """What one rule makes of the event. `reason` is a sentence; empty where the rule simply fires."""

    rule: str
    fires: bool
    reason: str
    failed: tuple[FailedPredicate, ...] = ()

    def __str__(self) -> str:
        """Return `lesson: no, score >= 60 is false (score = 41)`."""
        return f"{self.rule}: {'yes' if self.fires else 'no'}" + (f", {self.reason}" if self.reason else "")


@attrs.frozen
class Explained:
    """What the rules make of an event."""

    participant_id: str
    event_name: str
    rules: tuple[RuleVerdict, ...]

    def __str__(self) -> str:
        """Return a line for each rule."""
        return "\n".join(map(str, self.rules)) or f"no rule listens to {self.event_name}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


def explained(turn: Turn, name: str, properties: Mapping[str, Json]) -> Explained:
    """Hold an event against every rule that listens to it."""
    verdicts = tuple(_verdict(turn, plan, properties) for plan in turn.plan.rules.get(name, ()))
    return Explained(turn.who.participant_id, name, verdicts)


def _verdict(turn: Turn, plan: RulePlan, properties: Mapping[str, Json]) -> RuleVerdict:
    code = plan.rule.code
    facts = rules.facts_for(turn, properties, code)
    if plan.rule.opaque and not rules.holds(turn, plan, facts):
        return RuleVerdict(code, fires=False, reason="its Python condition says no")
    if isinstance(plan.when, Expression):
        try:
            explanation = plan.when.explain(facts)
        except ConditionError as error:
            return RuleVerdict(code, fires=False, reason=str(error))
        if not explanation.holds:
            failed = tuple(FailedPredicate(one.source, dict(one.values)) for one in explanation.failed)
            return RuleVerdict(code, fires=False, reason=str(explanation), failed=failed)
    before = len(turn.outcome)
    held_back = rules.held_back(turn, plan)
    del turn.outcome[before:]
    return RuleVerdict(code, fires=held_back is None, reason=held_back or "")
