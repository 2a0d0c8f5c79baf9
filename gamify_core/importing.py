"""Recorded history into the engine: lines of events in, one report out.

Promise: whatever stands in a line, it goes in whole or is refused with its place and the reason, and the
lines after it are read all the same. An event without an idempotency key gets one from what it says and from
how often the same was said before it, so the same history again changes nothing and a history that has grown
continues.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

import attrs

from gamify_core import BadValue, Emit, Engine, EventAnswer, Skipped, StoreError

__all__ = ["Imported", "Line", "Refused", "Skips", "feed", "keyed"]


class Line(NamedTuple):
    """One event as it was found: `place` says where, for people; `fault` what is wrong without an `emit`."""

    number: int
    place: str
    emit: Emit | None
    fault: str = ""


@attrs.frozen
class Refused:
    """A line that did not go in, and why."""

    number: int
    place: str
    reason: str

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {"number": self.number, "place": self.place, "reason": self.reason}


@attrs.define
class Skips:
    """Something that rules meant to do and could not, and how often; `message` is what was said first."""

    cause: str
    effect: str
    code: str
    message: str
    count: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "cause": self.cause,
            "effect": self.effect,
            "code": self.code,
            "message": self.message,
            "count": self.count,
        }


@attrs.define
class Imported:
    """What became of the lines so far. `points`, `badges` and `skips` are what the new events brought about."""

    events: int = 0
    new: int = 0
    repeated: int = 0
    points: int = 0
    badges: int = 0
    refused: list[Refused] = attrs.field(factory=list)
    interrupted: bool = False
    _skips: dict[tuple[str, str, str], Skips] = attrs.field(factory=dict, init=False)

    @property
    def skips(self) -> tuple[Skips, ...]:
        """What was passed over, by what meant to do it and why, the most frequent first."""
        return tuple(
            sorted(self._skips.values(), key=lambda one: (-one.count, one.cause, one.code, one.effect))
        )

    def skip(self, effect: Skipped) -> None:
        """Count something that was passed over."""
        key = (effect.cause, effect.effect, effect.code)
        self._skips.setdefault(key, Skips(*key, effect.message)).count += 1

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "events": self.events,
            "new": self.new,
            "repeated": self.repeated,
            "refused": len(self.refused),
            "points": self.points,
            "badges": self.badges,
            "skipped": [one.to_dict() for one in self.skips],
            "interrupted": self.interrupted,
            "refusals": [one.to_dict() for one in self.refused],
        }


def keyed(lines: Iterable[Line]) -> Iterator[Line]:
    """Give every event without an idempotency key one of its own.

    Not the line's number: that would make an event twice of one line that has moved, when a file is cut or
    sorted. Not its bytes: the same history written with other spacing, or as CSV, is the same history.
    """
    seen: dict[bytes, int] = {}
    for line in lines:
        emit = line.emit
        if emit is None or emit.idempotency_key is not None:
            yield line
            continue
        content = _content(emit)
        ordinal = seen[content] = seen.get(content, 0) + 1
        yield line._replace(emit=attrs.evolve(emit, idempotency_key=f"line:{content.hex()}:{ordinal}"))


def _content(emit: Emit) -> bytes:
    at = emit.timestamp.isoformat() if emit.timestamp is not None else None
    # Escaped to ASCII, so that text which the engine is going to refuse has a content too
    words = json.dumps([emit.participant_id, emit.event_name, at, emit.properties], sort_keys=True)
    return blake2b(words.encode(), digest_size=16).digest()


def feed(
    engine: Engine, lines: Iterable[Line], *, batch: int = 500, told: Callable[[int], object] | None = None
) -> Imported:
    """Send lines to the engine as history, `batch` of them a commit; `told` hears how many are done.

    Ctrl-C ends it between two commits, and the report says so. Raises `StoreError` when the store fails; what
    was committed before stays, and feeding the same lines again goes on from there.
    """
    done = Imported()
    waiting = keyed(lines)
    try:
        while batched := list(islice(waiting, batch)):
            _batch(engine, batched, done)
            if told is not None:
                told(done.events)
    except KeyboardInterrupt:
        done.interrupted = True
    return done


def _batch(engine: Engine, lines: list[Line], done: Imported) -> None:
    """Commit some lines, and only then count them."""
    sent = [(line, line.emit) for line in lines if line.emit is not None]
    answers = iter(engine.events.emit_batch([emit for _, emit in sent], backfill=True) if sent else ())
    for line in lines:
        done.events += 1
        if line.emit is None:
            done.refused.append(Refused(line.number, line.place, line.fault))
            continue
        item = next(answers)
        if isinstance(item.error, StoreError):
            raise item.error
        if isinstance(item.answer, EventAnswer):
            _count(item.answer, done)
        else:
            done.refused.append(Refused(line.number, line.place, _reason(item.error)))


def _count(answer: EventAnswer, done: Imported) -> None:
    if answer.replayed:
        done.repeated += 1
        return
    done.new += 1
    done.points += answer.points
    done.badges += len(answer.badges)
    for effect in answer.skipped:
        done.skip(effect)


def _reason(error: object) -> str:
    """Return why an event was refused. What the engine calls `at` is called `timestamp` in a file."""
    if isinstance(error, BadValue) and error.field == "at":
        return f"timestamp {error.detail.removeprefix('at ')}"  # its hint names settings that a command does not have
    return str(error)
