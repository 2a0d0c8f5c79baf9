"""A batch under an idempotency key: one more activity row, which says which rows its items became.

Repeating the batch answers with the whole first outcome, refusals included, and writes nothing; the same key with other
items is refused. Without a key a batch leaves nothing but the rows of its items.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from gamify_core.errors import GamifyError, IdempotencyConflict, Refused
from gamify_core.road.commands import Ask, Decided
from gamify_core.road.recalling import again
from gamify_core.road.requests import asked_with
from gamify_core.road.road import Road
from gamify_core.road.seal import canonical, differing, fingerprint_of, key_hash
from gamify_core.storage.tables.activity import ACTIVITY, ACTIVITY_BY_KEY

if TYPE_CHECKING:
    from gamify_core.storage.unit import Unit

__all__ = ["Batch", "Failure", "Item"]


@attrs.frozen
class Failure:
    """An item of a batch that was refused, and why."""

    error: GamifyError


Item = Ask | GamifyError


@attrs.frozen
class Batch:
    """The items of a batch and the key they came under; what they are `called` as an argument; if it is an import."""

    kind: str
    items: Sequence[Item]
    key: str | None = None
    called: str = "items"
    backfill: bool = False

    def again(self, road: Road, unit: Unit, scope: str) -> list[Decided | Failure] | None:
        """Return what was decided under this key before, or None when it is new; nothing is decided again."""
        if self.key is None:
            return None
        first = unit.find(ACTIVITY, ACTIVITY_BY_KEY, (key_hash(scope, self.kind, self.key),))
        if first is None:
            return None
        asked = asked_with(unit, first.seq)
        errors = asked.pop("errors", {}) if asked is not None else {}
        request = self._request()
        if first.fingerprint != fingerprint_of(request):
            fields = differing(asked, json.loads(request))
            called = [self.called if field == "items" else field for field in fields]
            raise IdempotencyConflict(self.kind, self.key, called)
        answers: list[Decided | Failure] = []
        for place, word in enumerate(json.loads(first.outcome)[0][2:]):
            row, item = unit.get(ACTIVITY, (word,)) if word else None, self.items[place]
            if row is None or not isinstance(item, Ask):
                answers.append(Failure(Refused(*errors.get(str(place), ("error", 400, "refused")))))
            else:
                answers.append(again(unit, row, item, road.catalog_of(unit, row.catalog)))
        return answers

    def keep(self, road: Road, unit: Unit, scope: str, decided: Sequence[Decided | Failure]) -> None:
        """Write what the items became."""
        if self.key is None:
            return
        errors = {
            str(place): [one.error.code, one.error.http_status, one.error.detail]
            for place, one in enumerate(decided)
            if isinstance(one, Failure)
        }
        request = self._request()
        whole = canonical({**json.loads(request), "errors": errors})
        outcome = [["=", None, *(0 if isinstance(one, Failure) else one.seq for one in decided)]]
        road.note(
            unit,
            scope,
            self.kind,
            whole,
            outcome,
            key_hash(scope, self.kind, self.key),
            fingerprint_of(request),
        )

    def _request(self) -> str:
        items = [item.request if isinstance(item, Ask) else {"error": item.detail} for item in self.items]
        return canonical({"items": items, "backfill": True} if self.backfill else {"items": items})
