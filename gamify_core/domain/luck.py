"""Draws that a replay repeats: a stream of 64-bit numbers keyed by what they are for."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

__all__ = ["stream"]


def stream(seed: int, event: int, rule: str) -> Callable[[], int]:
    """Return the draws of one rule for one event: the same on every machine and whatever else was drawn."""
    key = seed.to_bytes(16, "big", signed=True)
    n = -1

    def draw() -> int:
        nonlocal n
        n += 1
        name = f"{event}\x00{rule}\x00{n}".encode()
        return int.from_bytes(blake2b(name, digest_size=8, key=key).digest(), "big")

    return draw
