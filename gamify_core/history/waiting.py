"""What waits for people: that it adds up, that it fits what they hold, and that their own rows say when it is due."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gamify_core.history.looking import Look, rows_of, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.joined import gather, same_person
from gamify_core.road.reversals import became
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.ledger import DRAW, ENTRY, HOLD, LOT, PENDING, HoldRow, LotRow, PendingRow
from gamify_core.storage.tables.participants import NEVER, PARTICIPANT
from gamify_core.storage.tables.progress import REVIEW, STANDING
from gamify_core.storage.tables.waiting import WAITING

if TYPE_CHECKING:
    from gamify_core.history.looking import Check
    from gamify_core.storage.protocol import Key, Table

__all__ = ["CHECKS"]


def lots(look: Look) -> Iterator[Mismatch]:
    """Hold lots against what they were, and what was drawn against the lots."""
    for row in look.rows(LOT):
        if row.due != (row.expires if row.left else None) or not 0 <= row.left <= row.amount:
            yield Mismatch("lot.left", spelt(*row[:4]), [row.left, row.due], row.amount)
    for draw in look.rows(DRAW):
        found: LotRow | None = look.reader.get(LOT, draw[2:6])
        if draw.amount < 0 or found is None:
            yield Mismatch("draw.lot", spelt(*draw[:6]), draw.amount, None)


def draws(look: Look) -> Iterator[Mismatch]:
    """Look for what drew from lots, wherever word was left that less was in one than before.

    What is taken out of lots because their award is taken back is drawn by nothing.
    """
    for word in rows_of(look.reader, FORMER):
        if word.kind != LOT.name:
            continue
        before, after = (_row(LOT, text) for text in (word.before, word.after))
        less = before is not None and after is not None and after.left < before.left
        if not less or _withdrawn(look, word.until, after):
            continue
        drawn = look.reader.scan(DRAW, None, (word.until,))
        if not any(draw[2:6] == after[:4] for draw in drawn):
            yield Mismatch("draw.missing", spelt(word.until, *after[:4]), None, before.left - after.left)


def _withdrawn(look: Look, activity: int, lot: LotRow) -> bool:
    return any(
        words[0] == "points_reversed"
        and words[4] == lot.currency
        and int(words[3] or 0) < 0
        and same_person(look.reader, int(words[1] or 0), lot.participant)
        for words in look.outcome(activity)
    )


def holds(look: Look) -> Iterator[Mismatch]:
    """Hold every hold against what was said of it, and its end against how it ended."""
    yield from look.count("hold.missing", HOLD, look.said["hold_placed"])
    for row in look.rows(HOLD):
        told = look.outcome(row.activity)[row.ordinal :][:1]
        words = ["hold_placed", row.participant, "direct", row.amount, row.currency, row.expires]
        if told != [words]:
            yield Mismatch("hold.outcome", spelt(*row[:2]), words, told)
        if row.state != "held" and not _has_ended(look, row):
            yield Mismatch("hold.outcome", spelt(*row[:2]), [row.state, row.captured], row.resolved)
        ends = (NEVER if row.expires is None else row.expires) if row.state == "held" else None
        if row.due != ends or not 0 <= row.captured <= row.amount:
            yield Mismatch("hold.state", spelt(*row[:2]), [row.state, row.captured, row.due], ends)


def _has_ended(look: Look, row: HoldRow) -> bool:
    """Say whether the end of a hold is sealed. When its holder is deleted nothing is said of it."""
    if row.resolved is None:
        return False
    words = (row.amount, row.currency, row.activity, row.ordinal, row.state, row.captured)
    if look.tells_person(row.resolved, "hold_ended", row.participant, ..., *words):
        return True
    activity = look.reader.get(ACTIVITY, (row.resolved,))
    return activity is not None and activity.kind == "participants.delete" and row.state == "released"


def _was_promised(look: Look, row: PendingRow) -> bool:
    told = look.outcome(row.activity)
    words = told[row.ordinal] if row.ordinal < len(told) else []
    terms = [row.matures, row.expires] if row.expires is not None else [row.matures]
    cause = "direct" if row.source is None else row.source
    return words[:5] + words[6:] == [
        "points_pending",
        row.participant,
        cause,
        row.amount,
        row.currency,
        *terms,
    ]


def promises(look: Look) -> Iterator[Mismatch]:
    """Hold what was promised against what was said of it, and what has become of it."""
    yield from look.count("pending.missing", PENDING, look.said["points_pending"])
    for row in look.rows(PENDING):
        if not _was_promised(look, row):
            told = look.outcome(row.activity)[row.ordinal :][:1]
            yield Mismatch("pending.outcome", spelt(*row[:2]), [row.amount, row.matures, row.expires], told)
        ends = row.matures if row.resolved is None else None
        if row.due != ends or not 0 <= row.left <= row.amount:
            yield Mismatch("pending.state", spelt(*row[:2]), [row.left, row.due], ends)
        if row.version is not None:
            entry = became(look.reader, row)
            found = [entry.amount, entry.activity] if entry is not None else None
            if found != [row.left, row.resolved]:
                yield Mismatch("pending.entry", spelt(*row[:2]), found, [row.left, row.resolved])


def reviews(look: Look) -> Iterator[Mismatch]:
    """See that only rungs are reviewed."""
    for row in look.rows(REVIEW):
        head = look.reader.last(STANDING, row[:2])
        if head is None or head.tier is None:
            yield Mismatch("review.rung", spelt(*row[:2]), None, "a rung")


def people(look: Look) -> Iterator[Mismatch]:
    """Hold what waits against the wallets it is of, and against what the people's own rows say."""
    for who in look.rows(PARTICIPANT):
        waits: list[int] = []
        held: Counter[str] = Counter()
        lapsing: Counter[str] = Counter()
        for table, index in WAITING:
            for row in gather(look.reader, who, table, index):
                if table is HOLD or not who.is_closed:
                    waits.append(row.due)
                if table is HOLD:
                    held[row.currency] += row.amount
                elif table is LOT:
                    lapsing[row.currency] += row.left
        for currency in sorted({*held, *lapsing}):
            last = look.reader.last(ENTRY, (who.number, currency))
            there = (last.balance if last is not None else 0) - held[currency]
            if lapsing[currency] > max(there, 0):
                yield Mismatch("lot.balance", spelt(who.number, currency), lapsing[currency], there)
        due = min(waits, default=None) if who.erased is None else None
        if who.due != due:
            yield Mismatch("participant.due", str(who.number), who.due, due)


def words(look: Look) -> Iterator[Mismatch]:
    """Follow the words that were left of what waited, from one to the next, and on to the rows of now."""
    tables = {table.name: table for table, _ in WAITING}
    for (number, kind), left in groupby(look.rows(FORMER), lambda row: row[:2]):
        table = tables.get(kind)
        if table is None:  # what people were called, say, is rewritten without a word as well
            continue
        now: dict[Key, Any] = {}
        for word in left:
            before, after = (_row(table, text) for text in (word.before, word.after))
            key = (after or before or ())[: table.key]
            unread = (before is None) != (word.before is None) or (after is None) != (word.after is None)
            if unread or now.get(key, before) != before:
                yield Mismatch("former.row", spelt(*word[:4]), before, now.get(key))
            now[key] = after
        for key, row in now.items():
            found = look.reader.get(table, key) if len(key) == table.key else None
            if found != row:
                yield Mismatch("former.row", spelt(number, kind, *key), row, found)


def _row(table: Table[Any], text: str | None) -> Any:
    """Return the row that a word tells of; what cannot be read is no row."""
    try:
        values = json.loads(text or "null")
        return None if values is None else table.row(*values)
    except (TypeError, ValueError):
        return None


CHECKS: tuple[Check, ...] = (lots, draws, holds, promises, reviews, people, words)
