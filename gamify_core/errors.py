"""Every error a caller can meet, with its facts.

Promise: whatever goes wrong, the caller sees a `GamifyError` whose `code` is stable, whose `http_status` and
`detail` are what a REST front end would answer, and whose facts are attributes. A refused command leaves no
trace in the store. `str()` adds a hint where one helps; `to_dict()` is `{"detail": ...}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.reasons import Explained

__all__ = [
    "AdminRequired",
    "AlreadyRedeemed",
    "AlreadyUnderWay",
    "BadHistory",
    "BadValue",
    "BalanceMismatch",
    "CatalogError",
    "CommitOutcomeUnknown",
    "ConditionError",
    "CountedByGoals",
    "DefinitionExists",
    "DefinitionFixed",
    "DefinitionInUse",
    "EditionTaken",
    "Fault",
    "FreezesFull",
    "GamifyError",
    "GiftExpired",
    "HandleInUse",
    "HistoryMovedOn",
    "HoldEndedBefore",
    "IdempotencyConflict",
    "InsufficientPoints",
    "MaxClaims",
    "NoCodes",
    "NotForSale",
    "NotFound",
    "NotOwner",
    "NotRepairable",
    "NotTransferable",
    "OutOfStock",
    "OutOfWindow",
    "ReadOnly",
    "Refused",
    "RewardInactive",
    "RuleFailed",
    "SoldOut",
    "StoreBusy",
    "StoreClosed",
    "StoreConflict",
    "StoreCorrupt",
    "StoreError",
    "StoreNewer",
    "SupplyFixed",
    "WalletClosed",
    "in_words",
]


def in_words(value: object, most: int = 60) -> str:
    """Return what a caller sent, cut to so many characters, for a sentence: whatever asking it to show itself does."""
    try:
        return f"{value!r:.{most}}"
    except Exception:  # noqa: BLE001 - it is the caller's code that runs, or a number of more digits than Python writes
        return f"({type(value).__name__} that cannot be shown)"


class GamifyError(Exception):
    """Base of every error this library raises on purpose.

    `detail` is one plain sentence for people, `hint` says what to do instead (or is empty).
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence, and the hint after it where there is one."""
        return f"{self.detail} ({self.hint})" if self.hint else self.detail

    def to_dict(self) -> dict[str, object]:
        """Return the body a REST front end would send: `{"detail": ...}`."""
        return {"detail": self.detail}


class BadValue(GamifyError, ValueError):
    """An argument has the wrong type, shape or range; `field` names it and `value` is what came."""

    code = "bad_value"
    http_status = 422

    def __init__(self, field: str, value: object, detail: str, *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.field = field
        self.value = value


class OutOfWindow(BadValue):
    """An instant lies further ahead or behind than the engine accepts."""

    code = "out_of_window"
    http_status = 400


class NotFound(GamifyError, LookupError):
    """A name is not known: `kind` says of what, `name` which, `nearest` the closest known one (or None)."""

    code = "not_found"
    http_status = 404

    def __init__(self, kind: str, name: str, detail: str, *, nearest: str | None = None) -> None:
        super().__init__(detail, hint=f"did you mean {nearest!r}?" if nearest else "")
        self.kind = kind
        self.name = name
        self.nearest = nearest


class InsufficientPoints(GamifyError):
    """A deduction or transfer asks for more than is there."""

    code = "insufficient_points"

    def __init__(
        self, participant_id: str, currency: str, available: int | Decimal, requested: int | Decimal
    ) -> None:
        super().__init__(f"Insufficient points. Available: {available}, requested: {requested}")
        self.participant_id = participant_id
        self.currency = currency
        self.available = available
        self.requested = requested


class AlreadyUnderWay(GamifyError):
    """Somebody is to be opened of whom something is recorded: `found` says what.

    Where they were opened before, `opened_at` says when (ISO 8601).
    """

    code = "already_under_way"
    http_status = 409

    def __init__(self, participant_id: str, found: Sequence[str], opened_at: str | None) -> None:
        told = f"was opened at {opened_at}" if opened_at else f"is under way: {', '.join(found)}"
        super().__init__(
            f"{participant_id} {told}",
            hint="an opening comes once, before anything else is recorded about somebody",
        )
        self.participant_id = participant_id
        self.found: tuple[str, ...] = tuple(found)
        self.opened_at = opened_at


class HoldEndedBefore(GamifyError):
    """A hold was captured, released, or over by itself before; `outcome` says which."""

    code = "hold_ended"
    http_status = 409

    def __init__(
        self, hold_id: str, outcome: str, amount: int | Decimal, captured: int | Decimal, currency: str
    ) -> None:
        told = {
            "captured": f"was captured already ({captured:,} of {amount:,} {currency})",
            "released": "was released already",
            "expired": "has expired",
        }
        super().__init__(f"Hold {hold_id} {told[outcome]}")
        self.hold_id = hold_id
        self.outcome = outcome
        self.amount = amount
        self.captured = captured
        self.currency = currency


class WalletClosed(GamifyError):
    """No points of somebody move any more: their account was closed, until it is reopened."""

    code = "account_closed"
    http_status = 409

    def __init__(self, participant_id: str) -> None:
        super().__init__(f"The account of {participant_id} is closed", hint="points.reopen opens it again")
        self.participant_id = participant_id


class NotMergeable(GamifyError, ValueError):
    """Two participants cannot be merged: `reason` is `itself` (they are one already) or `merged`.

    Somebody who was `merged` before is `person` by now, and it is that one who can be merged.
    """

    code = "not_mergeable"
    http_status = 409

    def __init__(self, source: str, into: str, reason: Literal["itself", "merged"], person: str) -> None:
        if reason == "merged":
            told = f"{source} was merged into {person} before, so it cannot be merged into {into}"
        elif source == into:
            told = f"{source} cannot be merged into itself: that is one person"
        else:
            told = f"{source} and {into} are one person already: {person}"
        super().__init__(
            told, hint=f"merge {person} instead, if that one is meant" if reason == "merged" else ""
        )
        self.source = source
        self.into = into
        self.reason = reason
        self.person = person


class BalanceMismatch(GamifyError):
    """A balance is not what the application believes it to be."""

    code = "balance_mismatch"
    http_status = 409

    def __init__(
        self, participant_id: str, currency: str, expected: int | Decimal, actual: int | Decimal
    ) -> None:
        super().__init__(f"{participant_id} holds {actual} {currency}, not {expected}")
        self.participant_id = participant_id
        self.currency = currency
        self.expected = expected
        self.actual = actual


class SoldOut(GamifyError):
    """Every copy of a badge that there may be has been minted."""

    code = "sold_out"

    def __init__(self, badge: str, max_supply: int) -> None:
        super().__init__(
            f"All {max_supply} editions of {badge} are minted"
            if max_supply != 1
            else f"The one edition of {badge} is minted"
        )
        self.badge = badge
        self.max_supply = max_supply


class EditionTaken(GamifyError):
    """The edition that was named is minted already; a number that was burnt stays used."""

    code = "edition_taken"
    http_status = 409

    def __init__(self, badge: str, edition: int) -> None:
        super().__init__(f"Edition {edition} of {badge} is minted already")
        self.badge = badge
        self.edition = edition


class SupplyFixed(GamifyError):
    """How many copies of a badge there may be was fixed by its definition or its first mint."""

    code = "supply_fixed"
    http_status = 409

    def __init__(self, badge: str, max_supply: int | None, asked: int) -> None:
        fixed = "unlimited" if max_supply is None else str(max_supply)
        super().__init__(f"The supply of {badge} is fixed: it is {fixed}, not {asked}")
        self.badge = badge
        self.max_supply = max_supply
        self.asked = asked


class NotOwner(GamifyError):
    """An asset belongs to somebody else, or was burnt."""

    code = "not_owner"

    def __init__(self, asset_id: str, participant_id: str) -> None:
        super().__init__(f"{participant_id} does not own {asset_id}")
        self.asset_id = asset_id
        self.participant_id = participant_id


class NotTransferable(GamifyError):
    """Copies of this badge may not change hands."""

    code = "not_transferable"

    def __init__(self, asset_id: str, badge: str) -> None:
        super().__init__(f"{asset_id} cannot be transferred: copies of {badge} stay with their owner")
        self.asset_id = asset_id
        self.badge = badge


class RewardInactive(GamifyError):
    """A reward is not on offer (any more)."""

    code = "reward_inactive"

    def __init__(self, reward_id: str) -> None:
        super().__init__(f"Reward is not active: {reward_id}")
        self.reward_id = reward_id


class OutOfStock(GamifyError):
    """All that there is of a reward has been claimed."""

    code = "out_of_stock"

    def __init__(self, reward_id: str, total_inventory: int) -> None:
        super().__init__(f"Reward is out of stock: {reward_id}")
        self.reward_id = reward_id
        self.total_inventory = total_inventory


class NoCodes(GamifyError):
    """The pool of a reward's codes is empty."""

    code = "no_codes"

    def __init__(self, reward_id: str) -> None:
        super().__init__("No available reward codes")
        self.reward_id = reward_id


class MaxClaims(GamifyError):
    """A participant has claimed a reward as often as anybody may."""

    code = "max_claims"

    def __init__(self, reward_id: str, participant_id: str, limit: int) -> None:
        super().__init__("Maximum claims per participant exceeded")
        self.reward_id = reward_id
        self.participant_id = participant_id
        self.limit = limit


class GiftExpired(GamifyError):
    """A gift came to its end before it was redeemed; `expires` is the instant as text."""

    code = "gift_expired"
    http_status = 410

    def __init__(self, gift_id: str, expires: str) -> None:
        super().__init__(f"Gift expired: {gift_id} could be redeemed before {expires}")
        self.gift_id = gift_id
        self.expires = expires


class AlreadyRedeemed(GamifyError):
    """A participant has redeemed this gift before."""

    code = "already_redeemed"
    http_status = 409

    def __init__(self, gift_id: str, participant_id: str) -> None:
        super().__init__(f"Gift already redeemed: {gift_id} by {participant_id}")
        self.gift_id = gift_id
        self.participant_id = participant_id


class CountedByGoals(GamifyError):
    """A streak goes by what events add to its goals, and is not recorded by hand."""

    code = "counted_by_goals"

    def __init__(self, streak: str, goals: Sequence[str]) -> None:
        super().__init__(
            f"Streak {streak} goes by its goals: {', '.join(goals)}", hint="emit the events that they count"
        )
        self.streak = streak
        self.goals: tuple[str, ...] = tuple(goals)


class FreezesFull(GamifyError):
    """More freezes than a streak may hold; `held` there are, `asked` were to come."""

    code = "freezes_full"
    http_status = 409

    def __init__(self, streak: str, held: int, cap: int, asked: int) -> None:
        super().__init__(f"{streak} holds {held} of at most {cap} freezes, and {asked} more do not fit")
        self.streak = streak
        self.held = held
        self.cap = cap
        self.asked = asked


class NotForSale(GamifyError):
    """Freezes of this streak cannot be bought."""

    code = "not_for_sale"

    def __init__(self, streak: str) -> None:
        super().__init__(f"Freezes of {streak} are not for sale", hint="its definition has no freeze_cost")
        self.streak = streak


class NotRepairable(GamifyError):
    """A streak cannot be repaired now: `reason` is `never`, `alive` or `too_late`."""

    code = "not_repairable"

    def __init__(self, streak: str, reason: str, detail: str) -> None:
        super().__init__(f"Streak {streak} {detail}")
        self.streak = streak
        self.reason = reason


class AdminRequired(GamifyError, PermissionError):
    """A handle for participant-facing code was asked to change definitions or people."""

    code = "admin_required"
    http_status = 403

    def __init__(self) -> None:
        super().__init__(
            "API key requires 'admin' scope", hint="use the engine itself, not engine.standard()"
        )


class DefinitionExists(GamifyError):
    """There is a definition under this code already."""

    code = "definition_exists"
    http_status = 409

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind.capitalize()} definition exists already: {name}")
        self.kind = kind
        self.name = name


class DefinitionFixed(GamifyError):
    """A definition stands in the catalog that the engine was opened with, and is changed there."""

    code = "definition_fixed"
    http_status = 409

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"{kind.capitalize()} {name} is defined in code",
            hint="change it in the catalog the engine is opened with",
        )
        self.kind = kind
        self.name = name


class DefinitionInUse(GamifyError):
    """A definition cannot be deleted, because something that has not run out refers to it; `used_by` is its id."""

    code = "definition_in_use"
    http_status = 409

    def __init__(self, kind: str, name: str, used_by: str) -> None:
        super().__init__(f"{kind.capitalize()} {name} comes with {used_by}, which has not expired")
        self.kind = kind
        self.name = name
        self.used_by = used_by


class HistoryMovedOn(GamifyError):
    """A backtest is not true any more of the history that it is to be applied to; `why` says what was done since."""

    code = "history_moved_on"
    http_status = 409

    def __init__(self, report: str, why: str) -> None:
        super().__init__(f"Since report {report} was made {why}", hint="make another one, and apply that")
        self.report = report
        self.why = why


class IdempotencyConflict(GamifyError):
    """An idempotency key came back with other arguments; `fields` names those that differ."""

    code = "idempotency_conflict"
    http_status = 409

    def __init__(self, operation: str, key: str, fields: Sequence[str]) -> None:
        which = ", ".join(fields) if fields else "its arguments"
        verb = "differs" if len(fields) == 1 else "differ"
        super().__init__(f"Idempotency key {key!r} was used for another {operation}: {which} {verb}")
        self.operation = operation
        self.key = key
        self.fields: tuple[str, ...] = tuple(fields)


class RuleFailed(GamifyError):
    """A rule declared `strict` could not do what it says, so its event was refused.

    `why` explains the event up to there, where that was asked for (`emit(…, explain=True)`); else it is None.
    """

    code = "rule_failed"

    def __init__(self, rule: str, reason: str, detail: str) -> None:
        super().__init__(f"Rule {rule}: {detail}")
        self.rule = rule
        self.reason = reason
        self.why: Explained | None = None


class Refused(GamifyError):
    """An item of a batch that was refused when the batch was first sent; `code` and `http_status` are those then."""

    def __init__(self, code: str, http_status: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc]  # that of the first refusal, for this one error
        self.http_status = http_status  # type: ignore[misc]


class ConditionError(GamifyError, ValueError):
    """An expression cannot be read or cannot be worked out; `line` and `column` count from 1 and 0."""

    code = "condition"
    http_status = 422

    def __init__(self, source: str, detail: str, *, line: int = 1, column: int = 0, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.source = source
        self.line = line
        self.column = column


def _printable(text: str) -> str:
    """Return text that any stream can take: a lone surrogate in a name must not hide what is wrong with it."""
    return text.encode(errors="backslashreplace").decode()


class Fault:
    """One thing wrong in a catalog: where (`path`), what, and what to write instead."""

    __slots__ = ("line", "message", "path", "remedy")

    def __init__(self, path: str, message: str, remedy: str = "", line: int | None = None) -> None:
        self.path: str = _printable(path)
        self.message: str = _printable(message)
        self.remedy: str = _printable(remedy)
        self.line: int | None = line

    def __str__(self) -> str:
        """Return `path (line n): message; remedy`."""
        where = f"{self.path} (line {self.line})" if self.line else self.path
        return f"{where}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")

    def __repr__(self) -> str:
        """Return the sentence in brackets."""
        return f"<Fault {self}>"


class CatalogError(GamifyError, ValueError):
    """A catalog cannot be used; `faults` lists everything that is wrong with it, not the first thing alone."""

    code = "catalog"
    http_status = 422

    def __init__(self, faults: Sequence[Fault], *, source: str = "catalog") -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.source = source
        many = f"{len(self.faults)} faults" if len(self.faults) != 1 else "1 fault"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{source}: {many}\n{lines}")


class HandleInUse(GamifyError, RuntimeError):
    """The engine was used directly inside its own `with engine.transaction()` or `with engine.dry_run()`."""

    code = "handle_in_use"
    http_status = 500


class ReadOnly(GamifyError, RuntimeError):
    """Something was asked of `engine.at(instant)` that is no reading of it; `instant` is ISO 8601."""

    code = "read_only"
    http_status = 409

    def __init__(self, instant: str) -> None:
        super().__init__(
            f"The game as of {instant} is for reading: what was decided stands",
            hint="give commands to the engine itself",
        )
        self.instant = instant


class BadHistory(GamifyError, ValueError):
    """An exported history cannot be restored: `line` is the first that is not as it was written, `reason` says why."""

    code = "bad_history"
    http_status = 422

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}", hint="nothing was restored")
        self.line = line
        self.reason = reason


class StoreError(GamifyError):
    """The store could not do its work; the driver's own error is the `__cause__`."""

    code = "store"
    http_status = 503


class StoreBusy(StoreError):
    """Another writer held the store for longer than the deadline; `waited` is in seconds."""

    code = "store_busy"

    def __init__(self, detail: str, *, waited: float = 0.0, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.waited = waited


class StoreClosed(StoreError):
    """The store was closed before this call."""

    code = "store_closed"


class StoreConflict(StoreError):
    """A fact that may stand once stands already; nothing of the change was written."""

    code = "store_conflict"
    http_status = 409


class StoreCorrupt(StoreError):
    """The file is not one of ours, or is damaged."""

    code = "store_corrupt"


class StoreNewer(StoreError):
    """The file was written by a newer version of this library; `found` and `known` are schema numbers."""

    code = "store_newer"

    def __init__(self, detail: str, *, found: int, known: int) -> None:
        super().__init__(detail, hint="upgrade gamify_core, or open a copy made by this version")
        self.found = found
        self.known = known


class StoreOlder(StoreError):
    """The application's database lacks our tables, or has those of an older version; `found` is 0 where it has none."""

    code = "store_older"

    def __init__(self, detail: str, *, found: int, known: int) -> None:
        super().__init__(detail, hint="call engine.migrate(connection) in a transaction of the application's")
        self.found = found
        self.known = known


class NoTransaction(StoreError):
    """The application's own transaction was to be joined, and there is none."""

    code = "no_transaction"
    http_status = 500


class CommitOutcomeUnknown(StoreError):
    """COMMIT itself failed: the change may or may not be there. Repeat the call with the same idempotency key."""

    code = "commit_outcome_unknown"
