"""`engine.points`: award, deduct, transfer, and what a wallet holds and held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.answers import Answer, BatchAnswer
from gamify_core.domain.decimals import exact
from gamify_core.errors import BadValue, BalanceMismatch, GamifyError
from gamify_core.road import accounts, boosts, lots, mirroring, pending, wallet
from gamify_core.road.batches import Batch, Item
from gamify_core.road.commands import Ask
from gamify_core.road.joined import page_of
from gamify_core.road.reversals import became, taken_of
from gamify_core.services.amounts import asked, length_of, part_of
from gamify_core.services.asking import batch_of, other_side, request_of
from gamify_core.services.holding import Waiting
from gamify_core.services.pages import Page
from gamify_core.services.reading import snapshot
from gamify_core.services.undo import ReversalAnswer, movement_called, policy
from gamify_core.services.wallets import (
    Award,
    Balance,
    Movement,
    PointsAnswer,
    TransferAnswer,
    balance_of,
    currency_of,
    movements_of,
)
from gamify_core.storage.tables.ledger import ENTRY, PENDING, EntryRow

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.road.compiled import Terms
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Points"]


class Points(Waiting):
    """Points and other currencies: a ledger of immutable movements."""

    def award(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        amount: int | Decimal | str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        currency: str = "points",
        boost: bool = True,
        matures: str | None = None,
        expires: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PointsAnswer:
        """Give points, and all that reaching them brings about.

        `amount` is a whole number from 1 to 2^53-1; of a `currency` with a `scale` it may have decimals, as a `Decimal`
        or as text (`"12.34"`; 12 is 12.00), and answers have `Decimal`s. Multipliers that the participant has running
        raise it, unless `boost` is False. `at` is when it happened (aware; default now). With `matures="14d"` the
        points count from then on: until they do they are `pending`, are in no balance and earn nothing, and `reverse`
        takes them back. With `expires="90d"` (or `"3mo"`, `"1y"`: by the calendar, in the catalog's zone) what is left
        of them lapses so long after they count; spending takes what lapses first. Both are reckoned from `at`, and
        default to what the currency says. The same `idempotency_key` with the same
        arguments returns the first answer, flagged `replayed`.
        Raises `BadValue`, `NotFound` (currency), `OutOfWindow`, `IdempotencyConflict`.

        >>> from gamify_core import Catalog, Engine
        >>> Engine(Catalog()).points.award("ada", 100, reason="Welcome").new_balance
        100
        """
        key = border.idempotency_key(idempotency_key)
        boosted = border.flag(boost, "boost")
        ask = self._ask(
            participant_id,
            amount,
            reason,
            metadata,
            currency,
            at,
            key,
            boost=boosted,
            terms=(matures, expires),
        )
        return PointsAnswer(self._access.write(ask))

    def _ask(  # noqa: PLR0913 - the arguments of an award
        self,
        participant_id: str,
        amount: int | Decimal | str,
        reason: str | None,
        metadata: Mapping[str, object] | None,
        currency: str,
        at: datetime | None,
        key: str | None,
        *,
        boost: bool = True,
        terms: tuple[str | None, str | None] = (None, None),
    ) -> Ask:
        given = asked(self._limits, participant_id, amount, reason, metadata, currency, at)
        if not boost:
            given.request["boost"] = False
        own = terms[0] is not None or terms[1] is not None
        if own:
            for name, term in zip(("matures", "expires"), terms, strict=True):
                if term is not None:
                    given.request[name] = length_of(term, name)
        move = boosts.award if boost else _unboosted

        def decide(turn: Turn) -> None:
            units, code = given.units(turn), given.currency
            move(turn, turn.who, code, units, "direct", turn.plan.terms(code, *terms) if own else None)

        return Ask("points.award", given.who, given.request, at, key, decide)

    def deduct(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        amount: int | Decimal | str,
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
        given = asked(self._limits, participant_id, amount, reason, metadata, currency, at)

        def decide(turn: Turn) -> None:
            wallet.deduct(turn, turn.who, given.currency, given.units(turn), "direct")

        ask = Ask("points.deduct", given.who, given.request, at, key, decide)
        return PointsAnswer(self._access.write(ask))

    def transfer(  # noqa: PLR0913 - the fields of the document
        self,
        sender_id: str,
        recipient_id: str,
        amount: int | Decimal | str,
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
        given = asked(self._limits, sender, amount, reason, metadata, currency, at, "sender_id")
        given.request["recipient_id"] = recipient

        def decide(turn: Turn) -> None:
            units = given.units(turn)
            other = other_side(turn, recipient, "recipient_id")
            wallet.transfer(turn, turn.who, other, given.currency, units)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("points.transfer", sender, given.request, at, key, decide, (recipient,))
        return TransferAnswer(self._access.write(ask))

    def reverse(  # noqa: PLR0913 - which movement, how much of it, and why
        self,
        transaction_id: str,
        *,
        amount: int | Decimal | str | None = None,
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
        taken back: a reward that it paid for is given back by `rewards.cancel`, a freeze or a repair is kept. An award
        that is pending is cancelled. What comes back lapses when it would have, or at once where that has passed;
        what has lapsed of an award is gone, and is not taken a second time.
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
        place = entry.activity, entry.ordinal
        part = border.given(amount, entry.currency) if amount is not None else None
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
            units = part_of(turn, entry.currency, amount, border.MOST)
            promised = turn.unit.get(PENDING, place)  # it may have matured since it was looked for
            if promised is not None and promised.version is None:
                done = pending.cancel(turn, turn.who, promised, "direct", units)
            else:
                moved = became(turn.unit, promised) if promised is not None else entry
                assert isinstance(moved, EntryRow)  # noqa: S101 - a promise that was kept, or a movement
                done = mirroring.reverse(turn, turn.who, moved, "direct", units, chosen)
            if not done:
                turn.rest(entry.activity)

        def after(turn: Turn) -> None:
            balance = lots.balance(turn.unit, turn.who.number, entry.currency)
            so_far = taken_of(turn.unit, entry)
            turn.say("=", turn.who.number, entry.currency, *place, so_far, balance)

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

        With an `idempotency_key`, repeating the batch answers with the whole first outcome, refusals included. An `at`
        in no zone is refused as a whole (`BadValue`); one beyond the window, by each item.
        """
        listed = border.several(awards, "awards")
        if at is not None:
            border.at(at)
        self._limits.check_batch(len(listed))
        key = border.idempotency_key(idempotency_key)
        asks: list[Item] = []
        for place, award in enumerate(listed):
            try:
                if not isinstance(award, Award):
                    detail = f"awards[{place}] must be an Award, not {type(award).__name__}"
                    raise BadValue(f"awards[{place}]", award, detail)
                item = (award.participant_id, award.amount, award.reason, award.metadata, award.currency)
                asks.append(self._ask(*item, at, None, terms=(award.matures, award.expires)))
            except GamifyError as error:
                asks.append(error)
        people = [str(getattr(award, "participant_id", "")) for award in listed]
        return batch_of(Batch("points.award_batch", asks, key, "awards"), people, self._access, PointsAnswer)

    # -- closing ----------------------------------------------------------------------------------------------

    def close(
        self,
        participant_id: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Close a participant's account: no points of theirs move any more until `reopen`.

        Whatever would move them raises `WalletClosed`, and what rules and badges would give is passed over. Holds may
        be released, and end by themselves; an award that is pending may be reversed. Nothing matures and nothing
        lapses; what falls due meanwhile happens once the account is open again. Closing a closed account does nothing.
        """
        return self._close("points.close", participant_id, reason, at, idempotency_key)

    def reopen(
        self,
        participant_id: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Open a closed account again. Opening an open one does nothing."""
        return self._close("points.reopen", participant_id, reason, at, idempotency_key)

    def _close(
        self, kind: str, participant_id: str, reason: str | None, at: datetime | None, key: str | None
    ) -> Answer:
        who = border.participant(participant_id)
        said = border.text(reason, "reason", self._limits.reason)
        request = request_of(at, participant_id=who, reason=said)

        def decide(turn: Turn) -> None:
            accounts.put(turn, closed=kind == "points.close")

        return Answer(self._access.write(Ask(kind, who, request, at, border.idempotency_key(key), decide)))

    # -- reading ----------------------------------------------------------------------------------------------

    def balance(self, participant_id: str, *, currency: str = "points") -> Balance:
        """Return what a participant holds as of now; somebody who has not been seen holds nothing.

        What has matured counts, what has lapsed is gone and holds that are over are let go, also where no command has
        written that down yet.
        """
        who = border.participant(participant_id)
        currency = currency_of(self._access, currency)
        with snapshot(self._access, who) as seen:
            scale = seen.plan.catalog.scale(currency)
            return balance_of(seen.reader, self._access.person(seen.reader, who), who, currency, scale)

    def assert_balance(
        self, participant_id: str, amount: int | Decimal | str, *, currency: str = "points"
    ) -> Balance:
        """Raise `BalanceMismatch`, with both numbers, unless a participant holds exactly so much; return the balance.

        For reconciling with what the application keeps itself. `game.at(instant).points.assert_balance` holds it
        against the balance of then.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 30)
        >>> game.points.assert_balance("ada", 40)
        Traceback (most recent call last):
        gamify_core.errors.BalanceMismatch: ada holds 30 points, not 40
        """
        currency = border.code(currency, "currency")
        border.given(amount, currency, least=-border.MOST)
        found = self.balance(participant_id, currency=currency)
        scale = self._access.plan.catalog.scale(found.currency) if currency != "points" else 0
        expected = exact(border.minor(amount, "amount", scale, border.MOST, -border.MOST), scale)
        if found.balance != expected:
            raise BalanceMismatch(found.participant_id, found.currency, expected, found.balance)
        return found

    def transactions(
        self, participant_id: str, *, currency: str = "points", page: int = 1, page_size: int = 20
    ) -> Page[Movement]:
        """Return the movements of a wallet, newest first, as far as they are written.

        Of people who were merged it is those of all of them, each with the balance of the wallet that it was of.
        """
        who = border.participant(participant_id)
        currency = currency_of(self._access, currency)
        number, size = border.page(page, page_size)
        with self._access.read() as reader:
            person = self._access.person(reader, who)
            rows: list[EntryRow] = []
            total = 0
            if person is not None:
                total, rows = page_of(
                    reader,
                    person,
                    ENTRY,
                    None,
                    (currency,),
                    lambda row: (row.activity, row.ordinal),
                    offset=(number - 1) * size,
                    limit=size,
                    kept=lambda row: row.source != wallet.MERGED,
                )
            scale = self._access.road.plan_in(reader).catalog.scale(currency) if currency != "points" else 0
            items = movements_of(reader, rows, scale)
        return Page(items, total, number, size, "transactions", {"participant_id": who})


def _unboosted(  # noqa: PLR0913 - what `boosts.award` takes
    turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str, terms: Terms | None
) -> None:
    wallet.award(turn, who, currency, amount, cause, None, terms)
