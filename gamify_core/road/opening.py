"""Day one of somebody who has a history elsewhere: what they come with is written, and nothing comes of it.

Promise: what was opened is a fact of rows of its own and of the sealed outcome, so whatever is worked out from history
anew finds it again, also of somebody whose words were erased. Nothing is set off: no badge, no points, no prize.

All of it lies before today and nobody knows how it was spread over the time until then. So what adds up, and what was
greatest or least, counts in windows that hold all time, and in no week, year or season; a level (a balance, or what
came last) is what it is today. A streak's baseline is a mark of its own (`BASELINE`), from which its fold begins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from gamify_core.border import MOST
from gamify_core.clock import iso
from gamify_core.domain.decimals import FINEST, Amount, exact, one
from gamify_core.domain.decimals import kept as kept_as
from gamify_core.domain.periods import BEGINNING, END
from gamify_core.domain.streaks import BASELINE, Mark
from gamify_core.domain.zones import CARRIED, fixed
from gamify_core.errors import AlreadyUnderWay, BadValue
from gamify_core.road import former, lots, wallet
from gamify_core.road.compiled import ALL_TIME
from gamify_core.road.compiling import natural
from gamify_core.road.joined import own_numbers
from gamify_core.road.ladders import AUTOMATIC, stand
from gamify_core.road.meters import moved, see, value_of
from gamify_core.road.requests import asked_with
from gamify_core.road.scores import refusal
from gamify_core.road.streak_rows import case_of, put, row_of
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_OWNER
from gamify_core.storage.tables.gifts import SCORE, ScoreRow
from gamify_core.storage.tables.ledger import ENTRY, PENDING, PENDING_DUE
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING, BadgeRow
from gamify_core.storage.tables.rewards import CLAIM, CLAIM_BY_PERSON
from gamify_core.storage.tables.streaks import MARK, MILESTONE, STREAK, MarkRow, MilestoneRow

if TYPE_CHECKING:
    from gamify_core.road.compiled import MetricPlan, StreakPlan, Tracker
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Index, Table
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["ACCOUNT", "KIND", "SOURCE", "Come", "Held", "Run", "follow", "kept", "open_up", "repeat"]

KIND: Final = "participants.opening"
ACCOUNT: Final = wallet.OPENING
"""Where the points come from; and the action of the one score row that says which activity an opening was."""
SOURCE: Final = "opening"
"""What brought badges about that were held by then."""
_UNDER_WAY: Final[tuple[tuple[str, Table[Any], Index | None], ...]] = (
    ("points", ENTRY, None),
    ("pending points", PENDING, PENDING_DUE),
    ("streaks", STREAK, None),
    ("badges", BADGE, None),
    ("tiers", STANDING, None),
    ("events", EVENT, None),
    ("scores", SCORE, None),
    ("assets", ASSET, ASSET_BY_OWNER),
    ("claims", CLAIM, CLAIM_BY_PERSON),
)


class Held(NamedTuple):
    """What a wallet begins with; `lots` are the parts of the balance that lapse, each with its instant.

    What somebody comes with has `FINEST` decimals until the catalog is asked how many its currency has.
    """

    balance: int
    earned: int
    spent: int
    lots: tuple[tuple[int, int], ...] = ()


class Run(NamedTuple):
    """How a streak stood when it was last recorded; `offset` is what that instant carried, in seconds."""

    current: int
    longest: int
    last: int
    offset: int


class Come(NamedTuple):
    """All that somebody comes with. Of a distinct metric it is the values that were seen, of others a number."""

    wallets: Mapping[str, Held]
    streaks: Mapping[str, Run]
    metrics: Mapping[str, Amount | tuple[str, ...]]
    badges: tuple[str, ...]
    tiers: Mapping[str, str]


def kept(plan: MetricPlan) -> MetricPlan:
    """Return the part of a metric that an opening moves."""
    if plan.mode in {"level", "latest"}:
        return plan
    return attrs.evolve(plan, trackers=tuple(each for each in plan.trackers if _endless(each)))


def _endless(tracker: Tracker) -> bool:
    return tracker.calendar is ALL_TIME and tracker.starts <= BEGINNING and tracker.ends >= END


def open_up(turn: Turn, come: Come) -> None:
    """Write what the turn's participant comes with.

    Raises `AlreadyUnderWay`, `NotFound` and `BadValue`.
    """
    _refuse_late(turn)
    who = turn.who
    turn.say("=", who.number, SOURCE)
    row = ScoreRow(who.number, turn.seq, turn.scope, "", ACCOUNT, 0, None, None, turn.occurred_at)
    turn.unit.add(SCORE, row)
    for currency, held in sorted(come.wallets.items()):
        _wallet(turn, currency, held)
    for code, run in sorted(come.streaks.items()):
        _streak(turn, turn.plan.streak(code), run)
    for code, given in sorted(come.metrics.items()):
        if code not in turn.plan.declared:
            raise refusal(turn.plan, code)
        value = given if isinstance(given, tuple) else _counted(turn, code, given)
        if isinstance(value, int):
            turn.say("=", who.number, "metric", code, value)
        _metric(turn, code, turn.plan.declared[code].plan, value)
    for code in come.badges:
        _badge(turn, code)
    _tiers(turn, come.tiers)
    turn.reached, turn.stale = [], []


def _refuse_late(turn: Turn) -> None:
    """Refuse to open somebody of whom anything is known but who they are."""
    numbers = own_numbers(turn.unit, turn.who)
    found = [
        name
        for name, table, index in _UNDER_WAY
        if any(turn.unit.scan(table, index, (number,), limit=1) for number in numbers)
    ]
    if found:
        first = turn.unit.scan(SCORE, None, (turn.who.number,), limit=1)
        opened_at = iso(first[0].occurred_at) if first and first[0].action == ACCOUNT else None
        raise AlreadyUnderWay(turn.who.participant_id, found, opened_at)


def _wallet(turn: Turn, currency: str, held: Held) -> None:
    if currency != "points":
        turn.plan.catalog.currency(currency)
    who, held = turn.who, _units(turn, currency, held)
    wallet.opened(turn, who, currency, held.balance, held.earned, held.spent)
    for amount, expires in held.lots:
        if expires <= turn.occurred_at:
            detail = f"lots of {currency} must lapse later than they are opened"
            raise BadValue("balances", expires, detail, hint="leave out what has lapsed")
        lots.open_lot(turn, who, currency, 1, amount, expires, held.balance)
    plans = turn.plan.wallets[currency]
    for plan, value in (
        (plans.earned, held.earned),
        (plans.spent, held.spent),
        (plans.balance, held.balance),
    ):
        if plan is not None and value:
            moved(turn, who, kept(plan), None, value, value)


def _units(turn: Turn, currency: str, held: Held) -> Held:
    """Return what a wallet begins with in the smallest unit of its currency. Raises `BadValue`."""
    scale = turn.plan.catalog.scale(currency)

    def units(finest: int) -> int:
        number, rest = divmod(finest, one(FINEST - scale))
        if rest or number > MOST:
            most = f"of at most {scale} decimals" if scale else "that is whole"
            told = exact(finest, FINEST)
            detail = f"{currency} begins with a number {most}, up to {exact(MOST, scale)}, not {told}"
            raise BadValue("balances", told, detail)
        return number

    lots_of = tuple((units(amount), expires) for amount, expires in held.lots)
    return Held(units(held.balance), units(held.earned), units(held.spent), lots_of)


def _streak(turn: Turn, plan: StreakPlan, run: Run) -> None:
    who, code = turn.who, plan.streak.code
    if run.last > turn.occurred_at:
        detail = f"{code} was last recorded later than it is opened"
        raise BadValue("streaks", run.last, detail)
    case = case_of(turn.unit, who, plan, turn.plan.zone, row_of(turn.unit, who.number, code))
    carried = run.offset if case.line is CARRIED else 0
    here = fixed(run.offset) if case.line is CARRIED else case.line.at(run.last)
    label = plan.rules.calendar.label(run.last, here)
    mark = Mark(label, run.last, turn.seq, carried, BASELINE, run.current, run.longest)
    turn.unit.add(MARK, MarkRow(who.number, code, *mark))
    state = case.fold([mark])
    assert state is not None  # noqa: S101 - a fold of one mark
    if not run.current and case.read(state, turn.occurred_at).status != "broken":
        detail = f"{code} was recorded in a period whose deadline has not gone by, so its run is at least 1"
        raise BadValue("streaks", run.current, detail)
    told = turn.occurred_at
    put(turn.unit, who.number, code, state, 0, told, case.due(state, told))
    turn.say("=", who.number, "streak", code, run.current, run.longest, run.last)
    follow(turn, who, plan, state)
    ever = plan.streak.milestones_once == "ever"
    for milestone in plan.streak.milestones:  # they were given where the run was reached, if at all
        if milestone.length <= (run.longest if ever else run.current):
            former.rewrite(turn, MILESTONE, None, MilestoneRow(who.number, code, milestone.length, 1))


def follow(turn: Turn, who: ParticipantRow, plan: StreakPlan, state: Any) -> None:
    """Let the metrics of a streak begin with its baseline."""
    for part, value in ((plan.current, state.run), (plan.longest, state.longest)):
        if part is not None and value:
            moved(turn, who, kept(part), None, value, value)


def _counted(turn: Turn, code: str, number: Amount) -> int:
    """Return what a metric has come to as it is kept: in its smallest unit."""
    scale = turn.plan.scale(code)
    value = kept_as(number, scale)
    if value is None or not -MOST <= value <= MOST:
        told = f"with no more than {scale} decimals" if scale else "that is whole"
        detail = f"{code} begins with a number {told}, up to {exact(MOST, scale)}, not {number:f}"
        raise BadValue("metrics", number, detail)
    return value


def _metric(turn: Turn, code: str, plan: MetricPlan, value: int | tuple[str, ...]) -> None:
    """Let a declared metric begin with a number, or with values that were seen."""
    counter, part = turn.plan.declared[code], kept(plan)
    if counter.metric.days or (counter.distinct is None) != isinstance(value, int):
        several = "the values that were seen, as a list of texts"
        wanted = "a whole number" if counter.distinct is None else several
        detail = f"{code} begins with {wanted}"
        if counter.metric.days:
            detail = f"{code} counts days, and begins with today"
        raise BadValue("metrics", value, detail)
    if isinstance(value, int):
        if value or part.mode != "sum":
            moved(turn, turn.who, part, None, value, value)
        return
    for each in value:
        see(turn, turn.who, part, each)


def _badge(turn: Turn, code: str) -> None:
    badge = turn.plan.catalog.badge(code)
    if badge.max_supply is not None:
        detail = f"{code} is a numbered badge: which copy it is has to be said"
        hint = "assets.mint(badge, to, edition=…) after the opening"
        raise BadValue("badges", code, detail, hint=hint)
    who = turn.who
    row = BadgeRow(who.number, badge.code, 1, 1, turn.occurred_at, turn.seq, SOURCE)
    turn.unit.append(BADGE, row)
    turn.say("=", who.number, "badge", badge.code)
    plan = turn.plan.metrics.get("badges.count")
    if plan is not None:
        moved(turn, who, kept(plan), None, 1, 1)


def _tiers(turn: Turn, named: Mapping[str, str]) -> None:
    """Put a participant on the rungs that are named, and else on those that they come with the metric for."""
    for ladder in named:
        turn.plan.ladder(ladder)
    for code, plan in turn.plan.ladders.items():
        if code in named:
            to = plan.codes.index(plan.ladder.tier(named[code]).code)
        elif _counts(turn, plan.ladder.metric):
            to = plan.earned(value_of(turn, turn.who, plan.ladder.metric))
        else:
            continue
        if to < 0:
            continue
        turn.say("=", turn.who.number, "tier", code, plan.codes[to])
        stand(turn, turn.who, plan, to, AUTOMATIC, SOURCE, silent=True)


def _counts(turn: Turn, metric: str) -> bool:
    """Say whether an opening brings somebody onto a ladder of this metric, be it the rung at the bottom."""
    if value_of(turn, turn.who, metric):
        return True
    base = metric.partition("@")[0]
    return natural(base) and any(words[2:4] == ["wallet", base.rpartition(".")[0]] for words in turn.outcome)


def repeat(turn: Turn, activity: int, wanted: Mapping[str, MetricPlan]) -> None:
    """Move again what an opening moved of declared metrics, where these are worked out anew.

    The numbers are in its outcome. Values that were seen are words: they are gone where they were erased.
    """
    row = turn.unit.get(ACTIVITY, (activity,))
    if row is None:
        return
    for words in json.loads(row.outcome):
        if words[2] == "metric" and (plan := _wanted(turn, wanted, words[3], seen=False)) is not None:
            _metric(turn, words[3], plan, words[4])
    for code, values in (asked_with(turn.unit, activity) or {}).get("metrics", {}).items():
        if isinstance(values, list) and (plan := _wanted(turn, wanted, code, seen=True)) is not None:
            _metric(turn, code, plan, tuple(values))


def _wanted(turn: Turn, wanted: Mapping[str, MetricPlan], code: str, *, seen: bool) -> MetricPlan | None:
    """Return what is to be moved of a metric, unless it is of another kind by now than what was said of it."""
    counter = turn.plan.declared.get(code)
    if counter is None or counter.metric.days or (counter.distinct is not None) != seen:
        return None
    return wanted.get(code)
