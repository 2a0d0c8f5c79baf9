"""Canonical text and the hashes over it: what makes history tamper-evident and retries recognisable.

Every activity row is sealed: its digest is SHA-256 over the digest of the row before, the row's own words and the
salted hash of its payload. The payload itself may be erased; the salted hash stays, so the chain still
closes, and the salt (random, erased with the payload) keeps short payloads from being guessed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any

__all__ = ["FIRST", "canonical", "differing", "fingerprint_of", "key_hash", "payload_hash", "salt", "seal"]
__all__ += ["sealed_words"]

FIRST = bytes(32)
"""The digest before the first row."""


def _refuse(value: object) -> object:
    detail = f"{type(value).__name__} is not plain JSON"
    raise TypeError(detail)


def _encoder() -> Callable[[Any], str]:
    """Build the C encoder once: `json.dumps` builds one for each call, which costs as much as encoding."""
    make: Callable[..., Callable[[Any, int], Iterable[str]]] | None = getattr(
        json.encoder, "c_make_encoder", None
    )
    if make is None:  # pragma: no cover - interpreters without the C accelerator
        return json.JSONEncoder(
            ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode
    chunks = make(None, _refuse, encode_basestring, None, ":", ",", True, False, False)  # noqa: FBT003 - C function
    join = "".join
    return lambda value: join(chunks(value, 0))


canonical: Callable[[Any], str] = _encoder()
"""JSON with sorted keys and no spaces: equal values give equal text."""


_salts: list[bytes] = []


def salt() -> bytes:
    """Return 16 random bytes, drawn from the system 256 at a time: a call to it costs more than a hash.

    Threads share the pool, so a salt is taken by `pop`, which is one step.
    """
    while True:
        try:
            return _salts.pop()
        except IndexError:
            drawn = os.urandom(4096)
            _salts.extend([drawn[at : at + 16] for at in range(0, len(drawn), 16)])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_salts.clear)


def payload_hash(salted: bytes, request: str) -> bytes:
    """Return what the chain keeps of a payload."""
    return hashlib.sha256(salted + request.encode()).digest()


def seal(previous: bytes, words: str, payload: bytes) -> bytes:
    """Return the digest of a row from the one before it."""
    return hashlib.sha256(previous + payload + words.encode()).digest()


def sealed_words(  # noqa: PLR0913 - the columns of the row that the seal covers
    seq: int,
    recorded_at: int,
    occurred_at: int,
    scope: str,
    kind: str,
    participant: int | None,
    catalog: int,
    semantics: int,
    key: bytes | None,
    fingerprint: bytes | None,
    outcome: str,
) -> str:
    """Return what the seal covers of an activity: all but its digest, and the payload, whose hash goes beside it."""
    return (
        f"{seq}|{recorded_at}|{occurred_at}|{scope}|{kind}|{participant or 0}|{catalog}|"
        f"{semantics}|{key.hex() if key else ''}|{fingerprint.hex() if fingerprint else ''}|{outcome}"
    )


def key_hash(scope: str, operation: str, key: str) -> bytes:
    """Return what an idempotency key is stored and looked up as."""
    return hashlib.sha256(f"{scope}\x00{operation}\x00{key}".encode()).digest()[:16]


def fingerprint_of(request: str) -> bytes:
    """Return the fingerprint of the arguments as passed."""
    return hashlib.sha256(request.encode()).digest()[:16]


def differing(one: Mapping[str, object] | None, other: Mapping[str, object]) -> list[str]:
    """Return the names of the arguments that differ between two requests: none where the words of one were erased."""
    if one is None:
        return []
    # As text, since Python holds 1, 1.0 and True to be equal
    return sorted(name for name in {*one, *other} if canonical(one.get(name)) != canonical(other.get(name)))
