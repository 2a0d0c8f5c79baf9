"""What is heard while a history is decided again: which commands came out otherwise, and why.

Promise: of each cause and of each participant the first such command is kept, and nothing of the others, so a long
history needs no more room than its people.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

from gamify_core.clock import moment
from gamify_core.effects import decode
from gamify_core.errors import DefinitionExists, DefinitionFixed, NotFound
from gamify_core.ids import without_ids
from gamify_core.printing import lines_of
from gamify_core.replay.again import Again, Repeated
from gamify_core.replay.changes import CauseChange, Example, NotRepeated, SkipChange
from gamify_core.replay.report import Difference
from gamify_core.road.seal import canonical
from gamify_core.services.explaining import explained_again
from gamify_core.storage.tables.activity import SETTING
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.reasons import RuleVerdict
    from gamify_core.replay.standings import Person
    from gamify_core.road.commands import Decided
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["Hearing"]

_SHORT: Final = {"points_awarded": 5, "points_deducted": 5, "points_reversed": 5}
_EVENTS: Final = frozenset({"event", "events.amend"})
_EDITS = "definitions."


class _Other(NamedTuple):
    """A command that came out otherwise."""

    row: ActivityRow
    request: dict[str, Any]
    then: Decided
    now: Decided


class Hearing:
    """Listens to a history being decided again."""

    def __init__(self, source: Reader, road: Road, again: Again) -> None:
        """Listen to `again`, which decides what `road` has written to `source`."""
        self.touched: set[Person] = set()
        """Whom erased people dealt with, in commands that cannot be decided again."""
        self.refused: list[NotRepeated] = []
        self.overruled: list[NotRepeated] = []
        self.changes: tuple[str, ...] = ()
        self._source = source
        self._road = road
        self._again = again
        setting = source.get(SETTING, ("seed",))
        self._seed = int(setting.value) if setting is not None else None
        self._fired: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._skips: tuple[Counter[tuple[str, str, str]], ...] = (Counter(), Counter())
        self._of_cause: dict[str, _Other] = {}
        self._of_person: dict[Person, _Other] = {}

    def hear(self, step: Repeated) -> None:
        """Take note of what came of one command."""
        row = step.row
        if step.request is None and not row.kind.endswith("_batch"):
            self._erased(row)
            return
        if step.error is not None:
            self._refused(step)
        heard = [one for one in step.decided if one.written]
        alike = len(heard) == 1 and row.outcome == canonical(heard[0].outcome)
        outcome = heard[0].outcome if alike else json.loads(row.outcome)
        self._count(0, row.kind, outcome)
        for one in heard:
            self._count(1, one.kind, one.outcome)
        if heard and not alike and heard[0].kind == row.kind:
            self._compare(row, step.request or {}, heard[0])

    # -- what was heard -----------------------------------------------------------------------------------------------

    def fired(self, cause: str) -> tuple[int, int]:
        """Return for how many events a rule did something, then and now."""
        return self._fired[0][cause], self._fired[1][cause]

    def rules(self) -> Sequence[str]:
        """Return the rules that fired at all, as causes."""
        return sorted({*self._fired[0], *self._fired[1]})

    def skips(self) -> tuple[SkipChange, ...]:
        """Return what was passed over, and how often."""
        then, now = self._skips
        return tuple(SkipChange(*key, then[key], now[key]) for key in sorted({*then, *now}))

    def shown(self, one: CauseChange) -> CauseChange:
        """Return a cause with the first command for which it did otherwise."""
        other = self._of_cause.get(one.cause) if one.differs else None
        return one if other is None else attrs.evolve(one, example=self._example(other, one.cause))

    def exemplified(self, one: Difference) -> Difference:
        """Return a participant's difference with the first command of theirs that came out otherwise."""
        other = self._of_person.get((one.scope, one.participant_id))
        return one if other is None else attrs.evolve(one, first=self._example(other, None))

    # -- hearing it ---------------------------------------------------------------------------------------------------

    def _count(self, side: int, kind: str, outcome: Iterable[Words]) -> None:
        event = kind in _EVENTS
        for words in outcome:
            if words[0] == "skipped":
                self._skips[side][without_ids(str(words[2])), str(words[3]), str(words[4])] += 1
            elif event and words[0] == "=" and isinstance(words[2], str):
                event = False
                self._fired[side].update(f"rule:{code}" for code in words[3:])

    def _compare(self, row: ActivityRow, request: dict[str, Any], now: Decided) -> None:
        then = self._road.recall(self._source, row)
        gists = _gists(then), _gists(now)
        other = _Other(row, request, then, now)
        for who, cause in {**gists[0], **gists[1]}:
            if gists[0].get((who, cause)) != gists[1].get((who, cause)):
                self._of_cause.setdefault(cause, other)
                self._of_person.setdefault((row.scope, who), other)

    def _refused(self, step: Repeated) -> None:
        row, error = step.row, step.error
        assert error is not None  # noqa: S101 - whoever calls has looked
        told = NotRepeated(
            row.seq,
            row.scope,
            self._name(row.participant),
            row.kind,
            moment(row.occurred_at),
            error.code,
            str(error.detail),
        )
        edit = row.kind.startswith(_EDITS) and isinstance(
            error, DefinitionExists | DefinitionFixed | NotFound
        )
        (self.overruled if edit else self.refused).append(told)

    def _erased(self, row: ActivityRow) -> None:
        for words in json.loads(row.outcome):
            person = self._source.get(PARTICIPANT, (words[1],)) if isinstance(words[1], int) else None
            if person is not None and person.erased is None:
                self.touched.add((person.scope, person.participant_id))

    def _name(self, number: int | None) -> str | None:
        person = self._source.get(PARTICIPANT, (number,)) if number is not None else None
        return person.participant_id if person is not None else None

    # -- telling it ---------------------------------------------------------------------------------------------------

    def _example(self, other: _Other, cause: str | None) -> Example:
        row, request, then, now = other
        before, after = _told(then), _told(now)
        causes = [cause] if cause is not None else [one for one in _causes_of(then, now) if one]
        whys = [self._why(other, one) for one in causes]
        return Example(
            row.seq,
            row.scope,
            then.participant_id,
            row.kind,
            moment(row.occurred_at),
            {key: value for key, value in request.items() if key != "participant_id"},
            _without(before, after),
            _without(after, before),
            "; ".join(dict.fromkeys(filter(None, whys))),
        )

    def _why(self, other: _Other, cause: str) -> str:
        """Say why a cause did otherwise, as far as that can be told from what is recorded."""
        section, _, code = cause.partition(":")
        changed = [
            change
            for change in self.changes
            if f"{change} ".startswith((f"{section}s.{code}.", f"{section}s.{code} "))
        ]
        if section != "rule" or other.row.kind not in _EVENTS:
            return "; ".join(changed)
        then, now = self._verdict(other, other.then, code), self._verdict(other, other.now, code)
        if then is None or now is None:
            return f"rule {code} is {'new' if then is None else 'gone'}" if then is not now else ""
        if then.fires and not now.fires:
            return f"rule {code} does not fire now: {now.reason}"
        if now.fires and not then.fires:
            return f"rule {code} did not fire then: {then.reason}"
        changed = [
            change for change in changed if not change.startswith(f"rules.{code}.when ")
        ]  # it holds in both
        return "; ".join(
            [*changed, *([f"now {now.reason}"] if now.reason and now.reason != then.reason else [])]
        )

    def _verdict(self, other: _Other, decided: Decided, code: str) -> RuleVerdict | None:
        named = str(other.request.get("event_name", ""))
        asked = decided._replace(seq=other.row.seq)  # what its draws go by
        found = explained_again(asked, named, other.request.get("properties") or {}, self._seed)
        return next((one for one in found.rules if one.rule == code), None)


def _gists(decided: Decided) -> dict[tuple[str, str], list[tuple[object, ...]]]:
    """Return by person and cause what a command brought about, without ids, places and balances."""
    found: defaultdict[tuple[str, str], list[tuple[object, ...]]] = defaultdict(list)
    for words in decided.outcome:
        tag, who, cause, *rest = words
        if tag == "=" or not isinstance(who, int):
            continue
        if tag == "asset_minted":
            rest = rest[2:3]
        elif tag in _SHORT or tag == "skipped":
            rest = rest[:2]
        found[decided.people.get(who, ""), without_ids(str(cause))].append((tag, *rest))
    return dict(found)


def _causes_of(then: Decided, now: Decided) -> list[str]:
    """Return the causes that did otherwise for whoever the command was about."""
    a, b = _gists(then), _gists(now)
    return list(
        dict.fromkeys(cause for who, cause in {**a, **b} if a.get((who, cause)) != b.get((who, cause)))
    )


def _told(decided: Decided) -> list[str]:
    effects = [
        decode(words, decided.people, decided.catalog, decided.seq, ordinal, decided.occurred_at)
        for ordinal, words in enumerate(decided.outcome)
        if words[0] != "="
    ]
    return [" ".join(line.split()) for line in lines_of(effects, decided.catalog, decided.participant_id)]


def _without(lines: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that are not among others."""
    left = Counter(lines) - Counter(others)
    return tuple(line for line in dict.fromkeys(lines) for _ in range(left[line]))
