"""Stores by their URLs, for configuration files.

Promise: what is no URL of a store, or has an option that a store does not have, is a `BadValue`, and nothing is made.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from gamify_core.errors import BadValue
from gamify_core.storage.protocol import Store

__all__ = ["store_at"]

_FILE = "sqlite:///"


class _Options(TypedDict, total=False):
    """What a URL may say of a file."""

    durability: Literal["full", "normal"]
    timeout: float


def store_at(url: object) -> Store:
    """Return the store that `"memory:"` or `"sqlite:///game.db?durability=normal&timeout=5"` means."""
    if url == "memory:":
        from gamify_core.storage.memory import MemoryStore  # noqa: PLC0415 - only the store that is used is loaded

        return MemoryStore()
    path, _, options = url.removeprefix(_FILE).partition("?") if isinstance(url, str) else ("", "", "")
    if not isinstance(url, str) or not url.startswith(_FILE) or not path:
        detail = f"{url!r} is not a store"
        raise BadValue("url", url, detail, hint="'sqlite:///game.db' or 'memory:'")
    from gamify_core.storage.sqlite import SQLiteStore  # noqa: PLC0415 - as above

    return SQLiteStore(path, **_options(url, options))


def _options(url: str, text: str) -> _Options:
    """Return the options of a URL; what they may be is looked at where they are taken."""
    options: _Options = {}
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        if name == "durability":
            options["durability"] = value  # type: ignore[typeddict-item]
        elif name == "timeout":
            try:
                options["timeout"] = float(value)
            except ValueError:
                detail = f"timeout is a number of seconds, not {value!r:.60}"
                raise BadValue("url", url, detail) from None
        else:
            detail = f"{name!r:.60} is no option of a store"
            raise BadValue("url", url, detail, hint="durability=full or normal, timeout=<seconds>")
    return options
