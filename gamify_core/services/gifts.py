"""`engine.gifts`: gift campaigns, redeemed once by each participant."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.clock import instant_of, iso
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly
from gamify_core.ids import id_of
from gamify_core.road.commands import Ask
from gamify_core.road.gifts import define_badge, gift_of, redeem
from gamify_core.road.values import natural_value
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.campaigns import Gift, GiftAnswer, RedeemAnswer, gift_from
from gamify_core.services.pages import Page
from gamify_core.services.reading import snapshot
from gamify_core.storage.tables.gifts import GIFT, GIFT_BY_SCOPE, SCORE, SCORE_BY_GIFT, GiftRow

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.catalog import Catalog
    from gamify_core.road.turn import Turn

__all__ = ["Gifts"]


class Gifts:
    """Gift campaigns: so many points and a badge, for each participant once, until they expire."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def create(  # noqa: PLR0913 - the fields of the document
        self,
        name: str,
        tier: str,
        reward: int | Decimal | str,
        badge: bool | str = False,  # noqa: FBT001, FBT002 - in the order of the document
        expires: datetime | str | None = None,
        *,
        currency: str = "points",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> GiftAnswer:
        """Create a gift of `reward` points (0 or more), under a `tier` label by which it is audited.

        With `badge` True it comes with a badge of its own that bears the name of the gift; a text names a badge that
        is defined. `expires` (an aware datetime or ISO 8601 text; None: never) is the first instant at which it is too
        late; one that has passed is accepted, for what comes late may still have been in time.
        A badge of its own is a definition, and the catalog that history is read by is written down whole with each edit
        of one. So a gift with one costs the more, the more there are: some fifty bytes in the file and a tenth of a
        millisecond for each that went before. For many gifts alike, name one badge.
        Raises `BadValue`, `NotFound` (badge or currency), `OutOfWindow`, `IdempotencyConflict`, and `AdminRequired` on
        a handle for participant-facing code.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> gift = game.gifts.create("Welcome Pack", "gold", 500, badge=True)
        >>> game.gifts.redeem(gift.gift_id, "alice.kred").badges[0].name
        'Welcome Pack'
        """
        self._access.require_admin()
        called = border.participant(name, "name")  # the same bounds
        label = border.participant(tier, "tier")
        badge = exactly(badge)
        if not isinstance(badge, bool | str):
            detail = f"badge must be True, False or the code of a badge, not {type(badge).__name__}"
            raise BadValue("badge", badge, detail)
        given = border.code(badge, "badge") if isinstance(badge, str) else badge
        until = _expiry(expires)
        paid_in = border.code(currency, "currency")
        points = border.given(reward, paid_in, "reward", 0, self._limits.amount)
        request = request_of(
            at,
            name=called,
            tier=label,
            reward=points,
            badge=given or None,
            expires=iso(until) if until is not None else None,
            currency=paid_in if paid_in != "points" else None,
        )

        def worth(catalog: Catalog) -> int:
            scale = catalog.currency(paid_in).scale
            return border.minor(reward, "reward", scale, self._limits.amount, 0)

        def decide(turn: Turn) -> None:
            code = turn.plan.catalog.badge(given).code if isinstance(given, str) else None
            gives = worth(turn.plan.catalog)
            if given is True:
                code = define_badge(turn, called)
            number, scope, created = turn.seq, turn.scope, turn.occurred_at
            row = GiftRow(number, scope, called, label, gives, paid_in, code, until, created)
            turn.unit.add(GIFT, row)
            turn.say("=", None, code)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("gifts.create", "", request, at, key, decide, edits=given is True)
        decided = self._access.write(ask)
        code = str(given) if isinstance(given, str) else id_of("gift", decided.seq) if given else None
        row = GiftRow(
            decided.seq,
            self._access.scope,
            called,
            label,
            worth(decided.catalog),
            paid_in,
            code,
            until,
            decided.occurred_at,
        )
        return GiftAnswer(decided, gift_from(row, decided.catalog))

    def redeem(
        self,
        gift_id: str,
        participant_id: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> RedeemAnswer:
        """Give a participant what a gift holds: its points, its badge unless it is held, and a copy of the badge.

        Each participant redeems a gift once; all of it is given, or nothing. It is written as the posted score
        `gift_redeemed`, which `analytics.currency("gifts_redeemed", …)` counts.
        Raises `NotFound` (`Gift not found: …`), `AlreadyRedeemed`, `GiftExpired`, `SoldOut`.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> gift = game.gifts.create("Welcome Pack", "gold", 500)
        >>> game.gifts.redeem(gift.gift_id, "alice.kred").new_balance
        500
        >>> game.gifts.redeem(gift.gift_id, "alice.kred")
        Traceback (most recent call last):
        gamify_core.errors.AlreadyRedeemed: Gift already redeemed: gift_2 by alice.kred
        """
        named = border.code(gift_id, "gift_id")
        who = border.participant(participant_id)
        request = request_of(at, gift_id=named, participant_id=who)

        def decide(turn: Turn) -> None:
            redeem(turn, turn.who, gift_of(turn.unit, turn.scope, named))

        def after(turn: Turn) -> None:
            currency = gift_of(turn.unit, turn.scope, named).currency
            held = natural_value(turn.unit, turn.who, turn.plan, f"{currency}.balance", turn.recorded_at)
            turn.say("=", turn.who.number, currency, held)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("gifts.redeem", who, request, at, key, decide, after=after)
        return RedeemAnswer(self._access.write(ask))

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, gift_id: str) -> Gift:
        """Return a gift, and how often it was redeemed. Raises `NotFound`.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> gift = game.gifts.create("Welcome Pack", "gold", 500, expires="2026-03-20T00:00:00Z")
        >>> game.gifts.get(gift.gift_id).redeemed
        0
        """
        named = border.code(gift_id, "gift_id")
        with self._access.read() as reader:
            row = gift_of(reader, self._access.scope, named)
            catalog = self._access.road.plan_in(reader).catalog
            return gift_from(row, catalog, reader.count(SCORE, SCORE_BY_GIFT, (row.activity,)))

    def list(self, *, active_only: bool = False, page: int = 1, page_size: int = 20) -> Page[Gift]:
        """Return gifts, newest first; with `active_only` those that have not expired.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.gifts.create("Welcome Pack", "gold", 500)
        >>> [gift.name for gift in game.gifts.list(active_only=True)]
        ['Welcome Pack']
        """
        only = border.flag(active_only, "active_only")
        number, size = border.page(page, page_size)
        first = (number - 1) * size
        mine = (self._access.scope,)
        with snapshot(self._access) as seen:
            reader = seen.reader
            if only:
                every = reader.scan(GIFT, GIFT_BY_SCOPE, mine, reverse=True)
                active = [row for row in every if row.expires is None or row.expires > seen.as_of]
                total, rows = len(active), active[first : first + size]
            else:
                total = reader.count(GIFT, GIFT_BY_SCOPE, mine)
                rows = reader.scan(GIFT, GIFT_BY_SCOPE, mine, reverse=True, offset=first, limit=size)
        return Page([gift_from(row, seen.plan.catalog) for row in rows], total, number, size, "gifts")


def _expiry(expires: object) -> int | None:
    """Return when a gift expires, from a datetime or from text."""
    if expires is None:
        return None
    expires = exactly(expires)
    if isinstance(expires, str):
        try:
            expires = datetime.fromisoformat(expires)
        except ValueError:
            detail = f"expires {in_words(expires)} is not an instant"
            raise BadValue("expires", expires, detail, hint="such as '2026-03-20T00:00:00Z'") from None
    return instant_of(expires, "expires")
