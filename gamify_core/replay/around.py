"""What of a history can be decided again around commands whose words were erased.

Promise: what is decided rests on nothing that is gone. Passed over are the erased commands, with everybody whom their
outcomes name; then whatever concerns one of these, or something of which there is only so much (copies of a badge,
stock of a reward) that a command which was passed over took of; and the closing of boards, on which they stood. So
all that is left is decided as if nothing had been erased. Whoever was merged is concerned under all their numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gamify_core.effects import PEERS
from gamify_core.road import merging

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["Around"]

_TAKEN: Final = {
    "asset_minted": 5,
    "asset_transferred": 5,
    "asset_burned": 5,
    "reward_claimed": 3,
    "reward_cancelled": 3,
}
"""The effects that take of something, or give it back, and where they say of what."""
_CLOSED: Final = "leaderboards.closed"


class Around:
    """What was passed over so far: `commands`, `people`, and the `codes` of what is short."""

    def __init__(self) -> None:
        """Pass over nothing yet."""
        self.commands: set[int] = set()
        self.people: set[int] = set()
        self.codes: set[str] = set()
        self._one: dict[int, set[int]] = {}
        """The numbers of those who are one person by now, under each of them."""

    def passes(self, row: ActivityRow, request: dict[str, Any] | None) -> bool:
        """Say whether a command is to be passed over, and remember what goes with it."""
        merged = row.kind == merging.KIND
        if request is not None and not self.commands and not merged:
            return False
        outcome: list[Words] = json.loads(row.outcome)
        people = {each for words in outcome for each in _people(words)}
        people |= {row.participant} if row.participant is not None else set()
        people |= {each for each in outcome[0][1:3] if isinstance(each, int)} if merged else set()
        people = {number for each in people for number in self._one.get(each, (each,))}
        if merged:
            self._one |= dict.fromkeys(people, people)
        if request is not None and not self._concerned(row, outcome, people):
            return False
        self.commands.add(row.seq)
        self.people |= people
        for words in outcome:
            place = _TAKEN.get(str(words[0]))
            if place is not None and place < len(words):
                self.codes.add(str(words[place]))
        return True

    def _concerned(self, row: ActivityRow, outcome: list[Words], people: set[int]) -> bool:
        if row.kind == _CLOSED or not self.people.isdisjoint(people):
            return True
        return bool(self.codes) and any(word in self.codes for words in outcome for word in words[2:])


def _people(words: Words) -> list[int]:
    """Return the numbers of the people that an effect names."""
    place = PEERS.get(str(words[0]), 1)
    named = (words[each] for each in {1, place} if each < len(words))
    return [each for each in named if isinstance(each, int)]
