"""What becomes of an event, and why: looked at while it is decided, or read from what was recorded of it.

Promise: it tells what sending the event does, for it looks on while just that is done, in earnest or in a trial. A
trial never raises for what a rule does, be it strict or Python that fails. Who does not ask pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gamify_core.answers import Answer
from gamify_core.clock import instant_of
from gamify_core.domain.condition_facts import Facts
from gamify_core.domain.conditions import Expression, compile_condition
from gamify_core.domain.luck import stream
from gamify_core.domain.periods import SECOND
from gamify_core.domain.python_conditions import said_no
from gamify_core.effects import FACTS, SKIPPED, decode
from gamify_core.errors import ConditionError, RuleFailed
from gamify_core.reasons import Bound, Explained, FailedPredicate, RuleVerdict
from gamify_core.road import rules
from gamify_core.road.commands import Ask
from gamify_core.road.happening import check, happen
from gamify_core.services.misspelt import hints
from gamify_core.services.nearing import Nearing, recorded

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog import Rule
    from gamify_core.domain.condition_explanations import Failed
    from gamify_core.reasons import ThresholdVerdict
    from gamify_core.road.commands import Decided
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.road import Road
    from gamify_core.road.rules import Judged, PassedOver, Verdict
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader

__all__ = ["Inquiry", "explained_again", "tried"]


class Inquiry:
    """Decides an event and looks on: `decide` and `after` are those of its command, `found` is there afterwards."""

    def __init__(self, name: str, properties: Mapping[str, Json], *, earnest: bool) -> None:
        """Ask about an event, in `earnest` or not."""
        self.found: Explained | None = None
        self._name = name
        self._properties = properties
        self._earnest = earnest

    def decide(self, turn: Turn) -> None:
        """Let the event happen."""
        check(turn.plan.catalog, self._name, self._properties)
        self._nearing = Nearing(turn)
        self._witness = _Witness(turn, self._properties)
        try:
            happen(turn, self._name, self._properties, self._witness, earnest=self._earnest)
        except RuleFailed as error:
            error.why = self._explained(turn, ())
            raise

    def after(self, turn: Turn) -> None:
        """Say what has become of it, now that all it set off has happened."""
        self.found = self._explained(turn, self._nearing.thresholds())
        if not self._earnest:
            turn.rest(turn.seq)

    def _explained(self, turn: Turn, thresholds: tuple[ThresholdVerdict, ...]) -> Explained:
        seen = self._witness
        effects = tuple(
            decode(words, turn.people, turn.plan.catalog, turn.seq, ordinal, turn.occurred_at)
            for ordinal, words in enumerate(turn.outcome)
            if words[0] != "="
        )
        return Explained(
            turn.who.participant_id,
            self._name,
            tuple(seen.rules),
            tuple(seen.streaks),
            thresholds,
            effects,
            hints=hints(turn.plan, self._name, self._properties),
        )


def tried(
    road: Road,
    reader: Reader,
    scope: str,
    sent: tuple[str, str, Mapping[str, Json]],
    at: datetime | None = None,
) -> Explained:
    """Explain an event (whose, its name, its properties) on the rows of a reader; nothing is kept of it."""
    who, name, properties = sent
    inquiry = Inquiry(name, properties, earnest=False)
    ask = Ask("event", who, {}, at, None, inquiry.decide, after=inquiry.after)
    road.perform(road.trial(reader), scope, ask)
    assert inquiry.found is not None  # noqa: S101 - it has been decided
    return inquiry.found


class _Witness:
    """Puts into words what becomes of each rule.

    Why a condition is false is worked out before any rule acts: what it read is then still what it saw.
    """

    def __init__(self, turn: Turn, properties: Mapping[str, Json]) -> None:
        self.rules: list[RuleVerdict] = []
        self.streaks: list[RuleVerdict] = []
        self._turn = turn
        self._properties = properties
        self._false: dict[str, RuleVerdict] = {}

    def judged(self, found: list[Judged]) -> None:
        """Work out why conditions are false."""
        for one in found:
            if one.verdict is rules.FALSE:
                rule = one.plan.rule
                if one.plan.when is not None:
                    told = self._why(rule.code, one.plan.when)
                else:
                    no = said_no(rule.when, self._properties)
                    told = _failed(rule.code, str(no), [no])
                self._false[rule.code] = told

    def acted(self, judged: Judged, verdict: Verdict) -> None:
        """Say what stood against a rule, or was left out of what it did."""
        code = judged.plan.rule.code
        told = self._false.get(code)
        if told is None:
            bounds = tuple(map(_bound, verdict.passed))
            told = RuleVerdict(code, verdict.fires, _reason(self._turn, judged, verdict), bounds=bounds)
        self.rules.append(told)

    def passed(self, streak: StreakPlan, facts: Facts) -> None:
        """Say why a streak does not take the event."""
        assert streak.when is not None  # noqa: S101 - one without a condition takes everything
        try:
            told = self._why(streak.streak.code, streak.when, facts)
        except ConditionError as error:
            told = RuleVerdict(streak.streak.code, fires=False, reason=str(error))
        self.streaks.append(told)

    def _why(self, code: str, when: Expression, facts: Facts | None = None) -> RuleVerdict:
        if facts is None or when.random:  # the same draws again, where it rests on luck
            facts = rules.Told(self._turn, self._properties, code)
        return _told_false(code, when, facts)


_NOTHING = "it had nothing to give"


def _told_false(code: str, when: Expression, facts: Facts) -> RuleVerdict:
    explanation = when.explain(facts)
    return _failed(code, str(explanation), explanation.failed)


def _failed(code: str, reason: str, failed: Iterable[Failed]) -> RuleVerdict:
    told = tuple(FailedPredicate(one.source, dict(one.values)) for one in failed)
    return RuleVerdict(code, fires=False, reason=reason, failed=told)


def _bound(passed: PassedOver) -> Bound:
    return _stood(passed.effect, passed.code, passed.facts, str(passed))


def _stood(effect: str, code: str, facts: tuple[str | int, ...], message: str) -> Bound:
    return Bound(effect, code, message, dict(zip(FACTS.get(code, ()), facts, strict=False)))


def _reason(turn: Turn, judged: Judged, verdict: Verdict) -> str:
    """Return what stands against a rule, or is left out of what it does."""
    reasons = [*map(str, verdict.passed), *([verdict.quiet] if verdict.quiet else [])]
    if any(passed.code == "cooldown" for passed in verdict.passed):
        seconds = -(-rules.wait(turn, judged.plan) // SECOND)
        reasons.append(f"free again in {timedelta(seconds=seconds)}")
    if judged.plan.rule.strict and verdict.passed:
        reasons.append("it is strict, so the event is refused")
    return "; ".join(reasons)


# -- of the past ----------------------------------------------------------------------------------------------


def explained_again(
    decided: Decided, name: str, properties: Mapping[str, Json] | None, seed: int | None
) -> Explained:
    """Explain an event from what was recorded: its properties (None once erased), its outcome, and its catalog.

    A condition that was false is worked out again on the properties and the draws it had. One that rests on a metric,
    on the participant's attributes or on local time is only quoted, for what those were then is not written down.
    """
    fired: set[str] = set()
    skipped: dict[str, list[Bound]] = {}
    for words in decided.outcome:
        if words[0] == "=" and words[2] == name:
            fired = {str(code) for code in words[3:]}
        elif words[0] == "skipped":
            _, _, cause, effect, code, *facts = words
            known = tuple(fact for fact in facts if fact is not None)
            message = SKIPPED[str(code)].format(*known)
            skipped.setdefault(str(cause), []).append(_stood(str(effect), str(code), known, message))
    verdicts = []
    for rule in decided.catalog.rules:
        if name in rule.on:
            bounds = tuple(skipped.get(f"rule:{rule.code}", ()))
            reason = "; ".join(bound.message for bound in bounds)
            if rule.code in fired or bounds:
                verdicts.append(RuleVerdict(rule.code, rule.code in fired, reason, bounds=bounds))
            else:
                verdicts.append(_silent(decided, rule, properties, seed))
    who = decided.participant_id
    effects = Answer(decided).effects
    reached = recorded(effects, who)
    return Explained(who, name, tuple(verdicts), (), reached, effects, as_recorded=True)


def _silent(
    decided: Decided, rule: Rule, properties: Mapping[str, Json] | None, seed: int | None
) -> RuleVerdict:
    """Say why a rule did nothing that an outcome tells of."""
    at = decided.occurred_at
    starts, ends = (instant_of(day) if day is not None else None for day in (rule.starts, rule.ends))
    if (starts is not None and at < starts) or (ends is not None and at >= ends):
        reason = rules.OUT_OF_SEASON.quiet
    elif rule.opaque:
        reason = "its Python condition says no, or it had nothing to give"
    elif not isinstance(rule.when, str):
        reason = _NOTHING
    elif properties is None:
        reason = "what the event came with was erased"
    else:

        def facts() -> Facts:
            return _kept(properties, stream(seed or 0, decided.seq, rule.code))

        when = compile_condition(rule.when)
        try:
            if not when.holds(facts()):
                return _told_false(rule.code, when, facts())
            reason = _NOTHING
        except ConditionError:
            reason = f"{rule.when} was false, or left it nothing to give; what it read beside the event is not kept"
    return RuleVerdict(rule.code, fires=False, reason=reason)


class _NotKept(Mapping[str, object]):
    """Stands for attributes of which nobody knows what they were."""

    def __getitem__(self, name: str) -> object:
        raise ConditionError(f"participant.{name}", "what it was then is not kept")

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _kept(properties: Mapping[str, Json], luck: Callable[[], int]) -> Facts:
    """Return the facts of an event that were kept; the others raise."""
    facts = Facts(properties, _NotKept())
    facts.luck = luck
    return facts
