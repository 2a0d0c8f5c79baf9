"""Rewards: claiming takes what there is of one, its code, the participant's share and the points, all in one commit.

Cancelling a claim gives all of it back. Everything is counted per scope. Refusals are raised before anything is put, so
what hands a reward out on the way (a rule, a challenge) may catch them and go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.errors import MaxClaims, NoCodes, OutOfStock, RewardInactive
from gamify_core.road import boosts, mirroring, wallet
from gamify_core.road.joined import own_numbers
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.rewards import (
    CLAIM,
    CLAIM_STANDING,
    CODE,
    CODE_BY_VALUE,
    CODE_FREE,
    STOCK,
    ClaimRow,
    CodeRow,
    StockRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.catalog.definitions import Reward
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["REFUSALS", "add_codes", "cancel", "claim", "claimed_by", "code_of", "give", "stock_of"]
__all__ += ["takes_codes"]

REFUSALS = (RewardInactive, MaxClaims, OutOfStock, NoCodes)
"""What may stand against handing a reward out; the code of each is one that a cascade passes over."""


def give(turn: Turn, who: ParticipantRow, reward: Reward, cause: str) -> ClaimRow:
    """Hand a reward out free of charge. Raises one of `REFUSALS`, and then nothing was put."""
    return claim(turn, who, reward, 0, cause)


def claim(turn: Turn, who: ParticipantRow, reward: Reward, cost: int, cause: str) -> ClaimRow:
    """Hand a reward out for so many points. Raises one of `REFUSALS`, or `InsufficientPoints`."""
    stock = stock_of(turn, reward.code)
    _check(turn, who, reward, stock)
    code = _next_code(turn, reward, stock)
    version = None
    if cost:
        wallet.deduct(turn, who, reward.currency, cost, f"reward:{reward.code}")
        paid = turn.unit.last(ENTRY, (who.number, reward.currency))
        version = paid.version if paid is not None else None
    value = (code.value,) if code is not None else ()
    ordinal = turn.say("reward_claimed", who.number, cause, reward.code, cost, *value)
    left = stock.free_codes - (code is not None)
    turn.unit.put(STOCK, stock._replace(claimed=stock.claimed + 1, free_codes=left))
    if code is not None:
        turn.unit.put(CODE, code._replace(free=None))
    row = ClaimRow(
        turn.seq,
        ordinal,
        turn.scope,
        reward.code,
        who.number,
        code.n if code is not None else None,
        cost,
        reward.currency,
        version,
        turn.occurred_at,
        1,
        0,
    )
    turn.unit.add(CLAIM, row)
    if reward.type == "points_multiplier":
        boosts.start(turn, who, reward, ordinal)
    return row


def cancel(turn: Turn, who: ParticipantRow, row: ClaimRow, cause: str) -> int:
    """Take a standing claim of `who` back, and return how many points came back.

    Stock, the code (at its old place among the others), the participant's share and the points return, these as far as
    nobody has given them back already; a multiplier ends now.
    """
    stock = stock_of(turn, row.reward)
    freed = row.code is not None
    turn.unit.put(STOCK, stock._replace(claimed=stock.claimed - 1, free_codes=stock.free_codes + freed))
    if row.code is not None:
        code = turn.unit.get(CODE, (row.scope, row.reward, row.code))
        assert code is not None  # noqa: S101 - codes are never removed
        turn.unit.put(CODE, code._replace(free=1))
    turn.unit.put(CLAIM, row._replace(standing=None, cancelled_by=turn.seq))
    boosts.end(turn, row)
    returned = 0
    if row.version is not None:
        paid = turn.unit.get(ENTRY, (row.participant, row.currency, row.version))
        assert paid is not None  # noqa: S101 - movements are never removed
        returned = mirroring.reverse(turn, who, paid, cause)
    turn.say("reward_cancelled", who.number, cause, row.reward, returned, row.claimed_by, row.ordinal)
    return returned


def add_codes(turn: Turn, reward: str, values: Iterable[str]) -> int:
    """Put codes at the end of a reward's pool, and return how many were new."""
    stock = stock_of(turn, reward)
    head = turn.unit.last(CODE, (turn.scope, reward))
    n = known = head.n if head is not None else 0
    for value in values:
        if turn.unit.find(CODE, CODE_BY_VALUE, (turn.scope, reward, value)) is None:
            n += 1
            turn.unit.add(CODE, CodeRow(turn.scope, reward, n, value, 1, turn.seq))
    added = n - known
    if added:
        turn.unit.put(STOCK, stock._replace(codes=stock.codes + added, free_codes=stock.free_codes + added))
    return added


def code_of(turn: Turn, row: ClaimRow) -> str | None:
    """Return the code that was handed out with a claim."""
    code = turn.unit.get(CODE, (row.scope, row.reward, row.code)) if row.code is not None else None
    return code.value if code is not None else None


def stock_of(turn: Turn, reward: str) -> StockRow:
    """Return how a reward's stock stands; one that nobody has claimed yet has no row."""
    return turn.unit.get(STOCK, (turn.scope, reward)) or StockRow(turn.scope, reward, 0, 0, 0)


def takes_codes(reward: Reward, codes: int) -> bool:
    """Say whether a claim takes a code: always that of a coupon, else where the reward was ever given some."""
    return reward.type == "coupon" or codes > 0


def _check(turn: Turn, who: ParticipantRow, reward: Reward, stock: StockRow) -> None:
    if not reward.is_active:
        raise RewardInactive(reward.code)
    most = reward.max_claims_per_user
    if most is not None and claimed_by(turn.unit, who, reward.code) >= most:
        raise MaxClaims(reward.code, who.participant_id, most)
    if reward.total_inventory is not None and stock.claimed >= reward.total_inventory:
        raise OutOfStock(reward.code, reward.total_inventory)


def claimed_by(reader: Reader | Unit, who: ParticipantRow, *reward: str) -> int:
    """Return how many claims of somebody stand: of one reward, or of all."""
    return sum(reader.count(CLAIM, CLAIM_STANDING, (number, *reward)) for number in own_numbers(reader, who))


def _next_code(turn: Turn, reward: Reward, stock: StockRow) -> CodeRow | None:
    """Return the first code of the pool, or None where the reward takes none."""
    if not takes_codes(reward, stock.codes):
        return None
    if not stock.free_codes:
        raise NoCodes(reward.code)
    (code,) = turn.unit.scan(CODE, CODE_FREE, (turn.scope, reward.code), limit=1)
    return code
