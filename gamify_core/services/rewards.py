"""`engine.rewards`: what can be claimed, the codes that are handed out, and who claimed what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from gamify_core import border
from gamify_core.catalog.definitions import RewardType
from gamify_core.domain.decimals import one
from gamify_core.errors import BadValue, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.ids import numbers_of
from gamify_core.road import lots, rewards
from gamify_core.road.commands import Ask
from gamify_core.road.joined import page_of
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.offers import (
    CancelAnswer,
    Claim,
    ClaimAnswer,
    CodesAnswer,
    Offer,
    Offers,
    claim_of,
    offer_of,
)
from gamify_core.services.pages import Page
from gamify_core.services.reading import snapshot
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.rewards import CLAIM, CLAIM_BY_PERSON, CODE, CODE_BY_VALUE, ClaimRow

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Reward
    from gamify_core.road.turn import Turn

__all__ = ["Rewards"]

_MOST_CODES = 10_000


class Rewards:
    """Rewards: claimed as far as stock, codes, the limit for each participant and the points go."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    # -- claiming --------------------------------------------------------------------------------------------

    def claim(
        self,
        reward_id: str,
        participant_id: str,
        *,
        points_deduction: bool = True,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> ClaimAnswer:
        """Claim a reward: its stock, a code, the participant's share and the points are taken in one commit.

        With `points_deduction=False` it costs nothing. Codes go in the order in which they were added. A
        `points_multiplier` runs from the moment of the claim.
        Raises, looked at in this order, `NotFound`, `RewardInactive`, `MaxClaims`, `OutOfStock`, `NoCodes`
        and `InsufficientPoints`; then nothing was taken.

        >>> from gamify_core import Catalog, Engine, Reward
        >>> game = Engine(Catalog(rewards=[Reward("ten_off", type="coupon", points_cost=500)]))
        >>> _ = game.points.award("ada", 1500)
        >>> _ = game.rewards.add_codes("ten_off", ["SAVE10-ABC123"])
        >>> answer = game.rewards.claim("ten_off", "ada")
        >>> answer.code_value, answer.new_balance
        ('SAVE10-ABC123', 1000)
        """
        code = border.code(reward_id, "reward_id")
        who = border.participant(participant_id)
        pays = border.flag(points_deduction, "points_deduction")
        # What is as by default is left out, so that a file is not longer than what was asked
        request = request_of(at, reward_id=code, participant_id=who, points_deduction=None if pays else False)
        made: list[ClaimRow] = []

        def decide(turn: Turn) -> None:
            reward = turn.plan.catalog.reward(code)
            made.append(rewards.claim(turn, turn.who, reward, _cost(turn, reward) if pays else 0, "direct"))

        def after(turn: Turn) -> None:
            row = made[-1]
            value = rewards.code_of(turn, row)
            balance = lots.balance(turn.unit, turn.who.number, row.currency)
            turn.say("=", turn.who.number, row.reward, row.ordinal, value, row.cost, balance)

        key = border.idempotency_key(idempotency_key)
        return ClaimAnswer(
            self._access.write(Ask("rewards.claim", who, request, at, key, decide, after=after))
        )

    def cancel(
        self,
        claim_id: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> CancelAnswer:
        """Cancel a claim: stock, code, the participant's share and the points return; a multiplier ends now.

        The code goes back to its old place in the pool and is handed out again. What a multiplier has multiplied stays.
        A second cancel does nothing: `already_cancelled` is True. Raises `NotFound` (`Claim not found: …`).

        >>> from gamify_core import Catalog, Engine, Reward
        >>> game = Engine(Catalog(rewards=[Reward("mug", points_cost=30, total_inventory=5)]))
        >>> _ = game.points.award("ada", 100)
        >>> game.rewards.cancel(game.rewards.claim("mug", "ada").claim_id).new_balance
        100
        """
        name = border.code(claim_id, "claim_id")
        numbers = numbers_of("claim", name)
        said = border.text(reason, "reason", self._limits.reason)
        request = request_of(at, claim_id=name, reason=said)
        told: list[tuple[ClaimRow, int, int]] = []

        def decide(turn: Turn) -> None:
            row = _found(turn.unit.get(CLAIM, numbers), turn.scope, name)
            if row.standing is None:
                told.append((row, 1, 0))
                turn.rest(row.cancelled_by)
                return
            returned = rewards.cancel(turn, turn.who, row, f"cancel:{row.reward}")
            told.append((row, 0, returned))

        def after(turn: Turn) -> None:
            row, already, returned = told[-1]
            balance = lots.balance(turn.unit, turn.who.number, row.currency)
            words = (row.claimed_by, row.ordinal, row.reward, already, returned, balance)
            turn.say("=", turn.who.number, *words, *turn.plan.told_of(row.currency))

        ask = Ask(
            "rewards.cancel",
            self._claimant(numbers, name),
            request,
            at,
            border.idempotency_key(idempotency_key),
            decide,
            after=after,
        )
        return CancelAnswer(self._access.write(ask))

    def _claimant(self, numbers: tuple[int, int], claim_id: str) -> str:
        """Return whose claim it is, which never changes, so it may be read before the command begins."""
        with self._access.read() as reader:
            row = _found(reader.get(CLAIM, numbers), self._access.scope, claim_id)
            person = reader.get(PARTICIPANT, (row.participant,))
        return person.participant_id if person is not None else ""

    # -- codes -----------------------------------------------------------------------------------------------

    def add_codes(
        self,
        reward_id: str,
        codes: Iterable[str],
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> CodesAnswer:
        """Add 1 to 10,000 codes to a reward's pool; from then on each claim of it takes one.

        Codes are text of 1 to 255 characters. One that the reward has or had already is passed over and counted in
        `duplicates`. Raises `BadValue`, `NotFound`, `AdminRequired`.

        >>> from gamify_core import Catalog, Engine, Reward
        >>> game = Engine(Catalog(rewards=[Reward("ten_off", type="coupon")]))
        >>> game.rewards.add_codes("ten_off", ["A", "B", "A"]).to_dict()
        {'reward_id': 'ten_off', 'added': 2, 'duplicates': 1, 'available_codes': 2}
        """
        self._access.require_admin()
        code = border.code(reward_id, "reward_id")
        listed = border.several(codes, "codes")
        if not 0 < len(listed) <= _MOST_CODES:
            detail = f"codes must be 1 to {_MOST_CODES} codes, not {len(listed)}"
            raise BadValue("codes", codes, detail)
        values = [border.participant(value, f"codes[{place}]") for place, value in enumerate(listed)]
        request = request_of(at, reward_id=code, codes=list[border.Json](values))

        def decide(turn: Turn) -> None:
            reward = turn.plan.catalog.reward(code)
            added = rewards.add_codes(turn, reward.code, values)
            left = rewards.stock_of(turn, reward.code).free_codes
            turn.say("=", None, reward.code, added, len(values) - added, left)
            if not added:
                there = turn.unit.find(CODE, CODE_BY_VALUE, (turn.scope, reward.code, values[0]))
                turn.rest(there.activity if there is not None else 0)

        key = border.idempotency_key(idempotency_key)
        return CodesAnswer(self._access.write(Ask("rewards.add_codes", "", request, at, key, decide)))

    # -- reading ---------------------------------------------------------------------------------------------

    def list(
        self,
        *,
        reward_type: str | None = None,
        active_only: bool = True,
        page: int = 1,
        page_size: int = 50,
    ) -> Offers:
        """Return the rewards on offer, by their `display_order`; `active_only=False` adds those that are not.

        >>> from gamify_core import Catalog, Engine, Reward
        >>> game = Engine(Catalog(rewards=[Reward("ten_off", type="coupon"), Reward("mug", type="physical")]))
        >>> [offer.name for offer in game.rewards.list(reward_type="coupon")]
        ['Ten Off']
        """
        reward_type = exactly(reward_type)
        if reward_type is not None and not (
            isinstance(reward_type, str) and reward_type in get_args(RewardType)
        ):
            detail = (
                f"reward_type must be one of {', '.join(get_args(RewardType))}, not {in_words(reward_type)}"
            )
            raise BadValue("reward_type", reward_type, detail)
        active = border.flag(active_only, "active_only")
        number, size = border.page(page, page_size)
        with snapshot(self._access) as seen:
            shown = [
                reward
                for reward in seen.plan.catalog.rewards
                if (reward.is_active or not active) and reward_type in {None, reward.type}
            ]
            shown.sort(key=lambda reward: reward.display_order)
            here = shown[(number - 1) * size : number * size]
            offers = [offer_of(seen.reader, self._access.scope, reward) for reward in here]
        return Offers(offers, len(shown), number, size, "rewards")

    def get(self, reward_id: str) -> Offer:
        """Return a reward as it can be claimed now, on offer or not. Raises `NotFound`.

        >>> from gamify_core import Catalog, Engine, Reward
        >>> Engine(Catalog(rewards=[Reward("mug", total_inventory=5)])).rewards.get("mug").available
        5
        """
        code = border.code(reward_id, "reward_id")
        with snapshot(self._access) as seen:
            return offer_of(seen.reader, self._access.scope, seen.plan.catalog.reward(code))

    def claims(self, participant_id: str, *, page: int = 1, page_size: int = 20) -> Page[Claim]:
        """Return what a participant claimed, newest first, cancelled claims too.

        >>> from gamify_core import Catalog, Engine, Reward
        >>> game = Engine(Catalog(rewards=[Reward("mug")]))
        >>> _ = game.rewards.claim("mug", "ada")
        >>> [(claim.reward_name, claim.status) for claim in game.rewards.claims("ada")]
        [('Mug', 'claimed')]
        """
        who = border.participant(participant_id)
        number, size = border.page(page, page_size)
        total, items = 0, list[Claim]()
        with snapshot(self._access) as seen:
            person = self._access.person(seen.reader, who)
            if person is not None:
                total, rows = page_of(
                    seen.reader,
                    person,
                    CLAIM,
                    CLAIM_BY_PERSON,
                    (),
                    lambda row: (row.occurred_at, row.claimed_by, row.ordinal),
                    offset=(number - 1) * size,
                    limit=size,
                )
                items = [claim_of(seen.reader, seen.plan.catalog, row) for row in rows]
        return Page(items, total, number, size, "claims", {"participant_id": who})


def _cost(turn: Turn, reward: Reward) -> int:
    """Return what a reward costs, in the smallest unit of its currency."""
    return reward.points_cost * one(turn.plan.catalog.scale(reward.currency))


def _found(row: ClaimRow | None, scope: str, claim_id: str) -> ClaimRow:
    """Return a claim of this scope; those of others are not known here."""
    if row is None or row.scope != scope:
        raise NotFound("claim", claim_id, f"Claim not found: {claim_id}")
    return row
