"""The ledger: every wallet from its first movement on, what was taken back, and that nothing comes of nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.history.looking import Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.joined import gather, is_alias, the_one
from gamify_core.road.wallet import ISSUED, MERGED, OPENING, SPENT
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL, EntryRow
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.history.looking import Check

__all__ = ["CHECKS"]

_TAGS = ("points_awarded", "points_deducted", "points_reversed", "points_expired", "points_merged")
_OUT = ("points_deducted", "points_expired")


def wallets(look: Look) -> Iterator[Mismatch]:
    """Add every wallet up anew; what is between participants sums to zero, and all of it is what was sealed."""
    between: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    entries = 0
    for rows, gaps in look.chains(ENTRY, "ledger.gap"):
        yield from gaps
        yield from _wallet(look, rows)
        entries += len(rows) - (rows[0].account == OPENING)
        for row in rows:
            if row.account is None:
                moved = (row.amount, *_adds(look, row))
                between[row.currency] = [sum(each) for each in zip(between[row.currency], moved, strict=True)]
            entries -= row.source == MERGED and _words(look, row)[:1] == ["="]  # the other side tells of both
    for currency, totals in sorted(between.items()):
        if any(totals):
            yield Mismatch("ledger.zero_sum", currency, totals, [0, 0, 0])
    said = sum(look.said[tag] for tag in _TAGS)
    if said != entries:
        yield Mismatch("ledger.missing", "entry", entries, said)


def _wallet(look: Look, rows: list[EntryRow]) -> Iterator[Mismatch]:
    balance = earned = spent = 0
    for row in rows:
        where = spelt(*row[:3])
        if row.balance != balance + row.amount:
            yield Mismatch("ledger.balance", where, row.balance, balance + row.amount)
        gained, used = _adds(look, row)
        if (row.earned, row.spent) != (earned + gained, spent + used):
            found, expected = [row.earned, row.spent], [earned + gained, spent + used]
            yield Mismatch("ledger.totals", where, found, expected)
        balance, earned, spent = row.balance, row.earned, row.spent
        one_side = (row.account is None) == (row.peer is not None) or row.reverses is not None
        if not one_side or not (row.amount or row.account == OPENING or row.source == MERGED):
            yield Mismatch("ledger.sides", where, [row.account, row.peer])
        if not _is_sealed(look, row):
            yield Mismatch("ledger.outcome", where, row.amount, look.outcome(row.activity)[row.ordinal :][:1])
    yield from _taken(look, rows)


def _adds(look: Look, row: EntryRow) -> tuple[int, int]:
    """Return what a movement adds to what was earned, and to what was spent."""
    if row.source == MERGED:
        gained, used = _words(look, row)[7:9] or (0, 0)
        return int(gained or 0), int(used or 0)
    if row.account == OPENING and row.version == 1:
        return row.earned, row.spent
    if row.account == ISSUED and (row.amount > 0 or row.reverses is not None):
        return row.amount, 0
    if row.account == SPENT and (row.amount < 0 or row.reverses is not None):
        return 0, -row.amount
    return 0, 0


def _words(look: Look, row: EntryRow) -> Words:
    """Return what the outcome of a movement's activity says where the movement is to be told."""
    told = look.outcome(row.activity)
    return told[row.ordinal] if row.ordinal < len(told) else []


def _is_sealed(look: Look, row: EntryRow) -> bool:
    """Say whether the outcome of a movement's activity tells of it just there."""
    words = _words(look, row)
    if words[:1] == ["="] and row.source == MERGED:
        poured = [row.participant, MERGED, row.amount, row.currency, row.balance, row.peer]
        return words[1:7] == poured and not (row.balance or row.earned or row.spent)
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


def _taken(look: Look, rows: list[EntryRow]) -> Iterator[Mismatch]:
    """Compare what is kept of reversals with the movements that took something back.

    Those of somebody who was merged since are in the wallets that they were merged into.
    """
    number, currency = rows[0][:2]
    who = look.reader.get(PARTICIPANT, (number,))
    later: list[EntryRow] = []
    if who is not None and is_alias(who):
        later = gather(look.reader, the_one(look.reader, who), ENTRY, None, (currency,))
    taken: defaultdict[int, int] = defaultdict(int)
    for row in later or rows:
        if row.reverses is not None and number == (row.participant if row.peer is None else row.peer):
            taken[row.reverses] += abs(row.amount)
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
