"""What a command was asked with, read back from its payload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gamify_core.storage.tables.activity import PAYLOAD

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["asked_with"]


def asked_with(reader: Reader | Unit, activity: int) -> dict[str, Any] | None:
    """Return the arguments of a command as they were passed, or None once they were erased."""
    payload = reader.get(PAYLOAD, (activity,))
    if payload is None or payload.request is None:
        return None
    request: dict[str, Any] = json.loads(payload.request)
    return request
