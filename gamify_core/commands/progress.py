"""How far something long is, for the person who waits: a bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Advance", "progress"]

Advance = Callable[..., None]
"""Told how much of the whole is done, how many events or players that was, and the whole where only now it is known."""


@contextmanager
def progress(stream: TextIO, whole: int | None, what: str = "events") -> Iterator[Advance]:
    """Show progress on `stream` while the `with` block runs; `whole` None is an end that nobody knows."""
    if not stream.isatty():
        yield lambda _done, _count, _whole=None: None
        return
    try:
        from rich.console import Console  # noqa: PLC0415 - comfort, where it is installed
    except ImportError:
        yield _plain(stream, whole, what)
        stream.write("\r\x1b[K")
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    console = Console(file=stream)
    parts = (BarColumn(40), TextColumn(f"{{task.fields[counted]:,}} {what}"), TimeRemainingColumn())
    with Progress(*parts, console=console, transient=True) as bar:
        task = bar.add_task("", total=whole, counted=0)
        yield lambda done, counted, of=whole: bar.update(task, completed=done, counted=counted, total=of)


def _plain(stream: TextIO, whole: int | None, what: str) -> Advance:
    def advance(done: int, counted: int, of: int | None = whole) -> None:
        share = f"{100 * done // of:>3} %  " if of else ""
        stream.write(f"\r\x1b[K{share}{counted:,} {what}")
        stream.flush()

    return advance
