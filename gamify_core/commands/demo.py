"""`gamify demo`: a game out of a git history, or out of the history that comes with the library."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import attrs

from gamify_core import Catalog, Engine, ManualClock
from gamify_core.commands.files import check_place
from gamify_core.commands.output import Output, clean
from gamify_core.commands.progress import progress
from gamify_core.commands.reading import profile_lines
from gamify_core.commands.run import report, summary_of, tell_adoption
from gamify_core.eventfiles import read_events
from gamify_core.githistory import GitHistory, NoHistory
from gamify_core.importing import Line, feed

__all__ = ["demo"]

# When the history that comes with the library ends: as of now all its weeks and months would be over
_BUNDLED_END = datetime(2025, 5, 11, 20, tzinfo=UTC)


@attrs.frozen
class _Played:
    """A history to play: its lines and how many there are, whom they call what, and when it ended."""

    title: str
    lines: Iterable[Line]
    whole: int
    names: dict[str, str]
    now: datetime | None = None


def demo(git: str | None, db: str | None, output: Output, *, batch: int, seed: int) -> int:
    """Play a history through the example catalog into `db` (or a new file), and show what came of it."""
    with as_file(files("gamify_core") / "examples") as examples:
        catalog = Catalog.load(examples / "git.toml")
        played = _history(git, catalog, examples / "history.jsonl", output)
        path = db if db is not None else str(Path(tempfile.mkdtemp(prefix="gamify-")) / "demo.db")
        clock = ManualClock(played.now) if played.now is not None else None
        check_place(path)
        tell_adoption(path, catalog, output)
        output.say(f"Playing {clean(played.title)} into {clean(path)}", "")
        with Engine(catalog, path, accept_late=None, seed=seed, clock=clock) as engine:
            with progress(output.err, played.whole) as advance:
                done = feed(engine, played.lines, batch=batch, told=lambda events: advance(events, events))
            if not done.interrupted:
                _name(engine, played.names)
            summary = summary_of(engine, done)
            status = report(summary, output)
            first = str(summary.top[0]["participant_id"]) if summary.top else None
            if first is not None:
                output.say("", *profile_lines(engine, first))
            output.say("", *_further(path, first, played.now))
    return status


def _history(git: str | None, catalog: Catalog, bundled: Path, output: Output) -> _Played:
    """Return the git history that is asked for, or the bundled one where there is none."""
    if git is not None:
        try:
            history = GitHistory(git)
        except NoHistory as error:
            output.complain(f"{error}; playing the history that comes with the library instead")
        else:
            return _Played(f"the git history of {git}", history, history.commits, history.names)
    written = bundled.read_bytes().splitlines(keepends=True)
    lines = read_events(written, catalog, "jsonl")
    return _Played("the history that comes with the library", lines, len(written), {}, _BUNDLED_END)


def _name(engine: Engine, names: dict[str, str]) -> None:
    """Let boards show authors by the name they last used, in one commit; who has it already is left alone.

    At the end and not with each event: an author's every commit says the name, and most say the same. As of
    the author's last commit, so that the same history gives the same rows whenever it is played.
    """
    called = _called(engine)
    with engine.transaction() as tx:
        for participant_id, name in names.items():
            if called.get(participant_id, name) != name:
                last = tx.events.list(participant_id, page_size=1)[0]
                tx.participants.upsert(participant_id, name, at=last.occurred_at)


def _called(engine: Engine) -> dict[str, str | None]:
    """Return what everybody is called so far; whose commits were all refused is nobody."""
    called: dict[str, str | None] = {}
    number = 1
    while page := engine.participants.list(page=number, page_size=100).items:
        called.update((one.participant_id, one.display_name) for one in page)
        number += 1
    return called


def _further(path: str, first: str | None, now: datetime | None) -> list[str]:
    """Return the commands to go on with."""
    file, at = shlex.quote(path), f" --now {now:%Y-%m-%dT%H:%MZ}" if now is not None else ""
    lines = ["Go on with:", f"  gamify top {file} monthly{at}", f"  gamify top {file} endurance{at}"]
    if first is not None:
        lines.append(f"  gamify show {file} {shlex.quote(clean(first))}{at}")
    return lines
