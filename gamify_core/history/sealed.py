"""The spine: whether the activity is whole, in order, and what it was when it was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.catalog import Catalog
from gamify_core.domain.periods import HOUR
from gamify_core.errors import GamifyError
from gamify_core.history.looking import Look, rows_of, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.seal import FIRST, canonical, fingerprint_of, payload_hash, seal, sealed_words
from gamify_core.road.seeds import CHECK, SEED, check_of
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import (
    ACTIVITY,
    CATALOG,
    PAYLOAD,
    SETTING,
    ActivityRow,
    PayloadRow,
)
from gamify_core.storage.tables.definitions import DEFINITION
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.history.looking import Check

__all__ = ["CHECKS"]


def file(look: Look) -> Iterator[Mismatch]:
    """Ask the store for what it finds damaged itself, where it can tell."""
    check = getattr(look.reader, "check", None)
    for fault in check(TABLES) if check is not None else ():
        yield Mismatch("file.damaged", fault)


def chain(look: Look) -> Iterator[Mismatch]:
    """Go along the activity: its numbers, its clock, its seal, and what it refers to."""
    payloads = rows_of(look.reader, PAYLOAD)
    payload = next(payloads, None)
    catalogs = {row.number for row in rows_of(look.reader, CATALOG)}
    last = look.reader.last(PARTICIPANT)
    people = last.number if last is not None else 0
    previous, number, clock = FIRST, 0, None
    for row in look.rows(ACTIVITY):
        where = spelt(row.seq)
        if row.seq != number + 1:
            yield Mismatch("activity.gap", where, row.seq, number + 1)
        number = row.seq
        if clock is not None and row.recorded_at <= clock:
            yield Mismatch("activity.clock", where, row.recorded_at, clock + 1)
        clock = row.recorded_at
        while payload is not None and payload.seq < row.seq:
            payload = next(payloads, None)
        if payload is None or payload.seq != row.seq:
            yield Mismatch("payload.missing", where)
        else:
            yield from _sealed(look, previous, row, payload)
        previous = row.digest
        late = row.occurred_at if abs(row.recorded_at - row.occurred_at) > HOUR else None
        if row.late != late:
            yield Mismatch("activity.late", where, row.late, late)
        if row.catalog not in catalogs or not 0 < (row.participant or 1) <= max(people, 1):
            yield Mismatch("activity.orphan", where, [row.catalog, row.participant])
        look.done[row.kind] += 1
        for words in look.outcome(row.seq):
            look.said[str(words[0])] += 1
            if words[0] == "=":
                _fact(look, row, words)


def _fact(look: Look, row: ActivityRow, words: Words) -> None:
    """Take down what a command says beside its effects, where a row of its own came of that."""
    kind, said = row.kind, words[1:5]
    if said[:2] == [None, "catalog"]:
        look.adopted[row.catalog] = str(said[-2]), str(said[-1])
    elif kind.startswith("definitions.") and isinstance(said[-1], int):
        look.versions[str(said[1]), str(said[2])] = said[-1]
    elif kind == "leaderboards.closed":
        look.done["closed"] += 1
    elif kind == "participants.opening":
        look.done["opened badge"] += words[2] == "badge"
    elif kind in ("event", "events.amend"):
        look.done["happened"] += isinstance(words[2], str)


def _sealed(look: Look, previous: bytes, row: ActivityRow, payload: PayloadRow) -> Iterator[Mismatch]:
    """Compare a row with its seal; where its words were erased, what is left of them is as good."""
    where = spelt(row.seq)
    if payload.request is None or payload.salt is None:
        look.erased += 1
        hashed = payload.hash or b""
    else:
        hashed = payload_hash(payload.salt, payload.request)
    expected = seal(previous, sealed_words(*row[:11]), hashed)
    if expected != row.digest:
        yield Mismatch("activity.digest", where, row.digest, expected)
    elif row.kind == "catalog.adopted" and payload.request is not None:
        asked = json.loads(payload.request)
        look.adopted[row.catalog] = asked["fingerprint"], asked.get("made_of", asked["fingerprint"])
    if (row.key is None) != (row.fingerprint is None):
        yield Mismatch("key.fingerprint", where, row.fingerprint)
    elif row.fingerprint is not None and payload.request is not None:
        yield from _keyed(look, row, payload.request)


def _keyed(look: Look, row: ActivityRow, request: str) -> Iterator[Mismatch]:
    """Look whether a repeated key would be known again, and find what it is to be answered with."""
    if not row.kind.endswith("_batch"):
        if row.fingerprint != fingerprint_of(request):
            yield Mismatch("key.fingerprint", spelt(row.seq), row.fingerprint, fingerprint_of(request))
        return
    whole = json.loads(request)
    whole.pop("errors", None)
    fingerprint = fingerprint_of(canonical(whole))
    if row.fingerprint != fingerprint:
        yield Mismatch("key.fingerprint", spelt(row.seq), row.fingerprint, fingerprint)
    items = [item for words in look.outcome(row.seq)[:1] for item in words[2:]]
    if len(items) != len(whole["items"]):
        yield Mismatch("key.effect", spelt(row.seq), len(items), len(whole["items"]))
    for item in items:
        if item and (not isinstance(item, int) or look.reader.get(ACTIVITY, (item,)) is None):
            yield Mismatch("key.effect", spelt(row.seq), item)


def settings(look: Look) -> Iterator[Mismatch]:
    """Hold the seed against what was written beside it; what was drawn of it is told by deciding again."""
    kept = {row.name: row.value for row in look.rows(SETTING)}
    seed, check = kept.pop(SEED, None), kept.pop(CHECK, None)
    if check != (check_of(seed) if seed is not None else None):
        yield Mismatch("setting.altered", SEED, seed)
    for name in sorted(kept):
        yield Mismatch("setting.altered", name, kept[name])


def catalogs(look: Look) -> Iterator[Mismatch]:
    """Compare each catalog with the fingerprint it bears, and the versions of definitions with what made them."""
    for row in look.rows(CATALOG):
        try:
            catalog = Catalog.from_dict(json.loads(row.document))
        except (GamifyError, ValueError) as error:
            yield Mismatch("catalog.altered", spelt(row.number), str(error))
            continue
        look.multipliers[row.number] = frozenset(
            reward.code for reward in catalog.rewards if reward.type == "points_multiplier"
        )
        if canonical(catalog.to_dict()) != row.document:
            yield Mismatch("catalog.altered", spelt(row.number), row.document, canonical(catalog.to_dict()))
        found = catalog.fingerprint, row.fingerprint
        sealed = look.adopted.get(row.number, found)
        if found != sealed:
            yield Mismatch("catalog.altered", spelt(row.number), found, sealed)


def definitions(look: Look) -> Iterator[Mismatch]:
    """Compare the versions of definitions with the activities that made them; a gift may have made its badge."""
    for rows, gaps in look.chains(DEFINITION, "definition.gap"):
        yield from gaps
        for row in rows:
            edited = look.tells(row.activity, "=", None, row.section, row.code, row.n, row.deleted)
            if not edited and not look.tells(row.activity, "=", None, row.code):
                yield Mismatch("definition.altered", spelt(row.section, row.code, row.n), row.activity)
        said = look.versions.pop(rows[0][:2], 0)
        if said > rows[-1].n:
            yield Mismatch("definition.missing", spelt(*rows[0][:2]), rows[-1].n, said)
    for of, said in sorted(look.versions.items()):
        yield Mismatch("definition.missing", spelt(*of), 0, said)


def people(look: Look) -> Iterator[Mismatch]:
    """Look at the people: their numbers, and that nothing is known of who was erased."""
    for number, row in enumerate(look.rows(PARTICIPANT), 1):
        if row.number != number:
            yield Mismatch("participant.gap", spelt(row.number), row.number, number)
        if row.erased is not None and (row.display_name or row.avatar_url or row.attributes != "{}"):
            yield Mismatch("participant.erased", spelt(row.number), row.erased)


CHECKS: tuple[Check, ...] = (file, chain, settings, catalogs, definitions, people)
