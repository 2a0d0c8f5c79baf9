"""`gamify run`: recorded events into a file, and what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import attrs

from gamify_core import Catalog, Engine, GamifyError
from gamify_core.catalog.elsewhere import decidable
from gamify_core.commands.files import check_place, differs
from gamify_core.commands.output import Output, clean, count, table, wrapped
from gamify_core.commands.progress import progress
from gamify_core.eventfiles import Format, Lines, read_events
from gamify_core.importing import Imported, feed

__all__ = ["Summary", "board_lines", "report", "run", "summary_of", "tell_adoption"]

_SHOWN = 20
_STOPPED = 130


def run(  # noqa: PLR0913 - the options of the command, all by name
    catalog_path: str, events_path: str, db: str, output: Output, *, batch: int, seed: int, form: Format
) -> int:
    """Feed a file of events through a catalog into the file `db`."""
    catalog = decidable(Catalog.load(catalog_path))
    check_place(db)
    form = "csv" if form == "auto" and events_path.lower().endswith(".csv") else form
    # The events first: a name that was mistyped should not leave an empty database behind
    with _opened(events_path) as (stream, size):
        tell_adoption(db, catalog, output)
        with Engine(catalog, db, accept_late=None, seed=seed) as engine:
            lines = Lines(stream)
            with progress(output.err, size) as advance:
                done = feed(
                    engine,
                    read_events(lines, catalog, form),
                    batch=batch,
                    told=lambda events: advance(lines.done, events),
                )
            return report(summary_of(engine, done), output)


def tell_adoption(db: str, catalog: Catalog, output: Output) -> None:
    """Say so where a file is about to go on under another catalog."""
    if differs(db, catalog):
        output.complain(f"{clean(db)} was last written under another catalog; adopting this one")


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open the events, and say how many bytes they are where that is known."""
    if path == "-":
        yield sys.stdin.buffer, None
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; opening alone is what may be refused
    except (OSError, ValueError) as error:
        detail = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise GamifyError(detail) from error
    with stream:
        yield stream, Path(path).stat().st_size or None


@attrs.frozen
class Summary:
    """What became of an import, and how the game stands after it."""

    done: Imported
    participants: int
    board: str | None
    board_name: str | None
    top: tuple[dict[str, object], ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        board = {"leaderboard_code": self.board, "entries": list(self.top)} if self.board else None
        return {**self.done.to_dict(), "participants": self.participants, "leaderboard": board}


def summary_of(engine: Engine, done: Imported) -> Summary:
    """Return the summary of an import: with the first board of the catalog, if it has one."""
    people = engine.participants.list(page_size=1).total
    if not engine.catalog.leaderboards:
        return Summary(done, people, None, None, ())
    first = engine.catalog.leaderboards[0]
    board = engine.leaderboards.top(first.code)
    entries = tuple(entry.to_dict() for entry in board.entries)
    return Summary(done, people, first.code, first.name, entries)


def report(summary: Summary, output: Output) -> int:
    """Tell the summary, and return the exit status."""
    done = summary.done
    output.give(summary.to_dict())
    output.say(*_refusals(done))
    output.say(
        f"{count(done.events, 'event')}: {done.new:,} new, {done.repeated:,} known already, "
        f"{len(done.refused):,} refused",
        f"{done.points:+,} {'point' if done.points == 1 else 'points'} and {count(done.badges, 'badge')} "
        "from the new ones; "
        f"{count(summary.participants, 'participant')} in all",
    )
    output.say(*_skips(done))
    if summary.board_name is not None:
        output.say("", clean(summary.board_name), *board_lines(summary.top))
    if done.interrupted:
        output.complain("interrupted; what was committed stays, and the same command goes on from there")
        return _STOPPED
    return 1 if done.refused else 0


def _refusals(done: Imported) -> list[str]:
    if not done.refused:
        return []
    lines = [f"{count(len(done.refused), 'line was', 'lines were')} refused:"]
    for one in done.refused[:_SHOWN]:
        lines += wrapped(f"{one.place}: {one.reason}", "  ", "      ")
    if (more := len(done.refused) - _SHOWN) > 0:
        lines.append(f"  … and {more:,} more; --json lists them all")
    return [*lines, ""]


def _skips(done: Imported) -> list[str]:
    if not done.skips:
        return []
    times = sum(one.count for one in done.skips)
    lines = [f"{count(times, 'effect was', 'effects were')} skipped:"]
    for one in done.skips[:_SHOWN]:
        lines += wrapped(f"{one.count:,} × {one.cause}, {one.effect}: {one.message}", "  ", "      ")
    if (more := len(done.skips) - _SHOWN) > 0:
        lines.append(f"  … and {count(more, 'other reason')}; --json lists them all")
    return lines


def board_lines(entries: Iterable[dict[str, object]]) -> list[str]:
    """Return a board as a table; scores with decimals are text in its JSON."""
    entries = tuple(entries)
    if not entries:
        return ["  nobody is on it yet"]
    rows = [
        (
            e["rank"],
            e["display_name"] or e["participant_id"],
            f"{Decimal(str(e['score'])):,}",
            e["change"] or "",
        )
        for e in entries
    ]
    return table(("rank", "participant", "score", "change"), rows)
