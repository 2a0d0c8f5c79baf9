"""`engine.points`: award, deduct, transfer, and what a wallet holds and held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.answers import BatchAnswer, PointsAnswer, TransferAnswer
from gamify_core.errors import BadValue, GamifyError
from gamify_core.road import boosts, wallet
from gamify_core.road.batches import Batch, Item
from gamify_core.road.reversals import taken
from gamify_core.road.road import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import batch_of, request_of
from gamify_core.services.pages import Page
from gamify_core.services.undo import ReversalAnswer, movement_called, policy
from gamify_core.services.wallets import Award, Balance, Movement, balance_of, movement_of
from gamify_core.storage.tables.ledger import ENTRY

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.road.wallet import OnInsufficient
    from gamify_core.storage.tables.ledger import EntryRow

__all__ = ["Points"]


_MOVES = {
    ("points.award", True): boosts.award,
    ("points.award", False): wallet.award,
    ("points.deduct", True): wallet.deduct,
}


class Points:
    """Points and other currencies: a ledger of immutable movements."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def award(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        amount: int,
        *,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        currency: str = "points",
        boost: bool = True,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PointsAnswer:
        """Give points, and all that reaching them brings about.

        `amount` is a whole number from 1 to 2^53-1. Multipliers that the participant has running raise it, unless
        `boost` is False. `at` is when it happened (aware; default now). The same `idempotency_key` with the same
        arguments returns the first answer, flagged `replayed`.
        Raises `BadValue`, `NotFound` (currency), `OutOfWindow`, `IdempotencyConflict`.

        >>> from gamify_core import Catalog, Engine
        >>> Engine(Catalog()).points.award("ada", 100, reason="Welcome").new_balance
        100
        """
        key = border.idempotency_key(idempotency_key)
        boosted = border.flag(boost, "boost")
        ask = self._ask(
            "points.award", participant_id, amount, reason, metadata, currency, at, key, boost=boosted
        )
        return PointsAnswer(self._access.write(ask))

    def _ask(  # noqa: PLR0913 - the arguments of an award and a deduction
        self,
        kind: str,
        participant_id: str,
        amount: int,
        reason: str | None,
        metadata: Mapping[str, object] | None,
        currency: str,
        at: datetime | None,
        key: str | None,
        *,
        boost: bool = True,
    ) -> Ask:
        who = border.participant(participant_id)
        checked = border.amount(amount, most=self._limits.amount)
        request: dict[str, border.Json] = {"participant_id": who, "amount": checked}
        if reason is not None:
            request["reason"] = border.text(reason, "reason", self._limits.reason)
        if metadata is not None:
            request["metadata"] = border.properties(metadata, "metadata")
        if currency != "points":
            request["currency"] = border.code(currency, "currency")
        if at is not None:
            request["at"] = border.at(at)
        if not boost:
            request["boost"] = False
        move = _MOVES[kind, boost]

        def decide(turn: Turn) -> None:
            if currency != "points":
                turn.plan.catalog.currency(currency)
            move(turn, turn.who, currency, checked, "direct")

        return Ask(kind, who, request, at, key, decide)

    def deduct(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        amount: int,
        *,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        currency: str = "points",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PointsAnswer:
        """Take points that are spent. More than is available is refused with the numbers (`InsufficientPoints`).

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 30)
        >>> game.points.deduct("ada", 50)
        Traceback (most recent call last):
        gamify_core.errors.InsufficientPoints: Insufficient points. Available: 30, requested: 50
        """
        key = border.idempotency_key(idempotency_key)
        ask = self._ask("points.deduct", participant_id, amount, reason, metadata, currency, at, key)
        return PointsAnswer(self._access.write(ask))

    def transfer(  # noqa: PLR0913 - the fields of the document
        self,
        sender_id: str,
        recipient_id: str,
        amount: int,
        *,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        currency: str = "points",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TransferAnswer:
        """Move points from one participant to another in one commit. It counts as neither earned nor spent."""
        sender = border.participant(sender_id, "sender_id")
        recipient = border.participant(recipient_id, "recipient_id")
        if sender == recipient:
            detail = f"sender and recipient are the same: {sender!r}"
            raise BadValue("recipient_id", recipient, detail)
        checked = border.amount(amount, most=self._limits.amount)
        request = request_of(
            at,
            participant_id=sender,
            recipient_id=recipient,
            amount=checked,
            reason=border.text(reason, "reason", self._limits.reason),
            metadata=border.properties(metadata, "metadata") if metadata is not None else None,
            currency=border.code(currency, "currency") if currency != "points" else None,
        )
        road = self._access.road

        def decide(turn: Turn) -> None:
            if currency != "points":
                turn.plan.catalog.currency(currency)
            other = road.participant(turn.unit, turn.scope, recipient, turn.recorded_at)
            turn.people[other.number] = other.participant_id
            wallet.transfer(turn, turn.who, other, currency, checked)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("points.transfer", sender, request, at, key, decide, (recipient,))
        return TransferAnswer(self._access.write(ask))

    def reverse(  # noqa: PLR0913 - which movement, how much of it, and why
        self,
        transaction_id: str,
        *,
        amount: int | None = None,
        reason: str | None = None,
        on_insufficient: OnInsufficient = "reject",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> ReversalAnswer:
        """Take a movement back, whole or (`amount`) in part, as if so much of it had never been.

        The mirror image of an award lowers the balance and what was earned, in the windows in which it was; that of a
        deduction raises the balance, and lowers what was spent. Where the balance does not cover it, this is refused
        (`InsufficientPoints`), or goes below zero (`on_insufficient="allow_negative"`), or takes what is there
        (`"partial"`). Tiers and badges follow their own policies; `answer.stayed` tells what stayed. What was taken
        back as a whole before is taken back: then nothing is done, and `amount` is 0. It is the movement alone that is
        taken back: a reward that it paid for is given back by `rewards.cancel`, a freeze or a repair is kept.
        Raises `NotFound` (`Transaction not found: …`), `BadValue` (more than is left of it; a transfer, a reversal).

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> given = game.points.award("ada", 100)
        >>> game.points.reverse(given.transaction_id, amount=40).new_balance
        60
        >>> game.points.balance("ada").total_earned
        60
        """
        entry, who = movement_called(self._access, transaction_id)
        part = border.amount(amount) if amount is not None else None
        chosen = policy(on_insufficient)
        request = request_of(
            at,
            transaction_id=transaction_id,
            amount=part,
            reason=border.text(reason, "reason", self._limits.reason),
            on_insufficient=chosen if chosen != "reject" else None,
        )

        def decide(turn: Turn) -> None:
            # What it sets off is no reason to refuse it: a badge whose points are spent goes without them
            turn.undoing = chosen if chosen != "reject" else "partial"
            if not wallet.reverse(turn, turn.who, entry.currency, entry.version, "direct", part, chosen):
                turn.rest(entry.activity)

        def after(turn: Turn) -> None:
            head = turn.unit.last(ENTRY, (turn.who.number, entry.currency))
            balance = head.balance if head is not None else 0
            so_far = taken(turn.unit, entry)
            words = (entry.currency, entry.activity, entry.ordinal, so_far, balance)
            turn.say("=", turn.who.number, *words)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("points.reverse", who, request, at, key, decide, after=after)
        return ReversalAnswer(self._access.write(ask))

    def award_batch(
        self,
        awards: Iterable[Award],
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> BatchAnswer:
        """Give many awards in one commit, each decided in turn; one that is refused fails alone.

        With an `idempotency_key`, repeating the batch answers with the whole first outcome, refusals included.
        """
        listed = border.several(awards, "awards")
        self._limits.check_batch(len(listed))
        key = border.idempotency_key(idempotency_key)
        asks: list[Item] = []
        for place, award in enumerate(listed):
            try:
                if not isinstance(award, Award):
                    detail = f"awards[{place}] must be an Award, not {type(award).__name__}"
                    raise BadValue(f"awards[{place}]", award, detail)
                item = (award.participant_id, award.amount, award.reason, award.metadata, award.currency)
                asks.append(self._ask("points.award", *item, at, None))
            except GamifyError as error:
                asks.append(error)
        people = [str(getattr(award, "participant_id", "")) for award in listed]
        return batch_of(Batch("points.award_batch", asks, key), people, self._access, PointsAnswer)

    # -- reading ----------------------------------------------------------------------------------------------

    def balance(self, participant_id: str, *, currency: str = "points") -> Balance:
        """Return what a participant holds; somebody who has not been seen holds nothing."""
        who = border.participant(participant_id)
        currency = self._currency(currency)
        with self._access.read() as reader:
            return balance_of(reader, self._access.person(reader, who), who, currency)

    def transactions(
        self, participant_id: str, *, currency: str = "points", page: int = 1, page_size: int = 20
    ) -> Page[Movement]:
        """Return the movements of a wallet, newest first."""
        who = border.participant(participant_id)
        currency = self._currency(currency)
        number, size = border.page(page, page_size)
        with self._access.read() as reader:
            person = self._access.person(reader, who)
            rows: list[EntryRow] = []
            total = 0
            if person is not None:
                prefix = (person.number, currency)
                total = reader.count(ENTRY, None, prefix)
                rows = reader.scan(ENTRY, None, prefix, reverse=True, offset=(number - 1) * size, limit=size)
            items = [movement_of(reader, row) for row in rows]
        return Page(items, total, number, size, "transactions", {"participant_id": who})

    def _currency(self, code: str) -> str:
        if code != "points":
            self._access.plan.catalog.currency(border.code(code, "currency"))
        return code
