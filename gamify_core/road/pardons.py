"""What is forgiven in a streak by hand: freezes that are given or bought, pauses, and repairs.

Each is a fact of its own, beside the activities. What time has done by then is said first, so what a fact puts right
is always something that was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.periods import HOUR
from gamify_core.domain.streaks import repairable
from gamify_core.errors import FreezesFull, NotForSale, NotRepairable
from gamify_core.road import former, wallet
from gamify_core.road.joined import gather
from gamify_core.road.streak_corrections import refold
from gamify_core.road.streak_rows import FREEZES, PAUSES, REPAIRS, Case, case_of, put, row_of, state_in
from gamify_core.road.streak_time import up_to_date
from gamify_core.storage.tables.streaks import FREEZE, PAUSE, REPAIR, FreezeRow, PauseRow, RepairRow

if TYPE_CHECKING:
    from gamify_core.domain.streaks import State
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.streaks import StreakRow

__all__ = ["buy", "freezes", "give", "pause", "repair", "resume"]


def freezes(turn: Turn, plan: StreakPlan) -> int:
    """Return how many freezes the turn's participant holds now."""
    row = row_of(turn.unit, turn.who.number, plan.streak.code)
    return _held(turn, case_of(turn.unit, turn.who, plan, turn.plan.zone, row), state_in(row))


def give(turn: Turn, plan: StreakPlan, number: int, source: str = "given") -> int:
    """Give freezes, as many as fit under the cap, and return how many. Raises `FreezesFull` where none do."""
    code, cap = plan.streak.code, plan.rules.freeze_cap
    row, case = up_to_date(turn, turn.who, plan)
    held = _held(turn, case, state_in(row))
    fit = min(number, cap - held)
    if fit < 1 or (source == "bought" and fit < number):
        raise FreezesFull(code, held, cap, number)
    freeze = FreezeRow(turn.who.number, code, turn.occurred_at, turn.seq, fit, source)
    turn.unit.add(FREEZE, freeze)
    _forgive(turn, case, row, FREEZES)
    return fit


def buy(turn: Turn, plan: StreakPlan, number: int) -> int:
    """Sell freezes, and return what they cost. Raises `NotForSale`, `FreezesFull`, `InsufficientPoints`."""
    code, price = plan.streak.code, plan.streak.freeze_cost
    if not price:
        raise NotForSale(code)
    give(turn, plan, number, "bought")
    cost = price * number
    wallet.deduct(turn, turn.who, "points", cost, f"streak:{code}")
    return cost


def pause(turn: Turn, plan: StreakPlan, starts: int, ends: int | None) -> PauseRow:
    """Ask nothing between two instants; pauses that meet are one. Return the one that there is now."""
    row, case = up_to_date(turn, turn.who, plan)
    for one in _pauses(turn, plan):
        if (ends is None or one.starts <= ends) and (one.ends is None or one.ends >= starts):
            starts = min(starts, one.starts)
            ends = None if ends is None or one.ends is None else max(ends, one.ends)
            former.rewrite(turn, PAUSE, one, None)
    made = PauseRow(turn.who.number, plan.streak.code, starts, ends, turn.seq)
    turn.unit.put(PAUSE, made)
    _forgive(turn, case, row, PAUSES)
    return made


def resume(turn: Turn, plan: StreakPlan) -> PauseRow | None:
    """End the pause of now, and return it as it is then; None where there is none."""
    row, case = up_to_date(turn, turn.who, plan)
    at = turn.occurred_at
    for one in _pauses(turn, plan):
        if one.starts <= at and (one.ends is None or one.ends > at):
            ended = one._replace(ends=at, activity=turn.seq)
            former.rewrite(turn, PAUSE, one, ended if one.starts < at else None)
            _forgive(turn, case, row, PAUSES)
            return ended
    return None


def _pauses(turn: Turn, plan: StreakPlan) -> list[PauseRow]:
    return gather(turn.unit, turn.who, PAUSE, None, (plan.streak.code,))


def repair(turn: Turn, plan: StreakPlan) -> tuple[int, ...]:
    """Let the run that is broken live on, for what that costs, and return the periods that were made good.

    Raises `NotRepairable`, `InsufficientPoints`.
    """
    code, hours, at = plan.streak.code, plan.streak.repair_hours, turn.occurred_at
    if not hours:
        raise NotRepairable(code, "never", "cannot be repaired: its definition has no repair_hours")
    row, case = up_to_date(turn, turn.who, plan)
    state = state_in(row)
    broken = case.read(state, at).broken_at
    if broken is None:
        raise NotRepairable(code, "alive", "is not broken")
    if at > broken + hours * HOUR:
        raise NotRepairable(code, "too_late", f"broke more than {hours} hours ago")
    labels = repairable(state, plan.rules, case.line, case.pardons, at)
    for label in labels:
        turn.unit.put(REPAIR, RepairRow(turn.who.number, code, label, turn.seq))
    if plan.streak.repair_cost:
        wallet.deduct(turn, turn.who, "points", plan.streak.repair_cost, f"streak:{code}")
    _forgive(turn, case, row, REPAIRS)
    return labels


def _held(turn: Turn, case: Case, state: State | None) -> int:
    at = turn.occurred_at if state is None else max(turn.occurred_at, state.seen)
    return case.read(state, at).freezes


def _forgive(turn: Turn, was: Case, row: StreakRow | None, fact: int) -> None:
    """Judge a streak by one more fact."""
    who, plan = turn.who, was.plan
    facts = fact | (row.pardons if row is not None else 0)
    known = put(
        turn.unit, who.number, plan.streak.code, state_in(row), facts, *(row[-2:] if row else (None, None))
    )
    refold(turn, was, case_of(turn.unit, who, plan, turn.plan.zone, known), f"streak:{plan.streak.code}")
