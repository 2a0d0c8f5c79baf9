"""What each rule makes of an event, and why: as data, and as a sentence a person would say.

Promise: it says what sending the event would do, for it does just that, in a trial; and it never raises for what
a rule does, be it strict or Python that fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.periods import SECOND
from gamify_core.road import rules
from gamify_core.road.firing import act

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.domain.condition_facts import Facts
    from gamify_core.road.rules import Judged, Verdict
    from gamify_core.road.turn import Turn

__all__ = ["Explained", "FailedPredicate", "RuleVerdict", "explained"]


@attrs.frozen
class FailedPredicate:
    """A part of a condition that was false, and the values it saw."""

    source: str
    values: Mapping[str, object]


@attrs.frozen
class RuleVerdict:
    """What one rule makes of the event. `reason` is a sentence; empty where the rule simply fires.

    A rule that fires may have a reason too: what it leaves out, such as the part of an award over its cap.
    """

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


def explained(turn: Turn, name: str, properties: Mapping[str, Json], shared: Facts) -> Explained:
    """Do what sending the event would do, and put into words what each rule makes of it.

    Why a condition is false is worked out before any rule acts: what it read is then still what it saw.
    """
    judged = rules.judged(turn, name, properties, shared)
    falsehoods = {
        one.plan.rule.code: _false(turn, one, properties) for one in judged if one.verdict is rules.FALSE
    }
    verdicts = []
    for one in judged:
        verdict = act(turn, one)
        code = one.plan.rule.code
        verdicts.append(falsehoods.get(code) or RuleVerdict(code, verdict.fires, _reason(turn, one, verdict)))
    return Explained(turn.who.participant_id, name, tuple(verdicts))


def _false(turn: Turn, judged: Judged, properties: Mapping[str, Json]) -> RuleVerdict:
    plan = judged.plan
    code = plan.rule.code
    if plan.when is None:
        return RuleVerdict(code, fires=False, reason="its Python condition says no")
    facts = rules.facts_for(turn, properties, code)  # the same draws again, where it rests on luck
    explanation = plan.when.explain(facts)
    failed = tuple(FailedPredicate(one.source, dict(one.values)) for one in explanation.failed)
    return RuleVerdict(code, fires=False, reason=str(explanation), failed=failed)


def _reason(turn: Turn, judged: Judged, verdict: Verdict) -> str:
    """Return what stands against a rule, or is left out of what it does."""
    reasons = [*map(str, verdict.passed), *([verdict.quiet] if verdict.quiet else [])]
    if any(passed.code == "cooldown" for passed in verdict.passed):
        seconds = -(-rules.wait(turn, judged.plan) // SECOND)
        reasons.append(f"free again in {timedelta(seconds=seconds)}")
    if judged.plan.rule.strict and verdict.passed:
        reasons.append("it is strict, so the event is refused")
    return "; ".join(reasons)
