"""Telling open stores that the process is about to fork, and on which side they woke up.

Promise: every store that is alive is told before and after, in the parent and in the child, and watching it
does not keep it alive.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol

__all__ = ["Forked", "watch"]


class Forked(Protocol):
    """What a store does around a fork."""

    def before_fork(self) -> None:
        """Get ready: from here on until the other two nothing may be opened."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin anew in another process."""
        ...


_watched: weakref.WeakSet[Forked] = weakref.WeakSet()
_forking: list[Forked] = []


def watch(store: Forked) -> None:
    """Tell this store about forks from now on."""
    _watched.add(store)


def _before() -> None:
    _forking[:] = list(_watched)  # held, so that both sides tell exactly those that were told before
    for store in _forking:
        store.before_fork()


def _after_in_parent() -> None:
    for store in _forking:
        store.after_fork_in_parent()
    _forking.clear()


def _after_in_child() -> None:
    for store in _forking:
        store.after_fork_in_child()
    _forking.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
