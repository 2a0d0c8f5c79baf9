"""An audit: every check over one snapshot, a stretch of rows at a time, each able to fail alone.

Promise: memory stays bounded by one participant's history, one wallet, and what rewards have claims of; damage that
keeps a check from being carried out is a mismatch itself, never an error of another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gamify_core.errors import StoreError
from gamify_core.history import become, counted, grouped, ledger, owned, sealed, waiting
from gamify_core.history.comparing import Play, Played, again
from gamify_core.history.looking import Check, Look
from gamify_core.history.report import Mismatch, Report
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY

if TYPE_CHECKING:
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Reader

__all__ = ["CHECKS", "Progress", "verify"]

CHECKS: tuple[Check, ...] = (
    *sealed.CHECKS,
    *ledger.CHECKS,
    *counted.CHECKS,
    *grouped.CHECKS,
    *become.CHECKS,
    *owned.CHECKS,
    *waiting.CHECKS,
)
"""In the order in which they are carried out: what the seal says is known once the chain was gone through."""

Progress = Callable[[int, int], object]
"""Told how many rows were read, and how many there are, about."""


def verify(
    reader: Reader, road: Road, play: Play | None, *, limit: int, progress: Progress | None = None
) -> Report:
    """Carry every check out, decide all again on `play` where it is given, and report the first `limit` mismatches."""
    found: list[Mismatch] = []
    count = read = 0
    whole = _size(reader, again=play is not None) if progress is not None else 0

    def advance(rows: int) -> None:
        nonlocal read
        read += rows
        if progress is not None:
            progress(min(read, whole), whole)

    look = played = None
    for mismatch in _found(reader, road, play, advance):
        if isinstance(mismatch, Look):
            look = mismatch
            continue
        if not isinstance(mismatch, Mismatch):
            played = mismatch
            continue
        count += 1
        if len(found) < limit:
            found.append(mismatch)
    checked = dict(sorted(look.checked.items())) if look is not None else {}
    erased = look.erased if look is not None else 0
    passed: tuple[int, ...] = ()
    unheld: tuple[int, ...] = ()
    replayed = checked.get(ACTIVITY.name) if play is not None else None
    if played is not None:
        passed, unheld = (tuple(sorted(each)) for each in (played.around.commands, played.around.people))
        replayed = replayed - len(passed) if replayed is not None else None
    return Report(tuple(found), count, checked, erased, replayed, passed, unheld)


def _found(
    reader: Reader, road: Road, play: Play | None, advance: Callable[[int], None]
) -> Iterator[Mismatch | Look | Played]:
    try:
        plan = road.plan_in(reader)
        if plan.ahead is not None:  # the rows are those of the plan that is in force
            plan = plan.ahead.old
        look = Look(reader, road, plan, advance)
    except Exception as error:  # noqa: BLE001 - as in `_guarded`
        yield _failed("catalog", error)
        return
    yield look
    for check in CHECKS:
        yield from _guarded(check, look)
    if play is not None:
        try:
            yield from again(reader, road, play, advance)
        except Exception as error:  # noqa: BLE001 - as in `_guarded`
            yield _failed("replay", error)


def _guarded(check: Check, look: Look) -> Iterator[Mismatch]:
    """Carry a check out; whatever it meets in a damaged file is part of what it has to say."""
    try:
        yield from check(look)
    except Exception as error:  # noqa: BLE001 - a row that cannot be understood may fail in any way
        yield _failed(check.__name__, error)


def _failed(what: str, error: Exception) -> Mismatch:
    told = error.detail if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
    return Mismatch("file.unreadable", what, told)


def _size(reader: Reader, *, again: bool) -> int:
    """Return about how many rows the checks go through."""
    try:
        return sum(reader.count(table) for table in TABLES) + (reader.count(ACTIVITY) if again else 0)
    except StoreError:
        return 0
