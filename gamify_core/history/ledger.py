"""The ledger: every wallet from its first movement on, what was taken back, and that nothing comes of nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.history.looking import Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.wallet import ISSUED, OPENING, SPENT
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL, EntryRow

if TYPE_CHECKING:
    from gamify_core.history.looking import Check

__all__ = ["CHECKS"]

_TAGS = ("points_awarded", "points_deducted", "points_reversed", "points_expired")
_OUT = ("points_deducted", "points_expired")


def wallets(look: Look) -> Iterator[Mismatch]:
    """Add every wallet up anew; what is between participants sums to zero, and all of it is what was sealed."""
    between: Counter[str] = Counter()
    entries = 0
    for rows, gaps in look.chains(ENTRY, "ledger.gap"):
        yield from gaps
        yield from _wallet(look, rows)
        entries += len(rows) - (rows[0].account == OPENING)
        for row in rows:
            if row.peer is not None:
                between[row.currency] += row.amount
    for currency, total in sorted(between.items()):
        if total:
            yield Mismatch("ledger.zero_sum", currency, total, 0)
    said = sum(look.said[tag] for tag in _TAGS)
    if said != entries:
        yield Mismatch("ledger.missing", "entry", entries, said)


def _wallet(look: Look, rows: list[EntryRow]) -> Iterator[Mismatch]:
    balance = earned = spent = 0
    taken: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        where = spelt(*row[:3])
        if row.balance != balance + row.amount:
            yield Mismatch("ledger.balance", where, row.balance, balance + row.amount)
        gained, used = _adds(row)
        if (row.earned, row.spent) != (earned + gained, spent + used):
            found, expected = [row.earned, row.spent], [earned + gained, spent + used]
            yield Mismatch("ledger.totals", where, found, expected)
        balance, earned, spent = row.balance, row.earned, row.spent
        if (row.account is None) == (row.peer is None) or not (row.amount or row.account == OPENING):
            yield Mismatch("ledger.sides", where, [row.account, row.peer])
        if not _is_sealed(look, row):
            yield Mismatch("ledger.outcome", where, row.amount, look.outcome(row.activity)[row.ordinal :][:1])
        if row.reverses is not None:
            taken[row.reverses] += abs(row.amount)
    yield from _taken(look, rows, taken)


def _adds(row: EntryRow) -> tuple[int, int]:
    """Return what a movement adds to what was earned, and to what was spent."""
    if row.account == OPENING and row.version == 1:
        return row.earned, row.spent
    if row.account == ISSUED and (row.amount > 0 or row.reverses is not None):
        return row.amount, 0
    if row.account == SPENT and (row.amount < 0 or row.reverses is not None):
        return 0, -row.amount
    return 0, 0


def _is_sealed(look: Look, row: EntryRow) -> bool:
    """Say whether the outcome of a movement's activity tells of it just there."""
    told = look.outcome(row.activity)
    words = told[row.ordinal] if row.ordinal < len(told) else []
    if row.account == OPENING:
        return words == ["=", row.participant, "wallet", row.currency, row.balance, row.earned, row.spent]
    if len(words) < 6 or words[0] not in _TAGS:  # noqa: PLR2004 - tag, who, cause, amount, currency, balance
        return False
    amount = -int(words[3] or 0) if words[0] in _OUT else words[3]
    source = None if words[2] == "direct" else words[2]
    told_peer = words[6] if len(words) > 6 else None  # noqa: PLR2004 - the one on the other side
    return (words[1], amount, words[4], words[5], source, told_peer) == (
        row.participant,
        row.amount,
        row.currency,
        row.balance,
        row.source,
        row.peer,
    )


def _taken(look: Look, rows: list[EntryRow], taken: dict[int, int]) -> Iterator[Mismatch]:
    """Compare what is kept of reversals with the movements that took something back."""
    kept = {row.version: row.amount for row in look.reader.scan(REVERSAL, None, rows[0][:2])}
    amounts = {row.version: abs(row.amount) for row in rows}
    for version in sorted({*kept, *taken}):
        undone = taken.get(version, 0)
        if kept.get(version, 0) != undone or undone > amounts.get(version, 0):
            where = spelt(*rows[0][:2], version)
            yield Mismatch(
                "reversal.amount", where, kept.get(version, 0), min(undone, amounts.get(version, 0))
            )


CHECKS: tuple[Check, ...] = (wallets,)
