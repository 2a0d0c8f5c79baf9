"""What an activity moved, found again by its outcome, and taken back as far as it is there.

A movement stands under its activity and its place there (`txn_17_0`), while wallets are numbered by themselves. Both
run in the order of recording, so the one is found from the other by halving.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gamify_core.domain.decimals import told
from gamify_core.road import assets, mirroring, pending
from gamify_core.road.chains import first_from
from gamify_core.road.joined import own_numbers, the_one
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.assets import ASSET
from gamify_core.storage.tables.ledger import ENTRY, PENDING, REVERSAL, PendingRow
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["became", "movement", "outcome_of", "stay", "take_back", "take_copy", "taken", "taken_of"]


def outcome_of(turn: Turn, activity: int) -> list[Words]:
    """Return the words of an outcome; this command's own as far as it has come.

    What an amendment has kept counts as given by it: the words of that come last.
    """
    if activity == turn.seq:
        return turn.outcome + (turn.aside.kept if turn.aside is not None else [])
    row = turn.unit.get(ACTIVITY, (activity,))
    outcome: list[Words] = json.loads(row.outcome) if row is not None else []
    if row is not None and row.kind == "events.amend":
        last = next(words for words in reversed(outcome) if words[0] == "=")
        for place in range(3, len(last), 5):
            cause, earned_by, _, badge, edition = last[place : place + 5]
            if edition is None:
                outcome.append(["badge_earned", last[1], cause, badge, earned_by])
            else:
                outcome.append(["asset_minted", last[1], *last[place : place + 5]])
    return outcome


def movement(
    reader: Reader | Unit, number: int, currency: str, activity: int, ordinal: int
) -> EntryRow | None:
    """Return the row of a wallet that an activity wrote at a place in its outcome."""
    version = first_from(reader, ENTRY, (number, currency), _written, (activity, ordinal))
    row = reader.get(ENTRY, (number, currency, version))
    return row if row is not None and _written(row) == (activity, ordinal) else None


def _written(row: EntryRow) -> tuple[int, int]:
    return row.activity, row.ordinal


def taken(reader: Reader | Unit, entry: EntryRow) -> int:
    """Return how much of a movement has been taken back."""
    row = reader.get(REVERSAL, (entry.participant, entry.currency, entry.version))
    return 0 if row is None else row.amount


def taken_of(reader: Reader | Unit, movement: EntryRow | PendingRow) -> int:
    """Return how much has been taken back of a movement, or of what was promised and what became of it."""
    if not isinstance(movement, PendingRow):
        return taken(reader, movement)
    row = reader.get(PENDING, (movement.activity, movement.ordinal)) or movement
    entry = became(reader, row)
    return row.amount - row.left + (taken(reader, entry) if entry is not None else 0)


def became(reader: Reader | Unit, promised: PendingRow) -> EntryRow | None:
    """Return the movement that a promise has become, in the wallet of whoever it was a promise to by then."""
    if promised.version is None:
        return None
    who = reader.get(PARTICIPANT, (promised.participant,))
    assert who is not None  # noqa: S101 - something is promised to somebody
    for number in (promised.participant, *own_numbers(reader, the_one(reader, who))):
        row = reader.get(ENTRY, (number, promised.currency, promised.version))
        if row is not None and row.activity == promised.resolved:
            return row
    return None


def take_back(  # noqa: PLR0913 - whose movement, which one, and why
    turn: Turn,
    who: ParticipantRow,
    words: Words,
    activity: int,
    ordinal: int,
    cause: str,
    policy: OnInsufficient,
) -> None:
    """Take back the movement that these words of an outcome say; what was spent already stays, and that is said."""
    currency = str(words[4])
    promised = turn.unit.get(PENDING, (activity, ordinal)) if words[0] == "points_pending" else None
    entry = movement(turn.unit, int(words[1] or 0), currency, activity, ordinal)
    if promised is not None and promised.version is None:
        pending.cancel(turn, who, promised, cause)
    elif promised is not None:
        entry = became(turn.unit, promised)
    if entry is None:
        return
    if who.is_closed and turn.undoing is None:  # time goes on for somebody whose points do not
        turn.say("skipped", who.number, cause, "points", "account_closed")
        return
    left = abs(entry.amount) - taken(turn.unit, entry)
    took = mirroring.reverse(turn, who, entry, cause, on_insufficient=policy)
    if took < left:
        scale = turn.plan.catalog.scale(currency)
        turn.say("skipped", who.number, cause, "points", "spent", told(left - took, scale), told(left, scale))


def stay(turn: Turn, who: ParticipantRow, cause: str, effect: str, code: str, *facts: str | int) -> None:
    """Say what stays, and why, once: an event and what its going sets off may both come upon it."""
    said = ["skipped", who.number, effect, code, *facts]
    if not any([*words[:2], *words[3:]] == said for words in turn.outcome):
        turn.say("skipped", who.number, cause, effect, code, *facts)


def take_copy(turn: Turn, who: ParticipantRow, words: Words, cause: str) -> None:
    """Burn the copy whose minting these words say, unless it belongs to somebody else by now.

    In an amendment it is put aside, even where it was burnt since: it had been given.
    """
    _, _, _, minted_by, ordinal, badge, edition = words
    asset = turn.unit.get(ASSET, (minted_by, ordinal))
    if asset is not None and turn.aside is not None:
        turn.aside.copies.append((asset, words, cause))
    elif asset is None or asset.owner is None:  # burnt already
        return
    elif asset.owner == who.number:
        assets.burn(turn, asset, cause)
    else:
        stay(turn, who, cause, "asset", "moved_on", str(badge), int(edition or 0))
