"""What a recorded command calls something that another one made, in the names of the history decided again.

An id is the number of the activity that made a thing and its place in the outcome. Where outcomes differ both may be
others: the thing is then what the same command made of the same kind, for the same reason and person, counted in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from gamify_core.errors import NotFound
from gamify_core.road.seal import canonical
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.commands import Decided
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["Missing", "Names"]

_ID = re.compile(r"([a-z]{1,10})_([1-9][0-9]{0,17})(?:_(0|[1-9][0-9]{0,8}))?", re.ASCII)
_KINDS: Final = frozenset({"asset", "claim", "evt", "gift", "hold", "rwd", "txn"})
_SAYS: Final = frozenset({"asset", "assets", "claim_id", "event", "gift_id", "hold_id", "transaction_id"})
"""The arguments that hold ids; what people call themselves, and what they wrote, may look like one and is none."""
_SAYS_CODE: Final = frozenset({"badge", "badge_code", "code", "reward_id"})
_CODED: Final = frozenset({"definitions.rewards.create", "gifts.create"})
"""What makes a definition whose code is an id, where none was given."""
_WITHIN: Final = frozenset({"first", "second"})
_DOCUMENTS: Final = frozenset({"definition", "changes"})
"""The fields of a definition, which may name others: the rewards of a challenge, of a milestone, of a rank."""
_COUNTED: Final = {"points_awarded": 4, "points_deducted": 4, "asset_minted": 5, "reward_claimed": 3}
"""Where an effect says of what it is (the currency, the badge, the reward)."""


class Missing(NotFound):
    """What a command refers to was not made under the other catalog, so the command cannot be repeated."""

    code = "missing"


class Names:
    """The names of a history, and what they are when it is decided again."""

    def __init__(self, source: Reader) -> None:
        """Know no name yet."""
        self._source = source
        self._became: dict[int, int] = {}
        self._coded: set[int] = set()
        self._then: dict[int, int] = {}
        self._places: dict[tuple[int, int], int | None] = {}

    def learn(self, row: ActivityRow, heard: Sequence[Decided]) -> None:
        """Know what a command became: the first of what was heard, which has all that came with it too."""
        if not heard:
            return
        decided = heard[0]
        self._became[row.seq] = decided.seq
        if row.kind in _CODED:
            self._coded.add(row.seq)
            self._then[decided.seq] = row.seq
        if row.outcome == canonical(decided.outcome):
            return
        now = dict(_numbered(decided.outcome, decided.people))
        for sign, place in _numbered(json.loads(row.outcome), self._people(row.outcome)):
            if (other := now.get(sign)) != place:
                self._places[row.seq, place] = other

    def seq(self, activity: int) -> int | None:
        """Return the number of what an activity became, or None where it was not decided."""
        return self._became.get(activity)

    def called_then(self, code: str) -> str:
        """Return what a definition of now was called then: its code may be an id."""
        found = _ID.fullmatch(code)
        then = self._then.get(int(found[2])) if found is not None and found[3] is None else None
        return f"{found[1]}_{then}" if found is not None and then is not None else code

    def translated(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request with the names of now. Raises `Missing`."""
        return {name: self._argument(name, value) for name, value in request.items()}

    def _argument(self, name: str, value: Any) -> Any:
        if name == "activity_id" and isinstance(value, int):
            return self._needed(value, f"act_{value}")
        if name in _WITHIN and isinstance(value, dict):
            return self.translated(value)
        if name in _DOCUMENTS:
            return self._document(value)
        if name in _SAYS_CODE:
            return self._code(value)
        if name in _SAYS:
            return [self._id(each) for each in value] if isinstance(value, list) else self._id(value)
        return value

    def _document(self, value: Any) -> Any:
        """Translate the codes in the fields of a definition, however deep they stand."""
        if isinstance(value, dict):
            return {name: self._document(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._document(each) for each in value]
        return self._code(value)

    def _code(self, value: Any) -> Any:
        """Translate a code where it is an id: any other code may look like one."""
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        return self._id(value) if found is not None and int(found[2]) in self._coded else value

    def _id(self, value: Any) -> Any:
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[1] not in _KINDS:
            return value
        activity = self._needed(int(found[2]), value)
        if found[3] is None:
            return f"{found[1]}_{activity}"
        place = self._places.get((int(found[2]), int(found[3])), int(found[3]))
        if place is None:
            raise _missing(value)
        return f"{found[1]}_{activity}_{place}"

    def _needed(self, activity: int, called: str) -> int:
        became = self._became.get(activity)
        if became is None:
            raise _missing(called)
        return became

    def _people(self, outcome: str) -> dict[int, str]:
        people = {}
        for words in json.loads(outcome):
            if isinstance(words[1], int) and words[1] not in people:
                row = self._source.get(PARTICIPANT, (words[1],))
                people[words[1]] = row.participant_id if row is not None else ""
        return people


def _missing(called: str) -> Missing:
    return Missing("thing", called, f"{called} was not made under the new catalog")


def _numbered(outcome: Sequence[Words], people: dict[int, str]) -> Iterator[tuple[tuple[object, ...], int]]:
    """Go through what an outcome made that can be named: how it is recognised, and its place."""
    seen: dict[tuple[object, ...], int] = {}
    for place, words in enumerate(outcome):
        tag, who = words[0], words[1]
        if not str(tag).startswith("points_") and tag not in _COUNTED:
            continue
        of = words[_COUNTED.get(str(tag), 4)]
        sign = (tag, people.get(who) if isinstance(who, int) else None, words[2], of)
        n = seen[sign] = seen.get(sign, 0) + 1
        yield (*sign, n), place
