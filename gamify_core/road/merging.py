"""Merging: two participants who turn out to be one person.

Promise: from then on there is one person, who has done what both did. What can be worked out from history (metrics,
windows, boards, streaks) is worked out from both histories together; what was decided then stays decided: nobody gets
an award twice, and none is taken. No row that was sealed is touched, so the past shows two people still. What the
thresholds of both histories together reach is reached now.

Rows of history stay under the number they were written under, and are read under all numbers of the person
(`road.joined`). What a decision looks up by its key is carried over:

==================================  =====================================================================
wallets (`entry`)                   all of each goes over in two linked rows, with what was earned and spent
lots, pending points, holds         stay where they were opened, with their ids and dates; the target spends them
reversals                           a movement of the source is taken back in the target's wallet
events, scores, claims, firings     read joined: limits, cooldowns and lists count both
completions, steps of challenges    read joined: a window that either completed is complete
caps of rules                       added up, window by window
metrics, different values, boards   worked out anew from both; the source's line vanishes from all but final tables
badges                              read joined: held by both it is held once, since the earlier; each undoes as it was
copies of badges                    change hands, also of badges that cannot be given away
rungs                               the higher stays, then the ladder's own rule; a pin comes along where there is none
reviews                             the target's; one is arranged where the source's rung needs it
streaks, freezes, pauses, repairs   the fold of both, in the target's zone; labels stay as they were given
milestones                          added up, so a length that both were given is not given again
multipliers                         read joined: both run on
names, picture, zone, attributes    the target's; what it lacks is filled in from the source
groups                              follow from the attributes
hidden                              where either is hidden, both are: merging is no way back onto a board
closed, erased                      refused, of either
gifts, trades, transfers            stay as they were; a gift that either redeemed is redeemed
==================================  =====================================================================
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gamify_core.errors import NotFound, NotMergeable, WalletClosed
from gamify_core.road import assets, erasing, former, hiding, merged_streaks, wallet
from gamify_core.road.compiling import natural
from gamify_core.road.joined import gather, is_alias, own_numbers, the_one
from gamify_core.road.ladders import ASSIGNED, AUTOMATIC, place_of, stand
from gamify_core.road.registering import become, register
from gamify_core.road.values import natural_value
from gamify_core.storage.tables.assets import ASSET, ASSET_BY_OWNER
from gamify_core.storage.tables.challenges import COMPLETION
from gamify_core.storage.tables.gifts import SCORE
from gamify_core.storage.tables.ledger import HOLD, HOLD_DUE, PENDING, PENDING_DUE
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID
from gamify_core.storage.tables.progress import BADGE, EVENT, REVIEW, STANDING
from gamify_core.storage.tables.rewards import CLAIM, CLAIM_BY_PERSON

if TYPE_CHECKING:
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Index, Table
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["KIND", "merge"]

KIND: Final = "participants.merge"
_CAUSE: Final = wallet.MERGED
_COUNTED: Final[tuple[tuple[str, Table[Any], Index | None], ...]] = (
    ("events", EVENT, None),
    ("scores", SCORE, None),
    ("claims", CLAIM, CLAIM_BY_PERSON),
    ("challenges", COMPLETION, None),
    ("holds", HOLD, HOLD_DUE),
    ("pending", PENDING, PENDING_DUE),
)
"""What comes along as it is, and is told by how much of it there is."""


def merge(turn: Turn, name: str, into: str) -> None:
    """Fold the participant of this name into the turn's, who was asked for as `into`.

    Raises `NotFound`, `NotMergeable`, `WalletClosed`.
    """
    source = _source(turn, name, into)
    if source is None:
        return
    turn.people[source.number] = source.participant_id
    turn.say("=", turn.who.number, source.number, 0)
    before = _values(turn, turn.who)
    _fill(turn, source)
    if bool(turn.who.is_hidden) != bool(source.is_hidden):
        source = _hide(turn, source)
    _badges(turn, source)
    for currency in [*erasing.currencies(turn.unit, source.number)]:
        wallet.pour(turn, source, turn.who, currency)
    for asset in turn.unit.scan(ASSET, ASSET_BY_OWNER, (source.number,)):
        assets.pass_on(turn, asset, source, turn.who, _CAUSE)
    _tell(turn, source)
    _rungs(turn, source)
    streaks = merged_streaks.apart(turn, source)
    _leave(turn, source)
    source = _become_one(turn, source)
    merged_streaks.join(turn, source, streaks)
    _recount(turn, before)
    turn.timed.add(turn.who.number)


def _source(turn: Turn, name: str, into: str) -> ParticipantRow | None:
    """Return who is to be merged, or None where they are merged already. Raises as `merge`."""
    row = turn.unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (turn.scope, name))
    if row is None or row.erased is not None:
        raise NotFound("participant", name, f"Participant not found: {name}")
    who = turn.who
    if is_alias(row):
        if row.person != who.number:
            raise NotMergeable(name, into, "merged", the_one(turn.unit, row).participant_id)
        turn.people[row.number] = row.participant_id
        turn.say("=", who.number, row.number, 1)
        turn.rest(0)
        return None
    if row.number == who.number:
        raise NotMergeable(name, into, "itself", who.participant_id)
    for each in (row, who):
        if each.is_closed:
            raise WalletClosed(each.participant_id)
    return row


def _values(turn: Turn, who: ParticipantRow) -> dict[str, int]:
    """Return the running values of somebody's metrics that no window keeps."""
    names = [name for name in turn.plan.metrics if natural(name)]
    return {name: natural_value(turn.unit, who, turn.plan, name, turn.occurred_at) for name in names}


def _fill(turn: Turn, source: ParticipantRow) -> None:
    """Fill in what is not known of the target."""
    who = turn.who
    own, theirs = json.loads(who.attributes), json.loads(source.attributes)
    lacking = {key: value for key, value in theirs.items() if key not in own}
    name = source.display_name if who.display_name is None else None
    picture = source.avatar_url if who.avatar_url is None else None
    zone = source.timezone if who.timezone is None else None
    if lacking or (name, picture, zone) != (None, None, None):
        register(turn, name, picture, zone, lacking)
        turn.who = turn.unit.get(PARTICIPANT, (who.number,)) or who


def _hide(turn: Turn, source: ParticipantRow) -> ParticipantRow:
    """Hide both where one of them is hidden."""
    if not turn.who.is_hidden:
        hiding.hide(turn)
        return source
    who, turn.who = turn.who, source
    hiding.hide(turn)
    source, turn.who = turn.who, who
    return source


def _badges(turn: Turn, source: ParticipantRow) -> None:
    """Say which badges come along, and which both hold."""
    target = turn.who
    theirs, ours = ({row[1] for row in _held(turn, who)} for who in (source, target))
    for row in sorted(_held(turn, source), key=lambda row: (row.occurred_at, row.activity, row.badge)):
        if row.badge in theirs:
            theirs.discard(row.badge)
            twice = int(row.badge in ours)
            turn.say("badge_merged", target.number, _CAUSE, row.badge, source.number, twice, row.occurred_at)


def _held(turn: Turn, who: ParticipantRow) -> list[Any]:
    """Return the heads of the badges that somebody holds, one for each number that does."""
    heads: dict[tuple[int, str], Any] = {}
    for row in gather(turn.unit, who, BADGE):
        heads[row[:2]] = row
    return [row for row in heads.values() if row.held]


def _tell(turn: Turn, source: ParticipantRow) -> None:
    """Say how much comes along as it is."""
    numbers = own_numbers(turn.unit, source)
    for what, table, index in _COUNTED:
        count = sum(turn.unit.count(table, index, (number,)) for number in numbers)
        if count:
            turn.say("history_merged", turn.who.number, _CAUSE, what, count, source.number)


def _rungs(turn: Turn, source: ParticipantRow) -> None:
    """Put the target on the rungs that the source stands on above it, and let the ladders' own rules follow."""
    who, unit = turn.who, turn.unit
    for review in unit.scan(REVIEW, None, (source.number,)):
        former.rewrite(turn, REVIEW, review, None)
    for plan in turn.plan.ladders.values():
        theirs, ours = (unit.last(STANDING, (each.number, plan.ladder.code)) for each in (source, who))
        if theirs is None and ours is None:
            continue
        if theirs is not None and (ours is None or ours.how != ASSIGNED):
            to, at = place_of(turn, plan, theirs.tier), place_of(turn, plan, ours.tier if ours else None)
            if theirs.how == ASSIGNED and theirs.tier in plan.codes:
                stand(turn, who, plan, to, ASSIGNED, _CAUSE)
            else:
                _rise(turn, plan, at, to, first=ours is None)
        turn.wake(who, [plan])


def _rise(turn: Turn, plan: LadderPlan, at: int, to: int, *, first: bool) -> None:
    """Take the target up to a rung, rung by rung; that at the bottom is held silently."""
    steps = [step for step in plan.places if at < step < to]
    for step in [*steps, to] if to > at else []:
        silent = first and step == plan.places[0] and plan.minimums[0] <= 0
        stand(turn, turn.who, plan, step, AUTOMATIC, _CAUSE, silent=silent)
        first = False


def _leave(turn: Turn, source: ParticipantRow) -> None:
    """Take the source's scores off all boards but the final ones; what rules count of their caps is added up."""
    for row in turn.unit.scan(METRIC, None, (source.number,)):
        window = turn.unit.get(WINDOW, (row.window,))
        if window is not None and hiding.is_final(turn, window):
            continue
        if window is not None and window.metric.startswith("rule."):
            _add(turn, row)
        erasing.leave(turn, row)
        for seen in turn.unit.scan(SEEN, None, (source.number, row.window)):
            turn.unit.remove(SEEN, seen)


def _add(turn: Turn, row: MetricRow) -> None:
    own = turn.unit.get(METRIC, (turn.who.number, row.window))
    value, reached = (own.value, own.reached_at) if own is not None else (0, row.reached_at)
    added = row._replace(
        participant=turn.who.number, value=value + row.value, reached_at=max(reached, row.reached_at)
    )
    turn.unit.put(METRIC, added)


def _become_one(turn: Turn, source: ParticipantRow) -> ParticipantRow:
    """Let the source, and whoever was merged into it before, be one person with the target."""
    unit, who = turn.unit, turn.who
    for number in own_numbers(unit, source):
        before = unit.get(PARTICIPANT, (number,))
        assert before is not None  # noqa: S101 - rows of people are never removed
        after = before._replace(person=who.number, due=None)
        former.keep(turn, PARTICIPANT, before, after)
        unit.put(PARTICIPANT, after)
    before = unit.get(PARTICIPANT, (who.number,)) or who
    turn.who = before._replace(person=who.number)
    if turn.who != before:
        become(turn, before, turn.who)
    turn.reached = [(turn.who, node) for _, node in turn.reached]
    return unit.get(PARTICIPANT, (source.number,)) or source


def _recount(turn: Turn, before: dict[str, int]) -> None:
    """Let every metric be worked out anew from both histories, and wake what the running values have reached."""
    after = _values(turn, turn.who)
    for name, plan in turn.plan.metrics.items():
        if not name.startswith("rule."):
            turn.void(turn.who, plan, before.get(name, 0), after.get(name, 0))
