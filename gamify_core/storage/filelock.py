"""One writer at a time, across threads and processes, in the order they asked.

Promise: `Place` lets one thread of this process at a time through, first come first served. `FileLock` does
the same between processes with `flock` on a file beside the database. Both wait no longer than a deadline.
SQLite's own busy handler is neither fair nor prompt, and holding this lock around every commit, checkpoint
and close also keeps away from a race between a checkpoint and a commit that SQLite before 3.51.3 has in WAL
mode. Where there is no `flock` (Windows), `FileLock` lets everybody through and SQLite's own lock decides.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque

try:
    import fcntl
except ImportError:  # pragma: no cover - only where there is no POSIX
    fcntl = None  # type: ignore[assignment]

__all__ = ["FileLock", "Place"]

_SHORTEST, _LONGEST = 0.00005, 0.002  # seconds asleep between two looks at a lock that another process holds


class Place:
    """A lock that is handed over to the thread that has waited longest.

    `threading.Lock` may be taken again at once by the thread that has just let it go, so under load a waiter
    can starve for seconds.
    """

    def __init__(self) -> None:
        """Start free."""
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def acquire(self, deadline: float) -> bool:
        """Wait for this thread's turn until `deadline` (of `time.monotonic`); say whether it came."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        came = False
        try:
            came = ticket.acquire(timeout=max(0.0, min(deadline - time.monotonic(), threading.TIMEOUT_MAX)))
        finally:
            if not came and not self._withdraw(ticket):
                came = True
        return came

    def _withdraw(self, ticket: threading.Lock) -> bool:
        """Leave the queue; False when the turn was handed over in the very moment the waiting ended."""
        with self._guard:
            try:
                self._waiting.remove(ticket)
            except ValueError:
                return False
            return True

    def release(self) -> None:
        """Hand over to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class FileLock:
    """`flock` on a file, behind a turnstile.

    Whoever wants the lock takes the turnstile first and keeps it until the lock is theirs. So a process that
    lets go and comes back at once queues behind the one that is waiting. A blocking `flock` would be fair by
    itself but knows no deadline. The turnstile is a POSIX lock, which is another kind and may live in the
    same file.
    """

    def __init__(self, path: str) -> None:
        """Lock the file at `path`, which is made if need be; raises OSError when it cannot be."""
        self._file = -1 if fcntl is None else os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def acquire(self, deadline: float) -> bool:
        """Wait until `deadline` (of `time.monotonic`); say whether the lock was taken."""
        if fcntl is None:  # pragma: no cover - only where there is no POSIX
            return True
        file = self._file
        if not _poll(fcntl.lockf, file, deadline):
            return False
        try:
            return _poll(fcntl.flock, file, deadline)
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN)

    def release(self) -> None:
        """Let the next one in."""
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file.

        In a child of a fork this leaves the parent's lock in place, which `release` would take away: both
        share it.
        """
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _poll(lock: object, file: int, deadline: float) -> bool:
    exclusive = fcntl.LOCK_EX | fcntl.LOCK_NB
    pause = _SHORTEST
    while True:
        try:
            lock(file, exclusive)  # type: ignore[operator]
        except (BlockingIOError, PermissionError):  # POSIX allows either for "held by another"
            left = deadline - time.monotonic()
            if left <= 0:
                return False
        else:
            return True
        time.sleep(min(left, pause * (0.5 + random.random())))  # noqa: S311 - only to keep waiters out of step
        pause = min(pause * 1.5, _LONGEST)
