"""The thresholds that an event comes near to: which it reaches, which it does not, and by how much.

A threshold is near when a metric that it reads has moved. So each is read before the event and after it, by the
readings that decide; nothing on the way is slowed down by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.decimals import exact
from gamify_core.effects import SKIPPED, BadgeEarned, ChallengeCompleted, TierChanged
from gamify_core.reasons import Reach, Threshold, ThresholdVerdict
from gamify_core.road import badges, challenges
from gamify_core.road.challenges import completed
from gamify_core.road.compiled import BadgePlan, ChallengePlan, LadderPlan
from gamify_core.road.ladders import ASSIGNED
from gamify_core.road.meters import value_of
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gamify_core.domain.thresholds import Atom, Criteria, Lack
    from gamify_core.effects import Effect, Words
    from gamify_core.road.compiled import Node
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn

__all__ = ["Nearing", "recorded"]

_PASSED = 'passed before this event, so it is given by on_change="reevaluate" or history.apply'


class Nearing:
    """Every threshold that is still ahead of the turn's participant, as it stands before an event."""

    def __init__(self, turn: Turn) -> None:
        """Read them all."""
        self._turn = turn
        plan = turn.plan
        ahead: list[Node] = [*plan.ladders.values()]
        ahead += [one for one in plan.badges.values() if badges.held(turn, turn.who, one.badge) is None]
        ahead += [one for one in plan.challenges.values() if self._open(one)]
        self._before = [(node, self._values(node)) for node in ahead]

    def thresholds(self) -> tuple[ThresholdVerdict, ...]:
        """Read them again, and return those that have moved."""
        found: list[ThresholdVerdict] = []
        for node, before in self._before:
            values = self._values(node)
            if values == before:
                continue
            if isinstance(node, LadderPlan):
                metric = node.ladder.metric
                found += self._rungs(node, before[metric], values[metric])
            elif isinstance(node, BadgePlan):
                found.append(self._badge(node, before, values))
            else:
                found.append(self._challenge(node, before, values))
        return tuple(found)

    def _open(self, plan: ChallengePlan) -> bool:
        """Say whether a challenge can be completed by the event."""
        turn = self._turn
        label = plan.windows.label(turn.occurred_at)
        if label is None or not plan.challenge.is_active:
            return False
        return completed(turn.unit, turn.who, plan.challenge.code, label) is None

    def _values(self, node: Node) -> dict[str, int]:
        turn = self._turn
        if isinstance(node, LadderPlan):
            return {node.ladder.metric: value_of(turn, turn.who, node.ladder.metric)}
        if isinstance(node, BadgePlan):
            return {name: value_of(turn, turn.who, name) for name in sorted(node.criteria.metrics)}
        return {name: challenges.value(turn, turn.who, node, name) for name in node.trackers}

    def _rungs(self, plan: LadderPlan, before: int, value: int) -> Iterator[ThresholdVerdict]:
        """Say which rungs were reached, and which is the next."""
        turn, ladder = self._turn, plan.ladder
        for words in turn.outcome:
            if words[0] == "tier_changed" and words[1] == turn.who.number and words[3] == ladder.code:
                tier = ladder.tiers[plan.codes.index(str(words[4]))] if words[4] in plan.codes else None
                if tier is not None and plan.least(tier) <= value:
                    reach = _reach(plan.scale, ladder.metric, plan.least(tier), value, before)
                    yield ThresholdVerdict("tier", tier.code, tier.name, reached=True, reaches=(reach,))
        head = turn.unit.last(STANDING, (turn.who.number, ladder.code))
        stands = plan.codes.index(head.tier) if head is not None and head.tier in plan.codes else -1
        for minimum, place in zip(plan.minimums, plan.places, strict=True):
            if place > stands:
                tier = ladder.tiers[place]
                reach = _reach(plan.scale, ladder.metric, minimum, value, before)
                held = head is not None and head.how == ASSIGNED
                reason = f"{head.tier} is assigned by hand" if head is not None and held else ""
                lacks = (reach,) if reach.missing else ()
                yield ThresholdVerdict("tier", tier.code, tier.name, False, (reach,), lacks, reason)  # noqa: FBT003
                return

    def _badge(self, plan: BadgePlan, before: dict[str, int], values: dict[str, int]) -> ThresholdVerdict:
        turn, badge = self._turn, plan.badge
        reached = _said(turn.outcome, "badge_earned", turn.who.number, badge.code)
        reason = ""
        for words in turn.outcome:
            if words[0] == "skipped" and words[3:6] == ["badge", "sold_out", badge.code]:
                reason = SKIPPED["sold_out"].format(*words[5:7])
        return _verdict(turn.plan, plan, (badge.code, badge.name), reached, reason, before, values)

    def _challenge(
        self, plan: ChallengePlan, before: dict[str, int], values: dict[str, int]
    ) -> ThresholdVerdict:
        turn, challenge = self._turn, plan.challenge
        reached = _said(turn.outcome, "challenge_completed", turn.who.number, challenge.code)
        return _verdict(turn.plan, plan, (challenge.code, challenge.name), reached, "", before, values)


def _verdict(  # noqa: PLR0913 - a threshold, and what it was and is
    whole: Plan,
    plan: BadgePlan | ChallengePlan,
    called: tuple[str, str],
    reached: bool,  # noqa: FBT001
    reason: str,
    before: dict[str, int],
    values: dict[str, int],
) -> ThresholdVerdict:
    criteria: Criteria = plan.criteria

    def reach(of: Atom | Lack) -> Reach:
        numbers = of.minimum, values[of.metric], before[of.metric]
        return _reach(whole.scale(of.metric), of.metric, *numbers)

    missing = () if reached else tuple(map(reach, criteria.missing(values.__getitem__)))
    if not (reached or missing or reason):  # only reaching it gives it, and that was before this
        reason = _PASSED
    kind: Threshold = "badge" if isinstance(plan, BadgePlan) else "challenge"
    return ThresholdVerdict(kind, *called, reached, tuple(map(reach, criteria.atoms)), missing, reason)


def _reach(scale: int, metric: str, minimum: int, value: int, before: int) -> Reach:
    return Reach(metric, *(exact(each, scale) for each in (minimum, value, before)))


def _said(outcome: list[Words], tag: str, who: int, code: str) -> bool:
    """Say whether an outcome tells something of somebody's badge or challenge."""
    return any(words[0] == tag and words[1] == who and words[3] == code for words in outcome)


def recorded(effects: Iterable[Effect], participant_id: str) -> tuple[ThresholdVerdict, ...]:
    """Return the thresholds that somebody is told to have reached; how near others were no effect tells."""
    found = []
    for effect in effects:
        if effect.participant_id != participant_id:
            continue
        match effect:
            case BadgeEarned(cause="criteria", code=code, name=name):
                found.append(ThresholdVerdict("badge", code, name, reached=True))
            case ChallengeCompleted(code=code, name=name):
                found.append(ThresholdVerdict("challenge", code, name, reached=True))
            case TierChanged(code=str(code), name=str(name), up=True):
                found.append(ThresholdVerdict("tier", code, name, reached=True))
            case _:
                pass
    return tuple(found)
