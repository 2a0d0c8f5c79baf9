"""What an audit says: each mismatch by a stable code, where it is, and what there is instead of what should be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from gamify_core.errors import in_words

__all__ = ["MEANINGS", "Mismatch", "Report"]

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "file.damaged": "the store finds its own file, an index or a count damaged",
        "file.unreadable": "rows cannot be read",
        "activity.gap": "the numbers of the activity are not 1, 2, 3 …",
        "activity.clock": "an activity is not recorded later than the one before it",
        "activity.digest": "the seal does not fit what it seals: the row, its payload or the row before was changed",
        "activity.late": "the mark for what came late is not what the row's two instants say",
        "activity.orphan": "an activity refers to a catalog or a participant that is not there",
        "payload.missing": "an activity has no payload, neither words nor what is left of erased ones",
        "setting.altered": "the seed of the store's luck is not the one that was chosen",
        "catalog.altered": "a catalog is not the one whose fingerprint it bears",
        "definition.gap": "the versions of a definition are not 1, 2, 3 …",
        "definition.altered": "a definition made at run time is of no activity that made it",
        "definition.missing": "a version of a definition that a sealed outcome tells of is not there",
        "key.fingerprint": "the fingerprint kept beside an idempotency key is not that of its arguments",
        "key.effect": "what a key is to be answered with is not there",
        "participant.gap": "the numbers of participants are not 1, 2, 3 …",
        "participant.erased": "an erased participant still has a name, or fields",
        "participant.due": "the instant at which time does something for a participant is another",
        "ledger.gap": "the movements of a wallet are not numbered 1, 2, 3 …",
        "ledger.balance": "a balance is not the one before and the amount",
        "ledger.totals": "earned or spent is not what it was and what the movement adds to it",
        "ledger.sides": "a movement has not exactly one other side",
        "ledger.outcome": "a movement is not what the sealed outcome of its activity says",
        "ledger.missing": "sealed outcomes say more movements, or fewer, than there are",
        "ledger.zero_sum": "what went between participants does not sum to zero",
        "lot.left": "more, or less than nothing, is left of a lot than it was, or it is due when it does not lapse",
        "lot.balance": "more is left of lots than their wallet has available",
        "draw.lot": "something was drawn of a lot that is not there, or less than nothing was",
        "draw.missing": "a lot was drawn from, and nothing says by what",
        "hold.state": "a hold is due when it does not end, or more of it was spent than was held",
        "hold.outcome": "a hold, or its end, is not what the sealed outcome of its activity says",
        "hold.missing": "sealed outcomes say more holds, or fewer, than there are",
        "pending.state": "a promise is due when it does not mature, or more of it is left than was promised",
        "pending.outcome": "a promise is not what the sealed outcome of its activity says",
        "pending.missing": "sealed outcomes say more promises, or fewer, than there are",
        "former.row": "what waits for somebody is not what was left word of as it was rewritten last",
        "pending.entry": "the movement that a promise became is not what was left of it",
        "reversal.amount": "what was taken back of a movement is not what its reversals come to",
        "metric.value": "a metric in a window is not what history comes to",
        "metric.order": "an entry stands elsewhere on its board than its score says",
        "seen.values": "the different values that were met are not those of history",
        "level.holders": "a score is not held by as many as are counted",
        "board.count": "a board is counted as longer or shorter than it is",
        "board.position": "an entry is counted to be at another place than it is",
        "group.total": "the sum of a group, or the number of its members, is not what its members come to",
        "group.members": "who stands on the board of a group is not who is in it",
        "closing.due": "the instant from which a period is final is another",
        "closing.missing": "a period that is to be final is not waited for",
        "closed.outcome": "a period was closed by no activity that says so",
        "closed.missing": "sealed outcomes say more closed periods, or fewer, than there are",
        "tier.gap": "the changes of a rung are not numbered 1, 2, 3 …",
        "tier.outcome": "a change of rung is not what the sealed outcome of its activity says",
        "tier.missing": "sealed outcomes say more changes of rungs, or fewer, than there are",
        "review.missing": "a rung that can be lost is not to be reviewed",
        "review.rung": "somebody is reviewed who stands on no rung",
        "badge.gap": "the rows of a badge are not numbered 1, 2, 3 …",
        "badge.outcome": "an earning, or its end, is not what the sealed outcome of its activity says",
        "badge.missing": "sealed outcomes say more earnings of badges and ends of them, or fewer, than there are",
        "event.gap": "the events of a participant are not numbered 1, 2, 3 …",
        "event.outcome": "an event is of no activity that was one, or was taken back by none that did",
        "event.missing": "sealed outcomes say more events, or fewer, than there are",
        "streak.missing": "there are activities of a streak that has no state",
        "streak.state": "a streak is not what its activities fold to",
        "streak.due": "the instant at which time does something to a streak is another",
        "asset.owner": "a copy's owner is not the last on its way",
        "asset.provenance": "a step of a copy's way does not follow the one before, or is not what its activity says",
        "asset.missing": "sealed outcomes say more copies, or steps of their ways, or fewer, than there are",
        "supply.count": "the copies that there were and are, or their owners, are counted otherwise than they are",
        "stock.count": "claims or codes are counted otherwise than they are",
        "code.free": "a code is free though a claim has it, or taken though none has",
        "claim.outcome": "a claim, or its end, is not what the sealed outcome of its activity says",
        "claim.missing": "sealed outcomes say more claims, or fewer, than there are",
        "boost.missing": "a multiplier that was claimed is not there",
        "challenge.missing": "sealed outcomes say more completions, or fewer, than there are",
        "challenge.outcome": "a completion is not what the sealed outcome of its activity says",
        "gift.outcome": "a gift, or a score that was posted, is of no activity that made it",
        "gift.missing": "sealed outcomes say more gifts, or scores that were posted, or fewer, than there are",
        "replay.activity": "deciding the activity again comes to another outcome",
        "replay.rows": "deciding the activity again comes to other rows",
        "replay.refused": "a command that was accepted is refused when it is decided again",
    }
)
"""Every code there is, and what it says. A code keeps its meaning for ever."""


@attrs.frozen
class Mismatch:
    """One thing that is not as it should be: `code` is one of `MEANINGS`, `where` names the row."""

    code: str = attrs.field(validator=attrs.validators.in_(MEANINGS))
    where: str
    found: object = None
    expected: object = None

    def __str__(self) -> str:
        """Return `ledger.balance at 1/points/3: found 12, expected 10`."""
        told = f"{self.code} at {self.where}"
        if self.found is None and self.expected is None:
            return f"{told}: {MEANINGS[self.code]}"
        return f"{told}: found {in_words(self.found, 200)}, expected {in_words(self.expected, 200)}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "code": self.code,
            "meaning": MEANINGS[self.code],
            "where": self.where,
            "found": _plain(self.found),
            "expected": _plain(self.expected),
        }


@attrs.frozen
class Report:
    """What an audit found. `mismatches` holds the first `limit` of them, `found` says how many there were.

    `checked` counts the rows that were read, by table; `erased` the activities whose words were erased, which is no
    damage. `replayed` is how many activities were decided again, or None where that was not asked for. Where words
    were erased, `passed_over` are the numbers of those that could not be, or that rest on such ones, and `not_compared`
    those of the participants whom they concern: of these only what plain checks tell is known.
    """

    mismatches: tuple[Mismatch, ...]
    found: int
    checked: Mapping[str, int]
    erased: int
    replayed: int | None = None
    passed_over: tuple[int, ...] = ()
    not_compared: tuple[int, ...] = ()

    @property
    def not_replayed(self) -> str | None:
        """What could not be decided again, and why, as a sentence; None where all was."""
        if not self.passed_over:
            return None
        return (
            f"words were erased: {len(self.passed_over):,} commands and {len(self.not_compared):,} participants "
            "that they concern were passed over, and so were stock, copies and boards"
        )

    @property
    def ok(self) -> bool:
        """Whether all adds up."""
        return not self.found

    def __bool__(self) -> bool:
        """Say whether all adds up."""
        return self.ok

    def __str__(self) -> str:
        """Return a line for each mismatch, and one that sums up."""
        rows = f"{sum(self.checked.values()):,} rows of {len(self.checked)} tables"
        more = [f"{self.erased:,} erased payloads"] if self.erased else []
        if self.replayed is not None:
            more.append(f"{self.replayed:,} activities decided again")
        if self.not_replayed is not None:
            more.append(f"not decided again: {self.not_replayed}")
        what = "everything adds up" if self.ok else f"{self.found:,} mismatches"
        lines = [*map(str, self.mismatches), f"{what}: {', '.join([rows, *more])}"]
        if self.found > len(self.mismatches):
            lines.insert(-1, f"… and {self.found - len(self.mismatches):,} more")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "ok": self.ok,
            "found": self.found,
            "mismatches": [one.to_dict() for one in self.mismatches],
            "checked": dict(self.checked),
            "erased": self.erased,
            "replayed": self.replayed,
            "not_replayed": self.not_replayed,
            "passed_over": list(self.passed_over),
            "not_compared": list(self.not_compared),
        }


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, int | str | bool | float) else str(value)
